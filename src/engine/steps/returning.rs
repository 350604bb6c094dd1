//! What a resumed session brings back besides its records, and what changed on disk since it was left.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use super::super::driver::Driver;
use super::super::past::Reads;
use super::keeping::blocking;
use crate::agent::Input;
use crate::base::paths;
use crate::domain::{Body, FaceState, FileImage, FilesNews, Notice};
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
    /// Of a session that goes on, from what it read and when it was used last.
    pub(in crate::engine) fn of(reads: &Reads, last: u64, changed: Vec<Wanted>) -> Self {
        // The newest reads matter most.
        let mut newest: Vec<(&PathBuf, &u64)> = reads.files.iter().collect();
        newest.sort_by_key(|(_, at)| std::cmp::Reverse(**at));
        let mut read: Vec<PathBuf> = newest.into_iter().take(FILES).map(|(path, _)| paths::facts(path).0).collect();
        read.retain(|path| changed.iter().all(|file| file.path != *path));
        Self { read, changed, last }
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
