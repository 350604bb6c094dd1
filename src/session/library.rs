//! What is done to a session without opening it: marks of the person, the trash, a look at its end.
//!
//! A mark is a record that is appended. The trash is a folder beside the projects: `sessions/.trash/<project>/`;
//! what lies there is whole and can be had back.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::base::dirs::create_private;
use crate::domain::{Body, Record, SessionId};

use super::line::{Decoded, decode};
use super::lines::Lines;
use super::read::{Reading, Tail, read};
use super::{Error, Log, Result, Store, at};

/// The folder of what was put away.
const TRASH: &str = ".trash";
/// Bytes at the end of a log in which its newest number is looked for.
const END: u64 = 1024 * 1024;

impl Store {
    /// Appends records to a session that no process has open for writing. `now` in milliseconds since 1970.
    pub fn annotate(&self, id: SessionId, bodies: Vec<Body>, now: u64) -> Result<()> {
        let (mut log, _) = Log::open(id, self.log_of(id)?, read_end)?;
        for body in bodies {
            let record = Record { seq: log.next_seq(), at: now, body };
            let path = log.path().to_path_buf();
            log.append(&record).map_err(|source| at(&path, source))?;
        }
        let path = log.path().to_path_buf();
        log.sync().map_err(|source| at(&path, source))
    }

    /// Puts a session away, with its outputs. One that a process has open stays.
    pub fn trash(&self, id: SessionId) -> Result<()> {
        let log = self.log_of(id)?;
        let held = Log::open(id, log.clone(), read_end)?;
        let folder = self.trash_folder().join(log.parent().and_then(Path::file_name).unwrap_or_default());
        create_private(&folder).map_err(|source| at(&folder, source))?;
        move_session(id, &log, &folder)?;
        drop(held);
        // A lock without a log is of no use; whoever creates the session again makes its own.
        let _useless = fs::remove_file(log.with_extension("lock"));
        Ok(())
    }

    /// Brings a session back from the trash.
    pub fn restore(&self, id: SessionId) -> Result<()> {
        let name = format!("{id}.jsonl");
        let found =
            folders(&self.trash_folder()).into_iter().map(|folder| folder.join(&name)).find(|log| log.is_file());
        let log = found.ok_or_else(|| Error::NotFound { text: format!("{id} in the trash") })?;
        let folder = self.sessions().join(log.parent().and_then(Path::file_name).unwrap_or_default());
        create_private(&folder).map_err(|source| at(&folder, source))?;
        move_session(id, &log, &folder)
    }

    /// The sessions in the trash.
    pub fn trashed(&self) -> Vec<SessionId> {
        let entries = folders(&self.trash_folder()).into_iter().filter_map(|folder| fs::read_dir(folder).ok());
        let mut ids: Vec<SessionId> =
            entries.flatten().flatten().filter_map(|entry| super::index::id_of(&entry.file_name())).collect();
        ids.sort_unstable();
        ids
    }

    /// How many sessions lie in the trash and how many bytes they take; with `remove` they are gone for good.
    pub fn empty_trash(&self, remove: bool) -> Result<(u64, u64)> {
        let (mut sessions, mut bytes) = (0, 0);
        for folder in folders(&self.trash_folder()) {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            sessions += entries.filter(|entry| super::index::id_of(&entry.file_name()).is_some()).count() as u64;
            bytes += size_of(&folder);
            if remove {
                fs::remove_dir_all(&folder).map_err(|source| at(&folder, source))?;
            }
        }
        Ok((sessions, bytes))
    }

    /// The first and the newest records of a session: the beginning of its log and about so many bytes of its end.
    pub fn ends(&self, id: SessionId, bytes: u64) -> Result<Vec<Record>> {
        let path = self.log_of(id)?;
        let length = fs::metadata(&path).map_err(|source| at(&path, source))?.len();
        if length <= 2 * bytes {
            return Ok(read(&path).map_err(|source| at(&path, source))?.records);
        }
        let mut records = Vec::new();
        pass(&path, (0, bytes), |record, _| records.push(record)).map_err(|source| at(&path, source))?;
        pass(&path, (length - bytes, u64::MAX), |record, _| records.push(record))
            .map_err(|source| at(&path, source))?;
        Ok(records)
    }

    /// Some process has the session open for writing.
    pub fn is_open(&self, id: SessionId) -> bool {
        self.log_of(id).is_ok_and(|log| is_locked(&log))
    }

    pub(super) fn trash_folder(&self) -> PathBuf {
        self.sessions().join(TRASH)
    }
}

/// Reads whole records from `range.0` (from the next line on, unless it is the beginning) until one begins behind
/// `range.1`. Lines that cannot be read are passed over.
pub(super) fn pass(path: &Path, range: (u64, u64), mut take: impl FnMut(Record, u64)) -> io::Result<()> {
    let mut lines = Lines::open(path, range.0)?;
    if range.0 > 0 {
        // It may begin in the middle of a line.
        lines.next()?;
    }
    while let Some(line) = lines.next()? {
        if line.start > range.1 {
            break;
        }
        if let Decoded::Record(record) = decode(line.bytes) {
            take(record, line.end);
        }
    }
    Ok(())
}

/// What appending needs to know of a log, from its end.
fn read_end(path: &Path) -> io::Result<Reading> {
    let length = fs::metadata(path)?.len();
    if length <= END {
        return read(path);
    }
    let (mut next_seq, mut whole) = (None, 0);
    pass(path, (length - END, u64::MAX), |record, end| {
        next_seq = next_seq.max(Some(record.seq.saturating_add(1)));
        whole = end;
    })?;
    match next_seq {
        // Behind the last record stands nothing, so that a new one may follow at once.
        Some(next_seq) if whole == length => {
            Ok(Reading { records: Vec::new(), notices: Vec::new(), next_seq, whole, tail: Tail::Nothing })
        }
        _ => read(path),
    }
}

/// Another process holds the lock. Asked by a shared lock that is given back at once.
pub(super) fn is_locked(log: &Path) -> bool {
    let Ok(file) = File::open(log.with_extension("lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Moves the log and everything beside it that is named after it. The log goes last, so that what is left after a
/// crash is found with it.
fn move_session(id: SessionId, log: &Path, folder: &Path) -> Result<()> {
    let target = folder.join(format!("{id}.jsonl"));
    if target.exists() {
        let source = io::Error::new(io::ErrorKind::AlreadyExists, "there is a session of this id already");
        return Err(at(&target, source));
    }
    for beside in [log.with_extension("torn"), log.with_extension("")] {
        if beside.exists() {
            let to = folder.join(beside.file_name().unwrap_or_default());
            fs::rename(&beside, &to).map_err(|source| at(&beside, source))?;
        }
    }
    fs::rename(log, &target).map_err(|source| at(log, source))
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// Bytes of all files below a folder; links are not followed.
fn size_of(folder: &Path) -> u64 {
    let (mut bytes, mut open) = (0, vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(facts) if facts.is_dir() => open.push(entry.path()),
                Ok(facts) => bytes += facts.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}
