//! Glob: files by the pattern of their path, newest first.

use std::path::{Component, Path, PathBuf};

use futures::future::BoxFuture;
use globset::{GlobBuilder, GlobMatcher};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::support::walk::{Files, Ground, files, row_name};
use super::support::words::{add_note, count};
use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::base::paths::{absolute, normalize};
use crate::domain::{Access, Shown, ToolOutcome, ToolSpec};

const NAME: &str = "Glob";
/// Files that a result names.
const MAX_FILES: usize = 100;

#[derive(Debug)]
pub struct Glob;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GlobInput {
    /// Such as `**/*.rs` or `src/**/*.{ts,tsx}`.
    pattern: String,
    /// Folder to search; default: the current one.
    #[serde(default)]
    path: Option<String>,
}

/// What to walk and what to take of it.
struct Search {
    root: PathBuf,
    /// Matches paths relative to the root.
    matcher: GlobMatcher,
}

fn search(value: &Value, place: &Place) -> Result<Search, String> {
    let input: GlobInput = input::parse(NAME, value)?;
    if input.pattern.is_empty() {
        return Err("pattern is empty. Give a pattern such as **/*.rs.".to_owned());
    }
    let base = input
        .path
        .as_deref()
        .filter(|path| !path.is_empty())
        .map_or(Ok(place.cwd.clone()), |path| input::path("path", path, place))?;
    let (folder, pattern) = split(&input.pattern);
    let root = if folder.starts_with('~') { absolute(&base, &folder) } else { normalize(&base.join(folder)) };
    let matcher = GlobBuilder::new(&pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| format!("{} is no valid glob pattern: {error}.", input.pattern))?
        .compile_matcher();
    Ok(Search { root, matcher })
}

/// Splits a pattern into the folder that it names outright and the rest, so that a walk begins as deep as
/// it can and the gate sees where it really goes.
fn split(pattern: &str) -> (String, String) {
    let parts: Vec<Component<'_>> = Path::new(pattern).components().filter(|part| *part != Component::CurDir).collect();
    let is_plain = |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\']);
    let plain = parts.iter().take_while(|part| is_plain(part)).count().min(parts.len().saturating_sub(1));
    let join = |parts: &[Component<'_>]| parts.iter().collect::<PathBuf>().to_string_lossy().into_owned();
    let (folder, rest) = parts.split_at(plain);
    (join(folder), join(rest))
}

impl Tool for Glob {
    fn spec(&self) -> ToolSpec {
        input::spec::<GlobInput>(NAME, include_str!("../../assets/tools/glob.md"))
    }

    fn access(&self, value: &Value, place: &Place) -> Result<Access, String> {
        search(value, place).map(|search| Access::read(search.root))
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::reading(context.cancel.clone(), move |cancel| match search(&value, &context.place) {
            Ok(search) => find(&search, &context, cancel),
            Err(error) => ToolOutcome::error(error),
        })
    }
}

fn find(search: &Search, context: &ToolContext, cancel: &CancellationToken) -> ToolOutcome {
    let ground = Ground::new(context, &search.root);
    if !ground.real.is_dir() {
        return ToolOutcome::error(format!("{} is not a folder. Use LS to see what is there.", search.root.display()));
    }
    let mut note = None;
    let mut all = walk(search, &ground, false, cancel);
    if all.found.is_empty() && !all.stopped {
        // Whoever asks for a path that ignore files exclude means it.
        all = walk(search, &ground, true, cancel);
        note = (!all.found.is_empty()).then(|| "Only files that .gitignore excludes match.".to_owned());
    }
    for file in &mut all.found {
        file.path = ground.name(&file.path);
    }
    outcome(all, &context.place, note.into_iter().chain(ground.note()).collect())
}

fn walk(search: &Search, ground: &Ground, ignored: bool, cancel: &CancellationToken) -> Files {
    files(ground.walker(ignored).build(), cancel, |path| {
        path.strip_prefix(&ground.real).is_ok_and(|path| search.matcher.is_match(path))
    })
}

fn outcome(all: Files, place: &Place, notes: Vec<String>) -> ToolOutcome {
    let total = all.found.len();
    let names: Vec<String> = all.found.iter().take(MAX_FILES).map(|file| row_name(&file.path, &place.cwd)).collect();
    let mut text = if names.is_empty() { "No files match.".to_owned() } else { names.join("\n") };
    let truncated = (total > MAX_FILES).then(|| format!("The {MAX_FILES} newest of {total}. Use a narrower pattern."));
    let stopped =
        all.stopped.then(|| "The search was ended early: there is too much to walk. Give a deeper path.".to_owned());
    for note in notes.into_iter().chain(truncated).chain(stopped) {
        add_note(&mut text, &note);
    }
    ToolOutcome { shown: Shown::List(names), ..ToolOutcome::text(text, count(total as u64, "file")) }
}
