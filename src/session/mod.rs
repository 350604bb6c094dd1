//! Sessions on disk: the append-only log, the list of sessions, the prompt history, the export.
//!
//! A session is one JSONL file. This room writes and reads its lines and knows nothing of what the
//! records mean beyond what the list and the export show; the running state is folded elsewhere.

pub mod export;
pub mod face;
pub mod history;
pub mod import;
pub mod moves;
pub mod search;

mod blobs;
mod checkpoints;
mod follow;
mod fork;
mod gc;
mod images;
mod index;
mod ledger;
mod library;
mod line;
mod lines;
mod log;
mod long;
mod migrate;
mod outline;
mod read;
mod resting;
mod store;
mod summary;
mod timeline;
mod title;
mod verify;
#[cfg(test)]
mod walks;
mod watch;

use std::io;
use std::path::{Path, PathBuf};

pub use blobs::Blobs;
pub use checkpoints::{Checkpoints, Held};
pub use follow::Follow;
pub use gc::Garbage;
pub use images::MOST;
pub use ledger::{Ledger, LedgerReading, LedgerTail};
pub use log::Log;
pub use long::{Bounds, Opening, Part, folded};
pub use outline::Outline;
pub use resting::Fold;
pub use store::Store;
pub use timeline::{Plan, Timeline, Wanted};
pub use title::title_of;
pub use verify::{Checked, FORMAT, Problem};

/// What can go wrong with a session as a whole. Damaged lines are notices, not errors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has it open for writing. It can still be read.
    #[error("session {id} is open in another process{}; close it there, or go on in a copy of it (--fork-session)", process(*.holder))]
    Locked {
        id: crate::domain::SessionId,
        /// The number of that process, where it is known.
        holder: Option<u32>,
    },
    /// A later version of the program wrote it and could mean something else by it. It can still be read.
    #[error(
        "session {id} was written by a newer version (format {format}); this one only reads it: update, or start a new session"
    )]
    Newer { id: crate::domain::SessionId, format: u32 },
    #[error("there is no session `{text}`; latigo --resume lists those that exist")]
    NotFound { text: String },
    #[error("`{text}` could be {} sessions ({}); give more of the id", .candidates.len(), shown(.candidates))]
    Ambiguous { text: String, candidates: Vec<String> },
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// The result of working on a session.
pub type Result<T> = std::result::Result<T, Error>;

fn shown(candidates: &[String]) -> String {
    let mut text = candidates.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if candidates.len() > 5 {
        text.push_str(", …");
    }
    text
}

fn process(holder: Option<u32>) -> String {
    holder.map(|id| format!(" ({id})")).unwrap_or_default()
}

/// The records of a file that holds a session: a log, or what `sessions export --format json` wrote. The error is a
/// sentence for the person.
pub fn read_file(path: &Path) -> std::result::Result<Vec<crate::domain::Record>, String> {
    if path.extension().is_some_and(|extension| extension == "json") {
        return import::native_records(path);
    }
    let reading = read::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(reading.records)
}

/// An error of the disk with the file it is about.
fn at(path: &Path, source: io::Error) -> Error {
    Error::Io { path: path.to_path_buf(), source }
}
