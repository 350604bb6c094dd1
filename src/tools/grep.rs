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
use super::support::walk::{Files, Found, builder, files};
use super::support::words::count;
use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::base::paths::relative_to;
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
    let single = root.is_file();
    let files = if single {
        Files { found: vec![Found { path: root.clone(), modified: None }], stopped: false }
    } else if root.is_dir() {
        walk(&input, &root, cancel)?
    } else {
        return Err(format!("{} does not exist or is no regular file. Use LS or Glob to find it.", root.display()));
    };
    let mode = input.output_mode.unwrap_or_default();
    let around = input.around.or(input.context).unwrap_or(0);
    let manner = Manner {
        before: input.before.unwrap_or(around),
        after: input.after.unwrap_or(around),
        numbers: input.numbers.unwrap_or(true),
        only: input.only.unwrap_or(false),
        multiline: input.multiline.unwrap_or(false),
    };
    let offset = input.offset.unwrap_or(0);
    let limit = match input.head_limit.unwrap_or(HEAD_LIMIT) {
        0 => u64::MAX,
        limit => limit,
    };
    let wanted = offset.saturating_add(limit);
    let mut rows = Rows { wanted, chars: context.limits.result_chars, ..Rows::default() };
    let mut hits = Hits::new(&matcher, manner);
    for file in &files.found {
        if cancel.is_cancelled() || rows.is_full() {
            break;
        }
        let name = if single { String::new() } else { relative_to(&file.path, &context.place.cwd) };
        rows.add(mode, &mut hits, &file.path, &name);
    }
    rows.skipped = hits.unreadable;
    rows.stopped = files.stopped;
    Ok(rows.outcome(mode, offset, limit))
}

fn matcher(input: &GrepInput) -> Result<RegexMatcher, String> {
    let multiline = input.multiline.unwrap_or(false);
    let mut builder = RegexMatcherBuilder::new();
    builder.case_insensitive(input.ignore_case.unwrap_or(false)).multi_line(true).dot_matches_new_line(multiline);
    if !multiline {
        builder.line_terminator(Some(b'\n')).crlf(true);
    }
    builder.build(&input.pattern).map_err(|error| {
        let hint = if multiline { "" } else { " To match across lines set multiline." };
        format!("pattern is no valid regular expression: {error}\nEscape what is meant literally, such as \\{{ or \\(.{hint}")
    })
}

fn walk(input: &GrepInput, root: &Path, cancel: &CancellationToken) -> Result<Files, String> {
    let mut walker = builder(root, false);
    if let Some(glob) = input.glob.as_deref().filter(|glob| !glob.trim().is_empty()) {
        let mut overrides = OverrideBuilder::new(root);
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
#[derive(Default)]
struct Rows {
    rows: Vec<String>,
    /// Rows that the call wants, those that it leaves out included.
    wanted: u64,
    /// Characters that a result may have.
    chars: usize,
    files: u64,
    matches: u64,
    /// Files that could not be read to their end.
    skipped: u64,
    stopped: bool,
}

impl Rows {
    fn is_full(&self) -> bool {
        // One more than wanted tells that there is more.
        self.rows.len() as u64 > self.wanted
    }

    fn add(&mut self, mode: OutputMode, hits: &mut Hits<'_>, path: &Path, name: &str) {
        let room = usize::try_from(self.wanted.saturating_add(1)).unwrap_or(usize::MAX).saturating_sub(self.rows.len());
        let found = match mode {
            OutputMode::Content => hits.lines(path, name, room.min(MAX_ROWS)),
            OutputMode::FilesWithMatches => hits.any(path),
            OutputMode::Count => hits.count(path),
        };
        if found.matches == 0 {
            return;
        }
        self.files += 1;
        self.matches += found.matches;
        match mode {
            OutputMode::Content => self.rows.extend(found.rows),
            OutputMode::FilesWithMatches => self.rows.push(or_here(name, path)),
            OutputMode::Count => self.rows.push(format!("{}:{}", or_here(name, path), found.matches)),
        }
    }

    fn outcome(self, mode: OutputMode, offset: u64, limit: u64) -> ToolOutcome {
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let take = usize::try_from(limit).unwrap_or(usize::MAX);
        let beyond = self.rows.len() > skip.saturating_add(take);
        let mut chars = 0;
        let rows: Vec<String> = self
            .rows
            .into_iter()
            .skip(skip)
            .take(take)
            .take_while(|row| {
                chars += row.chars().count() + 1;
                chars <= self.chars
            })
            .collect();
        let mut notes = Vec::new();
        if beyond || chars > self.chars {
            let next = offset + rows.len() as u64;
            notes.push(format!("There is more. Narrow the search, or go on with offset {next}."));
        }
        if self.skipped > 0 {
            notes.push(format!("{} could not be searched to the end.", count(self.skipped, "file")));
        }
        if self.stopped {
            notes.push("The search was ended early: there is too much to walk. Give a deeper path.".to_owned());
        }
        let at_least = if beyond { "+" } else { "" };
        let summary = match mode {
            OutputMode::Content => format!("{}{at_least} in {}", self.matches, count(self.files, "file")),
            OutputMode::FilesWithMatches => format!("{}{at_least} files", self.files),
            OutputMode::Count => format!("{}{at_least} in {}", count(self.matches, "match"), self.files),
        };
        let mut text = match (rows.is_empty(), offset) {
            (true, 0) => "No matches.".to_owned(),
            (true, _) => format!("Nothing at offset {offset}."),
            _ => rows.join("\n"),
        };
        for note in notes {
            text.push_str(&format!("\n[{note}]"));
        }
        ToolOutcome { shown: Shown::List(rows), ..ToolOutcome::text(text, summary) }
    }
}

/// Rows of one file that are collected whatever the call wants.
const MAX_ROWS: usize = 20_000;

fn or_here(name: &str, path: &Path) -> String {
    if name.is_empty() { path.display().to_string() } else { name.to_owned() }
}
