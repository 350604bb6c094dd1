//! The ledger on disk: one JSON line for each request and call, in one file a month, outside of the sessions, so that
//! it survives them.
//!
//! `ledger/2026-11.jsonl`. Lines are only ever added, each by one write, so several processes share the files. A
//! line that cannot be read is counted and left out.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::base::dirs::{create_private, private_options};
use crate::domain::LedgerRow;

/// Bytes of one line that are read at most.
const LINE: u64 = 1 << 20;

/// The ledger's folder.
#[derive(Clone, Debug)]
pub struct Ledger {
    folder: PathBuf,
}

/// Rows that were read, and how many lines were no rows.
#[derive(Debug, Default)]
pub struct LedgerReading {
    pub rows: Vec<LedgerRow>,
    pub damaged: u64,
}

/// How far the newest file was read.
#[derive(Debug, Default)]
pub struct LedgerTail {
    file: PathBuf,
    offset: u64,
}

impl Ledger {
    /// The ledger in a data folder, which need not exist yet.
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join("ledger") }
    }

    /// Adds a row.
    pub fn append(&self, row: &LedgerRow) -> io::Result<()> {
        create_private(&self.folder)?;
        let mut line = serde_json::to_vec(row)?;
        line.push(b'\n');
        private_options().create(true).append(true).open(self.file(row.at))?.write_all(&line)
    }

    /// Reads all rows, oldest file first.
    pub fn read(&self) -> LedgerReading {
        let mut reading = LedgerReading::default();
        for file in self.files() {
            read_from(&file, 0, &mut reading);
        }
        reading
    }

    /// Reads all rows, and marks the end of that moment's file, so that [`Ledger::more`] goes on there.
    pub fn all(&self, now: u64, tail: &mut LedgerTail) -> LedgerReading {
        let mut reading = LedgerReading::default();
        let current = self.file(now);
        for file in self.files() {
            let end = read_from(&file, 0, &mut reading);
            if file == current {
                *tail = LedgerTail { file, offset: end };
            }
        }
        reading
    }

    /// Reads what was added since the last time, in the file of that moment (milliseconds since 1970).
    pub fn more(&self, now: u64, tail: &mut LedgerTail) -> LedgerReading {
        let file = self.file(now);
        if tail.file != file {
            *tail = LedgerTail { file, offset: 0 };
        }
        let mut reading = LedgerReading::default();
        tail.offset = read_from(&tail.file, tail.offset, &mut reading);
        reading
    }

    /// The file of a moment. Months are those of UTC, so that a line never moves.
    fn file(&self, at: u64) -> PathBuf {
        let time = jiff::Timestamp::from_millisecond(at as i64).unwrap_or_default();
        self.folder.join(format!("{}.jsonl", time.strftime("%Y-%m")))
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl")).collect();
        files.sort();
        files
    }
}

/// Reads whole lines from a place on and tells where the next one starts.
fn read_from(file: &Path, offset: u64, reading: &mut LedgerReading) -> u64 {
    let Ok(mut opened) = File::open(file) else { return offset };
    if opened.seek(SeekFrom::Start(offset)).is_err() {
        return offset;
    }
    let mut reader = BufReader::new(opened);
    let (mut at, mut line) = (offset, Vec::new());
    loop {
        line.clear();
        let read = io::Read::take(&mut reader, LINE).read_until(b'\n', &mut line).unwrap_or(0);
        if read == 0 || (line.last() != Some(&b'\n') && (read as u64) < LINE) {
            // A line that is still being written is read the next time.
            return at;
        }
        at += read as u64;
        match serde_json::from_slice(&line) {
            Ok(row) => reading.rows.push(row),
            Err(_) => reading.damaged += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::{Asker, CallSpent, SessionId, SpentOn};

    const NOVEMBER: u64 = 1_795_000_000_000;

    fn row(at: u64, tool: &str) -> LedgerRow {
        let call = CallSpent {
            call_id: "c".into(),
            tool: tool.into(),
            server: None,
            is_error: false,
            duration_ms: 1,
            result_bytes: 2,
        };
        LedgerRow {
            at,
            session: SessionId(uuid::Uuid::from_u128(1)),
            project: "/p".into(),
            who: Asker::default(),
            on: SpentOn::Call(call),
        }
    }

    #[test]
    fn rows_come_back_in_order_over_months_and_damage_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(folder.path());
        assert!(ledger.read().rows.is_empty());
        let month = 31 * 86_400_000;
        for (at, tool) in [(NOVEMBER + month, "later"), (NOVEMBER, "first"), (NOVEMBER, "second")] {
            ledger.append(&row(at, tool)).unwrap();
        }
        let file = ledger.files()[0].clone();
        fs::OpenOptions::new().append(true).open(file).unwrap().write_all(b"{broken\n{\"torn").unwrap();
        let reading = ledger.read();
        let tools: Vec<&str> = reading
            .rows
            .iter()
            .map(|row| match &row.on {
                SpentOn::Call(call) => call.tool.as_str(),
                SpentOn::Request(_) => "",
            })
            .collect();
        assert_eq!((tools, reading.damaged), (vec!["first", "second", "later"], 1));
    }

    #[test]
    fn the_tail_brings_each_row_once() {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, mut tail) = (Ledger::new(folder.path()), LedgerTail::default());
        ledger.append(&row(NOVEMBER, "a")).unwrap();
        assert_eq!(ledger.more(NOVEMBER, &mut tail).rows.len(), 1);
        assert_eq!(ledger.more(NOVEMBER, &mut tail).rows.len(), 0);
        ledger.append(&row(NOVEMBER, "b")).unwrap();
        ledger.append(&row(NOVEMBER, "c")).unwrap();
        assert_eq!(ledger.more(NOVEMBER, &mut tail).rows.len(), 2);
    }
}
