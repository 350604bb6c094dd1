//! Records to events: the names that hooks know, with the fields that hooks are told.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::domain::{Block, Body, Record, SessionId, ToolCall, TurnEnd};

/// Characters of one text that is told.
const TEXT: usize = 10_000;
/// Calls that are remembered by their id, and records that wait for one.
const CALLS: usize = 1_000;

/// One event as subscribers get it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub event: &'static str,
    pub session: String,
    /// Milliseconds since 1970.
    pub at: u64,
    /// What a hook would be told, for subscribers that the person chose to tell everything.
    pub data: Map<String, Value>,
    /// Names and numbers without a word of the conversation.
    pub facts: Vec<(&'static str, Attribute)>,
}

/// A fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    Text(String),
    Number(u64),
    Amount(f64),
    Flag(bool),
}

/// Remembers what a record alone does not say.
#[derive(Debug)]
pub(super) struct Translator {
    session: String,
    calls: HashMap<String, (String, Value)>,
    /// Records about calls whose input the log does not hold yet; the end of the answer brings it.
    early: Vec<Arc<Record>>,
    model: Option<String>,
}

impl Translator {
    pub fn new(session: SessionId) -> Self {
        Self { session: session.to_string(), calls: HashMap::new(), early: Vec::new(), model: None }
    }

    /// What a record means outside: mostly nothing or one event.
    pub fn hear(&mut self, record: &Arc<Record>) -> Vec<Told> {
        if call_of(&record.body).is_some_and(|id| !self.calls.contains_key(id)) {
            if self.early.len() < CALLS {
                self.early.push(Arc::clone(record));
            }
            return Vec::new();
        }
        let mut told: Vec<Told> =
            self.meaning(&record.body).map(|found| self.told(found, record.at)).into_iter().collect();
        if matches!(record.body, Body::Responded(_)) {
            for early in std::mem::take(&mut self.early) {
                told.extend(self.meaning(&early.body).map(|found| self.told(found, early.at)));
            }
        }
        told
    }

    fn told(&self, (event, data, facts): Meaning, at: u64) -> Told {
        let data = match data {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        Told { event, session: self.session.clone(), at, data, facts }
    }

    /// None while the call's input is not known.
    fn about_call(&self, event: &'static str, call_id: &str) -> Option<Meaning> {
        let (name, input) = self.calls.get(call_id)?.clone();
        let data = json!({ "tool_name": name, "tool_input": bounded(input), "tool_use_id": call_id });
        Some((event, data, vec![("tool_name", Attribute::Text(name))]))
    }

    /// The session ends.
    pub fn ended(&self, reason: &str, at: u64) -> Told {
        let mut data = Map::new();
        data.insert("reason".to_owned(), json!(reason));
        let facts = vec![("reason", Attribute::Text(reason.to_owned()))];
        Told { event: "SessionEnd", session: self.session.clone(), at, data, facts }
    }

    fn meaning(&mut self, body: &Body) -> Option<Meaning> {
        match body {
            Body::SessionStarted { .. } => Some(start("startup")),
            Body::Resumed { .. } => Some(start("resume")),
            Body::Prompted { typed, message, .. } => {
                let text = typed.clone().unwrap_or_else(|| message.text());
                let size = Attribute::Number(text.chars().count() as u64);
                Some(("UserPromptSubmit", json!({ "prompt": cut(&text) }), vec![("prompt_length", size)]))
            }
            Body::Responded(note) => Some(self.responded(note)),
            Body::CallStarted { call_id } => self.about_call("PreToolUse", call_id),
            Body::Asked { call_id, .. } => self.about_call("PermissionRequest", call_id),
            Body::CallDone { .. } => self.done(body),
            Body::ModelSet { model, .. } => {
                // The first one is no switch.
                let from = self.model.replace(model.id.clone()).filter(|from| *from != model.id)?;
                let data = json!({ "from_model": from, "to_model": model.id });
                Some(("PostModelSwitch", data, vec![("model", Attribute::Text(model.id.clone()))]))
            }
            Body::CwdSet { cwd } => Some(("CwdChanged", json!({ "new_cwd": cwd }), Vec::new())),
            Body::Compacted { auto, summary, tokens_before, tokens_after, .. } => {
                let trigger = if *auto { "auto" } else { "manual" };
                let facts = vec![
                    ("trigger", Attribute::Text(trigger.to_owned())),
                    ("tokens_before", Attribute::Number(*tokens_before)),
                    ("tokens_after", Attribute::Number(*tokens_after)),
                ];
                Some(("PostCompact", json!({ "trigger": trigger, "compact_summary": cut(summary) }), facts))
            }
            Body::TurnEnded { end, .. } => Some(ended(end)),
            Body::HookRan(run) => {
                let facts = vec![
                    ("hook_event", Attribute::Text(run.event.clone())),
                    ("duration_ms", Attribute::Number(run.duration_ms)),
                    ("failed", Attribute::Flag(run.failed)),
                ];
                let data = json!({
                    "hook_event": run.event, "hook": run.hook, "source": run.source.to_string(),
                    "outcome": run.outcome, "duration_ms": run.duration_ms, "exit": run.exit,
                });
                Some(("HookRan", data, facts))
            }
            _ => None,
        }
    }

    /// An answer of the model: what it cost, and its calls for later.
    fn responded(&mut self, note: &crate::domain::ResponseNote) -> Meaning {
        for block in &note.message.blocks {
            if let Block::ToolCall(ToolCall { id, name, input }) = block {
                self.remember(id, name, input.clone());
            }
        }
        let model = note.message.by.as_ref().map(|model| model.id.clone()).unwrap_or_default();
        let usage = &note.usage;
        let mut facts = vec![
            ("model", Attribute::Text(model.clone())),
            ("input_tokens", Attribute::Number(usage.input)),
            ("output_tokens", Attribute::Number(usage.output)),
            ("cache_read_tokens", Attribute::Number(usage.cache_read)),
            ("cache_creation_tokens", Attribute::Number(usage.cache_write_5m + usage.cache_write_1h)),
            ("duration_ms", Attribute::Number(note.duration_ms)),
        ];
        facts.extend(note.cost.map(|cost| ("cost_usd", Attribute::Amount(cost))));
        let data = json!({ "model": model, "usage": usage, "cost_usd": note.cost, "duration_ms": note.duration_ms });
        ("ApiRequest", data, facts)
    }

    fn done(&mut self, body: &Body) -> Option<Meaning> {
        let Body::CallDone { result, duration_ms, .. } = body else { return None };
        let (name, input) = self.calls.remove(&result.call_id)?;
        let text = cut(&result.joined());
        let (event, key, said) = if result.is_error {
            ("PostToolUseFailure", "error", json!(text))
        } else {
            ("PostToolUse", "tool_response", json!({ "content": text }))
        };
        let data = json!({
            "tool_name": name, "tool_input": bounded(input), "tool_use_id": result.call_id,
            "duration_ms": duration_ms, key: said,
        });
        let facts = vec![
            ("tool_name", Attribute::Text(name)),
            ("duration_ms", Attribute::Number(*duration_ms)),
            ("success", Attribute::Flag(!result.is_error)),
        ];
        Some((event, data, facts))
    }

    fn remember(&mut self, id: &str, name: &str, input: Value) {
        if self.calls.len() >= CALLS {
            self.calls.clear();
        }
        self.calls.insert(id.to_owned(), (name.to_owned(), input));
    }
}

type Facts = Vec<(&'static str, Attribute)>;
/// Name, everything, and facts without words.
type Meaning = (&'static str, Value, Facts);

/// The call that a record is about, where its input matters.
fn call_of(body: &Body) -> Option<&str> {
    match body {
        Body::CallStarted { call_id } | Body::Asked { call_id, .. } => Some(call_id),
        Body::CallDone { result, .. } => Some(&result.call_id),
        _ => None,
    }
}

fn start(source: &'static str) -> Meaning {
    ("SessionStart", json!({ "source": source }), vec![("source", Attribute::Text(source.to_owned()))])
}

fn ended(end: &TurnEnd) -> Meaning {
    if let TurnEnd::Failed { error } = end {
        let status = error.status.map(u64::from).unwrap_or_default();
        let data = json!({ "error": error.to_string() });
        return ("StopFailure", data, vec![("status", Attribute::Number(status))]);
    }
    let how = match end {
        TurnEnd::Done => "done",
        TurnEnd::Interrupted => "interrupted",
        TurnEnd::Refused => "refused",
        TurnEnd::TurnCap { .. } => "turn_cap",
        TurnEnd::BudgetCap => "budget_cap",
        TurnEnd::Declined { .. } => "declined",
        TurnEnd::Stopped { .. } => "stopped",
        TurnEnd::Failed { .. } => "failed",
    };
    ("Stop", json!({ "end": how }), vec![("end", Attribute::Text(how.to_owned()))])
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT).collect()
}

/// An input that is not too long to be told; else its start as a text.
fn bounded(input: Value) -> Value {
    let text = input.to_string();
    if text.len() <= TEXT { input } else { Value::String(cut(&text)) }
}
