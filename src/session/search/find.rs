//! Answering a query from the index.

use std::fmt::Write;
use std::path::PathBuf;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params, params_from_iter};

use super::fill::{MODEL, PROJECT, TOOL};
use super::passage::passage;
use super::{Index, Query, SearchError};
use crate::domain::{Hit, HitKind};

/// Words of one query beyond which the rest is left out.
const WORDS: usize = 24;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The newest first.
    pub hits: Vec<Hit>,
    /// There are more.
    pub more: bool,
}

/// A hit before its text was read.
struct Place {
    hit: Hit,
    path: PathBuf,
    start: u64,
    call: String,
}

impl Index {
    /// The newest `limit` places that fit.
    pub fn search(&self, query: &Query, limit: usize) -> Result<Answer, SearchError> {
        if query.is_empty() {
            return Ok(Answer::default());
        }
        let found = self.places(query, limit).map_err(|error| self.named(error))?;
        let more = found.len() > limit;
        let terms = query.terms();
        let hits = found.into_iter().take(limit).map(|place| {
            let passage = passage(&place.path, place.start, (place.hit.kind, &place.call), &terms);
            Hit { passage, ..place.hit }
        });
        Ok(Answer { hits: hits.collect(), more })
    }

    fn places(&self, query: &Query, limit: usize) -> rusqlite::Result<Vec<Place>> {
        let Some(wanted) = self.expression(query)? else { return Ok(Vec::new()) };
        let (first, last) = self.range(query)?;
        // The words lead, from the newest on, so that a common word costs no more than what is shown.
        let mut rows = self.db.prepare_cached(
            "SELECT f.session, f.title, coalesce(p.name, ''), d.seq, d.at, d.kind, t.name, f.path, d.start, d.call
             FROM words CROSS JOIN docs d ON d.id = words.rowid CROSS JOIN files f ON f.id = d.file
             LEFT JOIN names p ON p.id = f.project LEFT JOIN names t ON t.id = d.tool
             WHERE words MATCH ?1 AND words.rowid BETWEEN ?2 AND ?3 AND d.at >= ?4 AND d.at < ?5
             ORDER BY words.rowid DESC LIMIT ?6",
        )?;
        let from = query.from.unwrap_or(0) as i64;
        let until = query.until.map_or(i64::MAX, |until| until as i64);
        let mut rows = rows.query(params![wanted, first, last, from, until, limit as i64 + 1])?;
        let mut places = Vec::new();
        while let Some(row) = rows.next()? {
            let name = row.get::<_, String>(0)?;
            let (session, agent) = name.split_once('/').map_or((name.as_str(), None), |(id, agent)| (id, Some(agent)));
            let Ok(session) = session.parse() else { continue };
            let kind = usize::try_from(row.get::<_, i64>(5)?).unwrap_or_default();
            places.push(Place {
                hit: Hit {
                    session,
                    agent: agent.map(str::to_owned),
                    title: row.get(1)?,
                    project: row.get::<_, String>(2)?.into(),
                    seq: row.get::<_, i64>(3)? as u64,
                    at: row.get::<_, i64>(4)? as u64,
                    kind: HitKind::ALL.get(kind).copied().unwrap_or(HitKind::Answer),
                    tool: row.get(6)?,
                    passage: Vec::new(),
                },
                path: row.get::<_, String>(7)?.into(),
                start: row.get::<_, i64>(8)? as u64,
                call: row.get(9)?,
            });
        }
        Ok(places)
    }

    /// The query in the language of FTS5; none when nothing can fit.
    fn expression(&self, query: &Query) -> rusqlite::Result<Option<String>> {
        let mut all = Vec::new();
        for (class, letter, wanted) in
            [(PROJECT, 'p', &query.projects), (MODEL, 'm', &query.models), (TOOL, 't', &query.tools)]
        {
            for part in wanted {
                let ids = self.named_like(class, part)?;
                if ids.is_empty() {
                    return Ok(None);
                }
                all.push(one_of(letter, &ids));
            }
        }
        for part in &query.sessions {
            let like = format!("{}%", part.replace(['%', '_'], ""));
            let mut rows = self.db.prepare_cached("SELECT id FROM files WHERE session LIKE ?1 LIMIT 100")?;
            let ids: Vec<i64> = rows.query_map([like], |row| row.get(0))?.collect::<Result<_, _>>()?;
            if ids.is_empty() {
                return Ok(None);
            }
            all.push(one_of('f', &ids));
        }
        if !query.kinds.is_empty() {
            let number =
                |kind: &HitKind| HitKind::ALL.iter().position(|known| known == kind).unwrap_or_default() as i64;
            all.push(one_of('k', &query.kinds.iter().map(number).collect::<Vec<_>>()));
        }
        all.extend(query.files.iter().map(|file| format!("path : {} *", quoted(file))));
        let last = query.words.len().saturating_sub(1);
        for (index, word) in query.words.iter().take(WORDS).enumerate() {
            // One or two letters begin too many words.
            let open =
                query.open && index == last && word.chars().rev().take_while(|c| c.is_alphanumeric()).count() > 2;
            all.push(format!("{{text path}} : {}{}", quoted(word), if open { " *" } else { "" }));
        }
        if all.is_empty() {
            // Dates alone: every text has a kind.
            all.push(one_of('k', &(0..HitKind::ALL.len() as i64).collect::<Vec<_>>()));
        }
        let mut text = all.join(" AND ");
        for word in query.without.iter().take(WORDS) {
            let _ = write!(text, " NOT {{text path}} : {}", quoted(word));
        }
        Ok(Some(text))
    }

    /// Names of a class that hold this part, whatever its case.
    fn named_like(&self, class: i64, part: &str) -> rusqlite::Result<Vec<i64>> {
        let mut rows = self.db.prepare_cached("SELECT id, name FROM names WHERE class = ?1")?;
        let part = part.to_lowercase();
        let mut ids = Vec::new();
        let mut rows = rows.query([class])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, String>(1)?.to_lowercase().contains(&part) {
                ids.push(row.get(0)?);
            }
        }
        Ok(ids)
    }

    /// The numbers between which texts of the query's dates lie.
    fn range(&self, query: &Query) -> rusqlite::Result<(i64, i64)> {
        let bound = |sql: &str, at: Option<u64>, otherwise: i64| -> rusqlite::Result<i64> {
            let Some(at) = at else { return Ok(otherwise) };
            let mut row = self.db.prepare_cached(sql)?;
            let values = params_from_iter([Value::Integer(at as i64)]);
            let found: Option<Option<i64>> = row.query_row(values, |row| row.get(0)).optional()?;
            Ok(found.flatten().unwrap_or(otherwise))
        };
        let all = (query.from, query.until);
        // Logs that were read late stand out of order, so these bounds are only near; the dates are asked again.
        let first = bound("SELECT min(id) FROM docs WHERE at >= ?1", all.0, i64::MIN)?;
        let last = bound("SELECT max(id) FROM docs WHERE at < ?1", all.1, i64::MAX)?;
        Ok((first, last))
    }
}

fn one_of(letter: char, ids: &[i64]) -> String {
    let names: Vec<String> = ids.iter().map(|id| format!("\"{letter}{id}\"")).collect();
    format!("meta : ({})", names.join(" OR "))
}

/// A string of FTS5, in which nothing is an operator.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\"").replace('\0', " "))
}
