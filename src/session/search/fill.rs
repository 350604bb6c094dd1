//! Bringing the index up to date: new and grown logs are read, logs that are gone are taken out.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rusqlite::{Connection, OptionalExtension, params};

use super::extract::{NAMES, Text, texts};
use super::{Index, SearchError};
use crate::domain::{Body, HitKind, Origin, Record, SessionId};
use crate::session::index::id_of;
use crate::session::line::record_of;
use crate::session::lines::Lines;
use crate::session::title_of;
use crate::session::verify::sidechains;

/// Bytes of logs that are read in one transaction, so that others get their turn and a stop loses little.
const AT_ONCE: u64 = 24 * 1024 * 1024;

/// Classes of names.
pub(super) const PROJECT: i64 = 1;
pub(super) const MODEL: i64 = 2;
pub(super) const TOOL: i64 = 3;

/// A log on disk.
#[derive(Debug)]
struct Found {
    /// The session's id; of a sub-agent's log with the agent's behind a slash.
    session: String,
    path: PathBuf,
    length: u64,
    /// Milliseconds since 1970.
    changed: u64,
}

/// What the index knows of one log.
struct Known {
    id: i64,
    read: u64,
    length: i64,
    changed: i64,
    titled: bool,
    project: i64,
    model: i64,
}

impl Index {
    /// Reads what is new. `go_on` hears how many bytes are read and how many there are, and may stop it.
    pub fn refresh(&mut self, mut go_on: impl FnMut(u64, u64) -> bool) -> Result<(), SearchError> {
        let mut stale = self.stale().map_err(|error| self.named(error))?;
        // The oldest first, so that what is newest has the highest numbers and is found first.
        stale.sort_by(|(a, _), (b, _)| (a.changed, &a.session).cmp(&(b.changed, &b.session)));
        let all: u64 = stale.iter().map(|(found, read)| found.length.saturating_sub(*read)).sum();
        let mut done = 0;
        for (found, mut read) in stale {
            loop {
                if !go_on(done, all) {
                    return Ok(());
                }
                let end = self.read_on(&found).map_err(|error| self.named(error))?;
                done += end.saturating_sub(read);
                if end <= read || end >= found.length {
                    break;
                }
                read = end;
            }
        }
        go_on(all, all);
        Ok(())
    }

    /// Logs of which something was not read yet, with the bytes that were. What is gone is taken out.
    fn stale(&mut self) -> rusqlite::Result<Vec<(Found, u64)>> {
        let mut known = all_known(&self.db)?;
        let mut stale = Vec::new();
        for found in logs(&self.store.folders()) {
            match known.remove(&found.session) {
                Some((_, _, length, changed)) if length == found.length as i64 && changed == found.changed as i64 => {}
                Some((_, read, ..)) => stale.push((found, read)),
                None => stale.push((found, 0)),
            }
        }
        if !known.is_empty() {
            let work = self.db.transaction()?;
            for (id, ..) in known.values() {
                take_out(&work, *id)?;
                work.execute("DELETE FROM files WHERE id = ?1", [id])?;
            }
            work.commit()?;
        }
        Ok(stale)
    }

    /// Reads the next part of a log. The result is where it ended.
    fn read_on(&mut self, found: &Found) -> rusqlite::Result<u64> {
        let work = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut known = known(&work, found)?;
        if known.length == found.length as i64 && known.changed == found.changed as i64 {
            // Another process was faster.
            return Ok(found.length);
        }
        if found.length < known.read {
            // It is not the file that was read.
            take_out(&work, known.id)?;
            known = Known { read: 0, titled: false, ..known };
        }
        let mut filler = Filler { db: &work, file: known, calls: HashMap::new(), title: None };
        let whole = filler.fill(&found.path);
        let file = filler.file;
        if let Some(title) = filler.title {
            let titled = file.titled;
            work.execute("UPDATE files SET title = ?1, titled = ?2 WHERE id = ?3", params![title, titled, file.id])?;
        }
        let (length, changed) = if whole? { (found.length as i64, found.changed as i64) } else { (-1, 0) };
        work.execute(
            "UPDATE files SET read = ?1, length = ?2, changed = ?3, project = ?4, model = ?5, path = ?6 WHERE id = ?7",
            params![file.read as i64, length, changed, file.project, file.model, found.path.to_string_lossy(), file.id],
        )?;
        work.commit()?;
        Ok(if length < 0 { file.read } else { found.length })
    }
}

/// Reads one log into the tables.
struct Filler<'a> {
    db: &'a Connection,
    file: Known,
    /// The tool and the files of calls that were read in this go.
    calls: HashMap<String, (i64, String)>,
    title: Option<String>,
}

impl Filler<'_> {
    /// Reads from where it was left, at most so much. True when the end was reached.
    fn fill(&mut self, path: &Path) -> rusqlite::Result<bool> {
        // A log that cannot be read now is looked at again when it has changed.
        let Ok(mut lines) = Lines::open(path, self.file.read) else { return Ok(true) };
        let from = self.file.read;
        while let Ok(Some(line)) = lines.next() {
            if !line.ended {
                break;
            }
            let start = line.start;
            if let Ok(raw) = record_of(line.bytes)
                && holds_text(raw)
                && let Ok(record) = serde_json::from_str::<Record>(raw)
            {
                self.take(&record, start)?;
            }
            self.file.read = line.end;
            if self.file.read - from >= AT_ONCE {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take(&mut self, record: &Record, start: u64) -> rusqlite::Result<()> {
        match &record.body {
            Body::SessionStarted { project, .. } => {
                self.file.project = name(self.db, PROJECT, &project.to_string_lossy())?;
            }
            Body::ModelSet { model, .. } => self.file.model = name(self.db, MODEL, &model.to_string())?,
            Body::TitleSet { title } => {
                self.file.titled = true;
                self.title = Some(title.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            Body::Prompted { message, typed, origin, .. } if *origin != Origin::Harness => {
                self.prompted(typed.clone().unwrap_or_else(|| message.text()).as_str());
            }
            _ => {}
        }
        for text in texts(record) {
            self.add(record, start, text)?;
        }
        Ok(())
    }

    fn prompted(&mut self, text: &str) {
        if !self.file.titled {
            self.file.titled = true;
            self.title = Some(title_of(text));
        }
    }

    fn add(&mut self, record: &Record, start: u64, mut text: Text) -> rusqlite::Result<()> {
        let tool = match text.kind {
            HitKind::Call => {
                let tool = name(self.db, TOOL, &text.tool)?;
                self.calls.insert(text.call.clone(), (tool, text.path.clone()));
                tool
            }
            HitKind::Result | HitKind::Diff => {
                let (tool, path) = self.caller(&text.call)?;
                if text.path.is_empty() {
                    text.path = path;
                }
                tool
            }
            _ => 0,
        };
        let kind = HitKind::ALL.iter().position(|kind| *kind == text.kind).unwrap_or_default();
        let mut row = self.db.prepare_cached(
            "INSERT INTO docs(file, seq, at, kind, tool, start, call) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        row.execute(params![
            self.file.id,
            record.seq as i64,
            record.at as i64,
            kind as i64,
            tool,
            start as i64,
            text.call
        ])?;
        let id = self.db.last_insert_rowid();
        let meta = format!("f{} p{} m{} t{tool} k{kind}", self.file.id, self.file.project, self.file.model);
        let mut words = self.db.prepare_cached("INSERT INTO words(rowid, text, path, meta) VALUES(?1, ?2, ?3, ?4)")?;
        words.execute(params![id, text.words, text.path, meta])?;
        Ok(())
    }

    /// The tool that a result comes from. The call may have been read in an earlier go.
    fn caller(&mut self, call: &str) -> rusqlite::Result<(i64, String)> {
        if let Some(known) = self.calls.remove(call) {
            return Ok(known);
        }
        let kind = HitKind::ALL.iter().position(|kind| *kind == HitKind::Call).unwrap_or_default() as i64;
        let mut row = self.db.prepare_cached("SELECT tool FROM docs WHERE file = ?1 AND call = ?2 AND kind = ?3")?;
        let tool = row.query_row(params![self.file.id, call, kind], |row| row.get(0)).optional()?;
        Ok((tool.unwrap_or(0), String::new()))
    }
}

/// The record is one of those with texts. Looked at without parsing, because most are deltas.
fn holds_text(raw: &str) -> bool {
    // `"body":` comes behind two numbers.
    let body = raw.get(..96.min(raw.len())).or_else(|| raw.get(..93.min(raw.len()))).unwrap_or(raw);
    let Some((_, rest)) = body.split_once("\"body\":{\"") else { return false };
    rest.split('"').next().is_some_and(|name| NAMES.contains(&name))
}

/// The row of a log, made when there is none.
fn known(db: &Connection, found: &Found) -> rusqlite::Result<Known> {
    db.execute(
        "INSERT OR IGNORE INTO files(session, path) VALUES(?1, ?2)",
        params![found.session, found.path.to_string_lossy()],
    )?;
    db.query_row(
        "SELECT id, read, length, changed, titled, project, model FROM files WHERE session = ?1",
        [&found.session],
        |row| {
            Ok(Known {
                id: row.get(0)?,
                read: row.get::<_, i64>(1)? as u64,
                length: row.get(2)?,
                changed: row.get(3)?,
                titled: row.get(4)?,
                project: row.get(5)?,
                model: row.get(6)?,
            })
        },
    )
}

/// What is known of every log: its number, the bytes that were read, its length and change then.
fn all_known(db: &Connection) -> rusqlite::Result<HashMap<String, (i64, u64, i64, i64)>> {
    let mut rows = db.prepare("SELECT session, id, read, length, changed FROM files")?;
    let known = rows.query_map([], |row| {
        Ok((row.get(0)?, (row.get(1)?, row.get::<_, i64>(2)? as u64, row.get(3)?, row.get(4)?)))
    })?;
    known.collect()
}

fn take_out(db: &Connection, file: i64) -> rusqlite::Result<()> {
    db.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM docs WHERE file = ?1)", [file])?;
    db.execute("DELETE FROM docs WHERE file = ?1", [file])?;
    Ok(())
}

/// The number of a name.
fn name(db: &Connection, class: i64, name: &str) -> rusqlite::Result<i64> {
    let mut find = db.prepare_cached("SELECT id FROM names WHERE class = ?1 AND name = ?2")?;
    if let Some(id) = find.query_row(params![class, name], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    db.execute("INSERT INTO names(class, name) VALUES(?1, ?2)", params![class, name])?;
    Ok(db.last_insert_rowid())
}

/// All logs below these folders, those of sub-agents too.
fn logs(folders: &[PathBuf]) -> Vec<Found> {
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        match id_of(&entry.file_name()) {
            Some(id) => found.extend(log(id.to_string(), path)),
            None => found.extend(agents(&path)),
        }
    }
    found
}

/// The logs of the sub-agents in the folder of a session.
fn agents(folder: &Path) -> Vec<Found> {
    let id = folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<SessionId>().ok());
    let Some(id) = id.filter(|_| folder.is_dir()) else { return Vec::new() };
    let named = |path: PathBuf| {
        let agent = path.file_stem()?.to_str()?.to_owned();
        log(format!("{id}/{agent}"), path)
    };
    sidechains(&folder.with_extension("jsonl")).into_iter().filter_map(named).collect()
}

fn log(session: String, path: PathBuf) -> Option<Found> {
    let facts = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
    let changed = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_millis() as u64;
    Some(Found { session, path, length: facts.len(), changed })
}
