//! One file of entries and their vectors.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::embed::Embedder;
use super::super::store::{bytes, floats};
use super::find::{self, Vectors};
use super::{ENTRIES, NewMemory, SUMMARIES};
use crate::base::dirs::create_private;
use crate::domain::{MemoryAuthor, MemoryEntry, MemoryId, StoreScope};

/// Entries with vectors of another origin that are worked on at a time.
const AGAIN: usize = ENTRIES + SUMMARIES;
const COLUMNS: &str = "id, text, author, session, turn, at, changed, used";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS memories (
        id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, author TEXT NOT NULL, session TEXT, turn INTEGER NOT NULL,
        at INTEGER NOT NULL, changed INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, embedder TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS vectors (
        memory INTEGER NOT NULL REFERENCES memories (id) ON DELETE CASCADE, place INTEGER NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY (memory, place)) WITHOUT ROWID;";

/// Why something of the store cannot be done, as a sentence for the person or the model.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error("the memory store {0} cannot be used: {1}")]
    File(String, String),
    #[error("there is no place for the memory store of the {}", .0.name())]
    Nowhere(StoreScope),
    #[error("there is no entry {0} in the memory store")]
    Unknown(MemoryId),
    #[error("an entry of the memory store needs a text")]
    Empty,
    #[error("an entry of the memory store has at most {max} characters, this one has {0}; say it shorter, or in several entries", max = super::TEXT)]
    Long(usize),
    #[error("the memory store of the {} is full ({ENTRIES} entries); forget some first", .0.name())]
    Full(StoreScope),
}

/// A file that is opened when it is first needed.
pub(super) struct Shelf {
    scope: StoreScope,
    file: Option<PathBuf>,
    db: Option<Connection>,
}

impl Shelf {
    pub fn new(scope: StoreScope, file: Option<PathBuf>) -> Self {
        Self { scope, file, db: None }
    }

    /// Something was written once.
    pub fn is_there(&self) -> bool {
        self.db.is_some() || self.file.as_ref().is_some_and(|file| file.is_file())
    }

    /// The open file; none where nothing was written yet.
    fn reading(&mut self) -> Result<Option<&mut Connection>, MemoryError> {
        if self.is_there() { self.writing().map(Some) } else { Ok(None) }
    }

    fn writing(&mut self) -> Result<&mut Connection, MemoryError> {
        if self.db.is_none() {
            let file = self.file.clone().ok_or(MemoryError::Nowhere(self.scope))?;
            let broken =
                |error: &dyn std::fmt::Display| MemoryError::File(file.display().to_string(), error.to_string());
            if let Some(folder) = file.parent() {
                create_private(folder).map_err(|error| broken(&error))?;
            }
            self.db = Some(open(&file).map_err(|error| broken(&error))?);
        }
        self.db.as_mut().ok_or(MemoryError::Nowhere(self.scope))
    }

    fn failed(&self, error: &rusqlite::Error) -> MemoryError {
        let file = self.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        MemoryError::File(file, error.to_string())
    }

    pub fn len(&mut self) -> Result<usize, MemoryError> {
        let Some(db) = self.reading()? else { return Ok(0) };
        let count = db.query_row("SELECT count(*) FROM memories", [], |row| row.get::<_, i64>(0));
        count.map(|count| count as usize).map_err(|error| self.failed(&error))
    }

    /// The entry with exactly this text.
    pub fn same(&mut self, text: &str) -> Result<Option<MemoryEntry>, MemoryError> {
        let scope = self.scope;
        let Some(db) = self.reading()? else { return Ok(None) };
        let sql = format!("SELECT {COLUMNS} FROM memories WHERE text = ?");
        let found = db.query_row(&sql, [text], |row| entry(scope, row)).optional();
        found.map_err(|error| self.failed(&error))
    }

    pub fn add(
        &mut self,
        new: &NewMemory<'_>,
        (embedder, vectors): (&str, &[Vec<f32>]),
        now: u64,
    ) -> Result<MemoryEntry, MemoryError> {
        let db = self.writing()?;
        let written = (|| {
            let change = db.transaction()?;
            change.execute(
                "INSERT INTO memories (text, author, session, turn, at, changed, embedder) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
                params![new.text, author(new.author), new.session, new.turn, now as i64, embedder],
            )?;
            let id = change.last_insert_rowid();
            put(&change, id, vectors)?;
            change.commit()?;
            Ok(id)
        })();
        let number = written.map_err(|error| self.failed(&error))?;
        let id = MemoryId { scope: self.scope, number: u32::try_from(number).unwrap_or(u32::MAX) };
        self.get(id)?.ok_or(MemoryError::Unknown(id))
    }

    pub fn edit(
        &mut self,
        id: MemoryId,
        text: &str,
        (embedder, vectors): (&str, &[Vec<f32>]),
        now: u64,
    ) -> Result<MemoryEntry, MemoryError> {
        let Some(db) = self.reading()? else { return Err(MemoryError::Unknown(id)) };
        let written: rusqlite::Result<()> = (|| {
            let change = db.transaction()?;
            change.execute(
                "UPDATE memories SET text = ?, changed = ?, embedder = ? WHERE id = ?",
                params![text, now as i64, embedder, id.number],
            )?;
            if change.changes() > 0 {
                put(&change, i64::from(id.number), vectors)?;
            }
            change.commit()
        })();
        written.map_err(|error| self.failed(&error))?;
        self.get(id)?.ok_or(MemoryError::Unknown(id))
    }

    pub fn forget(&mut self, id: MemoryId) -> Result<MemoryEntry, MemoryError> {
        let entry = self.get(id)?.ok_or(MemoryError::Unknown(id))?;
        let gone = self.writing()?.execute("DELETE FROM memories WHERE id = ?", [id.number]);
        gone.map_err(|error| self.failed(&error))?;
        Ok(entry)
    }

    /// Leaves so many of the newest summaries.
    pub fn drop_summaries(&mut self, left: usize) -> Result<(), MemoryError> {
        let Some(db) = self.reading()? else { return Ok(()) };
        let gone = db.execute(
            "DELETE FROM memories WHERE id IN
             (SELECT id FROM memories WHERE author = 'summary' ORDER BY id DESC LIMIT -1 OFFSET ?)",
            [left as i64],
        );
        gone.map(|_| ()).map_err(|error| self.failed(&error))
    }

    pub fn get(&mut self, id: MemoryId) -> Result<Option<MemoryEntry>, MemoryError> {
        let scope = self.scope;
        let Some(db) = self.reading()? else { return Ok(None) };
        let sql = format!("SELECT {COLUMNS} FROM memories WHERE id = ?");
        let found = db.query_row(&sql, [id.number], |row| entry(scope, row)).optional();
        found.map_err(|error| self.failed(&error))
    }

    /// The newest first.
    pub fn list(&mut self) -> Result<Vec<MemoryEntry>, MemoryError> {
        let scope = self.scope;
        let Some(db) = self.reading()? else { return Ok(Vec::new()) };
        let found = (|| {
            let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM memories ORDER BY id DESC LIMIT ?"))?;
            let rows = statement.query_map([AGAIN as i64], |row| entry(scope, row))?;
            rows.collect::<rusqlite::Result<_>>()
        })();
        found.map_err(|error| self.failed(&error))
    }

    pub fn used(&mut self, id: MemoryId) -> Result<(), MemoryError> {
        let done = self.writing()?.execute("UPDATE memories SET used = used + 1 WHERE id = ?", [id.number]);
        done.map(|_| ()).map_err(|error| self.failed(&error))
    }

    /// All vectors of one origin, entry by entry.
    pub fn vectors(&mut self, embedder: &str) -> Result<Vec<Vectors>, MemoryError> {
        let scope = self.scope;
        let Some(db) = self.reading()? else { return Ok(Vec::new()) };
        let found = (|| {
            let mut statement = db.prepare_cached(
                "SELECT memory, vector FROM vectors JOIN memories ON id = memory WHERE embedder = ? ORDER BY memory, place",
            )?;
            let rows = statement.query_map([embedder], |row| {
                let id = MemoryId { scope, number: row.get(0)? };
                Ok((id, floats(&row.get::<_, Vec<u8>>(1)?)))
            })?;
            let mut found: Vec<Vectors> = Vec::new();
            for row in rows {
                let (id, vector) = row?;
                match found.last_mut() {
                    Some((last, vectors)) if *last == id => vectors.push(vector),
                    _ => found.push((id, vec![vector])),
                }
            }
            Ok(found)
        })();
        found.map_err(|error| self.failed(&error))
    }

    /// Gives entries whose vectors are of another origin those of this one.
    pub fn embed_again(&mut self, embedder: &dyn Embedder) -> Result<(), MemoryError> {
        let Some(db) = self.reading()? else { return Ok(()) };
        let done = (|| {
            let sql = "SELECT id, text FROM memories WHERE embedder <> ? LIMIT ?";
            let old: Vec<(i64, String)> = db
                .prepare_cached(sql)?
                .query_map(params![embedder.name(), AGAIN as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            if old.is_empty() {
                return Ok(());
            }
            let change = db.transaction()?;
            for (id, text) in old {
                put(&change, id, &find::vectors(embedder, &text))?;
                change.execute("UPDATE memories SET embedder = ? WHERE id = ?", params![embedder.name(), id])?;
            }
            change.commit()
        })();
        done.map_err(|error| self.failed(&error))
    }
}

fn open(file: &std::path::Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(file)?;
    db.busy_timeout(Duration::from_millis(500))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.execute_batch(SCHEMA)?;
    Ok(db)
}

fn put(db: &Connection, id: i64, vectors: &[Vec<f32>]) -> rusqlite::Result<()> {
    db.execute("DELETE FROM vectors WHERE memory = ?", [id])?;
    for (place, vector) in vectors.iter().enumerate() {
        db.execute("INSERT INTO vectors VALUES (?, ?, ?)", params![id, place as i64, bytes(vector)])?;
    }
    Ok(())
}

fn entry(scope: StoreScope, row: &Row<'_>) -> rusqlite::Result<MemoryEntry> {
    let author = match row.get::<_, String>(2)?.as_str() {
        "model" => MemoryAuthor::Model,
        "summary" => MemoryAuthor::Summary,
        _ => MemoryAuthor::Person,
    };
    let time = |at: usize| row.get::<_, i64>(at).map(|number| number as u64);
    Ok(MemoryEntry {
        id: MemoryId { scope, number: row.get(0)? },
        text: row.get(1)?,
        author,
        session: row.get(3)?,
        turn: row.get(4)?,
        at: time(5)?,
        changed: time(6)?,
        used: time(7)?,
    })
}

fn author(author: MemoryAuthor) -> &'static str {
    match author {
        MemoryAuthor::Person => "person",
        MemoryAuthor::Model => "model",
        MemoryAuthor::Summary => "summary",
    }
}
