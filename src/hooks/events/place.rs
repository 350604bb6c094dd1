//! Where the work is: CwdChanged, DirectoryAdded, FileChanged, WorktreeCreate, WorktreeRemove.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::{Event, Firing, Ran};

/// Paths that one answer may ask to be watched.
const WATCHED: usize = 200;

/// The shell's folder changed.
pub fn cwd(old: &Path, new: &Path) -> Firing {
    Firing::new(Event::CwdChanged, None, json!({ "old_cwd": old, "new_cwd": new }))
}

/// A folder belongs to the session from now on; `source` is `slash_command` or `register_repo_root`.
pub fn added(folder: &Path, source: &str) -> Firing {
    Firing::new(Event::DirectoryAdded, Some(source), json!({ "directory": folder, "source": source }))
}

/// What became of a watched file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileNews {
    Change,
    Add,
    Unlink,
}

/// A watched file is not what it was. Matchers look at its name.
pub fn file(path: &Path, news: FileNews) -> Firing {
    let word = match news {
        FileNews::Change => "change",
        FileNews::Add => "add",
        FileNews::Unlink => "unlink",
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Firing::new(Event::FileChanged, name.as_deref(), json!({ "file_path": path, "event": word }))
}

/// The files that answers ask to be watched; none where no answer says anything of it.
pub fn watched(runs: &[Ran]) -> Option<Vec<PathBuf>> {
    let lists = runs.iter().filter_map(|ran| ran.answer.fields.get("watchPaths")?.as_array());
    let mut found: Option<Vec<PathBuf>> = None;
    for list in lists {
        let paths = list.iter().filter_map(Value::as_str).map(PathBuf::from).filter(|path| path.is_absolute());
        found.get_or_insert_default().extend(paths.take(WATCHED));
    }
    found
}

/// A worktree is wanted; a hook makes it in the place of git.
pub fn worktree(name: &str) -> Firing {
    Firing::new(Event::WorktreeCreate, None, json!({ "name": name }))
}

/// A worktree is to be cleared away.
pub fn worktree_gone(path: &Path) -> Firing {
    Firing::new(Event::WorktreeRemove, None, json!({ "worktree_path": path }))
}

/// The folder that hooks made: the last line of a command's output, or `worktreePath`. None when no hook made one. The
/// error says who failed; anything but a clean end is a failure here.
pub fn made(runs: &[Ran]) -> Result<Option<PathBuf>, String> {
    let mut made = None;
    for ran in runs {
        let answer = &ran.answer;
        if let Some(why) = answer.block.as_ref().or(answer.halt.as_ref()).or(answer.failure.as_ref()) {
            return Err(format!("{}: {why}", ran.who()));
        }
        let told = answer.text("worktreePath").or_else(|| answer.top.get("worktreePath").and_then(Value::as_str));
        let line = ran.last_line.as_deref();
        let path = told.or(line.filter(|_| answer.top.is_empty())).map(PathBuf::from);
        match path {
            Some(path) if path.is_absolute() => made = made.or(Some(path)),
            Some(path) => return Err(format!("{}: `{}` is no absolute path", ran.who(), path.display())),
            None => return Err(format!("{} named no folder", ran.who())),
        }
    }
    Ok(made)
}
