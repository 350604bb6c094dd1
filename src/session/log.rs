//! The log of one session, open for writing: one record, one line, one write.
//!
//! Nothing that was written is ever changed. The only bytes that are taken away are those of a record
//! that never became whole, and they are kept beside the log first.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::base::dirs::private_options;
use crate::domain::{Record, SessionId};

use super::line::encode;
use super::read::{Reading, Tail};
use super::{Error, Result, at};

/// A log that this process alone may write, until it is dropped.
#[derive(Debug)]
pub struct Log {
    id: SessionId,
    path: PathBuf,
    file: File,
    /// Held for its lock.
    _lock: File,
    /// Bytes of whole lines.
    whole: u64,
    end: End,
    next_seq: u64,
    /// The folder's entry for this file is on the disk.
    settled: bool,
    line: Vec<u8>,
}

/// What stands behind the whole lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Clean,
    /// A whole record without newline.
    NoNewline,
    /// Part of a record that another run left.
    Torn,
    /// Part of a record whose writing failed in this run and was reported as failed.
    Ours,
}

impl Log {
    /// Creates the file of a new session. Its folder exists.
    pub(super) fn create(id: SessionId, path: PathBuf) -> Result<Self> {
        let lock = lock(id, &path)?;
        let file = private_options()
            .append(true)
            .read(true)
            .create_new(true)
            .open(&path)
            .map_err(|source| at(&path, source))?;
        Ok(Self::over(id, path, file, lock))
    }

    /// Locks an existing file and reads it with `read`.
    pub(super) fn open(
        id: SessionId,
        path: PathBuf,
        read: impl FnOnce(&Path) -> io::Result<Reading>,
    ) -> Result<(Self, Reading)> {
        let lock = lock(id, &path)?;
        let reading = read(&path).map_err(|source| at(&path, source))?;
        let file = private_options().append(true).read(true).open(&path).map_err(|source| at(&path, source))?;
        let mut log = Self::over(id, path, file, lock);
        log.whole = reading.whole;
        log.next_seq = reading.next_seq;
        log.settled = true;
        log.end = match reading.tail {
            Tail::Nothing => End::Clean,
            Tail::Record => End::NoNewline,
            Tail::Torn => End::Torn,
        };
        Ok((log, reading))
    }

    /// Writes one record, as one line in one write. After an error nothing of the record stands in the
    /// log, and a later append may succeed. The error names the file.
    pub fn append(&mut self, record: &Record) -> io::Result<()> {
        self.mend().map_err(|problem| self.named(&problem))?;
        encode(record, &mut self.line).map_err(|problem| self.named(&io::Error::other(problem)))?;
        if let Err(problem) = self.file.write_all(&self.line) {
            self.end = End::Ours;
            // A full disk lets a file shrink; if even that fails, the next append tries again first.
            let _later = self.mend();
            return Err(self.named(&problem));
        }
        self.whole += self.line.len() as u64;
        self.next_seq = self.next_seq.max(record.seq.saturating_add(1));
        if self.line.capacity() > 1024 * 1024 {
            self.line = Vec::new();
        }
        Ok(())
    }

    /// Waits until everything appended is on the disk itself.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data().map_err(|problem| self.named(&problem))?;
        if !self.settled {
            if let Some(folder) = self.path.parent() {
                File::open(folder).and_then(|folder| folder.sync_all()).map_err(|problem| self.named(&problem))?;
            }
            self.settled = true;
        }
        Ok(())
    }

    /// Bytes of whole lines.
    pub fn len(&self) -> u64 {
        self.whole
    }

    /// Nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.whole == 0
    }

    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One more than the highest number in the log, records of other versions included.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The folder for the whole texts of long outputs. It may not exist yet.
    pub fn outputs(&self) -> PathBuf {
        outputs_of(&self.path)
    }

    fn over(id: SessionId, path: PathBuf, file: File, lock: File) -> Self {
        Self { id, path, file, _lock: lock, whole: 0, end: End::Clean, next_seq: 0, settled: false, line: Vec::new() }
    }

    /// Makes the file end with a whole line.
    fn mend(&mut self) -> io::Result<()> {
        match self.end {
            End::Clean => return Ok(()),
            End::NoNewline => {
                self.file.write_all(b"\n")?;
                self.whole = self.file.metadata()?.len();
            }
            End::Torn => {
                self.keep_torn()?;
                self.file.set_len(self.whole)?;
            }
            End::Ours => self.file.set_len(self.whole)?,
        }
        self.end = End::Clean;
        Ok(())
    }

    /// Copies the bytes behind the last whole line to `<id>.torn`.
    fn keep_torn(&mut self) -> io::Result<()> {
        let mut kept = private_options().append(true).create(true).open(self.path.with_extension("torn"))?;
        self.file.seek(SeekFrom::Start(self.whole))?;
        io::copy(&mut &self.file, &mut kept)?;
        kept.write_all(b"\n")?;
        kept.sync_all()
    }

    fn named(&self, problem: &io::Error) -> io::Error {
        io::Error::new(problem.kind(), format!("{}: {problem}", self.path.display()))
    }
}

/// Where the outputs of the session with that log are kept.
pub(super) fn outputs_of(log: &Path) -> PathBuf {
    log.with_extension("").join("outputs")
}

/// Takes the lock that makes this process the only writer. File systems without locks give none.
fn lock(id: SessionId, log: &Path) -> Result<File> {
    let path = log.with_extension("lock");
    let mut file = private_options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|source| at(&path, source))?;
    match file.try_lock() {
        Ok(()) => {
            // Only for whoever finds it locked; the lock itself is the kernel's.
            let number = std::process::id().to_string();
            file.set_len(0).and_then(|()| file.write_all(number.as_bytes())).ok();
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut number = String::new();
            (&file).take(20).read_to_string(&mut number).ok();
            Err(Error::Locked { id, holder: number.trim().parse().ok() })
        }
        Err(TryLockError::Error(problem)) if problem.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(source)) => Err(at(&path, source)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::Body;
    use crate::session::read::read;

    #[test]
    fn what_a_failed_write_left_is_taken_back_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let id = SessionId(uuid::Uuid::from_u128(1));
        let mut log = Log::create(id, path.clone()).unwrap();
        let record = |seq| Record { seq, at: 0, body: Body::TitleSet { title: "x".into() } };
        log.append(&record(0)).unwrap();
        // What a full disk leaves: a part of the line, and no way yet to take it back.
        log.file.write_all(b"{\"crc\":\"0000").unwrap();
        log.end = End::Ours;
        log.append(&record(1)).unwrap();
        let reading = read(&path).unwrap();
        assert_eq!(reading.records, [record(0), record(1)]);
        assert!(reading.notices.is_empty());
        assert!(!path.with_extension("torn").exists());
    }
}
