//! Running the hooks of one event: all at once, each within its time, each to a [`Ran`] whatever it does.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join_all};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::answer::Finished;
use super::handler::{Kind, Wait};
use super::model::Question;
use super::server::ServerCall;
use super::{Answer, Event, Hook, HttpRules, cap, command, http, model, server};
use crate::domain::{HookRun, RuleSource};

/// Hooks that may run beside the session at the same time.
const BESIDE: usize = 32;

/// One thing that happened, ready to be told to hooks.
#[derive(Clone, Debug)]
pub struct Firing {
    pub event: Event,
    /// What matchers look at.
    pub subject: Option<String>,
    /// The fields of the event's own.
    pub fields: Map<String, Value>,
    pub call_id: Option<String>,
}

/// Asks a model one question. The error is a sentence.
pub type Ask = Arc<dyn Fn(Question) -> BoxFuture<'static, Result<String, String>> + Send + Sync>;
/// Calls a tool of a connected server: its text, and whether it is a failure. The error is a sentence.
pub type CallServer = Arc<dyn Fn(ServerCall) -> BoxFuture<'static, Result<(String, bool), String>> + Send + Sync>;
/// Takes what a hook that ran beside came to, and whether it wakes the model.
pub type Late = Arc<dyn Fn(Ran, bool) -> BoxFuture<'static, ()> + Send + Sync>;

/// What every hook is told, and what it runs in.
#[derive(Clone, Debug)]
pub struct Around {
    pub session: String,
    pub transcript: PathBuf,
    pub cwd: PathBuf,
    pub project: PathBuf,
    pub mode: &'static str,
    pub effort: Option<&'static str>,
    pub prompt_id: Option<String>,
    /// Id and kind of the sub-agent that it happens in.
    pub agent: Option<(String, String)>,
    /// The whole environment of a child; no keys of ours are in it.
    pub env: Arc<BTreeMap<String, String>>,
    /// Where texts that are too long are kept.
    pub outputs: PathBuf,
    pub http: HttpRules,
}

/// Everything that a run needs.
#[derive(Clone)]
pub struct Desk {
    pub around: Around,
    pub ask: Option<Ask>,
    pub call: Option<CallServer>,
    pub late: Late,
    pub cancel: CancellationToken,
    /// Bounds what runs beside.
    pub beside: Arc<Semaphore>,
    /// Where a hook may leave variables, for the events that take them.
    pub env_file: Option<PathBuf>,
    /// Milliseconds that all of them have together, where the event bounds that.
    pub budget_ms: Option<u64>,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    pub event: Event,
    pub label: String,
    pub source: RuleSource,
    pub call_id: Option<String>,
    pub duration_ms: u64,
    pub code: Option<i32>,
    pub answer: Answer,
    /// For the trace.
    pub input: String,
    pub output: String,
    /// The last line on its standard output.
    pub last_line: Option<String>,
}

impl Desk {
    /// The bound on what runs beside, to be shared by all desks of an engine.
    pub fn room_beside() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(BESIDE))
    }
}

impl Firing {
    /// A firing with these fields.
    pub fn new(event: Event, subject: Option<&str>, fields: Value) -> Self {
        let fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        Self { event, subject: subject.map(str::to_owned), fields, call_id: None }
    }

    /// The same about a call.
    pub fn about(mut self, call_id: &str) -> Self {
        self.call_id = Some(call_id.to_owned());
        self
    }

    /// What a hook reads: the common fields, then the event's.
    pub fn input(&self, around: &Around) -> Value {
        let mut all = Map::new();
        all.insert("session_id".to_owned(), json!(around.session));
        all.insert("transcript_path".to_owned(), json!(around.transcript));
        all.insert("cwd".to_owned(), json!(around.cwd));
        all.insert("permission_mode".to_owned(), json!(around.mode));
        all.insert("hook_event_name".to_owned(), json!(self.event.name()));
        if let Some(id) = &around.prompt_id {
            all.insert("prompt_id".to_owned(), json!(id));
        }
        if let Some(level) = around.effort {
            all.insert("effort".to_owned(), json!({ "level": level }));
        }
        if let Some((id, kind)) = &around.agent {
            all.insert("agent_id".to_owned(), json!(id));
            all.insert("agent_type".to_owned(), json!(kind));
        }
        all.extend(self.fields.clone());
        Value::Object(all)
    }
}

impl Ran {
    /// Who it was, with its place: what the person and the verdict read.
    pub fn who(&self) -> String {
        let label: String = self.label.chars().take(60).collect();
        format!("`{label}` ({})", self.source)
    }

    /// The run for the log.
    pub fn record(&self) -> HookRun {
        HookRun {
            event: self.event.name().to_owned(),
            hook: self.label.clone(),
            source: self.source.clone(),
            call_id: self.call_id.clone(),
            duration_ms: self.duration_ms,
            exit: self.code,
            failed: self.answer.failure.is_some(),
            outcome: super::events::effect(self),
            input: self.input.clone(),
            output: self.output.clone(),
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("around", &self.around).finish_non_exhaustive()
    }
}

/// Runs these hooks and waits for those that are to be waited for, in the order in which they were given.
pub async fn run(hooks: Vec<Hook>, firing: &Firing, desk: &Desk) -> Vec<Ran> {
    let input = Arc::new(firing.input(&desk.around).to_string());
    let mut runs = Vec::with_capacity(hooks.len());
    for hook in hooks {
        let one = One { hook, event: firing.event, call_id: firing.call_id.clone(), input: Arc::clone(&input) };
        if one.hook.handler.runs_beside() {
            one.beside(desk);
        } else {
            runs.push(one.answered(desk));
        }
    }
    join_all(runs).await
}

/// Runs one hook on an input that is on record, and waits for it even where it would run beside.
pub async fn rerun(hook: Hook, input: String, desk: &Desk) -> Ran {
    let event = hook.event;
    One { hook, event, call_id: None, input: Arc::new(input) }.answered(desk).await
}

/// Runs several firings one after the other until one blocks, and reads the variables that they left where their
/// event takes some: the whole environment of later commands.
pub async fn run_all(
    firings: Vec<(Firing, Vec<Hook>)>,
    desk: &mut Desk,
) -> (Vec<Ran>, Option<BTreeMap<String, String>>) {
    let mut all = Vec::new();
    let mut left = None;
    for (firing, hooks) in firings {
        let file = takes_variables(firing.event).then(|| tempfile::NamedTempFile::new().ok()).flatten();
        desk.env_file = file.as_ref().map(|file| file.path().to_path_buf());
        let runs = run(hooks, &firing, desk).await;
        if let Some(path) = desk.env_file.take() {
            left = command::sourced(&path, desk).await.map(|pairs| pairs.into_iter().collect()).or(left);
        }
        let blocked = runs.iter().any(|ran| ran.answer.block.is_some() || ran.answer.halt.is_some());
        all.extend(runs);
        if blocked {
            break;
        }
    }
    (all, left)
}

fn takes_variables(event: Event) -> bool {
    matches!(event, Event::SessionStart | Event::Setup | Event::CwdChanged | Event::FileChanged)
}

/// One handler on its way.
struct One {
    hook: Hook,
    event: Event,
    call_id: Option<String>,
    input: Arc<String>,
}

impl One {
    /// Starts it beside the session.
    fn beside(self, desk: &Desk) {
        let room = Arc::clone(&desk.beside).try_acquire_owned();
        let wakes = matches!(self.hook.handler.kind, Kind::Command { wait: Wait::Rewake, .. });
        // It outlives the moment: only the end of the engine stops it.
        let desk = Desk { cancel: CancellationToken::new(), ..desk.clone() };
        tokio::spawn(async move {
            let (ran, wakes) = match room {
                Ok(_room) => {
                    let ran = self.answered(&desk).await;
                    let wakes = wakes && ran.code == Some(2);
                    (ran, wakes)
                }
                Err(_) => (self.ran(Duration::ZERO, &refused()), false),
            };
            (desk.late)(ran, wakes).await;
        });
    }

    async fn answered(self, desk: &Desk) -> Ran {
        let start = Instant::now();
        let limit = self.limit(desk);
        let work = async {
            tokio::select! {
                biased;
                () = desk.cancel.cancelled() => Finished { broken: Some("it was stopped".to_owned()), ..Finished::default() },
                finished = self.finished(desk, limit) => finished,
            }
        };
        let finished = work.await;
        let mut ran = self.ran(start.elapsed(), &finished);
        ran.cap(desk);
        ran
    }

    fn limit(&self, desk: &Desk) -> Duration {
        let handler = &self.hook.handler;
        let own = handler.timeout_ms.unwrap_or_else(|| self.event.default_ms(handler.type_name()));
        Duration::from_millis(desk.budget_ms.map_or(own, |budget| budget.min(own)))
    }

    async fn finished(&self, desk: &Desk, limit: Duration) -> Finished {
        match &self.hook.handler.kind {
            Kind::Command { command, args, .. } => {
                let line = command::Line { command, args: args.as_deref(), extra: &self.hook.extra };
                let (finished, rest) = command::run(line, &self.input, desk, limit).await;
                if let Some(rest) = rest {
                    self.later(rest, desk);
                }
                finished
            }
            Kind::Http { url, headers, allowed_env } => {
                let call = http::Call { url, headers, allowed_env };
                http::run(call, &self.input, &desk.around, limit).await
            }
            Kind::Prompt { prompt, model, continue_on_block } => {
                let question = Question::new(prompt, &self.input, model.clone());
                model::run(question, *continue_on_block, desk.ask.as_ref(), limit).await
            }
            Kind::Agent { prompt, model } => {
                let question = Question::of_agent(prompt, &self.input, model.clone());
                model::run(question, false, desk.ask.as_ref(), limit).await
            }
            Kind::McpTool { server, tool, input } => {
                let call = ServerCall::new((server, tool), input, &self.input);
                server::run(call, desk.call.as_ref(), limit).await
            }
            Kind::Unsupported { why, .. } => Finished { broken: Some(why.clone()), ..Finished::default() },
        }
    }

    /// The command said on its first line that it goes on beside.
    fn later(&self, rest: command::Rest, desk: &Desk) {
        let late = Arc::clone(&desk.late);
        let desk = desk.clone();
        let one = Self {
            hook: self.hook.clone(),
            event: self.event,
            call_id: self.call_id.clone(),
            input: Arc::clone(&self.input),
        };
        tokio::spawn(async move {
            let start = Instant::now();
            let finished = rest.end().await;
            let mut ran = one.ran(start.elapsed(), &finished);
            ran.cap(&desk);
            late(ran, false).await;
        });
    }

    fn ran(&self, took: Duration, finished: &Finished) -> Ran {
        let handler = &self.hook.handler;
        let output = match (finished.stdout.trim(), finished.stderr.trim()) {
            (out, "") => out.to_owned(),
            ("", err) => err.to_owned(),
            (out, err) => format!("{out}\n[standard error]\n{err}"),
        };
        Ran {
            event: self.event,
            label: handler.label(),
            source: self.hook.source.clone(),
            call_id: self.call_id.clone(),
            duration_ms: took.as_millis() as u64,
            code: finished.code,
            answer: Answer::read(self.event, finished, handler.fail_closed),
            input: cap::traced(&self.input),
            output: cap::traced(&output),
            last_line: finished.stdout.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned),
        }
    }
}

impl Ran {
    /// Texts that are too long go into files.
    fn cap(&mut self, desk: &Desk) {
        let outputs = &desk.around.outputs;
        let answer = &mut self.answer;
        for text in [&mut answer.block, &mut answer.halt, &mut answer.warning, &mut answer.context] {
            *text = text.take().map(|text| cap::capped(text, outputs));
        }
        for key in ["permissionDecisionReason", "message"] {
            if let Some(Value::String(text)) = answer.fields.get_mut(key) {
                *text = cap::capped(std::mem::take(text), outputs);
            }
        }
    }
}

fn refused() -> Finished {
    let why = format!("it was not started, because {BESIDE} hooks run beside the session already");
    Finished { broken: Some(why), ..Finished::default() }
}
