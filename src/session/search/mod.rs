//! Search over everything that was said and done, in all sessions and projects.
//!
//! The index is an SQLite file in the cache folder. It holds words and places, not the texts: a passage is read
//! from the log where it stands. It can be thrown away at any time, and throws itself away when it cannot be read;
//! a log that has grown is read from where it was left.

mod extract;
mod fill;
mod find;
mod passage;
mod query;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::base::dirs::{create_private, private_options};
use crate::session::Store;

pub use find::Answer;
pub use query::Query;

/// Another number makes every older index worthless.
const FORMAT: i64 = 2;
/// How long another process may hold the index.
const BUSY: Duration = Duration::from_secs(10);

const SCHEMA: &str = "
CREATE TABLE files(
    id INTEGER PRIMARY KEY, session TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
    read INTEGER NOT NULL DEFAULT 0, length INTEGER NOT NULL DEFAULT -1, changed INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL DEFAULT '', titled INTEGER NOT NULL DEFAULT 0,
    project INTEGER NOT NULL DEFAULT 0, model INTEGER NOT NULL DEFAULT 0);
CREATE TABLE names(id INTEGER PRIMARY KEY, class INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE(class, name));
CREATE TABLE docs(
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
    kind INTEGER NOT NULL, tool INTEGER NOT NULL, start INTEGER NOT NULL, call TEXT NOT NULL);
CREATE INDEX docs_file ON docs(file);
CREATE INDEX docs_at ON docs(at);
CREATE VIRTUAL TABLE words USING fts5(
    text, path, meta, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2', prefix='3');
";

/// What can go wrong with the index. It never hurts a session.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("the search index {} cannot be used: {source}", .path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("the search index {} cannot be made: {source}", .path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// The query, in words for the person.
    #[error("{0}")]
    Query(String),
}

/// The open index.
#[derive(Debug)]
pub struct Index {
    path: PathBuf,
    db: Connection,
    store: Store,
}

impl Index {
    /// Opens the index in that file, or makes it anew when it is not there, of another version, or broken.
    pub fn open(path: &Path, store: Store) -> Result<Self, SearchError> {
        match Self::try_open(path, store.clone()) {
            Err(SearchError::Database { source, .. }) if !is_busy(&source) => {
                remove(path);
                Self::try_open(path, store)
            }
            other => other,
        }
    }

    fn try_open(path: &Path, store: Store) -> Result<Self, SearchError> {
        let file = |source| SearchError::File { path: path.to_path_buf(), source };
        if let Some(folder) = path.parent() {
            create_private(folder).map_err(file)?;
        }
        // SQLite gives its other files the rights of this one: the words of a conversation are the person's alone.
        private_options().append(true).create(true).open(path).map_err(file)?;
        let named = |source| SearchError::Database { path: path.to_path_buf(), source };
        let db = connect(path).map_err(named)?;
        let format: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(named)?;
        if format != FORMAT {
            make(&db, format).map_err(named)?;
        }
        Ok(Self { path: path.to_path_buf(), db, store })
    }

    fn named(&self, source: rusqlite::Error) -> SearchError {
        SearchError::Database { path: self.path.clone(), source }
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    // What a crash takes is made again.
    db.pragma_update(None, "synchronous", "OFF")?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    db.pragma_update(None, "cache_size", -32_000)?;
    Ok(db)
}

/// Makes the tables. A file of another version is made anew by the caller.
fn make(db: &Connection, format: i64) -> rusqlite::Result<()> {
    if format != 0 {
        return Err(rusqlite::Error::InvalidQuery);
    }
    let all = format!("BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;");
    if let Err(error) = db.execute_batch(&all) {
        drop(db.execute_batch("ROLLBACK"));
        // Another process may have been faster.
        let now: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        return if now == FORMAT { Ok(()) } else { Err(error) };
    }
    Ok(())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, PermissionDenied, ReadOnly};
    error.sqlite_error_code().is_some_and(|code| {
        matches!(code, DatabaseBusy | DatabaseLocked | PermissionDenied | ReadOnly | DiskFull | CannotOpen)
    })
}

fn remove(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        drop(std::fs::remove_file(PathBuf::from(name)));
    }
}

#[cfg(test)]
mod tests;
