//! The library of sessions: marks, trash, export, search, and the records for going through a session.
//!
//! Whatever reads or writes more than a line does so beside the driver.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::driver::{Driver, News, What};
use super::past::Past;
use crate::agent::Input;
use crate::domain::{
    Body, ExportForm, Found, LibraryBody, LibraryNews, LibraryRequest, Live, Notice, SessionId, SessionScope,
    SessionState,
};
use crate::session::search::{Index, Query};
use crate::session::{self, Bounds, Outline, Part, Store, export};

/// Hits of one search.
const HITS: usize = 200;
/// Bytes of either end of a log that a preview reads.
const PREVIEW: u64 = 256 * 1024;
/// How often a search says how far the index is.
const TOLD: Duration = Duration::from_millis(400);

/// What the settings say of the library.
#[derive(Clone, Debug, Default)]
pub struct LibraryTuning {
    /// The file of the search index; none where there is no search.
    pub index: Option<PathBuf>,
    /// How long sessions are read in parts.
    pub bounds: Bounds,
    /// A model names each session after its first turn.
    pub titles: bool,
}

impl LibraryTuning {
    /// With a search index in that file, and whether a model names sessions.
    pub fn new(index: PathBuf, titles: bool) -> Self {
        Self { index: Some(index), titles, ..Self::default() }
    }
}

/// The state of the library's work.
#[derive(Debug, Default)]
pub(super) struct Library {
    /// The newest search; an older one stops.
    newest: Arc<AtomicU32>,
    /// One search at a time works on the index.
    turn: Arc<Mutex<()>>,
    /// The open session as it was when it was opened, if it is long.
    outline: Option<Arc<Outline>>,
    /// Bytes of the log when what it adds up to was kept last.
    rested: u64,
    /// It is being kept.
    resting: Arc<AtomicBool>,
    /// The session has a title, or a model was asked for one.
    pub(super) named: bool,
}

impl Library {
    /// Another session is open.
    pub(super) fn open(&mut self, outline: Option<Outline>, named: bool) {
        self.named = named;
        self.rested = outline.as_ref().map_or(0, Outline::end);
        self.outline = outline.map(Arc::new);
    }
}

impl Driver {
    pub(super) async fn on_library(&mut self, request: LibraryRequest) {
        match request {
            LibraryRequest::Rename { id, title } => {
                let notice = Notice::info(format!("It is called `{title}` now."));
                self.mark(id, Body::TitleSet { title }, notice).await;
            }
            LibraryRequest::Pin { id, on } => {
                let notice = Notice::info(if on { "It is pinned." } else { "It is no longer pinned." });
                self.mark(id, Body::Library(LibraryBody::Pinned { on }), notice).await;
            }
            LibraryRequest::Tag { id, tags } => {
                let notice = match tags.as_slice() {
                    [] => Notice::info("It has no tags any more."),
                    tags => Notice::info(format!("Its tags: {}", tags.join(", "))),
                };
                self.mark(id, Body::Library(LibraryBody::Tagged { tags }), notice).await;
            }
            LibraryRequest::Trash(id) => self.trash(id).await,
            LibraryRequest::Restore(id) => {
                let store = self.setup.store.clone();
                self.beside(move || told(store.restore(id), || Notice::info("The session is back.")));
            }
            LibraryRequest::Export { id, form, path } => self.export(id.unwrap_or(self.session), form, path),
            LibraryRequest::Search { query, number } => self.search(query, number),
            LibraryRequest::Timeline { id, near } => self.timeline(id.unwrap_or(self.session), near),
            LibraryRequest::Earlier { before, back_to } => self.earlier(before, back_to),
        }
    }

    pub(super) fn list_sessions(&self, scope: SessionScope) {
        let (store, project, here) = (self.setup.store.clone(), self.stage.place.project.clone(), self.session);
        self.beside(move || {
            let project = (scope == SessionScope::Project).then_some(project.as_path());
            let mut sessions = store.list(project);
            for session in sessions.iter_mut().filter(|session| session.id == here) {
                session.state = SessionState::Here;
            }
            Live::Sessions(scope, sessions)
        });
    }

    pub(super) fn preview_session(&self, id: SessionId) {
        let store = self.setup.store.clone();
        self.beside(move || match store.ends(id, PREVIEW) {
            Ok(records) => Live::Preview { id, records: records.into_iter().map(Arc::new).collect() },
            Err(error) => done(Notice::warning(error.to_string())),
        });
    }

    /// Puts a mark on a session: on record here, or appended to the log of one that nobody has open.
    async fn mark(&mut self, id: SessionId, body: Body, notice: Notice) {
        if id == self.session {
            let input = match body {
                Body::TitleSet { title } => Input::SetTitle(title),
                body => Input::Note(body),
            };
            self.feed(input).await;
            return self.tell(crate::domain::Event::Live(done(notice))).await;
        }
        let (store, now) = (self.setup.store.clone(), self.setup.clock.wall_ms());
        let body = self.setup.secrets.value(body);
        self.beside(move || told(store.annotate(id, vec![body], now), || notice));
    }

    async fn trash(&mut self, id: SessionId) {
        if id == self.session {
            let notice = Notice::warning("This session is open here, so it stays.").hint("/clear starts another one.");
            return self.tell(crate::domain::Event::Live(done(notice))).await;
        }
        let store = self.setup.store.clone();
        self.beside(move || {
            told(store.trash(id), || {
                let hint = format!("u brings it back, later: latigo sessions restore {id}");
                Notice::info("The session lies in the trash.").hint(hint)
            })
        });
    }

    fn export(&self, id: SessionId, form: ExportForm, path: Option<PathBuf>) {
        let path = path.unwrap_or_else(|| PathBuf::from(format!("latigo-{id}.{}", form.extension())));
        let path = self.stage.place.cwd.join(path);
        let store = self.setup.store.clone();
        self.beside(move || match store.read(id) {
            Err(error) => done(Notice::error(format!("The session could not be read: {error}"))),
            Ok((records, _)) => done(match write_new(&path, &export::text(&records, form)) {
                Ok(()) => Notice::info(format!("The session was written to {}", path.display())),
                Err(error) => Notice::error(format!("{} was not written: {error}", path.display()))
                    .hint(format!("Name another file: /export other.{}", form.extension())),
            }),
        });
    }

    fn timeline(&self, id: SessionId, near: Option<u64>) {
        let (store, bounds) = (self.setup.store.clone(), self.setup.tuning.library.bounds);
        self.beside(move || match store.near(id, near, bounds) {
            Ok(Part { records, more }) => {
                let records = records.into_iter().map(Arc::new).collect();
                Live::Library(LibraryNews::Timeline { id, records, more })
            }
            Err(error) => done(Notice::warning(format!("There is nothing to go through yet: {error}"))),
        });
    }

    /// Reads on, towards the beginning of the open session.
    fn earlier(&self, before: u64, back_to: Option<u64>) {
        let Some(outline) = self.parts.library.outline.clone() else { return };
        let (store, id, bounds) = (self.setup.store.clone(), self.session, self.setup.tuning.library.bounds);
        self.beside(move || match store.part_before(id, &outline, (before, back_to), bounds) {
            Ok(records) => {
                let records = records.into_iter().map(Arc::new).collect();
                Live::Library(LibraryNews::Earlier { id, before, records })
            }
            Err(error) => done(Notice::warning(format!("What was earlier cannot be read: {error}"))),
        });
    }

    /// Keeps what a long log adds up to, from time to time, so that it opens at once the next time.
    pub(super) fn rest(&mut self) {
        let library = &mut self.parts.library;
        let (written, bounds) = (self.journal.written(), self.setup.tuning.library.bounds);
        let grown = written.saturating_sub(library.rested);
        if self.stage.child.is_some() || written <= bounds.long || grown < bounds.long / 2 {
            return;
        }
        if library.resting.swap(true, Ordering::AcqRel) {
            return;
        }
        library.rested = written;
        let (store, id, busy) = (self.setup.store.clone(), self.session, Arc::clone(&library.resting));
        tokio::task::spawn_blocking(move || {
            if let Err(error) = store.rest::<Past>(id, bounds) {
                // The session is whole without it; it only opens more slowly.
                tracing::warn!(%error, "what the session adds up to was not kept");
            }
            busy.store(false, Ordering::Release);
        });
    }

    fn search(&self, query: String, number: u32) {
        let library = &self.parts.library;
        library.newest.store(number, Ordering::Relaxed);
        let hunt = Hunt {
            index: self.setup.tuning.library.index.clone(),
            store: self.setup.store.clone(),
            now: self.setup.clock.wall_ms(),
            number,
            newest: Arc::clone(&library.newest),
            news: self.news.clone(),
            epoch: self.epoch,
        };
        let turn = Arc::clone(&library.turn);
        tokio::task::spawn_blocking(move || {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            let mut found = Found { number, query, ..Found::default() };
            if let Err(problem) = hunt.run(&mut found) {
                found.problem = Some(problem);
            }
            found.reading = None;
            hunt.tell(&found);
        });
    }
}

/// One search.
struct Hunt {
    index: Option<PathBuf>,
    store: Store,
    now: u64,
    number: u32,
    newest: Arc<AtomicU32>,
    news: mpsc::Sender<News>,
    epoch: u32,
}

impl Hunt {
    /// Answers at once from what the index knows, brings it up to date, and answers again.
    fn run(&self, found: &mut Found) -> Result<(), String> {
        if !self.is_newest() {
            return Ok(());
        }
        let query = Query::parse(&found.query, self.now, &TimeZone::system())?;
        let path = self.index.as_ref().ok_or("There is no search here.")?;
        let mut index = Index::open(path, self.store.clone()).map_err(|error| error.to_string())?;
        let look = |index: &Index, found: &mut Found| -> Result<(), String> {
            let answer = index.search(&query, HITS).map_err(|error| error.to_string())?;
            (found.hits, found.more) = (answer.hits, answer.more);
            Ok(())
        };
        look(&index, found)?;
        found.reading = Some((0, 0));
        self.tell(found);
        let mut told = Instant::now();
        let refreshed = index.refresh(|read, all| {
            if told.elapsed() >= TOLD {
                told = Instant::now();
                found.reading = Some((read, all));
                self.tell(found);
            }
            self.is_newest()
        });
        refreshed.map_err(|error| error.to_string())?;
        look(&index, found)
    }

    fn is_newest(&self) -> bool {
        self.newest.load(Ordering::Relaxed) == self.number
    }

    fn tell(&self, found: &Found) {
        let what = What::Tell(Live::Library(LibraryNews::Found(Box::new(found.clone()))));
        let _gone = self.news.blocking_send(News { epoch: self.epoch, what });
    }
}

fn done(notice: Notice) -> Live {
    Live::Library(LibraryNews::Done(notice))
}

fn told(result: session::Result<()>, notice: impl FnOnce() -> Notice) -> Live {
    done(match result {
        Ok(()) => notice(),
        Err(error) => Notice::warning(error.to_string()),
    })
}

/// Writes a file that is not there yet.
pub(super) fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}
