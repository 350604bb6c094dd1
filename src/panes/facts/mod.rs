//! What every pane may ask about the session: one fold over the records, kept once.
//!
//! Panes hold what is theirs (scroll, selection, folds) and read the rest from here. Nothing is drawn
//! here and nothing is decided here.

mod agents;
mod calls;
mod ledger;
mod money;
mod work;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::text::Painted;
use crate::domain::{
    Body, CatalogNews, DeltaKind, Event, LanguageNews, LanguageStatus, LibraryNews, Live, Mode, ModelError, ModelInfo,
    ModelRef, Queued, Record, Request, ServerNews, ServerStatus, StartInfo, Todo, TodoState, TurnEnd,
};

pub use agents::{AgentRow, Agents};
pub use calls::{Call, CallState, Calls};
pub use ledger::{Break, Ledger, RequestRow};
pub use money::Money;
pub use work::Work;

/// Runs of hooks that are kept.
const HOOKS: usize = 200;

/// The session as far as it is known to the face.
#[derive(Debug, Default)]
pub struct Facts {
    /// None until the engine opened a session.
    pub info: Option<StartInfo>,
    pub model: Option<ModelRef>,
    pub window: Option<u32>,
    pub mode: Mode,
    pub title: Option<String>,
    pub turn: Option<Running>,
    /// The request whose answer is awaited or streams.
    pub request: Option<Pending>,
    /// The request that waits to be sent again.
    pub retry: Option<Retry>,
    /// Since when a command of the person's own runs.
    pub shell: Option<u64>,
    pub queue: Vec<Queued>,
    pub todos: Vec<Todo>,
    pub calls: Calls,
    pub ledger: Ledger,
    pub work: Work,
    pub money: Money,
    /// Records of the newest runs of hooks, oldest first.
    pub hooks: VecDeque<Arc<Record>>,
    pub around: Around,
    /// Counts everything that was heard.
    pub revision: u64,
    /// Counts changes of what is known of the session itself.
    pub opened: u32,
    /// The engine is gone.
    pub closed: bool,
}

/// What programs beside the session say now.
#[derive(Debug, Default)]
pub struct Around {
    /// What the person's own program says for the lines above the status line.
    pub status_lines: Vec<Vec<Painted>>,
    /// What is waited for while a hook holds something up, in its words.
    pub hook: Option<String>,
    /// Tool servers as they stand.
    pub servers: Vec<ServerStatus>,
    /// Language servers.
    pub languages: Vec<LanguageStatus>,
}

/// A turn that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    pub turn: u32,
    /// Milliseconds since 1970.
    pub since: u64,
}

/// A request under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    pub request: u32,
    pub since: u64,
    pub phase: Phase,
}

/// What an answer does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Waiting,
    Thinking,
    Writing,
    Calling,
    /// It makes a summary of the conversation.
    Summarising,
}

/// A request that failed and is sent again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// The try that comes, counted from 2.
    pub attempt: u32,
    pub until: u64,
    pub error: ModelError,
}

impl Phase {
    fn of(kind: &DeltaKind) -> Self {
        match kind {
            DeltaKind::Text => Self::Writing,
            DeltaKind::Thinking => Self::Thinking,
            DeltaKind::ToolCall { .. } => Self::Calling,
        }
    }
}

impl Facts {
    /// Nothing is known but the project, whose paths are shown short.
    pub fn of_project(project: &std::path::Path) -> Self {
        let mut facts = Self::default();
        facts.calls.set_project(project);
        facts
    }

    /// Takes in one message of the engine.
    pub fn hear(&mut self, event: &Event) {
        self.revision += 1;
        match event {
            Event::Opened { info, records } => self.open(info, records),
            Event::Recorded(record) => self.fold(record),
            Event::Live(Live::Info(info)) => self.adopt(info),
            Event::Live(Live::Team(news)) => {
                self.work.agents.news(news);
                self.work.news(news);
            }
            Event::Live(Live::HookRuns(what)) => self.around.hook.clone_from(what),
            Event::Live(Live::Money(news)) => self.money.news(news),
            Event::Live(Live::Server(ServerNews::Status(list))) => self.around.servers.clone_from(list),
            Event::Live(Live::Language(LanguageNews::Status(list))) => self.around.languages.clone_from(list),
            Event::Live(Live::Catalog(CatalogNews::StatusLine(lines))) => self.around.status_lines.clone_from(lines),
            Event::Live(Live::Library(LibraryNews::Earlier { before, records, .. }))
                if self.ledger.first == Some(*before) =>
            {
                self.prepend(records);
            }
            Event::Live(_) => {}
            Event::Closed => {
                self.closed = true;
                self.work.agents.lose_all();
                self.settle_turn();
            }
        }
    }

    /// Notes what leaves for the engine, where the screen should show it before a record comes back.
    pub fn sent(&mut self, request: &Request, now: u64) {
        if matches!(request, Request::Shell(_)) {
            self.shell = Some(now);
        }
    }

    /// Something runs that can be interrupted.
    pub fn is_busy(&self) -> bool {
        self.turn.is_some()
            || self.request.is_some()
            || self.retry.is_some()
            || self.shell.is_some()
            || self.around.hook.is_some()
    }

    /// Since when, in milliseconds since 1970.
    pub fn busy_since(&self) -> Option<u64> {
        let retry = self.retry.as_ref().map(|retry| retry.until);
        self.turn.map(|turn| turn.since).or(self.request.map(|request| request.since)).or(self.shell).or(retry)
    }

    /// This is the offline rehearsal.
    pub fn is_rehearsal(&self) -> bool {
        self.info.as_ref().is_some_and(|info| info.rehearsal)
    }

    /// There is no model, so that an empty prompt starts the rehearsal.
    pub fn offers_rehearsal(&self) -> bool {
        self.info.is_some() && self.model.is_none()
    }

    /// The name of the model as it is shown.
    pub fn model_name(&self) -> Option<&str> {
        self.model.as_ref().map(|model| model.id.as_str())
    }

    /// Tokens in the context now, and the window, where both are known.
    pub fn context(&self) -> Option<(u64, u64)> {
        let window = u64::from(self.window?);
        (window > 0).then_some((self.ledger.context, window))
    }

    /// Finished todos, all todos, and the one that is being done.
    pub fn progress(&self) -> (usize, usize, Option<&Todo>) {
        let done = self.todos.iter().filter(|todo| todo.status == TodoState::Completed).count();
        let current = self.todos.iter().find(|todo| todo.status == TodoState::InProgress);
        (done, self.todos.len(), current)
    }

    fn open(&mut self, info: &StartInfo, records: &[Arc<Record>]) {
        *self = Self { opened: self.opened, revision: self.revision, ..Self::default() };
        self.adopt(info);
        for record in records {
            self.fold(record);
        }
        // A log that ends in the middle of a turn was left by a crash: nothing of it runs any more.
        self.settle_turn();
        self.work.agents.lose_all();
        self.work.lose_all();
        self.adopt(info);
    }

    /// Earlier records were read: what they say now was said again since, but calls and agents come before those known.
    fn prepend(&mut self, records: &[Arc<Record>]) {
        let mut older = Self::default();
        older.calls.set_project(self.calls.project());
        for record in records {
            older.fold(record);
        }
        older.calls.stop_all();
        older.work.agents.lose_all();
        self.ledger.first = older.ledger.first;
        self.calls.prepend(older.calls);
        self.work.agents.prepend(older.work.agents);
    }

    fn adopt(&mut self, info: &StartInfo) {
        self.opened += 1;
        self.mode = info.mode;
        self.model = info.model.as_ref().map(|(model, _)| model.clone());
        self.window = info.model.as_ref().map(|(_, facts): &(ModelRef, Arc<ModelInfo>)| facts.window);
        self.calls.set_project(&info.project);
        self.info = Some(info.clone());
    }

    fn settle_turn(&mut self) {
        self.turn = None;
        self.request = None;
        self.retry = None;
        self.shell = None;
        self.around.hook = None;
        self.calls.stop_all();
    }

    fn fold(&mut self, record: &Arc<Record>) {
        self.calls.fold(record);
        self.ledger.fold(record);
        self.money.fold(&record.body);
        self.work.agents.fold(record);
        if let Some(todos) = self.work.fold(record) {
            self.todos = todos;
        }
        match &record.body {
            Body::ModelSet { model, .. } => self.model = Some(model.clone()),
            Body::ModeSet { mode } => self.mode = *mode,
            Body::TitleSet { title } => self.title = Some(title.clone()),
            Body::CwdSet { cwd } => {
                if let Some(info) = &mut self.info {
                    info.cwd.clone_from(cwd);
                }
            }
            Body::QueueSet { queue } => self.queue.clone_from(queue),
            Body::TodosSet { todos } => self.todos.clone_from(todos),
            Body::ShellRan { .. } => self.shell = None,
            Body::Cleared => self.todos.clear(),
            Body::HookRan(_) => {
                if self.hooks.len() >= HOOKS {
                    self.hooks.pop_front();
                }
                self.hooks.push_back(Arc::clone(record));
            }
            _ => self.fold_turn(record),
        }
    }

    fn fold_turn(&mut self, record: &Record) {
        match &record.body {
            Body::Prompted { turn, .. } if self.turn.is_none_or(|running| running.turn != *turn) => {
                self.turn = Some(Running { turn: *turn, since: record.at });
            }
            Body::RequestSent(note) => {
                self.retry = None;
                let phase = if note.summary { Phase::Summarising } else { Phase::Waiting };
                self.request = Some(Pending { request: note.request, since: record.at, phase });
            }
            Body::Delta { kind: Some(kind), .. } => {
                if let Some(pending) = self.request.as_mut().filter(|pending| pending.phase != Phase::Summarising) {
                    pending.phase = Phase::of(kind);
                }
            }
            Body::Responded(_) => self.request = None,
            Body::RequestFailed { error, retry_in_ms, .. } => {
                self.request = None;
                self.retry = retry_in_ms.map(|wait| Retry {
                    attempt: self.ledger.attempt() + 1,
                    until: record.at.saturating_add(wait),
                    error: error.clone(),
                });
            }
            Body::TurnEnded { end, .. } => {
                self.turn = None;
                self.request = None;
                self.retry = None;
                if !matches!(end, TurnEnd::Done) {
                    self.calls.stop_all();
                }
            }
            _ => {}
        }
    }
}
