//! Reads a whole log: every record that stands in it whole, and a notice for what does not.

use std::io;
use std::path::Path;

use crate::domain::{Notice, Record};

use super::line::{Decoded, decode};
use super::lines::{LINE_LIMIT, Line, Lines};

/// Damaged lines that are named one by one; the rest is counted.
const NAMED: u64 = 5;

/// What a log holds.
pub(super) struct Reading {
    pub records: Vec<Record>,
    pub notices: Vec<Notice>,
    /// The number that the next record gets.
    pub next_seq: u64,
    /// Bytes up to the end of the last line that has its newline.
    pub whole: u64,
    pub tail: Tail,
}

/// What stands behind the last newline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    Nothing,
    /// A whole record that lacks only its newline.
    Record,
    /// The beginning of a record.
    Torn,
}

/// Counts what could not be used.
#[derive(Default)]
struct Losses {
    damaged: u64,
    unknown: u64,
    first_unknown: u64,
    /// The byte that the reading began at; lines are counted from there.
    from: u64,
    notices: Vec<Notice>,
}

/// Reads the log at `path`.
pub(super) fn read(path: &Path) -> io::Result<Reading> {
    let mut records = Vec::new();
    let reading = stream(path, 0, &mut |record, _| records.push(record))?;
    Ok(Reading { records, ..reading })
}

/// Reads the log at `path` from a byte on, at which a line begins, and hands out each record with the bytes at which it
/// begins and ends. The reading itself has none.
pub(super) fn stream(path: &Path, from: u64, take: &mut dyn FnMut(Record, (u64, u64))) -> io::Result<Reading> {
    let mut lines = Lines::open(path, from)?;
    let mut reading = Reading { records: Vec::new(), notices: Vec::new(), next_seq: 0, whole: 0, tail: Tail::Nothing };
    let mut losses = Losses { from, ..Losses::default() };
    while let Some(line) = lines.next()? {
        let decoded = if line.too_long { Decoded::Damaged("it is too long") } else { decode(line.bytes) };
        if line.ended {
            reading.whole = line.end;
        } else {
            reading.tail = if matches!(decoded, Decoded::Damaged(_)) { Tail::Torn } else { Tail::Record };
        }
        match decoded {
            Decoded::Record(record) => {
                reading.next_seq = reading.next_seq.max(record.seq.saturating_add(1));
                take(record, (line.start, line.end));
            }
            Decoded::Unknown { seq } => {
                reading.next_seq = reading.next_seq.max(seq.map_or(0, |seq| seq.saturating_add(1)));
                losses.unknown(line.number);
            }
            Decoded::Damaged(_) if line.ended && line.bytes.is_empty() && !line.too_long => {}
            Decoded::Damaged(reason) => losses.damaged(path, &line, reason),
        }
    }
    reading.notices = losses.into_notices(path);
    Ok(reading)
}

impl Losses {
    fn unknown(&mut self, number: u64) {
        self.unknown += 1;
        if self.unknown == 1 {
            self.first_unknown = number;
        }
    }

    fn damaged(&mut self, path: &Path, line: &Line<'_>, reason: &str) {
        let place = match self.from {
            0 => format!("{}, line {}", path.display(), line.number),
            _ => format!("{}, byte {}", path.display(), line.start),
        };
        if !line.ended {
            let bytes = line.end - line.start;
            let text = format!("{place}: the last record was cut off while it was written; {bytes} bytes are left out");
            let hint = "nothing else is missing; the bytes are kept beside the file when the session goes on";
            self.notices.push(Notice::warning(text).hint(hint));
            return;
        }
        self.damaged += 1;
        if self.damaged <= NAMED {
            let limit = if line.too_long { format!(" (limit {LINE_LIMIT} bytes)") } else { String::new() };
            let text = format!("{place}: this line was skipped because {reason}{limit}");
            self.notices.push(Notice::warning(text).hint("the line stays in the file; the session goes on without it"));
        }
    }

    fn into_notices(mut self, path: &Path) -> Vec<Notice> {
        let file = path.display();
        if self.damaged > NAMED {
            let text = format!("{file}: {} lines in all were skipped because they are damaged", self.damaged);
            self.notices.push(Notice::warning(text));
        }
        if self.unknown > 0 {
            let text = format!(
                "{file}, line {}: {} record(s) were written by another version and are left out",
                self.first_unknown, self.unknown
            );
            self.notices.push(Notice::info(text).hint("they stay in the file; a newer Latigo reads them"));
        }
        self.notices
    }
}
