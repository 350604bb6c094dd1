//! Finds blobs that nothing refers to. Nothing is removed unless it is asked for.
//!
//! A blob counts as used when its name stands anywhere in any file below the data folder: logs, sub-agents'
//! logs, torn rests, the trash, whatever a later version may keep there. So a record that this version does
//! not know holds its blobs too.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::blobs::Blobs;
use crate::domain::BlobId;

/// A blob younger than this may belong to a record that is about to be written.
const YOUNG: Duration = Duration::from_secs(60 * 60);
/// Characters of a blob's name.
const NAME: usize = 64;
/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// What can go, or has gone.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Garbage {
    pub blobs: u64,
    pub bytes: u64,
    /// Blobs that something refers to, or that are too young to tell.
    pub kept: u64,
    pub kept_bytes: u64,
    /// Files that were searched for names.
    pub searched: u64,
    pub removed: bool,
    /// Why something was not removed.
    pub problems: Vec<String>,
}

/// Finds what nothing refers to; removes it when asked.
pub(super) fn collect(data: &Path, blobs: &Blobs, now: SystemTime, remove: bool) -> io::Result<Garbage> {
    let all = blobs.all();
    let mut garbage = Garbage { removed: remove, ..Garbage::default() };
    let mut unused: HashSet<BlobId> = all.iter().map(|(id, ..)| *id).collect();
    // A file that cannot be read might refer to any of them: then nothing may go.
    search(data, &data.join("blobs"), &mut unused, &mut garbage.searched)?;
    for (id, bytes, used) in all {
        let young = now.duration_since(used).is_ok_and(|age| age < YOUNG) || used > now;
        if young || !unused.contains(&id) {
            garbage.kept += 1;
            garbage.kept_bytes += bytes;
            continue;
        }
        match if remove { blobs.remove(id) } else { Ok(()) } {
            Ok(()) => {
                garbage.blobs += 1;
                garbage.bytes += bytes;
            }
            Err(problem) => garbage.problems.push(problem.to_string()),
        }
    }
    Ok(garbage)
}

/// Takes every name that stands in a file below `folder` out of the set. `blobs` itself is passed over.
fn search(folder: &Path, blobs: &Path, unused: &mut HashSet<BlobId>, searched: &mut u64) -> io::Result<()> {
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() && path != blobs {
                folders.push(path);
            } else if kind.is_file() {
                *searched += 1;
                names_at(&path, unused)?;
            }
        }
    }
    Ok(())
}

fn names_at(path: &Path, unused: &mut HashSet<BlobId>) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => names_in(file, unused),
        // It went away meanwhile.
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(problem) => Err(io::Error::new(problem.kind(), format!("{}: {problem}", path.display()))),
    }
}

/// Reads a file in bounded memory and takes the names in it out of the set.
fn names_in(mut file: File, unused: &mut HashSet<BlobId>) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut run: Vec<u8> = Vec::with_capacity(NAME);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        for byte in buffer.iter().take(read) {
            if !byte.is_ascii_hexdigit() {
                run.clear();
                continue;
            }
            if run.len() == NAME {
                // A longer run of digits: every window of it counts.
                run.remove(0);
            }
            run.push(*byte);
            if run.len() == NAME
                && let Some(id) = std::str::from_utf8(&run).ok().and_then(|name| name.parse().ok())
            {
                unused.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn only_what_no_file_names_goes_and_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let blobs = Blobs::new(data);
        let mut kept = Vec::new();
        for name in ["sessions/p/a.jsonl", "sessions/p/a/agents/b.jsonl", "trash/x/y.jsonl", "later/kind.bin"] {
            let id = blobs.keep(name.as_bytes(), false).unwrap();
            let file = data.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            // At a border of two reads, within a longer run of digits.
            fs::write(file, format!("{}ff{id}00", "-".repeat(CHUNK - 20))).unwrap();
            kept.push(id);
        }
        let loose = blobs.keep(b"loose", false).unwrap();
        let now = SystemTime::now();
        assert_eq!(collect(data, &blobs, now, true).unwrap().blobs, 0, "all are young");
        let later = now + YOUNG * 2;
        let would = collect(data, &blobs, later, false).unwrap();
        assert_eq!((would.blobs, would.bytes, would.kept, would.removed), (1, 5, 4, false));
        assert!(blobs.has(loose, 5));
        assert_eq!(collect(data, &blobs, later, true).unwrap().blobs, 1);
        assert!(!blobs.has(loose, 5));
        assert!(kept.iter().all(|id| blobs.read(*id, 100).is_ok()));
    }
}
