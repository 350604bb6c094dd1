//! Sessions of other programs, made into sessions of ours.
//!
//! The file that is imported is read and left as it is. What came of it is a session like every other, with a record
//! that says where it is from.

mod claude;
mod history;
mod native;

use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::{Body, Record, SessionId};
use crate::session::{Store, at};

/// Files that one import takes.
const FILES: usize = 20_000;
/// Folders below the one that was named.
const DEEP: usize = 4;

/// How a folder's project is found.
pub type ProjectOf<'a> = &'a dyn Fn(&Path) -> PathBuf;

/// What came of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    Session {
        id: SessionId,
        prompts: u32,
        /// Lines that could not be understood.
        skipped: u32,
    },
    /// There is a session of this id already.
    Known(SessionId),
    /// Prompts that were added to the histories of projects.
    History(usize),
    /// Nobody said anything in it.
    Empty,
}

/// Imports a file. The error is a sentence for the person.
pub fn file(store: &Store, path: &Path, project_of: ProjectOf<'_>) -> Result<Imported, String> {
    if path.file_name().is_some_and(|name| name == "history.jsonl") {
        return history::import(store, path, project_of).map(Imported::History);
    }
    let made = if path.extension().is_some_and(|extension| extension == "json") {
        native::read(path)?
    } else {
        claude::read(path, project_of)?
    };
    let Some(made) = made else { return Ok(Imported::Empty) };
    keep(store, made)
}

/// The records of our own export.
pub(super) fn native_records(path: &Path) -> Result<Vec<Record>, String> {
    Ok(native::read(path)?.map(|made| made.records).unwrap_or_default())
}

/// The files of a folder that can be imported: transcripts below `projects`, and the prompt history. Transcripts of
/// sub-agents are part of their session and left out.
pub fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(root, DEEP, &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, deep: usize, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if found.len() >= FILES {
            return;
        }
        if is_folder && deep > 0 && !matches!(name, "subagents" | "memory" | "tool-results") {
            walk(&path, deep - 1, found);
        } else if !is_folder {
            let transcript = name.strip_suffix(".jsonl").is_some_and(|stem| stem.parse::<SessionId>().is_ok());
            if transcript || name == "history.jsonl" {
                found.push(path);
            }
        }
    }
}

/// A session that was made of a file.
pub(super) struct Made {
    pub id: SessionId,
    pub project: PathBuf,
    pub records: Vec<Record>,
    pub skipped: u32,
}

fn keep(store: &Store, made: Made) -> Result<Imported, String> {
    if store.log_of(made.id).is_ok() {
        return Ok(Imported::Known(made.id));
    }
    let mut log = store.create(made.id, &made.project).map_err(|error| error.to_string())?;
    let path = log.path().to_path_buf();
    let written = made.records.iter().try_for_each(|record| log.append(record)).and_then(|()| log.sync());
    if let Err(source) = written {
        drop(log);
        // Half a session would be taken for the whole one.
        let _gone = fs::remove_file(&path);
        return Err(at(&path, source).to_string());
    }
    let prompts = made.records.iter().filter(|record| matches!(record.body, Body::Prompted { .. })).count();
    Ok(Imported::Session { id: made.id, prompts: prompts as u32, skipped: made.skipped })
}

#[cfg(test)]
mod tests;
