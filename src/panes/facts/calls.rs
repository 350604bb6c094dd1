//! Every tool call of the session with its state, folded from the records.
//!
//! The conversation shows a call where it was made, the activity pane shows all of them in order; both
//! read them here. Texts are foreign: whoever draws them sanitises them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::domain::{
    Answer, Block, Body, CALL_TOOL, Confinement, Decision, DeltaKind, HookRun, Message, Record, Shown, ToolCall,
    ToolResult, Verdict,
};
use crate::panes::cut::keep_tail;

/// Bytes of live output that are kept of a running call.
const TAIL: usize = 16 << 10;
/// Characters of a call's title.
const TITLE: usize = 240;

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// The model still writes its input.
    Writing,
    /// It waits for others or for the gate.
    Waiting,
    /// The person is asked.
    Asked,
    Running,
    Done,
    Failed,
    /// A rule or the person said no.
    Denied,
    /// The turn ended before it did.
    Stopped,
}

/// One call.
#[derive(Debug)]
pub struct Call {
    pub id: String,
    pub name: String,
    /// What it is about: a path, a command, a pattern. Foreign text in one piece.
    pub title: String,
    pub state: CallState,
    /// When the model asked for it, and when it was started.
    pub asked_at: u64,
    pub started_at: Option<u64>,
    pub duration_ms: Option<u64>,
    pub verdict: Option<Verdict>,
    /// The person's answer, when there was a question.
    pub answer: Option<Answer>,
    /// How it is kept in, where the sandbox is on and it is a command.
    pub confined: Option<Confinement>,
    /// Its `CallDone` record.
    pub done: Option<Arc<Record>>,
    /// The end of its live output.
    pub tail: String,
    /// Counts changes, so that whoever shows it knows when to lay it out again.
    pub version: u32,
    input: Input,
}

/// Where the input of a call is found.
#[derive(Debug)]
enum Input {
    /// Still arriving, as raw JSON.
    Arriving(String),
    Parsed(Value),
    /// A hook put it in the place of the model's.
    Changed(Value),
    /// In the message that holds the call.
    Message(Arc<Message>, usize),
}

/// All calls, oldest first.
#[derive(Debug, Default)]
pub struct Calls {
    list: Vec<Call>,
    by_id: HashMap<String, usize>,
    /// The call that a streamed block is: request, block, index.
    open: Vec<(u32, u32, usize)>,
    project: PathBuf,
}

impl Call {
    /// What the model asks of the tool, as far as it is known.
    pub fn input(&self) -> Option<&Value> {
        match &self.input {
            Input::Arriving(_) => None,
            Input::Parsed(value) | Input::Changed(value) => Some(value),
            Input::Message(message, index) => match message.blocks.get(*index) {
                Some(Block::ToolCall(call)) => Some(&call.input),
                _ => None,
            },
        }
    }

    /// Bytes of the input that have come so far, while it arrives.
    pub fn arriving(&self) -> usize {
        if let Input::Arriving(text) = &self.input { text.len() } else { 0 }
    }

    /// It may still change.
    pub fn is_open(&self) -> bool {
        matches!(self.state, CallState::Writing | CallState::Waiting | CallState::Asked | CallState::Running)
    }

    /// Bytes of the text that went back to the model.
    pub fn result_bytes(&self) -> u64 {
        let Some(Body::CallDone { result, .. }) = self.done.as_ref().map(|record| &record.body) else { return 0 };
        result
            .parts
            .iter()
            .map(|part| match part {
                crate::domain::ResultPart::Text(text) => text.len() as u64,
                crate::domain::ResultPart::Image(_) | crate::domain::ResultPart::Document(_) => 0,
            })
            .sum()
    }

    fn set_input(&mut self, input: Input, project: &Path) {
        self.input = input;
        let named = self.input().and_then(|value| value.get("name")).and_then(Value::as_str);
        if (self.name == CALL_TOOL || self.name.starts_with("mcp__") && named == Some(self.name.as_str()))
            && let Some(value) = self.input()
        {
            // The line is about the tool that is meant; its name may have been found out before.
            let call = ToolCall { id: String::new(), name: CALL_TOOL.to_owned(), input: value.clone() };
            let call = call.effective().into_owned();
            self.title = title(&call.input, project);
            self.name = call.name;
        } else {
            self.title = self.input().map(|value| title(value, project)).unwrap_or_default();
        }
        self.version += 1;
    }
}

impl Calls {
    /// All calls, oldest first.
    pub fn list(&self) -> &[Call] {
        &self.list
    }

    /// The call at a place in the list.
    pub fn at(&self, index: usize) -> Option<&Call> {
        self.list.get(index)
    }

    /// The place of the call with this id.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The call with this id.
    pub fn find(&self, id: &str) -> Option<&Call> {
        self.list.get(self.place(id)?)
    }

    /// The call that a streamed block is.
    pub fn streamed(&self, request: u32, block: u32) -> Option<usize> {
        self.open.iter().find(|(r, b, _)| *r == request && *b == block).map(|(_, _, index)| *index)
    }

    /// Some call runs now.
    pub fn any_running(&self) -> bool {
        self.any_in(CallState::Running)
    }

    /// The person is asked about some call.
    pub fn any_asked(&self) -> bool {
        self.any_in(CallState::Asked)
    }

    fn any_in(&self, state: CallState) -> bool {
        // Calls end roughly in order, so those that are open are near the end.
        self.list.iter().rev().take(64).any(|call| call.state == state)
    }

    /// Titles show paths relative to this folder.
    pub(super) fn set_project(&mut self, project: &Path) {
        project.clone_into(&mut self.project);
    }

    pub(super) fn project(&self) -> &Path {
        &self.project
    }

    /// Puts calls of earlier records before those that are known.
    pub(super) fn prepend(&mut self, older: Self) {
        let more = older.list.len();
        let known = std::mem::replace(&mut self.list, older.list);
        self.list.extend(known);
        let known = std::mem::replace(&mut self.by_id, older.by_id);
        self.by_id.extend(known.into_iter().map(|(id, index)| (id, index + more)));
        self.open.iter_mut().for_each(|(_, _, index)| *index += more);
    }

    /// Nothing runs any more: what has no result will not get one.
    pub(super) fn stop_all(&mut self) {
        for call in self.list.iter_mut().filter(|call| call.is_open()) {
            call.state = CallState::Stopped;
            call.version += 1;
        }
        self.open.clear();
    }

    /// Takes in one record.
    pub(super) fn fold(&mut self, record: &Arc<Record>) {
        match &record.body {
            Body::Delta { request, block, kind, text } => {
                self.delta((*request, *block), kind.as_ref(), text, record.at);
            }
            Body::Responded(note) => self.responded(&note.message, record.at),
            Body::RequestFailed { request, .. } => self.superseded(*request),
            Body::Judged { call_id, verdict } => {
                let denied = verdict.decision == Decision::Deny;
                self.change(call_id, |call| {
                    call.verdict = Some(verdict.clone());
                    call.state = if denied { CallState::Denied } else { CallState::Waiting };
                });
            }
            Body::Asked { call_id, .. } => self.change(call_id, |call| call.state = CallState::Asked),
            Body::Decided { call_id, answer, .. } => self.change(call_id, |call| {
                call.state = if answer.is_yes() { CallState::Waiting } else { CallState::Denied };
                call.answer = Some(answer.clone());
            }),
            Body::CallStarted { call_id } => self.change(call_id, |call| {
                call.state = CallState::Running;
                call.started_at = Some(record.at);
            }),
            Body::CallChanged { call_id, input, .. } => self.change_input(call_id, input),
            Body::HookRan(run) => self.hook_ran(run, record),
            Body::Confined { call_id, how } => self.change(call_id, |call| call.confined = Some(how.clone())),
            Body::CallOutput { call_id, text } => self.change(call_id, |call| push_tail(&mut call.tail, text)),
            Body::CallDone { result, duration_ms, .. } => self.change(&result.call_id, |call| {
                if call.state != CallState::Denied {
                    call.state = if result.is_error { CallState::Failed } else { CallState::Done };
                }
                call.duration_ms = Some(*duration_ms);
                call.done = Some(record.clone());
                call.tail = String::new();
            }),
            _ => {}
        }
    }

    fn delta(&mut self, at_block: (u32, u32), kind: Option<&DeltaKind>, text: &str, at: u64) {
        if let Some(DeltaKind::ToolCall { id, name }) = kind {
            let index = self.add(id, name, at);
            self.open.push((at_block.0, at_block.1, index));
        }
        let Some(index) = self.streamed(at_block.0, at_block.1) else { return };
        if let Some(Call { input: Input::Arriving(arriving), version, .. }) = self.list.get_mut(index) {
            arriving.push_str(text);
            *version += 1;
        }
    }

    fn responded(&mut self, message: &Arc<Message>, at: u64) {
        for (index, block) in message.blocks.iter().enumerate() {
            let Block::ToolCall(call) = block else { continue };
            let place = self.add(&call.id, &call.name, at);
            if let Some(known) = self.list.get_mut(place) {
                if !matches!(known.input, Input::Changed(_)) {
                    known.set_input(Input::Message(message.clone(), index), &self.project);
                }
                if known.state == CallState::Writing {
                    known.state = CallState::Waiting;
                }
            }
        }
        // A block that streamed but is not in the answer was never a call.
        for (_, _, index) in std::mem::take(&mut self.open) {
            if let Some(call) = self.list.get_mut(index).filter(|call| call.state == CallState::Writing) {
                call.state = CallState::Stopped;
                call.version += 1;
            }
        }
    }

    fn superseded(&mut self, request: u32) {
        for (_, _, index) in self.open.extract_if(.., |(r, _, _)| *r == request) {
            if let Some(call) = self.list.get_mut(index).filter(|call| call.state == CallState::Writing) {
                call.state = CallState::Stopped;
                call.version += 1;
            }
        }
    }

    fn change_input(&mut self, id: &str, input: &Value) {
        let Some(call) = self.by_id.get(id).and_then(|index| self.list.get_mut(*index)) else { return };
        call.set_input(Input::Changed(input.clone()), &self.project);
    }

    /// A hook's run stands among the calls, in the order in which things happened.
    fn hook_ran(&mut self, run: &HookRun, record: &Record) {
        let id = format!("hook-{}", record.seq);
        let index = self.add(&id, "hook", record.at.saturating_sub(run.duration_ms));
        let Some(call) = self.list.get_mut(index) else { return };
        let input = serde_json::from_str(&run.input).unwrap_or_else(|_| Value::String(run.input.clone()));
        call.input = Input::Parsed(input);
        call.title = cut(&format!("{} {}", run.event, run.hook));
        call.state = if run.failed { CallState::Failed } else { CallState::Done };
        call.started_at = Some(call.asked_at);
        call.duration_ms = Some(run.duration_ms);
        let body = Body::CallDone {
            // Nothing of it went to the model as a result, so it has no text of its own.
            result: ToolResult { call_id: id, parts: Vec::new(), is_error: run.failed },
            shown: Shown::Text { text: format!("{}\n{}", run.source, run.output), language: None },
            summary: run.outcome.clone(),
            duration_ms: run.duration_ms,
            full_output: None,
        };
        call.done = Some(Arc::new(Record { seq: record.seq, at: record.at, body }));
    }

    fn add(&mut self, id: &str, name: &str, at: u64) -> usize {
        if let Some(index) = self.by_id.get(id) {
            return *index;
        }
        let index = self.list.len();
        self.list.push(Call {
            id: id.to_owned(),
            name: name.to_owned(),
            title: String::new(),
            state: CallState::Writing,
            asked_at: at,
            started_at: None,
            duration_ms: None,
            verdict: None,
            answer: None,
            confined: None,
            done: None,
            tail: String::new(),
            version: 0,
            input: Input::Arriving(String::new()),
        });
        self.by_id.insert(id.to_owned(), index);
        index
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Call)) {
        let Some(call) = self.by_id.get(id).and_then(|index| self.list.get_mut(*index)) else { return };
        // Whatever happens to a call, its input is whole by then.
        if let Input::Arriving(text) = &call.input {
            let parsed = ToolCall::parse(String::new(), String::new(), text).input;
            call.set_input(Input::Parsed(parsed), &self.project);
        }
        change(call);
        call.version += 1;
    }
}

fn push_tail(tail: &mut String, text: &str) {
    tail.push_str(text);
    keep_tail(tail, TAIL);
}

/// The one thing that tells a person what a call is about.
fn title(input: &Value, project: &Path) -> String {
    const KEYS: [&str; 9] =
        ["command", "file_path", "path", "pattern", "notebook_path", "url", "query", "description", "prompt"];
    let Some(object) = input.as_object() else { return String::new() };
    let named = |key: &&str| object.get(*key).and_then(Value::as_str);
    // A search is told by its pattern, with the place behind it.
    if let (Some(pattern), Some(path)) = (named(&"pattern"), named(&"path")) {
        return cut(&format!("{pattern} in {}", relative(path, project)));
    }
    let first = KEYS.iter().find_map(named).or_else(|| object.values().find_map(Value::as_str));
    first.map(|text| cut(relative(text, project))).unwrap_or_default()
}

fn relative<'a>(path: &'a str, project: &Path) -> &'a str {
    let inside = Path::new(path).strip_prefix(project).ok().and_then(Path::to_str);
    inside.filter(|rest| !rest.is_empty() && !project.as_os_str().is_empty()).unwrap_or(path)
}

fn cut(text: &str) -> String {
    text.chars().take(TITLE).collect()
}
