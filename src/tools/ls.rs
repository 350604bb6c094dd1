//! LS: a folder as a tree, its nearest levels first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use globset::{Glob, GlobSet, GlobSetBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::support::walk::{Ground, is_version_control};
use super::support::words::add_note;
use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::base::beneath::{Folder, Kind};
use crate::domain::{Access, Shown, ToolOutcome, ToolSpec};

const NAME: &str = "LS";
/// Entries that a result names.
const MAX_ENTRIES: usize = 400;
/// Entries of one folder that are looked at.
const MAX_FOLDER: usize = 5_000;

#[derive(Debug)]
pub struct Ls;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LsInput {
    /// Absolute path of a folder.
    path: String,
    /// Glob patterns of names to leave out.
    #[serde(default)]
    ignore: Option<Vec<String>>,
}

impl Tool for Ls {
    fn spec(&self) -> ToolSpec {
        input::spec::<LsInput>(NAME, include_str!("../../assets/tools/ls.md"))
    }

    fn access(&self, value: &Value, place: &Place) -> Result<Access, String> {
        let input: LsInput = input::parse(NAME, value)?;
        input::path("path", &input.path, place).map(Access::read)
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::reading(context.cancel.clone(), move |cancel| {
            list(&value, &context, cancel).unwrap_or_else(ToolOutcome::error)
        })
    }
}

fn list(value: &Value, context: &ToolContext, cancel: &CancellationToken) -> Result<ToolOutcome, String> {
    let input: LsInput = input::parse(NAME, value)?;
    let root = input::path("path", &input.path, &context.place)?;
    let ground = Ground::new(context, &root);
    Folder::open(&ground.real).and_then(|folder| folder.names(1)).map_err(|error| match error.kind() {
        ErrorKind::NotADirectory => format!("{} is a file. Use Read to see it.", root.display()),
        _ => format!("{} cannot be listed: {error}.", root.display()),
    })?;
    let skip = patterns(input.ignore.as_deref().unwrap_or_default())?;
    let tree = Tree::grow(&ground, &skip, cancel);
    let mut lines = Vec::new();
    tree.draw(&ground.real, 0, &mut lines);
    let summary = if tree.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", tree.entries) };
    let mut text = format!("{}/\n{}", root.display().to_string().trim_end_matches('/'), lines.join("\n"));
    if lines.is_empty() {
        text.push_str("(empty)");
    }
    if tree.cut {
        text.push_str(
            "\n[Not everything is listed: folders marked … are not opened. List them on their own, or use Glob.]",
        );
    }
    if let Some(note) = ground.note() {
        add_note(&mut text, &note);
    }
    Ok(ToolOutcome { shown: Shown::List(lines), ..ToolOutcome::text(text, summary) })
}

fn patterns(globs: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(Glob::new(glob).map_err(|error| format!("{glob} is no valid glob pattern: {error}."))?);
    }
    set.build().map_err(|error| format!("ignore cannot be used: {error}."))
}

/// What was found, level by level, so that a deep folder cannot hide its neighbours.
#[derive(Default)]
struct Tree {
    /// Entries by their folder; a folder that is not here was not opened.
    folders: BTreeMap<PathBuf, Vec<Entry>>,
    entries: usize,
    cut: bool,
}

struct Entry {
    name: OsString,
    is_folder: bool,
    /// Ignore files exclude it: named, but not opened.
    ignored: bool,
}

impl Tree {
    fn grow(ground: &Ground, skip: &GlobSet, cancel: &CancellationToken) -> Self {
        let root = &ground.real;
        let mut tree = Self::default();
        let mut ahead = VecDeque::from([root.clone()]);
        while let Some(folder) = ahead.pop_front() {
            if cancel.is_cancelled() {
                break;
            }
            let (mut entries, all) = read(&folder, ground, skip);
            let room = MAX_ENTRIES - tree.entries;
            // The listed folder is shown as far as it goes; one further down whole or not at all.
            if entries.len() > room && folder != *root {
                tree.cut = true;
                continue;
            }
            tree.cut |= entries.len() > room || !all;
            entries.truncate(room);
            tree.entries += entries.len();
            let inner = entries.iter().filter(|entry| entry.is_folder && !entry.ignored);
            ahead.extend(inner.map(|entry| folder.join(&entry.name)));
            tree.folders.insert(folder, entries);
        }
        tree
    }

    fn draw(&self, folder: &Path, depth: usize, lines: &mut Vec<String>) {
        for entry in self.folders.get(folder).into_iter().flatten() {
            let path = folder.join(&entry.name);
            let opened = self.folders.contains_key(&path);
            let mark = match (entry.is_folder, entry.ignored) {
                (false, _) => "",
                (true, true) => "/ (ignored)",
                (true, false) if opened => "/",
                (true, false) => "/ …",
            };
            lines.push(format!("{}{}{mark}", "  ".repeat(depth), entry.name.to_string_lossy().replace('\n', "\\n")));
            if opened {
                self.draw(&path, depth + 1, lines);
            }
        }
    }
}

/// The entries of a folder, folders first, and whether these are all. It is read by descriptor, so that one that has
/// become a link leads nowhere.
fn read(folder: &Path, ground: &Ground, skip: &GlobSet) -> (Vec<Entry>, bool) {
    let Ok((names, all)) = Folder::open(folder).and_then(|folder| folder.names(MAX_FOLDER)) else {
        return (Vec::new(), true);
    };
    let listed: BTreeSet<OsString> = ground
        .walker_at(folder, false)
        .max_depth(Some(1))
        .build()
        .flatten()
        .take(MAX_FOLDER)
        .map(|entry| entry.file_name().to_owned())
        .collect();
    let mut entries = Vec::new();
    for (name, kind) in names {
        let path = folder.join(&name);
        let skipped = skip.is_match(&name) || path.strip_prefix(&ground.real).is_ok_and(|path| skip.is_match(path));
        if !skipped && !is_version_control(&name) && !ground.hides(&path) {
            entries.push(Entry { ignored: !listed.contains(&name), name, is_folder: kind == Kind::Folder });
        }
    }
    entries.sort_by(|a, b| b.is_folder.cmp(&a.is_folder).then_with(|| a.name.cmp(&b.name)));
    (entries, all)
}
