//! Checks logs without changing them: every line, the order of the records, calls and results, kept contents.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;

use super::blobs::Blobs;
use super::line::{Decoded, decode};
use super::lines::Lines;
use crate::domain::{BlobId, Body, FileImage, FileMove, FilesBody, Record};

/// Findings of one file that are named; the rest is counted.
const NAMED: usize = 20;
/// The newest version of the schema that this program knows.
pub const FORMAT: u32 = 1;

/// What was found in one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Checked {
    pub file: PathBuf,
    pub bytes: u64,
    pub records: u64,
    /// Whole records of kinds that this version does not know. They are no fault.
    pub unknown: u64,
    /// Calls without a result: the program ended while they ran. A resume gives them one.
    pub open_calls: u64,
    /// The last record was cut off while it was written. A resume goes on behind the one before.
    pub torn_bytes: u64,
    pub problems: Vec<Problem>,
    /// Problems that are not named.
    pub more: u64,
}

/// One thing that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Counted from 1; none for the file as a whole.
    pub line: Option<u64>,
    pub what: String,
}

impl Checked {
    /// Nothing that was written is missing or changed.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, line: Option<u64>, what: impl Into<String>) {
        if self.problems.len() < NAMED {
            self.problems.push(Problem { line, what: what.into() });
        } else {
            self.more += 1;
        }
    }
}

/// Checks one log.
pub(super) fn check(path: &Path, blobs: &Blobs) -> Checked {
    let mut check = Check { found: Checked { file: path.to_owned(), ..Checked::default() }, ..Check::default() };
    if let Err(problem) = check.lines(path, blobs) {
        check.found.problem(None, format!("it cannot be read: {problem}"));
    }
    check.found
}

/// The logs of the sub-agents of the session with that log.
pub(super) fn sidechains(log: &Path) -> Vec<PathBuf> {
    let folder = log.with_extension("").join("agents");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut logs: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    logs.sort();
    logs
}

#[derive(Default)]
struct Check {
    found: Checked,
    next_seq: u64,
    calls: BTreeMap<String, u64>,
    seen: HashSet<BlobId>,
    missing: BTreeSet<String>,
}

impl Check {
    fn lines(&mut self, path: &Path, blobs: &Blobs) -> io::Result<()> {
        self.found.bytes = fs::metadata(path)?.len();
        let mut lines = Lines::open(path, 0)?;
        while let Some(line) = lines.next()? {
            let number = line.number;
            if line.too_long {
                self.found.problem(Some(number), "the line is too long for a record");
                continue;
            }
            match decode(line.bytes) {
                Decoded::Record(record) => self.record(number, &record, blobs),
                Decoded::Unknown { seq } => {
                    self.found.unknown += 1;
                    if let Some(seq) = seq {
                        self.number(number, seq);
                    }
                }
                Decoded::Damaged(_) if line.ended && line.bytes.is_empty() => {}
                Decoded::Damaged(_) if !line.ended => self.found.torn_bytes = line.end - line.start,
                Decoded::Damaged(why) => {
                    let why = if is_foreign(line.bytes) { "it is JSON, but not a record of Latigo" } else { why };
                    self.found.problem(Some(number), format!("the line is damaged: {why}"));
                }
            }
        }
        self.found.open_calls = self.calls.len() as u64;
        // A log without a byte is one whose program ended before its first record.
        if self.found.records == 0 && self.found.unknown == 0 && self.found.bytes > 0 {
            self.found.problem(None, "there is no record in it");
        }
        Ok(())
    }

    fn record(&mut self, line: u64, record: &Record, blobs: &Blobs) {
        self.found.records += 1;
        self.number(line, record.seq);
        match &record.body {
            Body::SessionStarted { format, id, .. } => {
                if *format > FORMAT {
                    self.found.problem(Some(line), format!("the schema's version {format} is newer than this program"));
                }
                let name = self.found.file.file_stem().map(|name| name.to_string_lossy().into_owned());
                let is_sidechain = self.found.file.parent().is_some_and(|folder| folder.ends_with("agents"));
                if !is_sidechain && name.as_deref() != Some(id.to_string().as_str()) {
                    self.found.problem(Some(line), format!("the file is named otherwise than its session {id}"));
                }
            }
            Body::Responded(note) => {
                for call in note.message.calls() {
                    self.calls.insert(call.id.clone(), line);
                }
            }
            Body::CallDone { result, .. } => {
                self.calls.remove(&result.call_id);
            }
            // A declined answer has calls that nobody runs.
            Body::TurnEnded { .. } => self.calls.clear(),
            Body::Files(files) => self.files(line, files, blobs),
            _ => {}
        }
    }

    fn number(&mut self, line: u64, seq: u64) {
        if seq < self.next_seq {
            self.found.problem(Some(line), format!("record {seq} stands after record {}", self.next_seq - 1));
        }
        self.next_seq = self.next_seq.max(seq.saturating_add(1));
    }

    fn files(&mut self, line: u64, files: &FilesBody, blobs: &Blobs) {
        let images: Vec<&FileImage> = match files {
            FilesBody::Held { files, .. } => files.iter().map(|(_, image)| image).collect(),
            FilesBody::Changed { steps, .. }
            | FilesBody::MoveBegan(FileMove { steps, .. })
            | FilesBody::Moved(FileMove { steps, .. }) => {
                steps.iter().flat_map(|step| [&step.before, &step.after]).collect()
            }
            FilesBody::Forked { .. } => Vec::new(),
        };
        for image in images {
            if let FileImage::File { blob, bytes, .. } = image
                && self.seen.insert(*blob)
                && let Err(problem) = blobs.read(*blob, *bytes)
                && self.missing.insert(blob.to_string())
            {
                self.found.problem(Some(line), format!("a kept content is not there: {problem}"));
            }
        }
    }
}

fn is_foreign(bytes: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(bytes).is_ok() && !bytes.starts_with(b"{\"crc\"")
}
