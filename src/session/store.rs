//! All sessions of the user: where their files are, and how one is found again.
//!
//! `sessions/<project>/<id>.jsonl` is the log, `<id>.lock` its lock, `<id>/outputs/` the whole texts of
//! long outputs, `<id>/agents/<agent>.jsonl` the logs of its sub-agents, `<id>.torn` what a crash left of a
//! half-written record. `blobs/` beside `sessions/` holds contents that records name by their hash.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::base::dirs::create_private;
use crate::domain::{Body, Notice, Record, SessionId, SessionState, SessionSummary};

use super::library::is_locked;
use super::log::outputs_of;
use super::read::read;
use super::verify::{self, Checked};
use super::{Blobs, Error, Garbage, Ledger, Log, Result, at, fork, gc, index};

/// Characters of a folder's name that come from the project's path.
const SLUG: usize = 200;
/// Characters of an id that a prefix must have.
const PREFIX: usize = 4;
/// Sessions, the newest ones, of which a list says whether another process has them open.
const PROBED: usize = 64;

/// The sessions below one data folder.
#[derive(Clone, Debug)]
pub struct Store {
    data: PathBuf,
}

impl Store {
    /// The store in a data folder, which need not exist yet.
    pub fn new(data: PathBuf) -> Self {
        Self { data }
    }

    /// Starts the log of a new session.
    pub fn create(&self, id: SessionId, project: &Path) -> Result<Log> {
        let folder = self.sessions().join(slug(project));
        create_private(&folder).map_err(|source| at(&folder, source))?;
        Log::create(id, folder.join(format!("{id}.jsonl")))
    }

    /// Where the log of a session of that project stands, whether it exists or not.
    pub fn log(&self, id: SessionId, project: &Path) -> PathBuf {
        self.sessions().join(slug(project)).join(format!("{id}.jsonl"))
    }

    /// Opens a session to go on with it. Another process that has it open makes this [`Error::Locked`];
    /// [`Store::read`] still works then.
    pub fn open(&self, id: SessionId) -> Result<(Vec<Record>, Log, Vec<Notice>)> {
        let (log, reading) = Log::open(id, self.log_of(id)?, read)?;
        match reading.records.iter().map(|record| &record.body).next() {
            Some(Body::SessionStarted { format, .. }) if *format > verify::FORMAT => {
                Err(Error::Newer { id, format: *format })
            }
            _ => Ok((reading.records, log, reading.notices)),
        }
    }

    /// Reads a session and leaves it as it is.
    pub fn read(&self, id: SessionId) -> Result<(Vec<Record>, Vec<Notice>)> {
        let path = self.log_of(id)?;
        let reading = read(&path).map_err(|source| at(&path, source))?;
        Ok((reading.records, reading.notices))
    }

    /// The sessions of a project, or all of them, newest first. Those without a prompt are left out.
    pub fn list(&self, project: Option<&Path>) -> Vec<SessionSummary> {
        let mut found: Vec<SessionSummary> = match project {
            Some(project) => {
                // Two paths can share a folder; the log says which one it is.
                let all = index::list(&self.sessions().join(slug(project)));
                all.into_iter().filter(|session| session.project == project).collect()
            }
            None => self.folders().iter().flat_map(|folder| index::list(folder)).collect(),
        };
        found.sort_by_key(|session| (Reverse(session.updated), session.id));
        for session in found.iter_mut().take(PROBED) {
            let open = self.sessions().join(slug(&session.project)).join(format!("{}.jsonl", session.id));
            if is_locked(&open) {
                session.state = SessionState::Open;
            }
        }
        found
    }

    /// The session of a project that was used last.
    pub fn latest(&self, project: &Path) -> Option<SessionId> {
        self.list(Some(project)).first().map(|session| session.id)
    }

    /// Finds a session by its id, by the beginning of its id (four characters or more), or by its title: exact,
    /// else whatever the case of its letters, else a part of it (four characters or more).
    pub fn find(&self, text: &str) -> Result<SessionId> {
        let text = text.trim();
        if let Ok(id) = text.parse::<SessionId>() {
            return self.log_of(id).map(|_| id);
        }
        let wanted = text.to_ascii_lowercase();
        let mut found: Vec<SessionId> = Vec::new();
        if wanted.len() >= PREFIX {
            found = self.ids().into_iter().filter(|id| id.to_string().starts_with(&wanted)).collect();
        }
        if found.is_empty() && !text.is_empty() {
            found = titled(&self.list(None), text);
        }
        match found.as_slice() {
            [] => Err(Error::NotFound { text: text.to_owned() }),
            [id] => Ok(*id),
            many => Err(Error::Ambiguous {
                text: text.to_owned(),
                candidates: many.iter().map(ToString::to_string).collect(),
            }),
        }
    }

    /// The folder for the whole texts of a session's long outputs. It may not exist yet.
    pub fn outputs(&self, id: SessionId) -> PathBuf {
        let log = self.log_of(id).unwrap_or_else(|_| self.sessions().join(format!("{id}.jsonl")));
        outputs_of(&log)
    }

    /// What all sessions have spent.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(&self.data)
    }

    /// The folder for the logs of a session's sub-agents. It may not exist yet.
    pub fn agents(&self, id: SessionId) -> PathBuf {
        self.outputs(id).with_file_name("agents")
    }

    /// Starts a log of that session beside its own.
    pub fn create_at(&self, id: SessionId, path: &Path) -> Result<Log> {
        if let Some(folder) = path.parent() {
            create_private(folder).map_err(|source| at(folder, source))?;
        }
        Log::create(id, path.to_path_buf())
    }

    /// Opens a log beside the session's own to go on with it.
    pub fn open_at(&self, id: SessionId, path: &Path) -> Result<(Vec<Record>, Log, Vec<Notice>)> {
        let (log, reading) = Log::open(id, path.to_path_buf(), read)?;
        Ok((reading.records, log, reading.notices))
    }

    /// Reads a log beside a session's own and leaves it as it is.
    pub fn read_at(&self, path: &Path) -> Result<Vec<Record>> {
        let reading = read(path).map_err(|source| at(path, source))?;
        Ok(reading.records)
    }

    /// The file of a project's prompt history, for [`super::history`].
    pub fn history(&self, project: &Path) -> PathBuf {
        self.data.join("history").join(format!("{}.jsonl", slug(project)))
    }

    /// The data folder.
    pub fn root(&self) -> &Path {
        &self.data
    }

    /// Makes the session `id` of what `parent` holds before the record of the number `until`, or of all of it.
    /// The parent may be open elsewhere; it is only read.
    pub fn fork(&self, parent: SessionId, id: SessionId, until: Option<u64>, now: u64) -> Result<()> {
        let from = self.log_of(parent)?;
        let to = from.with_file_name(format!("{id}.jsonl"));
        fork::fork(&from, &to, fork::Fork { parent, id, until, now }).map_err(|source| at(&from, source))
    }

    /// Where what the face held in a session is kept, for [`super::face`].
    pub fn face(&self, id: SessionId) -> PathBuf {
        self.outputs(id).with_file_name("face.json")
    }

    /// The kept contents.
    pub fn blobs(&self) -> Blobs {
        Blobs::new(&self.data)
    }

    /// Checks a session and its sub-agents, or all of them, and changes nothing.
    pub fn verify(&self, id: Option<SessionId>) -> Result<Vec<Checked>> {
        let mut logs = match id {
            Some(id) => vec![self.log_of(id)?],
            None => self.logs(),
        };
        logs.sort();
        let blobs = self.blobs();
        let chains = logs.iter().flat_map(|log| [vec![log.clone()], verify::sidechains(log)].concat());
        Ok(chains.map(|log| verify::check(&log, &blobs)).collect())
    }

    /// Finds kept contents that nothing refers to at the time `now`, and removes them when asked.
    pub fn collect_garbage(&self, now: SystemTime, remove: bool) -> Result<Garbage> {
        gc::collect(&self.data, &self.blobs(), now, remove).map_err(|source| at(&self.data, source))
    }

    /// The logs of all sessions, also of files that are named like one and are none.
    fn logs(&self) -> Vec<PathBuf> {
        let entries = self.folders().into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl") && path.is_file()).collect()
    }

    pub(super) fn sessions(&self) -> PathBuf {
        self.data.join("sessions")
    }

    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.sessions()).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }

    fn ids(&self) -> Vec<SessionId> {
        let entries = self.folders().into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        entries.filter_map(|entry| index::id_of(&entry.file_name())).collect()
    }

    pub(super) fn log_of(&self, id: SessionId) -> Result<PathBuf> {
        let name = format!("{id}.jsonl");
        let found = self.folders().into_iter().map(|folder| folder.join(&name)).find(|path| path.is_file());
        found.ok_or_else(|| Error::NotFound { text: id.to_string() })
    }
}

/// The sessions that a title means, by the strictest reading that finds any.
fn titled(sessions: &[SessionSummary], text: &str) -> Vec<SessionId> {
    let small = text.to_lowercase();
    let readings: [&dyn Fn(&str) -> bool; 3] =
        [&|title| title == text, &|title| title.to_lowercase() == small, &|title| {
            small.chars().count() >= PREFIX && title.to_lowercase().contains(&small)
        }];
    let found = |fits: &&dyn Fn(&str) -> bool| -> Vec<SessionId> {
        sessions.iter().filter(|session| fits(&session.title)).map(|session| session.id).collect()
    };
    readings.iter().map(found).find(|found| !found.is_empty()).unwrap_or_default()
}

/// The name of a project's folder: its path with everything but letters and digits replaced, as Claude
/// Code names its own; a long one is cut and gets a check sum.
fn slug(project: &Path) -> String {
    let path = project.to_string_lossy();
    let mut name: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    if name.len() > SLUG {
        name.truncate(SLUG);
        name = format!("{name}-{:08x}", crc32fast::hash(path.as_bytes()));
    }
    name
}

#[cfg(test)]
mod tests;
