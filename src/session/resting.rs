//! A long session at rest: what its log adds up to, kept in a file beside it, so that opening it reads only its end.
//!
//! The file is made of the log alone and can be thrown away at any time. It says up to which byte it counts, and a
//! check sum of the bytes before; what does not fit is made again by reading the log through, record by record.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::outline::Outline;
use super::read::{Reading, stream};
use crate::base::atomic;
use crate::base::dirs::create_private;
use crate::domain::Record;

/// Another number makes every older file worthless; so does another version of the program.
const FORMAT: u32 = 1;
/// Bytes that such a file may have.
const LIMIT: u64 = 256 * 1024 * 1024;
/// Bytes before the place that the check sum is made of.
const CHECKED: u64 = 64 * 1024;

/// A fold over records that can be put down and taken up again.
pub trait Fold: Default + Serialize + DeserializeOwned {
    /// Takes in the next record; `counts` tells whether it is part of the conversation or was taken back.
    fn take(&mut self, record: &Record, counts: bool);
}

/// What a log adds up to.
#[derive(Debug, Default)]
pub struct Resting<T> {
    pub outline: Outline,
    pub state: T,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Kept<T, O> {
    format: u32,
    program: String,
    end: u64,
    check: u32,
    outline: O,
    state: T,
}

/// Where it is kept.
pub(super) fn path_of(log: &Path) -> PathBuf {
    log.with_extension("").join("resting.json")
}

/// What is kept of a log and still true of it.
pub(super) fn load<T: DeserializeOwned>(log: &Path) -> Option<Resting<T>> {
    let path = path_of(log);
    let facts = std::fs::symlink_metadata(&path).ok()?;
    if !facts.is_file() || facts.len() > LIMIT {
        return None;
    }
    let kept: Kept<T, Outline> = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
    let fits = kept.format == FORMAT && kept.program == env!("CARGO_PKG_VERSION") && kept.end == kept.outline.end;
    if !fits || check(log, kept.end).ok()? != kept.check {
        return None;
    }
    Some(Resting { outline: kept.outline, state: kept.state })
}

/// Keeps it. What was there is replaced as a whole.
pub(super) fn save<T: Serialize>(log: &Path, resting: &Resting<T>) -> io::Result<()> {
    let end = resting.outline.end;
    let kept = Kept {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        end,
        check: check(log, end)?,
        outline: &resting.outline,
        state: &resting.state,
    };
    let path = path_of(log);
    if let Some(folder) = path.parent() {
        create_private(folder)?;
    }
    atomic::write_private(&path, &serde_json::to_vec(&kept)?)
}

/// Brings what is known of a log up to its end. `spacing` is for an outline that is begun. The reading has no records;
/// the number are the bytes that had to be read.
pub(super) fn bring_up<T: Fold>(log: &Path, spacing: u64) -> io::Result<(Resting<T>, Reading, u64)> {
    let mut resting = load(log).unwrap_or_else(|| Resting { outline: Outline::spaced(spacing), state: T::default() });
    let (mut moved, before) = (false, resting.outline.end);
    let mut reading = stream(log, resting.outline.end, &mut |record, (start, end)| {
        moved |= resting.outline.see(&record, start, end);
        if !moved {
            resting.state.take(&record, true);
        }
    })?;
    if moved {
        // The conversation went back: which records count is only known at the end.
        resting.state = T::default();
        let line = resting.outline.branches().line();
        let (end, mut place) = (resting.outline.end, 0);
        stream(log, 0, &mut |record, (start, _)| {
            if start < end {
                resting.state.take(&record, line.holds(place));
                place += 1;
            }
        })?;
    }
    reading.next_seq = reading.next_seq.max(resting.outline.next_seq);
    reading.whole = reading.whole.max(resting.outline.end);
    resting.outline.pass(reading.next_seq, reading.whole);
    let read = resting.outline.end.saturating_sub(if moved { 0 } else { before });
    Ok((resting, reading, read))
}

/// The check sum of the bytes before that one.
fn check(log: &Path, end: u64) -> io::Result<u32> {
    let mut file = File::open(log)?;
    if file.metadata()?.len() < end {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    let from = end.saturating_sub(CHECKED);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(end - from).read_to_end(&mut bytes)?;
    Ok(crc32fast::hash(&bytes))
}
