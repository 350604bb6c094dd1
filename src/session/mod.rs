//! Sessions on disk: the append-only log, the list of sessions, the prompt history, the export.
//!
//! A session is one JSONL file. This room writes and reads its lines and knows nothing of what the
//! records mean beyond what the list and the export show; the running state is folded elsewhere.

pub mod export;
pub mod history;
pub mod import;
pub mod search;

mod index;
mod library;
mod line;
mod lines;
mod log;
mod read;
mod store;
mod summary;
mod title;

use std::io;
use std::path::{Path, PathBuf};

pub use log::Log;
pub use store::Store;
pub use title::title_of;

/// What can go wrong with a session as a whole. Damaged lines are notices, not errors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has it open for writing. It can still be read.
    #[error("session {id} is open in another process; close it there, or start a new session from it")]
    Locked { id: crate::domain::SessionId },
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
