//! Stands between a child and its parent: hears the child's events and passes on what concerns the parent.
//!
//! It never asks the child to wait for anything but room in the parent's channel.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::apart::Tree;
use super::asked::Asked;
use super::{FromAgent, Told};
use crate::base::clock::SharedClock;
use crate::domain::{
    AgentEnd, AgentOutcome, AgentProgress, AgentQuestion, AgentSpent, AgentStart, AgentState, Body, DeltaKind, Event,
    Live, ModelRef, Notice, NoticeLevel, Record, Request, TeamBody, TeamNews, ToolCall, TurnEnd, Verdict,
};
use crate::engine::driver::{News, What};

/// The least time between two pieces of news of a text that streams.
const PAUSE: Duration = Duration::from_millis(500);
/// How long an agent that was told to stop may take to end its turn.
const GRACE: Duration = Duration::from_secs(2);
/// Characters of its last words that the parent's log keeps.
const KEPT: usize = 2_000;
/// Characters of an event in words.
const EVENT: usize = 120;

/// What came of an agent.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) end: AgentEnd,
    pub(super) words: String,
}

/// The ways to the parent.
pub(super) struct Ways {
    pub(super) news: mpsc::Sender<News>,
    pub(super) epoch: u32,
    pub(super) clock: SharedClock,
    pub(super) stall: Duration,
}

/// What is known of the child so far.
#[derive(Debug)]
pub(super) struct Minder {
    agent: String,
    who: String,
    requests: mpsc::Sender<Request>,
    cancel: CancellationToken,
    watched: Arc<AtomicBool>,
    /// Models and turns of requests under way.
    sent: HashMap<u32, (ModelRef, u32)>,
    calls: HashMap<String, ToolCall>,
    verdicts: HashMap<String, Verdict>,
    asked: Asked,
    progress: AgentProgress,
    told_at: Option<Instant>,
    words: String,
    requests_made: u32,
    queued: bool,
    /// What streams is words, not a call.
    speaks: bool,
    /// Its turn is over.
    pub(super) over: Option<(AgentOutcome, Option<String>)>,
    stalled: bool,
    stopping: bool,
    /// The worktree that it works in.
    pub(super) tree: Option<Tree>,
}

impl Minder {
    pub(super) fn new(
        start: &AgentStart,
        requests: mpsc::Sender<Request>,
        cancel: CancellationToken,
        watched: Arc<AtomicBool>,
    ) -> Self {
        let progress = AgentProgress::begins(&start.agent);
        Self {
            agent: start.agent.clone(),
            who: format!("{} · {}", start.kind, start.task),
            requests,
            cancel,
            watched,
            sent: HashMap::new(),
            calls: HashMap::new(),
            verdicts: HashMap::new(),
            asked: Asked::default(),
            progress,
            told_at: None,
            words: String::new(),
            requests_made: 0,
            queued: false,
            speaks: true,
            over: None,
            stalled: false,
            stopping: false,
            tree: None,
        }
    }

    /// Waits until it is to be stopped.
    pub(super) async fn stopped(&self) {
        self.cancel.cancelled().await;
    }

    /// Minds the child to its end.
    pub(super) async fn run(mut self, mut events: mpsc::Receiver<Event>, ways: Ways, done: oneshot::Sender<Finished>) {
        let start = ways.clock.elapsed();
        let mut deadline = Instant::now() + ways.stall;
        let begun = self.over.is_none();
        while begun && self.step(&mut events, &ways, &mut deadline).await {}
        let duration_ms = ways.clock.elapsed().saturating_sub(start).as_millis() as u64;
        self.let_go(&mut events).await;
        let finished = self.finish(duration_ms, &ways).await;
        // Nobody may wait for it any more.
        drop(done.send(finished));
    }

    /// Waits until the child has let its log go, so that whoever hears that it is done can go on with it.
    async fn let_go(&self, events: &mut mpsc::Receiver<Event>) {
        let gone = async {
            if self.requests.send(Request::Shutdown).await.is_ok() {
                while !matches!(events.recv().await, None | Some(Event::Closed)) {}
            }
        };
        // One that does not answer is not waited for.
        let _late = tokio::time::timeout(GRACE, gone).await;
    }

    /// Waits for the next thing and takes it in. False when there is nothing more to wait for.
    async fn step(&mut self, events: &mut mpsc::Receiver<Event>, ways: &Ways, deadline: &mut Instant) -> bool {
        tokio::select! {
            biased;
            () = self.cancel.cancelled(), if !self.stopping => {
                self.stopping = true;
                *deadline = Instant::now() + GRACE;
                self.requests.try_send(Request::Interrupt).ok();
            }
            event = events.recv() => match event {
                None | Some(Event::Closed) => return false,
                Some(event) => {
                    self.hear(event, ways).await;
                    *deadline = if self.stopping { *deadline } else { Instant::now() + ways.stall };
                }
            },
            () = tokio::time::sleep_until(*deadline), if self.asked.is_empty() || self.stopping => {
                self.stalled = !self.stopping;
                self.requests.try_send(Request::Interrupt).ok();
                return false;
            }
        }
        self.over.is_none() || self.queued
    }

    async fn finish(mut self, duration_ms: u64, ways: &Ways) -> Finished {
        for ask in std::mem::take(&mut self.asked.own).into_keys() {
            self.body(TeamBody::AgentDecided { agent: self.agent.clone(), ask, answer: None }, ways).await;
        }
        let (outcome, problem) = match self.over.take() {
            Some(over) if !self.stopping => over,
            _ if self.stalled => {
                let text = format!("nothing was heard of it for {} s", ways.stall.as_secs());
                (AgentOutcome::Failed, Some(text))
            }
            _ if self.stopping => (AgentOutcome::Stopped, Some("it was stopped".to_owned())),
            _ => (AgentOutcome::Failed, Some("it broke off".to_owned())),
        };
        let words = match problem {
            None => std::mem::take(&mut self.words),
            Some(problem) if self.words.trim().is_empty() => format!("The agent gave no answer: {problem}."),
            Some(problem) => format!("The agent did not finish: {problem}. Its last words:\n{}", self.words),
        };
        let left = match self.tree.take() {
            Some(tree) => tree.settle().await,
            None => None,
        };
        if let Some((path, Some(what))) = &left {
            let text = format!("The agent {} left its work in the worktree {}: {what}.", self.who, path.display());
            let hint = format!(
                "there, git status and git diff HEAD show it; git worktree remove --force and git branch -D worktree-{} throw it away",
                self.agent
            );
            self.notice(Notice::info(text).hint(hint), ways).await;
        }
        let end = AgentEnd {
            agent: self.agent.clone(),
            outcome,
            text: words.chars().take(KEPT).collect(),
            requests: self.requests_made,
            calls: self.progress.calls,
            duration_ms,
            worktree: left.map(|(path, _)| path),
        };
        self.tell(Told::Ended(Box::new(end.clone()), words.clone()), ways).await;
        Finished { end, words }
    }

    async fn hear(&mut self, event: Event, ways: &Ways) {
        match event {
            Event::Recorded(record) => {
                if self.watched.load(Ordering::Relaxed) {
                    let (agent, record) = (self.agent.clone(), Arc::clone(&record));
                    self.tell(Told::Live(Live::Team(TeamNews::Record { agent, record })), ways).await;
                }
                self.hear_record(&record, ways).await;
            }
            Event::Live(Live::Team(TeamNews::Asks(call))) => drop(self.calls.insert(call.id.clone(), *call)),
            Event::Live(Live::Team(TeamNews::Said(words))) => self.words = words,
            Event::Live(live @ (Live::Team(_) | Live::CallPreview { .. })) => self.tell(Told::Live(live), ways).await,
            Event::Live(Live::Notice(notice)) if notice.level != NoticeLevel::Info => {
                self.tell(Told::Live(Live::Notice(notice)), ways).await;
            }
            Event::Live(Live::Refused(notice)) => self.over = Some((AgentOutcome::Failed, Some(notice.text))),
            Event::Live(_) | Event::Opened { .. } | Event::Closed => {}
        }
    }

    async fn hear_record(&mut self, record: &Record, ways: &Ways) {
        match &record.body {
            Body::RequestSent(note) => {
                self.sent.insert(note.request, (note.model.clone(), note.turn));
                self.moves(AgentState::Thinking, "asks the model".to_owned(), true, ways).await;
            }
            Body::Delta { kind, text, .. } => self.streams(kind.as_ref(), text, ways).await,
            Body::Responded(note) => {
                let words = note.message.text();
                if !words.trim().is_empty() {
                    self.words = words;
                }
                self.calls.extend(note.message.calls().map(|call| (call.id.clone(), call.clone())));
                for (ask, call_id) in std::mem::take(&mut self.asked.early) {
                    self.asks(ask, &call_id, ways).await;
                }
                self.requests_made += 1;
                let (model, turn) = self.sent.remove(&note.request).unzip();
                let spent = AgentSpent {
                    agent: self.agent.clone(),
                    turn: turn.unwrap_or_default(),
                    request: note.request,
                    model: model.or_else(|| note.message.by.clone()).unwrap_or_else(unknown),
                    usage: note.usage,
                    estimated: note.estimated,
                    cost: note.cost,
                    duration_ms: note.duration_ms,
                };
                self.body(TeamBody::AgentSpent(spent), ways).await;
            }
            Body::RequestFailed { error, retry_in_ms: Some(_), .. } => {
                self.moves(AgentState::Retrying, error.to_string(), true, ways).await;
            }
            Body::QueueSet { queue } => self.queued = !queue.is_empty(),
            Body::Prompted { .. } => self.over = None,
            Body::RuleAdded { rule, .. } => self.tell(Told::Granted(rule.clone()), ways).await,
            Body::Team(body) => {
                self.asked.hear_below(body);
                self.body(body.clone(), ways).await;
            }
            Body::TurnEnded { end, .. } => self.over = Some(outcome(end)),
            body => self.hear_call(body, ways).await,
        }
    }

    async fn hear_call(&mut self, body: &Body, ways: &Ways) {
        match body {
            Body::CallStarted { call_id } => {
                self.progress.calls += 1;
                let words = self.calls.get(call_id).map_or_else(|| self.progress.last.clone(), in_words);
                self.moves(AgentState::Working, words, true, ways).await;
                self.gone(call_id, ways).await;
            }
            Body::CallDone { result, summary, .. } => {
                let name = self.calls.get(&result.call_id).map_or("a call", |call| call.name.as_str());
                let words = format!("{name}: {summary}");
                self.moves(AgentState::Thinking, words, false, ways).await;
                self.gone(&result.call_id.clone(), ways).await;
            }
            Body::CallChanged { call_id, input, .. } => {
                if let Some(call) = self.calls.get_mut(call_id) {
                    call.input.clone_from(input);
                }
            }
            Body::Judged { call_id, verdict } => drop(self.verdicts.insert(call_id.clone(), verdict.clone())),
            Body::Asked { ask, call_id } => self.asks(*ask, call_id, ways).await,
            Body::Decided { ask, .. } => self.asked.decided(*ask),
            _ => {}
        }
    }

    /// The person is asked on the child's behalf.
    async fn asks(&mut self, ask: u32, call_id: &str, ways: &Ways) {
        let (Some(verdict), Some(call)) = (self.verdicts.get(call_id), self.calls.get(call_id)) else {
            // Of a process the call is known once the whole answer is on record.
            return self.asked.early.push((ask, call_id.to_owned()));
        };
        let (mut verdict, call) = (verdict.clone(), call.clone());
        self.verdicts.remove(call_id);
        self.asked.own.insert(ask, call_id.to_owned());
        if let Some(tree) = &self.tree {
            verdict.suggestion = verdict.suggestion.map(|rule| tree.rooted(&rule));
        }
        let question = AgentQuestion { agent: self.agent.clone(), who: self.who.clone(), ask, call, verdict };
        self.moves(AgentState::Asking, format!("asks about {}", question.call.name), true, ways).await;
        self.body(TeamBody::AgentAsked(Box::new(question)), ways).await;
    }

    /// A call has begun or ended, so that no question about it stands.
    async fn gone(&mut self, call_id: &str, ways: &Ways) {
        for ask in self.asked.take_of(call_id) {
            self.body(TeamBody::AgentDecided { agent: self.agent.clone(), ask, answer: None }, ways).await;
        }
    }

    async fn streams(&mut self, kind: Option<&DeltaKind>, text: &str, ways: &Ways) {
        if let Some(kind) = kind {
            self.speaks = !matches!(kind, DeltaKind::ToolCall { .. });
        }
        match kind {
            // More of a call that is known already.
            None if !self.speaks => {}
            Some(DeltaKind::ToolCall { name, .. }) => {
                self.moves(AgentState::Thinking, format!("calls {name}"), false, ways).await;
            }
            Some(DeltaKind::Thinking) => self.moves(AgentState::Thinking, "thinks".to_owned(), false, ways).await,
            Some(DeltaKind::Text) | None => {
                let line = text.lines().next_back().unwrap_or_default().trim();
                let words = if line.is_empty() { self.progress.last.clone() } else { format!("says: {line}") };
                self.moves(AgentState::Thinking, words, false, ways).await;
            }
        }
    }

    /// Tells what it does now; what streams is not told at every word.
    async fn moves(&mut self, state: AgentState, words: String, at_once: bool, ways: &Ways) {
        self.progress.state = state;
        self.progress.last = words.chars().take(EVENT).collect();
        self.progress.at = ways.clock.wall_ms();
        if !at_once && self.told_at.is_some_and(|told| told.elapsed() < PAUSE) {
            return;
        }
        self.told_at = Some(Instant::now());
        let news = TeamNews::Progress(self.progress.clone());
        self.tell(Told::Live(Live::Team(news)), ways).await;
    }

    pub(super) async fn notice(&self, notice: Notice, ways: &Ways) {
        self.tell(Told::Noticed(notice), ways).await;
    }

    async fn body(&self, body: TeamBody, ways: &Ways) {
        self.tell(Told::Body(body), ways).await;
    }

    async fn tell(&self, what: Told, ways: &Ways) {
        let what = What::Agent(Box::new(FromAgent { agent: self.agent.clone(), what }));
        // A parent that is gone needs no news.
        ways.news.send(News { epoch: ways.epoch, what }).await.ok();
    }
}

fn unknown() -> ModelRef {
    ModelRef::new(crate::domain::Wire::Replay, "unknown")
}

/// A call in a few words: its name and the first text of its input.
fn in_words(call: &ToolCall) -> String {
    const FIELDS: [&str; 8] = ["command", "file_path", "path", "pattern", "url", "query", "description", "prompt"];
    let field = FIELDS.iter().find_map(|field| call.input.get(field)).and_then(serde_json::Value::as_str);
    let line = field.and_then(|text| text.lines().next()).unwrap_or_default();
    format!("{} {line}", call.name).trim_end().to_owned()
}

pub(super) fn outcome(end: &TurnEnd) -> (AgentOutcome, Option<String>) {
    match end {
        TurnEnd::Done => (AgentOutcome::Done, None),
        TurnEnd::TurnCap { .. } => (AgentOutcome::TurnCap, None),
        TurnEnd::Interrupted => (AgentOutcome::Stopped, Some("it was stopped".to_owned())),
        TurnEnd::Refused => (AgentOutcome::Stopped, Some("the user did not allow one of its calls".to_owned())),
        TurnEnd::BudgetCap => (AgentOutcome::Failed, Some("the cap on money is reached".to_owned())),
        TurnEnd::Declined { .. } => (AgentOutcome::Failed, Some("the model declined".to_owned())),
        TurnEnd::Failed { error } => (AgentOutcome::Failed, Some(error.to_string())),
        TurnEnd::Stopped { reason } => (AgentOutcome::Stopped, Some(reason.clone())),
    }
}
