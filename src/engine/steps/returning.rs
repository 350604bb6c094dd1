//! What a resumed session brings back besides its records, and what changed on disk since it was left.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use super::super::driver::Driver;
use super::keeping::blocking;
use crate::agent::Input;
use crate::base::paths;
use crate::domain::{Body, FaceState, FileImage, FilesNews, Notice, Record};
use crate::session::{MOST, Wanted, moves};

/// Files that are looked at.
const FILES: usize = 300;
/// Files that are named.
const NAMED: usize = 8;

/// What a session knew of files when it was left.
#[derive(Debug, Default)]
pub(in crate::engine) struct Knowledge {
    /// Files that it read, and nothing that it changed.
    read: Vec<PathBuf>,
    /// Files that it changed, with what it left.
    changed: Vec<Wanted>,
    /// Milliseconds since 1970 when it was used last.
    last: u64,
}

impl Knowledge {
    /// From the records of a session that goes on.
    pub(in crate::engine) fn of(records: &[Record], changed: Vec<Wanted>) -> Self {
        let mut calls: HashMap<&str, PathBuf> = HashMap::new();
        let mut read: BTreeMap<PathBuf, u64> = BTreeMap::new();
        for record in records {
            match &record.body {
                Body::Responded(note) => {
                    let reads = note.message.calls().filter(|call| call.name == "Read");
                    calls.extend(reads.filter_map(|call| Some((call.id.as_str(), read_path(&call.input)?))));
                }
                Body::CallDone { result, .. } if !result.is_error => {
                    let path = calls.remove(result.call_id.as_str());
                    read.extend(path.map(|path| (paths::facts(&path).0, record.at)));
                }
                _ => {}
            }
        }
        for file in &changed {
            read.remove(&file.path);
        }
        let mut read: Vec<(PathBuf, u64)> = read.into_iter().collect();
        // The newest reads matter most.
        read.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        let read = read.into_iter().take(FILES).map(|(path, _)| path).collect();
        Self { read, changed, last: records.last().map_or(0, |record| record.at) }
    }

    /// What is otherwise now, in words, one file each. Blocks on the disk.
    fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for file in self.changed.iter().take(FILES) {
            if let Ok(seen) = moves::see(&file.path, MOST)
                && seen.image != file.expected
            {
                let word = if seen.image == FileImage::Absent { "gone" } else { "changed" };
                found.push(format!("{} ({word})", file.path.display()));
            }
        }
        for path in &self.read {
            match path.symlink_metadata().and_then(|facts| facts.modified()) {
                Ok(time) => {
                    let changed = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
                    if changed > u128::from(self.last) {
                        found.push(format!("{} (changed)", path.display()));
                    }
                }
                Err(_) => found.push(format!("{} (gone)", path.display())),
            }
        }
        found
    }
}

/// The file that a call of Read names.
fn read_path(input: &serde_json::Value) -> Option<PathBuf> {
    let path = PathBuf::from(input.get("file_path")?.as_str()?);
    path.is_absolute().then_some(path)
}

impl Driver {
    /// Tells the person, and with the next message the model, which files are not as the session left them.
    pub(in crate::engine) async fn tell_of_changes_since(&mut self, knowledge: Knowledge) {
        let found = blocking(move || knowledge.differences()).await.unwrap_or_default();
        if found.is_empty() {
            return;
        }
        let base = format!("{}/", paths::facts(&self.stage.place.project).0.display());
        let short: Vec<&str> =
            found.iter().take(NAMED).map(|name| name.strip_prefix(base.as_str()).unwrap_or(name)).collect();
        let more = found.len() - short.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let files =
            if found.len() == 1 { "1 file that this session knew is" } else { "files that this session knew are" };
        let count = if found.len() == 1 { String::new() } else { format!("{} ", found.len()) };
        let text = format!("Since this session was left, {count}{files} not as left: {}{more}", short.join(", "));
        self.notice(Notice::warning(text)).await;
        let all: Vec<&String> = found.iter().take(50).collect();
        let list = all.iter().map(|name| name.as_str()).collect::<Vec<_>>().join("\n");
        let text = format!(
            "Time has passed since the last message. These files are not as they were when you last saw them; read them again before you rely on them:\n{list}"
        );
        self.feed(Input::Note(Body::ContextAdded { from: "Latigo".to_owned(), text })).await;
    }

    /// Gives the face what it held when the session was open last.
    pub(in crate::engine) async fn restore_face(&mut self) {
        let path = self.setup.store.face(self.session);
        let state = blocking(move || crate::session::face::load(&path)).await.flatten();
        if let Some(state) = state {
            self.news(FilesNews::Restored(state)).await;
        }
    }

    /// Keeps what the face holds, where the session has a log.
    pub(super) fn keep_face(&self, state: &FaceState) {
        if !self.journal.is_saved() {
            return;
        }
        let path = self.setup.store.face(self.session);
        if let Err(error) = crate::session::face::save(&path, state) {
            // It is kept again at the next change; the log says when the disk refuses.
            tracing::warn!(%error, "the draft was not kept");
        }
    }
}
