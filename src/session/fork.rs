//! Forks: a new log that begins with the lines of another one, byte for byte, and then says where it came from.
//!
//! The records keep their numbers, so that everything in them that names another record still does. Kept
//! contents are shared by their hash, whole outputs by their path.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::line::{Decoded, decode, encode};
use super::lines::Lines;
use crate::base::dirs::private_options;
use crate::domain::{Body, FilesBody, Origin, Record, SessionId};

/// A fork that is to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fork {
    pub parent: SessionId,
    pub id: SessionId,
    /// Records from this number on are left out; none leaves out nothing.
    pub until: Option<u64>,
    /// Milliseconds since 1970.
    pub now: u64,
}

/// Writes the log of a fork to `to`, which must not exist. The error leaves no file.
pub(super) fn fork(from: &Path, to: &Path, fork: Fork) -> io::Result<()> {
    let folder = to.parent().ok_or_else(|| io::Error::other("there is no folder to write into"))?;
    let mut new = tempfile::Builder::new().prefix(".fork-").tempfile_in(folder)?;
    let file = private_options().write(true).open(new.path())?;
    copy(from, BufWriter::new(file), fork)?;
    new.as_file_mut().sync_all()?;
    new.persist_noclobber(to)?;
    File::open(folder).and_then(|folder| folder.sync_all()).ok();
    Ok(())
}

fn copy(from: &Path, mut out: impl Write, fork: Fork) -> io::Result<()> {
    let mut lines = Lines::open(from, 0)?;
    let (mut next, mut copied, mut names) = (0, 0, Names::default());
    let mut buffer = Vec::new();
    // Without its newline a line may still be growing.
    while let Some(line) = lines.next()?.filter(|line| line.ended) {
        let (seq, record) = match decode(line.bytes) {
            Decoded::Record(record) => (Some(record.seq), Some(record)),
            Decoded::Unknown { seq } => (seq, None),
            Decoded::Damaged(_) => (None, None),
        };
        if fork.until.is_some_and(|until| seq.is_some_and(|seq| seq >= until)) {
            break;
        }
        next = next.max(seq.map_or(0, |seq| seq.saturating_add(1)));
        match record {
            Some(Record { seq, at, body: Body::SessionStarted { format, version, cwd, project, .. } }) => {
                let body = Body::SessionStarted { format, id: fork.id, version, cwd, project };
                encode(&Record { seq, at, body }, &mut buffer)?;
                out.write_all(&buffer)?;
            }
            record => {
                names.see(record);
                // A line that is too long to be read is left out; the parent has it.
                if !line.too_long {
                    out.write_all(line.bytes)?;
                    out.write_all(b"\n")?;
                }
            }
        }
        copied += 1;
    }
    if copied == 0 {
        return Err(io::Error::other("there is no record to begin with"));
    }
    let title = names.of_fork();
    let forked = Body::Files(FilesBody::Forked { parent: fork.parent, records: copied });
    for (seq, body) in [(next, forked), (next + 1, Body::TitleSet { title })] {
        encode(&Record { seq, at: fork.now, body }, &mut buffer)?;
        out.write_all(&buffer)?;
    }
    out.flush()
}

/// What the parent is called.
#[derive(Default)]
struct Names {
    title: Option<String>,
    prompt: Option<String>,
}

impl Names {
    fn see(&mut self, record: Option<Record>) {
        match record.map(|record| record.body) {
            Some(Body::TitleSet { title }) => self.title = Some(title),
            Some(Body::Prompted { message, typed, origin, .. }) if origin != Origin::Harness => {
                self.prompt.get_or_insert_with(|| typed.unwrap_or_else(|| message.text()));
            }
            _ => {}
        }
    }

    fn of_fork(self) -> String {
        let title = self.title.filter(|title| !title.is_empty()).or(self.prompt).unwrap_or_default();
        let title: String = title.lines().next().unwrap_or_default().chars().take(100).collect();
        if title.ends_with(" (fork)") { title } else { format!("{title} (fork)").trim_start().to_owned() }
    }
}
