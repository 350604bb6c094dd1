//! The real engine around a scripted model: the session calls Agent once, the sub-agent makes the calls of the workload.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Workload;
use crate::base::clock::ManualClock;
use crate::base::ids::CountingIds;
use crate::domain::{
    Access, Action, Block, Body, CanonicalRequest, Event, Input, Mode, ModelError, ModelInfo, ModelRef, Request, Role,
    SegmentBody, StopReason, StreamItem, ToolCall, ToolOutcome, ToolSpec, Usage, Wire,
};
use crate::engine::{self, Open, Setup, Stage, Tuning};
use crate::provider::Provider;
use crate::session::Store;
use crate::tools::{self, Limits, Place, Tool, ToolContext};
use crate::usage::ModelTable;
use crate::{agent, catalog};

/// A word of the sub-agent's own system text, by which its requests are known.
const CHILD: &str = "You do one piece of work for another agent";

/// Plays the workload. What comes back is everything that the sub-agent put into the session's next request.
pub(super) fn play(load: &Workload) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder can be made: {error}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the engine cannot be started: {error}"))?;
    runtime.block_on(run(load, folder.path()))
}

async fn run(load: &Workload, folder: &Path) -> Result<String, String> {
    let model = Arc::new(Model { load: load.clone(), heard: Mutex::default() });
    let (requests, mut events) = engine::start(setup(load, folder, &model));
    let prompt = Request::Prompt(Input { text: load.parent_prompt.clone(), images: Vec::new() });
    requests.send(prompt).await.map_err(|_| "the engine is gone".to_owned())?;
    while let Some(event) = events.recv().await {
        if matches!(&event, Event::Recorded(record) if matches!(record.body, Body::TurnEnded { .. })) {
            break;
        }
    }
    let heard = model.heard.lock().unwrap_or_else(PoisonError::into_inner);
    let own: Vec<&Arc<CanonicalRequest>> = heard.iter().filter(|request| !is_child(request)).collect();
    let last = own.last().filter(|_| own.len() == 2).ok_or("the session did not come to its second request")?;
    let message = last.segments.last().and_then(|segment| segment.as_message()).ok_or("there is no result")?;
    let texts = message.blocks.iter().map(|block| match block {
        Block::ToolResult(result) => result.joined(),
        Block::Text { text } => text.clone(),
        _ => String::new(),
    });
    Ok(texts.collect::<Vec<_>>().join("\n").trim().to_owned())
}

fn is_child(request: &CanonicalRequest) -> bool {
    request.segments.iter().any(|segment| matches!(&segment.body, SegmentBody::System(text) if text.contains(CHILD)))
}

/// Says what the workload says.
#[derive(Debug)]
struct Model {
    load: Workload,
    heard: Mutex<Vec<Arc<CanonicalRequest>>>,
}

impl Model {
    fn answer(&self, request: &CanonicalRequest) -> Vec<StreamItem> {
        let messages = request.segments.iter().filter_map(|segment| segment.as_message());
        let step = messages.filter(|message| message.role == Role::Assistant).count();
        match (is_child(request), self.load.child_turns.get(step)) {
            (true, Some(turn)) => call(&turn.assistant, &format!("turn-{step}"), &turn.tool, turn.input.clone()),
            (true, None) => say(&self.load.summary_line),
            (false, _) if step == 0 => {
                let input = json!({ "description": "the task", "prompt": self.load.child_prompt });
                call("", "task", "Agent", input)
            }
            (false, _) => say("Done."),
        }
    }
}

fn say(text: &str) -> Vec<StreamItem> {
    let block = Block::Text { text: text.to_owned() };
    vec![StreamItem::BlockDone { index: 0, block }, done(StopReason::EndTurn)]
}

fn call(text: &str, id: &str, name: &str, input: Value) -> Vec<StreamItem> {
    let mut items = say(text);
    items.pop();
    let input = if input.is_object() { input } else { json!({}) };
    let call = ToolCall { id: id.to_owned(), name: name.to_owned(), input };
    items.push(StreamItem::BlockDone { index: 1, block: Block::ToolCall(call) });
    items.push(done(StopReason::ToolUse));
    items
}

fn done(stop: StopReason) -> StreamItem {
    StreamItem::Done { stop, usage: Some(Usage { input: 1, output: 1, ..Usage::default() }) }
}

impl Provider for Model {
    fn wire(&self) -> Wire {
        Wire::Replay
    }

    fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem> {
        let items = self.answer(&request);
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let (send, receive) = mpsc::channel(items.len().max(1));
        for item in items {
            send.try_send(item).ok();
        }
        receive
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        std::future::ready(Ok(Vec::new())).boxed()
    }
}

/// A tool that gives the outputs of the workload, one a call.
#[derive(Debug)]
struct Canned {
    name: String,
    outputs: Mutex<VecDeque<String>>,
}

impl Tool for Canned {
    fn spec(&self) -> ToolSpec {
        let input_schema = json!({ "type": "object" });
        ToolSpec { name: self.name.clone(), description: "scripted".to_owned(), input_schema }
    }

    fn access(&self, _: &Value, _: &Place) -> Result<Access, String> {
        Ok(Access::of(Action::Internal))
    }

    fn run(&self, _: Value, _: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let output = self.outputs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        std::future::ready(ToolOutcome::text(output.unwrap_or_default(), "scripted")).boxed()
    }
}

fn canned(load: &Workload) -> Vec<Arc<dyn Tool>> {
    let mut names: Vec<&str> = load.child_turns.iter().map(|turn| turn.tool.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let tool = |name: &str| {
        let turns = load.child_turns.iter().filter(|turn| turn.tool == name);
        let outputs = Mutex::new(turns.map(super::Step::output).collect());
        Arc::new(Canned { name: name.to_owned(), outputs }) as Arc<dyn Tool>
    };
    let agent = tools::registry().into_iter().filter(|tool| tool.spec().name == "Agent");
    names.into_iter().filter(|name| *name != "Agent").map(tool).chain(agent).collect()
}

fn setup(load: &Workload, folder: &Path, model: &Arc<Model>) -> Setup {
    let provider: Arc<dyn Provider> = Arc::clone(model) as Arc<dyn Provider>;
    let info = ModelInfo { window: 1_000_000, max_output: 32_000, ..ModelInfo::unknown("scripted") };
    let place = Place { cwd: folder.to_path_buf(), project: folder.to_path_buf(), added: Vec::new() };
    Setup {
        clock: ManualClock::at(1_000_000),
        ids: Arc::new(CountingIds::default()),
        store: Store::new(folder.join("data")),
        stage: Stage {
            place,
            model: Some((ModelRef::new(Wire::Replay, "scripted"), Arc::new(info))),
            effort: None,
            model_forced: true,
            connect: Arc::new(move |_| Ok(Arc::clone(&provider))),
            rules: Vec::new(),
            edit_rule: Arc::new(|_| Err("there are no settings here".to_owned())),
            mode: Mode::Default,
            modes: vec![Mode::Default],
            trusted: true,
            memory: Vec::new(),
            commands: Vec::new(),
            agents: catalog::built_in(),
            shelf: Arc::default(),
            servers: Arc::default(),
            languages: Arc::default(),
            env: Arc::default(),
            hooks: Arc::default(),
            rehearsal: false,
            child: None,
        },
        rehearse: Arc::new(|| Err("not here".to_owned())),
        tools: canned(load),
        table: ModelTable::built_in(),
        agent: agent::Settings::default(),
        open: Open::New,
        notices: Vec::new(),
        limits: Limits::default(),
        tuning: Tuning::default(),
        home: folder.to_path_buf(),
        interactive: false,
        alone: false,
        secrets: crate::base::secrets::Redactor::default(),
        sandbox: engine::Sandbox {
            wish: crate::sandbox::Wish::default(),
            prove: Arc::new(crate::sandbox::Proof::default),
            helper: folder.join("none"),
            private: Vec::new(),
        },
        folder: None,
        version: env!("CARGO_PKG_VERSION"),
    }
}
