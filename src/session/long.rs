//! Opening and reading long sessions in parts: what the log adds up to from the file beside it, the records from its end.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::line::{Decoded, decode};
use super::lines::Lines;
use super::migrate::{STEPS, migrate};
use super::outline::{Outline, Place};
use super::read::{Reading, read};
use super::resting::{self, Fold};
use super::{Error, Log, Result, Store, at, verify};
use crate::domain::{Body, Branches, Notice, Record, SessionId};

/// From which length on a log is read in parts, and how large the parts are. In bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// A log that is longer is long.
    pub long: u64,
    /// What a face gets of the end of a long log, and how far apart the places to begin at lie.
    pub tail: u64,
    /// What is read at once for somebody who goes through it.
    pub part: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { long: 16 << 20, tail: 1 << 20, part: 4 << 20 }
    }
}

/// An opened session.
#[derive(Debug)]
pub struct Opening<T> {
    pub log: Log,
    /// What all records add up to.
    pub state: T,
    /// All records, or those at the end of a long log behind what stands in the place of the others.
    pub records: Vec<Record>,
    /// Of a long log.
    pub outline: Option<Outline>,
    pub notices: Vec<Notice>,
}

/// Records of a part of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    pub records: Vec<Record>,
    /// There are records behind them.
    pub more: bool,
}

/// Nothing is folded; whatever another fold kept is passed over.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Nothing {}

impl Fold for Nothing {
    fn take(&mut self, _: &Record, _: bool) {}
}

impl Store {
    /// Opens a session to go on with it, and folds it; see [`Store::open`].
    pub fn open_with<T: Fold>(&self, id: SessionId, bounds: Bounds) -> Result<Opening<T>> {
        let path = self.log_of(id)?;
        let (mut resting, mut migrated) = (None, None);
        let (log, reading) = Log::open(id, path.clone(), |path| {
            migrated = migrate(path, STEPS)?;
            if fs::metadata(path)?.len() <= bounds.long {
                return read(path);
            }
            let (found, reading, caught_up) = resting::bring_up::<T>(path, bounds.tail)?;
            if caught_up > bounds.long / 2 {
                // What took long once is kept; without it the session only opens more slowly.
                let _disposable = resting::save(path, &found);
            }
            let records = tail(path, &found.outline, bounds)?;
            resting = Some(found);
            Ok(Reading { records, ..reading })
        })?;
        let Reading { records, mut notices, .. } = reading;
        if let Some(kept) = migrated {
            let text = "This session is of an earlier version and was brought up to date.";
            notices.push(Notice::info(text).hint(format!("as it was it is kept: {}", kept.display())));
        }
        if let Some(Body::SessionStarted { format, .. }) = records.iter().map(|record| &record.body).next()
            && *format > verify::FORMAT
        {
            return Err(Error::Newer { id, format: *format });
        }
        let (state, outline) = match resting {
            Some(resting) => (resting.state, Some(resting.outline)),
            None => (folded(&records), None),
        };
        Ok(Opening { log, state, records, outline, notices })
    }

    /// Brings what is kept of a long session up to the end of its log; none when it is not long. It is only read, and
    /// may be written meanwhile.
    pub fn rest<T: Fold>(&self, id: SessionId, bounds: Bounds) -> Result<Option<Outline>> {
        let path = self.log_of(id)?;
        let work = || {
            if fs::metadata(&path)?.len() <= bounds.long {
                return Ok(None);
            }
            let (resting, ..) = resting::bring_up::<T>(&path, bounds.tail)?;
            resting::save(&path, &resting)?;
            Ok(Some(resting.outline))
        };
        work().map_err(|source| at(&path, source))
    }

    /// The records before the record `before`, about one part of them, or back to the record `back_to`; behind what
    /// stands in the place of the records before those.
    pub fn part_before(
        &self,
        id: SessionId,
        outline: &Outline,
        (before, back_to): (u64, Option<u64>),
        bounds: Bounds,
    ) -> Result<Vec<Record>> {
        let path = self.log_of(id)?;
        let from = match (back_to, outline.of_seq(before)) {
            (Some(seq), _) => outline.of_seq(seq),
            (None, Some(here)) => here.at.checked_sub(bounds.part).and_then(|at| outline.before(at)),
            (None, None) => None,
        };
        part(&path, outline, from, &|record| record.seq < before).map_err(|source| at(&path, source))
    }

    /// The records of a session; of a long one a part, near that record or at the end.
    pub fn near(&self, id: SessionId, near: Option<u64>, bounds: Bounds) -> Result<Part> {
        let path = self.log_of(id)?;
        let work = || {
            if fs::metadata(&path)?.len() <= bounds.long {
                return Ok(Part { records: read(&path)?.records, more: false });
            }
            let (resting::Resting { outline, .. }, ..) = resting::bring_up::<Nothing>(&path, bounds.tail)?;
            let here = near.map_or(outline.end, |seq| outline.of_seq(seq).map_or(0, |place| place.at));
            let from = here.checked_sub(bounds.part / 2).and_then(|at| outline.before(at));
            let start = from.map_or(0, |place| place.at);
            let until = start.saturating_add(bounds.part).max(here.saturating_add(bounds.part / 2));
            let end = outline.after(until).map(|place| place.seq);
            let records = part(&path, &outline, from, &|record| end.is_none_or(|end| record.seq < end))?;
            Ok(Part { records, more: end.is_some() })
        };
        work().map_err(|source| at(&path, source))
    }
}

/// The records at the end of a long log, behind what stands in the place of those before.
fn tail(path: &Path, outline: &Outline, bounds: Bounds) -> std::io::Result<Vec<Record>> {
    part(path, outline, outline.tail(bounds.tail), &|_| true)
}

/// The records from a place on, as long as they are wanted.
fn part(
    path: &Path,
    outline: &Outline,
    from: Option<&Place>,
    wanted: &dyn Fn(&Record) -> bool,
) -> std::io::Result<Vec<Record>> {
    let mut records = from.map(|place| outline.head(place)).unwrap_or_default();
    let mut lines = Lines::open(path, from.map_or(0, |place| place.at))?;
    while let Some(line) = lines.next()?.filter(|line| line.start < outline.end) {
        let Decoded::Record(record) = decode(line.bytes) else { continue };
        if !wanted(&record) {
            break;
        }
        records.push(record);
    }
    Ok(records)
}

/// What records add up to.
pub fn folded<T: Fold>(records: &[Record]) -> T {
    let mut branches = Branches::default();
    for record in records {
        branches.see(record);
    }
    let line = branches.any().then(|| branches.line());
    let mut state = T::default();
    for (place, record) in (0..).zip(records) {
        state.take(record, line.as_ref().is_none_or(|line| line.holds(place)));
    }
    state
}

#[cfg(test)]
mod tests;
