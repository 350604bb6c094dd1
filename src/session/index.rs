//! The summaries of all sessions of one project in one file, so that a long list opens at once.
//!
//! `index.json` beside the logs is disposable: what is missing or older than its log is read again.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io::Write;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::domain::{SessionId, SessionSummary};

use super::summary::Summary;

const NAME: &str = "index.json";
/// Another number makes every older index worthless.
const FORMAT: u32 = 2;
/// Bytes that an index may have; a larger file is not one.
const LIMIT: u64 = 64 * 1024 * 1024;

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Index {
    format: u32,
    sessions: BTreeMap<SessionId, Summary>,
}

/// The sessions of one folder, in no order. What cannot be read is left out.
pub(super) fn list(folder: &Path) -> Vec<SessionSummary> {
    let old = load(folder);
    let mut sessions = BTreeMap::new();
    let mut stale = false;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Some((id, length, changed)) = log_of(&entry) else { continue };
        let known = old.sessions.get(&id);
        if let Some(known) = known.filter(|known| known.is_current(length, changed)) {
            sessions.insert(id, known.clone());
        } else if let Ok(read) = known.cloned().unwrap_or_default().carried_on(&entry.path(), length, changed) {
            stale = true;
            sessions.insert(id, read);
        }
    }
    let shown = sessions.iter().filter_map(|(id, summary)| summary.shown(*id)).collect();
    if stale || sessions.len() != old.sessions.len() {
        // The list is right without it; the next one only takes longer.
        let _disposable = save(folder, &Index { format: FORMAT, sessions });
    }
    shown
}

/// The session whose log is called `name`.
pub(super) fn id_of(name: &std::ffi::OsStr) -> Option<SessionId> {
    name.to_str()?.strip_suffix(".jsonl")?.parse().ok()
}

fn log_of(entry: &DirEntry) -> Option<(SessionId, u64, u64)> {
    let id = id_of(&entry.file_name())?;
    let facts = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let changed = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((id, facts.len(), changed.as_millis() as u64))
}

fn load(folder: &Path) -> Index {
    let path = folder.join(NAME);
    let is_sane = fs::metadata(&path).is_ok_and(|facts| facts.is_file() && facts.len() <= LIMIT);
    let bytes = if is_sane { fs::read(&path).unwrap_or_default() } else { Vec::new() };
    serde_json::from_slice(&bytes).ok().filter(|index: &Index| index.format == FORMAT).unwrap_or_default()
}

fn save(folder: &Path, index: &Index) -> std::io::Result<()> {
    // Not synced, unlike all else: what a crash takes is made again. A temporary file of this kind is for
    // the user alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec(index)?)?;
    file.persist(folder.join(NAME))?;
    Ok(())
}
