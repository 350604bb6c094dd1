//! Which files the session has read, and what they were then.
//!
//! A file is known by its resolved path, so a link and its target are the same file.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::base::paths;
use crate::domain::Hash;

/// The record of reads. Shared by all calls of a session.
#[derive(Debug, Default)]
pub struct ReadLedger {
    files: Mutex<BTreeMap<PathBuf, ReadState>>,
}

/// What a file was when the model last saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadState {
    pub stamp: FileStamp,
    /// Lines that were seen from the start without a gap.
    pub lines_seen: u64,
    /// The last line was among them.
    pub whole: bool,
}

/// What tells one content of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStamp {
    pub modified: Option<SystemTime>,
    pub size: u64,
    /// Of the content; none when the file was too large to be hashed.
    pub hash: Option<Hash>,
}

impl FileStamp {
    /// The stamp of a file whose content is at hand.
    pub fn of(content: &[u8], metadata: &Metadata) -> Self {
        Self { hash: Some(Hash::of(content)), ..Self::without_content(metadata) }
    }

    /// The stamp of a file that was not read whole.
    pub fn without_content(metadata: &Metadata) -> Self {
        Self { modified: metadata.modified().ok(), size: metadata.len(), hash: None }
    }

    /// The same content, as far as both know. A new time on the same bytes is no change.
    pub fn same_content(&self, other: &Self) -> bool {
        match (self.hash, other.hash) {
            (Some(one), Some(two)) => one == two,
            _ => self.size == other.size && self.modified == other.modified,
        }
    }
}

impl ReadLedger {
    /// Notes that lines `first..=last` of a file were shown, `to_end` when the last line was among them.
    /// Pages that follow each other without a gap add up while the file stays the same.
    pub fn note_page(&self, path: &Path, stamp: FileStamp, first: u64, last: u64, to_end: bool) {
        let path = key(path);
        let mut files = self.lock();
        let before = files.get(&path).filter(|before| before.stamp.same_content(&stamp));
        let (seen, whole) = before.map_or((0, false), |before| (before.lines_seen, before.whole));
        let joins = first <= seen + 1;
        let lines_seen = if joins { seen.max(last) } else { seen };
        files.insert(path, ReadState { stamp, lines_seen, whole: whole || (joins && to_end) });
    }

    /// Notes our own change. `whole` when the model wrote all of it; after a partial change the file is
    /// known as far as it was.
    pub fn note_write(&self, path: &Path, stamp: FileStamp, whole: bool) {
        let path = key(path);
        let mut files = self.lock();
        let known = files.get(&path).map_or((0, false), |state| (state.lines_seen, state.whole));
        let (lines_seen, whole) = if whole { (u64::MAX, true) } else { known };
        files.insert(path, ReadState { stamp, lines_seen, whole });
    }

    /// What the file was when the model last saw it; none when it never did.
    pub fn state(&self, path: &Path) -> Option<ReadState> {
        self.lock().get(&key(path)).cloned()
    }

    /// The files that were read, for telling the model of changes from outside.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.lock().keys().cloned().collect()
    }

    /// Nothing counts as read any more: the conversation was cleared or compacted.
    pub fn forget_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, ReadState>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(path: &Path) -> PathBuf {
    paths::facts(path).0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn stamp(text: &str) -> FileStamp {
        FileStamp { modified: None, size: text.len() as u64, hash: Some(Hash::of(text.as_bytes())) }
    }

    #[test]
    fn pages_without_a_gap_add_up() {
        let ledger = ReadLedger::default();
        let path = Path::new("/x");
        let page = |first, last, end| {
            ledger.note_page(path, stamp("a"), first, last, end);
            let state = ledger.state(path).unwrap();
            (state.lines_seen, state.whole)
        };
        assert_eq!(page(1, 10, false), (10, false));
        assert_eq!(page(50, 60, true), (10, false));
        assert_eq!(page(5, 30, false), (30, false));
        assert_eq!(page(31, 60, true), (60, true));
        assert_eq!(page(1, 2, false), (60, true));
    }

    #[test]
    fn a_changed_file_starts_over() {
        let ledger = ReadLedger::default();
        let path = Path::new("/x");
        ledger.note_page(path, stamp("a"), 1, 9, true);
        ledger.note_page(path, stamp("b"), 1, 3, false);
        assert_eq!(ledger.state(path), Some(ReadState { stamp: stamp("b"), lines_seen: 3, whole: false }));
        ledger.forget_all();
        assert_eq!(ledger.state(path), None);
    }

    #[test]
    fn a_link_is_its_target() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "x").unwrap();
        std::os::unix::fs::symlink("a", dir.path().join("b")).unwrap();
        let ledger = ReadLedger::default();
        ledger.note_write(&dir.path().join("b"), stamp("x"), true);
        assert!(ledger.state(&dir.path().join("a")).is_some_and(|state| state.whole));
        assert_eq!(ledger.paths().len(), 1);
    }
}
