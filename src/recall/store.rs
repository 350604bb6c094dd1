//! The caches on disk: one SQLite file with entries and counters.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::base::dirs::create_private;
use crate::domain::{AnswerTier as Tier, Cost, Usage};

/// Entries that are held; the ones that were used longest ago go first.
const ENTRIES: i64 = 5_000;
/// Entries of one context that are compared.
const NEAR: i64 = 2_000;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS entries (
        id INTEGER PRIMARY KEY, context BLOB NOT NULL, key BLOB NOT NULL UNIQUE, text TEXT NOT NULL, answer TEXT NOT NULL,
        embedder TEXT NOT NULL, vector BLOB NOT NULL, at INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL,
        hits INTEGER NOT NULL, model TEXT NOT NULL, usage TEXT NOT NULL, cost REAL);
    CREATE INDEX IF NOT EXISTS near ON entries (context, embedder);
    CREATE TABLE IF NOT EXISTS counters (
        tier TEXT PRIMARY KEY, hits INTEGER NOT NULL, misses INTEGER NOT NULL, saved REAL NOT NULL, tokens INTEGER NOT NULL);";

/// Why the caches cannot be used: the file, and what SQLite says.
#[derive(Debug, thiserror::Error)]
#[error("the answer cache cannot be used: {0}")]
pub struct Error(String);

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

/// One answer that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: i64,
    /// The question. Foreign text, as is the answer.
    pub text: String,
    pub answer: String,
    /// Milliseconds since 1970.
    pub at: u64,
    pub expires: u64,
    pub hits: u64,
    pub model: String,
    /// What the answer took when it was made.
    pub usage: Usage,
    pub cost: Cost,
}

/// What a tier has done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counter {
    pub hits: u64,
    pub misses: u64,
    /// Dollars and tokens that were not paid again, as far as the price is known.
    pub saved: f64,
    pub tokens: u64,
}

/// An entry to be written.
pub(super) struct New<'a> {
    pub context: &'a [u8],
    pub key: &'a [u8],
    pub text: &'a str,
    pub answer: &'a str,
    /// The space of the vector; a vector that can be made at any time is left empty.
    pub space: &'a str,
    pub vector: &'a [f32],
    pub at: u64,
    pub expires: u64,
    pub model: &'a str,
    pub usage: Usage,
    pub cost: Cost,
}

/// A question that was asked before.
#[derive(Debug)]
pub(super) struct Known {
    pub id: i64,
    pub text: String,
    /// The space of its vector.
    pub space: String,
    pub vector: Vec<f32>,
}

/// The open file.
#[derive(Debug)]
pub struct Store {
    db: Connection,
}

impl Store {
    /// Opens the file, and makes it when it is not there.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let problem = |error: std::io::Error| Error(format!("{}: {error}", path.display()));
        if let Some(folder) = path.parent() {
            create_private(folder).map_err(problem)?;
        }
        Self::with(Connection::open(path)?)
    }

    /// One that lives in memory.
    pub fn in_memory() -> Result<Self, Error> {
        Self::with(Connection::open_in_memory()?)
    }

    fn with(db: Connection) -> Result<Self, Error> {
        db.busy_timeout(std::time::Duration::from_millis(500))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.execute_batch(SCHEMA)?;
        Ok(Self { db })
    }

    /// The entry of a key that has not expired.
    pub(super) fn by_key(&self, key: &[u8], now: u64) -> Result<Option<Entry>, Error> {
        let sql =
            "SELECT id, text, answer, at, expires, hits, model, usage, cost FROM entries WHERE key = ? AND expires > ?";
        Ok(self.db.query_row(sql, params![key, now as i64], entry).optional()?)
    }

    /// What was asked in one context, the newest first.
    pub(super) fn near(&self, context: &[u8], now: u64) -> Result<Vec<Known>, Error> {
        let sql =
            "SELECT id, text, embedder, vector FROM entries WHERE context = ? AND expires > ? ORDER BY at DESC LIMIT ?";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map(params![context, now as i64, NEAR], |row| {
            let vector = floats(&row.get::<_, Vec<u8>>(3)?);
            Ok(Known { id: row.get(0)?, text: row.get(1)?, space: row.get(2)?, vector })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn by_id(&self, id: i64) -> Result<Option<Entry>, Error> {
        let sql = "SELECT id, text, answer, at, expires, hits, model, usage, cost FROM entries WHERE id = ?";
        Ok(self.db.query_row(sql, params![id], entry).optional()?)
    }

    pub(super) fn put(&self, new: &New<'_>) -> Result<(), Error> {
        let bytes = bytes(new.vector);
        let usage = serde_json::to_string(&new.usage).unwrap_or_default();
        self.db.execute(
            "INSERT OR REPLACE INTO entries (context, key, text, answer, embedder, vector, at, expires, used, hits, model, usage, cost)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, 0, ?9, ?10, ?11)",
            params![
                new.context, new.key, new.text, new.answer, new.space, bytes, new.at as i64, new.expires as i64,
                new.model, usage, new.cost
            ],
        )?;
        self.db.execute("DELETE FROM entries WHERE expires <= ?", params![new.at as i64])?;
        self.db.execute(
            "DELETE FROM entries WHERE id IN (SELECT id FROM entries ORDER BY used DESC LIMIT -1 OFFSET ?)",
            params![ENTRIES],
        )?;
        Ok(())
    }

    /// An entry answered.
    pub(super) fn used(&self, entry: &Entry, tier: Tier, now: u64) -> Result<(), Error> {
        self.db.execute("UPDATE entries SET hits = hits + 1, used = ? WHERE id = ?", params![now as i64, entry.id])?;
        self.count(tier, true, entry.cost.unwrap_or_default(), entry.usage.total())
    }

    pub(super) fn count(&self, tier: Tier, hit: bool, saved: f64, tokens: u64) -> Result<(), Error> {
        self.db.execute(
            "INSERT INTO counters VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (tier) DO UPDATE SET
             hits = hits + ?2, misses = misses + ?3, saved = saved + ?4, tokens = tokens + ?5",
            params![tier.name(), i64::from(hit), i64::from(!hit), saved, tokens as i64],
        )?;
        Ok(())
    }

    /// What a tier has done since the caches were cleared.
    pub fn counter(&self, tier: Tier) -> Result<Counter, Error> {
        let sql = "SELECT hits, misses, saved, tokens FROM counters WHERE tier = ?";
        let read = |row: &Row<'_>| {
            Ok(Counter {
                hits: row.get::<_, i64>(0)? as u64,
                misses: row.get::<_, i64>(1)? as u64,
                saved: row.get(2)?,
                tokens: row.get::<_, i64>(3)? as u64,
            })
        };
        Ok(self.db.query_row(sql, params![tier.name()], read).optional()?.unwrap_or_default())
    }

    /// Entries that have not expired, the newest first.
    pub fn list(&self, now: u64, most: usize) -> Result<Vec<Entry>, Error> {
        let sql = "SELECT id, text, answer, at, expires, hits, model, usage, cost FROM entries WHERE expires > ? ORDER BY at DESC LIMIT ?";
        let mut statement = self.db.prepare(sql)?;
        let rows = statement.query_map(params![now as i64, most as i64], entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many there are.
    pub fn len(&self, now: u64) -> Result<u64, Error> {
        let count: i64 =
            self.db
                .query_row("SELECT count(*) FROM entries WHERE expires > ?", params![now as i64], |row| row.get(0))?;
        Ok(count as u64)
    }

    /// Takes one entry out.
    pub fn forget(&self, id: i64) -> Result<(), Error> {
        self.db.execute("DELETE FROM entries WHERE id = ?", params![id])?;
        Ok(())
    }

    /// Takes out everything, counters too. Returns how many entries there were.
    pub fn clear(&self) -> Result<u64, Error> {
        let gone = self.db.execute("DELETE FROM entries", [])?;
        self.db.execute("DELETE FROM counters", [])?;
        Ok(gone as u64)
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let number = |at: usize| row.get::<_, i64>(at).map(|number| number as u64);
    Ok(Entry {
        id: row.get(0)?,
        text: row.get(1)?,
        answer: row.get(2)?,
        at: number(3)?,
        expires: number(4)?,
        hits: number(5)?,
        model: row.get(6)?,
        usage: serde_json::from_str(&row.get::<_, String>(7)?).unwrap_or_default(),
        cost: row.get(8)?,
    })
}

/// A vector as it is kept.
pub(super) fn bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|part| part.to_le_bytes()).collect()
}

/// The vector that was kept.
pub(super) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).filter_map(|chunk| chunk.try_into().ok().map(f32::from_le_bytes)).collect()
}
