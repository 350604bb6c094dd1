//! The one task that owns a running engine, and its loop.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::catalog::{Filled, Ran as StatusRan};
use super::classify::Heard;
use super::gate::Gate;
use super::hooks::{Answered, Hooking, Missed, Watched};
use super::journal::Journal;
use super::network::Visit;
use super::parts::Parts;
use super::questions::Questions;
use super::recall::Looked;
use super::streams::Stream;
use super::team::FromAgent;
use super::{Setup, Stage};
use crate::agent::{Input, Machine};
use crate::base::secrets::Redactor;
use crate::domain::{
    Body, Event, FilesBody, Live, Notice, Request, SessionId, Shown, Spent, StreamItem, ToolOutcome, Wire,
};
use crate::mcp;
use crate::provider::Provider;
use crate::sandbox::Proof;
use crate::tools::ReadLedger;

/// Messages from work that runs beside the driver that may wait.
const NEWS: usize = 256;

/// What work beside the driver reports. `epoch` tells whose session it was for: news for a session that
/// is no longer open is dropped.
#[derive(Debug)]
pub(super) struct News {
    pub(super) epoch: u32,
    pub(super) what: What,
}

/// The report itself.
#[derive(Debug)]
pub(super) enum What {
    Output {
        call_id: String,
        text: String,
    },
    Done {
        call_id: String,
        outcome: Box<ToolOutcome>,
        duration_ms: u64,
    },
    Timer(u32),
    ShellOutput(String),
    ShellDone {
        command: String,
        outcome: Box<ToolOutcome>,
    },
    /// What confines here.
    Proven(Box<Proof>),
    /// A model's opinion of a call.
    Opinion(Box<Heard>),
    /// Hooks have answered.
    Hooked(Box<Answered>),
    /// A confined command wants to reach a host.
    Visit(Box<Visit>),
    /// A file that is watched changed, or the settings were read again.
    Watched(Watched),
    /// The person may have missed something.
    Missed(Missed),
    /// A command of the background has changed or ended.
    Job(Box<crate::tools::JobNews>),
    /// Somebody beside the turn has spent something.
    Spent(Box<Spent>),
    /// The workspace was looked at for the answer cache.
    Looked(Box<Looked>),
    /// A call is about to change files, or did. `written` hears that it is on record.
    Files {
        body: Box<FilesBody>,
        written: Option<oneshot::Sender<()>>,
    },
    /// A tool server has news.
    Server(Box<mcp::News>),
    /// What a prompt needs of tool servers was fetched.
    Fetched(Box<(super::hooks::Pending, super::servers::Fetched)>),
    /// Of language servers.
    Language(Box<super::languages::Heard>),
    /// A sub-agent's minder reports.
    Agent(Box<FromAgent>),
    /// A command's or a skill's text is complete.
    Filled(Box<Filled>),
    /// Instructions as they stand on disk after a compaction.
    Reread(Box<super::catalog::Scanned>),
    /// The program for the status line has run, or it is time to run it.
    Status(StatusRan),
    /// A model's title for the session.
    Named(String),
    /// It is time to try again to write the log.
    SaveAgain,
    /// Straight to the face.
    Tell(Live),
}

/// Everything that lasts while the engine runs.
pub(super) struct Driver {
    pub(super) setup: Setup,
    pub(super) stage: Stage,
    pub(super) session: SessionId,
    pub(super) machine: Machine,
    pub(super) journal: Journal,
    pub(super) gate: Gate,
    pub(super) parts: Parts,
    pub(super) questions: Questions,
    pub(super) reads: Arc<ReadLedger>,
    pub(super) running: HashMap<String, Running>,
    pub(super) stream: Option<Stream>,
    pub(super) providers: HashMap<Wire, Arc<dyn Provider>>,
    pub(super) epoch: u32,
    pub(super) news: mpsc::Sender<News>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) hooking: Hooking,
    /// Inputs that effects brought about, to be handled before anything new is heard.
    pub(super) inbox: VecDeque<Input>,
    /// The face hung up.
    pub(super) closed: bool,
}

/// A call that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) cancel: CancellationToken,
    /// Lets the call end while its work goes on in the background.
    pub(super) detach: CancellationToken,
    /// Bytes of live output that are on record; the rest is in the result.
    pub(super) recorded: usize,
}

/// Runs until the face says goodbye or hangs up.
pub(super) async fn run(setup: Setup, mut requests: mpsc::Receiver<Request>, events: mpsc::Sender<Event>) {
    let (tell, mut news) = mpsc::channel(NEWS);
    // The state of an engine is large; it lives on the heap from the start.
    let mut driver = Box::pin(Driver::open_first(setup, tell, events)).await;
    while !driver.closed {
        tokio::select! {
            biased;
            request = requests.recv() => match request {
                Some(Request::Shutdown) | None => break,
                Some(request) => driver.on_request(request).await,
            },
            Some(news) = news.recv() => driver.on_news(news).await,
            items = next_items(&mut driver.stream) => driver.on_items(items).await,
        }
    }
    driver.close().await;
}

/// Takes our keys out of a result before anybody has it: what the model does not know it cannot repeat, and a
/// session that is resumed says what it said before.
pub(super) fn clean(secrets: &Redactor, outcome: &mut ToolOutcome) {
    outcome.parts = secrets.value(std::mem::take(&mut outcome.parts));
    outcome.shown = secrets.value(std::mem::replace(&mut outcome.shown, Shown::Nothing));
    outcome.summary = secrets.text(&outcome.summary).into_owned();
}

/// The next items of the stream that runs; never, when none runs.
async fn next_items(stream: &mut Option<Stream>) -> (u32, Vec<StreamItem>) {
    match stream {
        Some(stream) => (stream.request, stream.next().await),
        None => std::future::pending().await,
    }
}

impl Driver {
    /// Hands one input to the machine and carries out what follows, to the end.
    pub(super) async fn feed(&mut self, input: Input) {
        self.inbox.push_back(input);
        self.work_inbox().await;
    }

    /// Works off what effects brought about.
    pub(super) async fn work_inbox(&mut self) {
        while let Some(input) = self.inbox.pop_front() {
            let effects = self.machine.handle(input, self.setup.clock.wall_ms());
            for effect in effects {
                self.perform(effect).await;
            }
        }
    }

    pub(super) async fn tell(&mut self, event: Event) {
        if self.events.send(event).await.is_err() {
            self.closed = true;
        }
    }

    /// Forces what was written to the disk; says so when that fails.
    pub(super) async fn sync_log(&mut self) {
        if let Err(notice) = self.journal.sync().await {
            self.notice(notice).await;
        }
    }

    pub(super) async fn notice(&mut self, mut notice: Notice) {
        notice.text = self.setup.secrets.text(&notice.text).into_owned();
        self.tell(Event::Live(Live::Notice(notice))).await;
    }

    /// Says that nothing will come of what was asked for.
    pub(super) async fn refuse(&mut self, notice: Notice) {
        self.tell(Event::Live(Live::Refused(notice))).await;
    }

    pub(super) async fn on_news(&mut self, news: News) {
        if let What::Tell(live) = news.what {
            return self.tell(Event::Live(live)).await;
        }
        if let What::Server(news) = news.what {
            return self.on_server(*news).await;
        }
        if let What::Proven(proof) = news.what {
            return self.on_proven(*proof).await;
        }
        let languages = matches!(&news.what, What::Language(heard) if heard.is_of_any_session());
        if news.epoch != self.epoch && !languages {
            return;
        }
        match news.what {
            What::Output { call_id, text } => self.on_output(call_id, text).await,
            What::Done { call_id, mut outcome, duration_ms } => {
                self.end_output(&call_id).await;
                self.running.remove(&call_id);
                clean(&self.setup.secrets, &mut outcome);
                self.shorten_rows(&mut outcome);
                self.feed(Input::CallDone { call_id, outcome, duration_ms }).await;
            }
            What::Timer(timer) => self.feed(Input::Timer(timer)).await,
            What::ShellOutput(text) => self.shell_output(Some(&text)).await,
            What::ShellDone { command, mut outcome } => {
                clean(&self.setup.secrets, &mut outcome);
                self.shell_output(None).await;
                self.on_shell_done(command, *outcome).await;
            }
            What::Opinion(heard) => self.on_opinion(*heard).await,
            What::Hooked(answered) => self.on_hooked(*answered).await,
            What::Visit(visit) => self.on_visit(*visit).await,
            What::Watched(watched) => self.on_watched(watched).await,
            What::Missed(missed) => self.on_missed(missed),
            What::Job(news) => self.on_job(*news).await,
            What::Spent(spent) => self.spent(*spent).await,
            What::Looked(looked) => self.on_looked(*looked).await,
            What::Files { body, written } => {
                self.feed(Input::Note(Body::Files(*body))).await;
                // Whoever waits for it may be gone.
                let _gone = written.map(|written| written.send(()));
            }
            What::Fetched(fetched) => self.on_fetched(fetched.0, fetched.1).await,
            What::Language(heard) => self.on_language(*heard).await,
            What::Agent(heard) => self.on_agent(*heard).await,
            What::Filled(filled) => self.on_filled(*filled).await,
            What::Reread(scanned) => self.on_reread(*scanned).await,
            What::Status(ran) => self.on_status(ran).await,
            What::SaveAgain => self.save_again().await,
            What::Named(title) => self.on_named(&title).await,
            What::Proven(_) | What::Tell(_) | What::Server(_) => {}
        }
    }

    async fn on_items(&mut self, (request, items): (u32, Vec<StreamItem>)) {
        if items.is_empty() {
            self.stream = None;
            let item = super::streams::ended();
            return self.feed(Input::Stream { request, item }).await;
        }
        for item in self.parts.pieces.sift(&self.setup.secrets, request, items) {
            if let StreamItem::Limits(limits) = item {
                self.hear_limits(limits);
                continue;
            }
            let ends = matches!(item, StreamItem::Done { .. } | StreamItem::Failed(_));
            if ends {
                self.stream = None;
            }
            self.feed(Input::Stream { request, item }).await;
            if ends {
                return;
            }
        }
    }

    pub(super) async fn close(&mut self) {
        for running in self.running.values() {
            running.cancel.cancel();
        }
        self.stream = None;
        let tidied = self.parts.team.stop_all();
        self.stop_jobs();
        self.hooking.stop();
        self.session_ends(if self.setup.interactive { "prompt_input_exit" } else { "other" }).await;
        self.close_bus().await;
        self.settle_answer().await;
        self.write_report().await;
        self.close_servers().await;
        self.close_languages().await;
        self.take_walls_down();
        tidied.await;
        self.sync_log().await;
        self.journal.close().await;
        self.tell(Event::Closed).await;
    }
}
