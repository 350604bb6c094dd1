//! Grep: lines by regular expression, with ripgrep's own libraries.

use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use ignore::overrides::OverrideBuilder;
use ignore::types::TypesBuilder;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::support::hits::{Hits, Manner};
use super::support::walk::{Files, Found, Ground, files, row_name};
use super::support::words::{add_note, count};
use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Shown, ToolOutcome, ToolSpec};

const NAME: &str = "Grep";
/// Rows of a result when the call does not say.
const HEAD_LIMIT: u64 = 250;

#[derive(Debug)]
pub struct Grep;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GrepInput {
    /// Rust regular expression.
    pattern: String,
    /// File or folder; default: the current folder.
    #[serde(default)]
    path: Option<String>,
    /// Only files like this, such as `*.{ts,tsx}`.
    #[serde(default)]
    glob: Option<String>,
    /// Only files of this type, such as rust, py, js.
    #[serde(default, rename = "type")]
    kind: Option<String>,
    /// Default: files_with_matches.
    #[serde(default)]
    output_mode: Option<OutputMode>,
    /// Lines after each match (content).
    #[serde(default, rename = "-A", deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    after: Option<u64>,
    /// Lines before each match (content).
    #[serde(default, rename = "-B", deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    before: Option<u64>,
    /// Lines around each match (content).
    #[serde(default, rename = "-C", deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    around: Option<u64>,
    /// The same as -C.
    #[serde(default, deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    context: Option<u64>,
    /// Line numbers (content); default true.
    #[serde(default, rename = "-n", deserialize_with = "input::flag")]
    #[schemars(with = "Option<bool>")]
    numbers: Option<bool>,
    /// Ignore case.
    #[serde(default, rename = "-i", deserialize_with = "input::flag")]
    #[schemars(with = "Option<bool>")]
    ignore_case: Option<bool>,
    /// Only the matching parts (content).
    #[serde(default, rename = "-o", deserialize_with = "input::flag")]
    #[schemars(with = "Option<bool>")]
    only: Option<bool>,
    /// Let a match span lines, and `.` match newlines.
    #[serde(default, deserialize_with = "input::flag")]
    #[schemars(with = "Option<bool>")]
    multiline: Option<bool>,
    /// Rows of the result; default 250, 0 for all.
    #[serde(default, deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    head_limit: Option<u64>,
    /// Rows to leave out first.
    #[serde(default, deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    offset: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OutputMode {
    Content,
    #[default]
    FilesWithMatches,
    Count,
}

fn root(input: &GrepInput, place: &Place) -> Result<PathBuf, String> {
    match input.path.as_deref().filter(|path| !path.is_empty()) {
        Some(path) => input::path("path", path, place),
        None => Ok(place.cwd.clone()),
    }
}

impl Tool for Grep {
    fn spec(&self) -> ToolSpec {
        input::spec::<GrepInput>(NAME, include_str!("../../assets/tools/grep.md"))
    }

    fn access(&self, value: &Value, place: &Place) -> Result<Access, String> {
        let input: GrepInput = input::parse(NAME, value)?;
        root(&input, place).map(Access::read)
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::reading(context.cancel.clone(), move |cancel| {
            grep(&value, &context, cancel).unwrap_or_else(ToolOutcome::error)
        })
    }
}

fn grep(value: &Value, context: &ToolContext, cancel: &CancellationToken) -> Result<ToolOutcome, String> {
    let input: GrepInput = input::parse(NAME, value)?;
    let root = root(&input, &context.place)?;
    let matcher = matcher(&input)?;
    let ground = Ground::new(context, &root);
    let single = ground.real.is_file();
    let files = if single {
        Files { found: vec![Found { path: ground.real.clone(), modified: None }], stopped: false }
    } else if ground.real.is_dir() {
        walk(&input, &ground, cancel)?
    } else {
        return Err(format!("{} does not exist or is no regular file. Use LS or Glob to find it.", root.display()));
    };
    let around = input.around.or(input.context).unwrap_or(0);
    let manner = Manner {
        before: input.before.unwrap_or(around),
        after: input.after.unwrap_or(around),
        numbers: input.numbers.unwrap_or(true),
        only: input.only.unwrap_or(false),
        multiline: input.multiline.unwrap_or(false),
    };
    let mut rows = rows(&input, context.limits.result_chars);
    let mut hits = Hits::new(&matcher, manner);
    for file in &files.found {
        if cancel.is_cancelled() || rows.more {
            break;
        }
        let name = if single { String::new() } else { row_name(&ground.name(&file.path), &context.place.cwd) };
        rows.add(&mut hits, &file.path, &name);
    }
    Ok(rows.outcome(hits.unreadable, files.stopped, ground.note()))
}

fn rows(input: &GrepInput, chars: usize) -> Rows {
    let offset = input.offset.unwrap_or(0);
    let room = match input.head_limit.unwrap_or(HEAD_LIMIT) {
        0 => u64::MAX,
        limit => limit,
    };
    let mode = input.output_mode.unwrap_or_default();
    Rows { mode, offset, to_skip: offset, room, chars, taken: Vec::new(), more: false, files: 0, matches: 0 }
}

fn matcher(input: &GrepInput) -> Result<RegexMatcher, String> {
    let multiline = input.multiline.unwrap_or(false);
    let mut builder = RegexMatcherBuilder::new();
    builder.case_insensitive(input.ignore_case.unwrap_or(false)).multi_line(true).dot_matches_new_line(multiline);
    // With CR LF as line end, `$` stands before both; the searcher must be told the same. A pattern that
    // may span lines cannot have a line end of its own.
    builder.crlf(!multiline);
    builder.build(&input.pattern).map_err(|error| {
        let hint = if multiline { "" } else { " To match across lines set multiline." };
        format!("pattern is no valid regular expression: {error}\nEscape what is meant literally, such as \\{{ or \\(.{hint}")
    })
}

fn walk(input: &GrepInput, ground: &Ground, cancel: &CancellationToken) -> Result<Files, String> {
    let mut walker = ground.walker(false);
    if let Some(glob) = input.glob.as_deref().filter(|glob| !glob.trim().is_empty()) {
        let mut overrides = OverrideBuilder::new(&ground.real);
        let bad = |error: ignore::Error| format!("glob {glob} is not valid: {error}.");
        // Several patterns stand side by side; a comma or a blank inside braces belongs to its pattern.
        for part in split_globs(glob) {
            overrides.add(part).map_err(bad)?;
        }
        walker.overrides(overrides.build().map_err(bad)?);
    }
    if let Some(kind) = input.kind.as_deref().filter(|kind| !kind.is_empty()) {
        let mut types = TypesBuilder::new();
        types.add_defaults().select(kind);
        let types = types.build();
        walker.types(types.map_err(|_| format!("type {kind} is not known. Use glob instead, such as *.{kind}."))?);
    }
    Ok(files(walker.build(), cancel, |_| true))
}

fn split_globs(globs: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    globs
        .split(move |c| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && matches!(c, ' ' | ',')
        })
        .filter(|part| !part.is_empty())
}

/// The rows of a result, collected until there are enough.
struct Rows {
    mode: OutputMode,
    /// Rows that are left out, and how many of them are still to come.
    offset: u64,
    to_skip: u64,
    /// Rows and characters that there is still room for.
    room: u64,
    chars: usize,
    taken: Vec<String>,
    /// There was no room for all.
    more: bool,
    files: u64,
    matches: u64,
}

impl Rows {
    /// Takes what one file has.
    fn add(&mut self, hits: &mut Hits<'_>, path: &Path, name: &str) {
        let found = match self.mode {
            OutputMode::Content => hits.lines(path, name),
            OutputMode::FilesWithMatches => hits.any(path),
            OutputMode::Count => hits.count(path),
        };
        if found.matches == 0 {
            return;
        }
        let file = if name.is_empty() { path.display().to_string() } else { name.to_owned() };
        match self.mode {
            OutputMode::Content => found.rows.into_iter().for_each(|row| self.push(row)),
            OutputMode::FilesWithMatches => self.push(file),
            OutputMode::Count => self.push(format!("{file}:{}", found.matches)),
        }
        self.files += 1;
        self.matches += found.matches;
    }

    fn push(&mut self, row: String) {
        let length = row.chars().count() + 1;
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if self.more || self.room == 0 || length > self.chars {
            self.more = true;
        } else {
            self.room -= 1;
            self.chars -= length;
            self.taken.push(row);
        }
    }

    /// `unreadable` files could not be searched to their end; the walk was `stopped` early; some were `hidden`.
    fn outcome(self, unreadable: u64, stopped: bool, hidden: Option<String>) -> ToolOutcome {
        let mut notes: Vec<String> = hidden.into_iter().collect();
        if self.more {
            let next = self.offset.saturating_add(self.taken.len() as u64);
            notes.push(format!("There is more. Narrow the search, or go on with offset {next}."));
        }
        if unreadable > 0 {
            notes.push(format!("{} could not be searched to the end.", count(unreadable, "file")));
        }
        if stopped {
            notes.push("The search was ended early: there is too much to walk. Give a deeper path.".to_owned());
        }
        let at_least = if self.more { "at least " } else { "" };
        let files = count(self.files, "file");
        let summary = match self.mode {
            OutputMode::FilesWithMatches => format!("{at_least}{files}"),
            OutputMode::Content | OutputMode::Count => format!("{at_least}{} in {files}", self.matches),
        };
        let mut text = match (self.taken.is_empty(), self.offset) {
            (true, 0) if !self.more => "No matches.".to_owned(),
            (true, offset) => format!("Nothing to show at offset {offset}."),
            _ => self.taken.join("\n"),
        };
        for note in notes {
            add_note(&mut text, &note);
        }
        ToolOutcome { shown: Shown::List(self.taken), ..ToolOutcome::text(text, summary) }
    }
}
