//! What stands between a record and the screen: the log on disk.
//!
//! The log is made with the first record that matters, so that a program that was only opened leaves no
//! empty session. When the disk refuses, that is said once, the records wait in memory within a bound,
//! and saving goes on by itself as soon as the disk takes them.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::secrets::Redactor;
use crate::domain::{Body, Notice, Record, SessionId};
use crate::session::{Log, Store};

/// Records that wait for the disk, at most.
const WAITING: usize = 20_000;

/// The writing end of one session.
#[derive(Debug)]
pub(super) struct Journal {
    store: Store,
    id: SessionId,
    project: PathBuf,
    /// The file of a log beside the session's own.
    beside: Option<PathBuf>,
    /// Keys that are not written.
    secrets: Redactor,
    log: Option<Log>,
    waiting: VecDeque<Arc<Record>>,
    next: u64,
    failing: bool,
}

impl Journal {
    /// A session that is not on disk yet.
    pub(super) fn new(store: Store, id: SessionId, project: PathBuf, secrets: Redactor) -> Self {
        Self { store, id, project, beside: None, secrets, log: None, waiting: VecDeque::new(), next: 0, failing: false }
    }

    /// The same in a file beside the session's own, for a sub-agent.
    pub(super) fn in_file(self, path: PathBuf) -> Self {
        Self { beside: Some(path), ..self }
    }

    /// A session that goes on.
    pub(super) fn resumed(store: Store, project: PathBuf, log: Log, secrets: Redactor) -> Self {
        let next = log.next_seq();
        Self {
            store,
            id: log.id(),
            project,
            beside: None,
            secrets,
            log: Some(log),
            waiting: VecDeque::new(),
            next,
            failing: false,
        }
    }

    /// Numbers a record and writes it. A notice comes back when saving stopped or goes on again.
    pub(super) fn write(&mut self, body: Body, at: u64) -> (Arc<Record>, Option<Notice>) {
        let body = self.secrets.value(body);
        let record = Arc::new(Record { seq: self.next, at, body });
        self.next += 1;
        let starts = matters(&record.body);
        self.waiting.push_back(Arc::clone(&record));
        if self.waiting.len() > WAITING {
            self.waiting.pop_front();
        }
        if self.log.is_none() && !starts && !self.failing {
            return (record, None);
        }
        let notice = match self.flush() {
            Ok(()) if self.failing => {
                self.failing = false;
                Some(Notice::info("The session is being saved again."))
            }
            Ok(()) => None,
            Err(_) if self.failing => None,
            Err(error) => {
                self.failing = true;
                let text = format!("From here on the session is not saved: {error}.");
                Some(Notice::error(text).hint("Free some space; saving goes on by itself."))
            }
        };
        (record, notice)
    }

    /// The file of the log, also when there is none yet.
    pub(super) fn path(&self) -> PathBuf {
        match (&self.log, &self.beside) {
            (Some(log), _) => log.path().to_path_buf(),
            (None, Some(path)) => path.clone(),
            (None, None) => self.store.log(self.id, &self.project),
        }
    }

    /// Bytes of the log.
    pub(super) fn written(&self) -> u64 {
        self.log.as_ref().map_or(0, Log::len)
    }

    /// Everything that was put on record is in the log.
    pub(super) fn is_saved(&self) -> bool {
        self.log.is_some() && !self.failing && self.waiting.is_empty()
    }

    /// Makes sure that what was written is on the disk.
    pub(super) fn sync(&mut self) -> Result<(), Notice> {
        match &mut self.log {
            Some(log) => log
                .sync()
                .map_err(|error| Notice::warning(format!("The session's log could not be forced to disk: {error}."))),
            None => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), String> {
        if self.log.is_none() {
            let made = match &self.beside {
                Some(path) => self.store.create_at(self.id, path),
                None => self.store.create(self.id, &self.project),
            };
            self.log = Some(made.map_err(|error| error.to_string())?);
        }
        let Some(log) = &mut self.log else { return Ok(()) };
        while let Some(record) = self.waiting.front() {
            log.append(record).map_err(|error| format!("{}: {error}", log.path().display()))?;
            self.waiting.pop_front();
        }
        Ok(())
    }
}

/// Whether a session with this record is worth a file.
fn matters(body: &Body) -> bool {
    matches!(body, Body::Prompted { .. } | Body::ShellRan { .. } | Body::TitleSet { .. })
}
