//! What stands between a record and the screen: the log on disk.
//!
//! The log is made with the first record that matters, so that a program that was only opened leaves no
//! empty session. When the disk refuses, the records wait in memory within a bound, and are written in their order as
//! soon as the disk takes them; until then nobody is shown them (see `saving`).

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::pen::Pen;
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
    /// A log that nobody writes yet.
    log: Option<Log>,
    pen: Option<Pen>,
    waiting: VecDeque<Arc<Record>>,
    next: u64,
    /// Bytes of the log.
    length: u64,
    /// Why it cannot be written.
    failing: Option<String>,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is in the log, or the session is not worth one yet.
    Yes,
    /// It waits, with the others; the reason comes with the first.
    No(Option<String>),
}

impl Journal {
    /// A session that is not on disk yet.
    pub(super) fn new(store: Store, id: SessionId, project: PathBuf, secrets: Redactor) -> Self {
        Self {
            store,
            id,
            project,
            beside: None,
            secrets,
            log: None,
            pen: None,
            waiting: VecDeque::new(),
            next: 0,
            length: 0,
            failing: None,
        }
    }

    /// The same in a file beside the session's own, for a sub-agent.
    pub(super) fn in_file(self, path: PathBuf) -> Self {
        Self { beside: Some(path), ..self }
    }

    /// A session that goes on.
    pub(super) fn resumed(store: Store, project: PathBuf, log: Log, secrets: Redactor) -> Self {
        let (next, length, id) = (log.next_seq(), log.len(), log.id());
        Self { log: Some(log), next, length, ..Self::new(store, id, project, secrets) }
    }

    /// Numbers a record and writes it.
    pub(super) async fn write(&mut self, body: Body, at: u64) -> (Arc<Record>, Written) {
        let body = self.secrets.value(body);
        let record = Arc::new(Record { seq: self.next, at, body });
        self.next += 1;
        let starts = matters(&record.body);
        if self.waiting.len() < WAITING {
            self.waiting.push_back(Arc::clone(&record));
        }
        if self.log.is_none() && self.pen.is_none() && !starts && self.failing.is_none() {
            return (record, Written::Yes);
        }
        let written = self.flush().await;
        (record, written)
    }

    /// Tries again to write what waits.
    pub(super) async fn flush(&mut self) -> Written {
        match self.write_waiting().await {
            Ok(()) => {
                self.failing = None;
                Written::Yes
            }
            Err(problem) => {
                let first = self.failing.replace(problem.clone()).is_none();
                Written::No(first.then_some(problem))
            }
        }
    }

    /// The file of the log, also when there is none yet.
    pub(super) fn path(&self) -> PathBuf {
        match (&self.pen, &self.log, &self.beside) {
            (Some(pen), ..) => pen.path().to_path_buf(),
            (None, Some(log), _) => log.path().to_path_buf(),
            (None, None, Some(path)) => path.clone(),
            (None, None, None) => self.store.log(self.id, &self.project),
        }
    }

    /// Bytes of the log.
    pub(super) fn written(&self) -> u64 {
        self.length
    }

    /// Everything that was put on record is in the log.
    pub(super) fn is_saved(&self) -> bool {
        (self.pen.is_some() || self.log.is_some()) && self.failing.is_none() && self.waiting.is_empty()
    }

    /// Why the log cannot be written at the moment.
    pub(super) fn problem(&self) -> Option<&str> {
        self.failing.as_deref()
    }

    /// Makes sure that what was written is on the disk.
    pub(super) async fn sync(&self) -> Result<(), Notice> {
        let Some(pen) = &self.pen else { return Ok(()) };
        let synced = pen.sync().await;
        synced.map_err(|error| Notice::warning(format!("The session's log could not be forced to disk: {error}.")))
    }

    /// Lets the log go, so that others can open it.
    pub(super) async fn close(&mut self) {
        self.log = None;
        if let Some(pen) = self.pen.take() {
            pen.close().await;
        }
    }

    async fn write_waiting(&mut self) -> Result<(), String> {
        if self.pen.is_none() {
            let log = self.open().map_err(|error| error.to_string())?;
            self.pen = Some(Pen::take(log).map_err(|error| format!("the log: {error}"))?);
        }
        let Some(pen) = &self.pen else { return Ok(()) };
        while let Some(record) = self.waiting.front() {
            self.length = pen.append(Arc::clone(record)).await.map_err(|error| told(pen, &error))?;
            self.waiting.pop_front();
        }
        Ok(())
    }

    fn open(&mut self) -> crate::session::Result<Log> {
        match (self.log.take(), &self.beside) {
            (Some(log), _) => Ok(log),
            (None, Some(path)) => self.store.create_at(self.id, path),
            (None, None) => self.store.create(self.id, &self.project),
        }
    }
}

fn told(pen: &Pen, error: &io::Error) -> String {
    // The log names itself where it is at fault.
    let file = pen.path().display().to_string();
    let text = error.to_string();
    if text.contains(&file) { text } else { format!("{file}: {text}") }
}

/// Whether a session with this record is worth a file.
fn matters(body: &Body) -> bool {
    matches!(body, Body::Prompted { .. } | Body::ShellRan { .. } | Body::TitleSet { .. })
}
