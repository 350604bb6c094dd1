//! The whole output of a command on disk, for the calls whose result holds only head and tail.
//!
//! A short output makes no file. A failing disk costs the kept text, never the command.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::domain::Hash;

/// Keeps raw bytes in memory until they are too many, then in a file.
#[derive(Debug)]
pub struct Spill {
    path: PathBuf,
    early: Vec<u8>,
    early_max: usize,
    file: Option<File>,
    /// Bytes that the file may have.
    limit: u64,
    /// Bytes that came.
    total: u64,
    failed: bool,
}

/// A kept output.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    pub path: PathBuf,
    /// Bytes that the command printed.
    pub total: u64,
    /// Bytes of them that are in the file.
    pub bytes: u64,
}

impl Spill {
    /// Will write to `path`, after `early_max` bytes, at most `limit` bytes.
    pub fn new(path: PathBuf, early_max: usize, limit: u64) -> Self {
        Self { path, early: Vec::new(), early_max, file: None, limit, total: 0, failed: false }
    }

    pub fn push(&mut self, chunk: &[u8]) {
        let before = self.total;
        self.total += chunk.len() as u64;
        if self.file.is_none() && !self.failed {
            self.early.extend_from_slice(chunk);
            if self.early.len() > self.early_max {
                self.start();
            }
        } else {
            self.write(before, chunk);
        }
    }

    /// Ends it. The file stays only when it is `needed`.
    pub fn finish(mut self, needed: bool) -> Option<Kept> {
        if needed && self.file.is_none() && !self.failed {
            self.start();
        }
        let started = self.file.take().is_some();
        if !needed || self.failed {
            if started {
                fs::remove_file(&self.path).ok();
            }
            return None;
        }
        Some(Kept { path: self.path, total: self.total, bytes: self.total.min(self.limit) })
    }

    fn start(&mut self) {
        let early = std::mem::take(&mut self.early);
        match create(&self.path) {
            Ok(file) => {
                self.file = Some(file);
                self.write(0, &early);
            }
            Err(_) => self.failed = true,
        }
    }

    /// Writes what the limit leaves of a chunk that begins at `at`.
    fn write(&mut self, at: u64, chunk: &[u8]) {
        let room = usize::try_from(self.limit.saturating_sub(at)).unwrap_or(usize::MAX).min(chunk.len());
        let chunk = chunk.get(..room).unwrap_or_default();
        if let Some(file) = self.file.as_mut().filter(|_| !self.failed) {
            self.failed = file.write_all(chunk).is_err();
        }
    }
}

/// Makes the folder of kept outputs, for its owner alone.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Keeps a whole result in the folder of kept outputs, under the id of its call.
pub fn keep(folder: &Path, call_id: &str, extension: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let path = folder.join(file_name(call_id, extension));
    create(&path)?.write_all(bytes)?;
    Ok(path)
}

/// A file name from a call's id, which is foreign text: other ids never share it.
pub fn file_name(call_id: &str, extension: &str) -> String {
    let safe: String =
        call_id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(80).collect();
    if safe == call_id && !safe.is_empty() {
        return format!("{safe}.{extension}");
    }
    let hash: String = Hash::of(call_id.as_bytes()).to_string().chars().take(12).collect();
    format!("{safe}.{hash}.{extension}")
}

fn create(path: &Path) -> io::Result<File> {
    path.parent().map_or(Ok(()), make_folder)?;
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits() as i32)
        .open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_made_only_when_needed_and_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/out.txt");
        let run = |needed: bool| {
            let mut spill = Spill::new(path.clone(), 4, 10);
            for chunk in [b"abc".as_slice(), b"defg", b"hijkl"] {
                spill.push(chunk);
            }
            spill.finish(needed)
        };
        assert_eq!(run(false), None);
        assert!(!path.exists());
        assert_eq!(run(true), Some(Kept { path: path.clone(), total: 12, bytes: 10 }));
        assert_eq!(fs::read(&path).unwrap(), b"abcdefghij");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);

        let mut short = Spill::new(dir.path().join("short"), 4, 10);
        short.push(b"abc");
        assert_eq!(short.finish(true).unwrap().bytes, 3);
    }

    #[test]
    fn a_disk_that_fails_costs_only_the_file() {
        let mut spill = Spill::new(PathBuf::from("/dev/null/x"), 1, 10);
        spill.push(b"abc");
        spill.push(b"abc");
        assert_eq!(spill.finish(true), None);
    }

    #[test]
    fn ids_cannot_leave_the_folder() {
        assert_eq!(file_name("toolu_01-a", "txt"), "toolu_01-a.txt");
        let names = ["../../etc/x", "a/b", "ab", "", "a\0b"].map(|id| file_name(id, "txt"));
        for (index, name) in names.iter().enumerate() {
            assert!(!name.contains('/') && !name.contains(".."), "{name}");
            assert!(names.iter().skip(index + 1).all(|other| other != name), "{name}");
        }
    }
}
