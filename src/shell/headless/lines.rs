//! The JSON outputs: one result object, or one object a line while it happens (`stream-json`).
//!
//! Names and shapes are those of Claude Code's headless mode, so that scripts made for it work. What we do
//! not have (partial messages, hooks' events) is left out, as that format allows.

use std::fmt::Write;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fold::Fold;
use super::message;
use crate::base::ids::SharedIds;
use crate::domain::{Body, ContextBody, Decision, Record, ServerState, StartInfo, ToolResult, TurnEnd};

/// Makes the lines of one run.
#[derive(Debug)]
pub struct Lines {
    session: String,
    ids: SharedIds,
    /// Results that came before the answer that asks for them was whole.
    results: BTreeMap<String, Done>,
    model: Option<String>,
    window: Option<(u32, u32)>,
}

#[derive(Debug)]
struct Done {
    result: ToolResult,
    summary: String,
    duration_ms: u64,
}

impl Lines {
    /// For the session that `info` describes.
    pub fn new(info: &StartInfo, ids: SharedIds) -> Self {
        Self {
            session: info.session.to_string(),
            ids,
            results: BTreeMap::new(),
            model: info.model.as_ref().map(|(model, _)| model.id.clone()),
            window: info.model.as_ref().map(|(_, known)| (known.window, known.max_output)),
        }
    }

    /// The first line.
    pub fn init(&self, info: &StartInfo) -> String {
        let commands: Vec<&str> = info.commands.iter().map(|command| command.name.as_str()).collect();
        let servers: Vec<Value> =
            info.servers.iter().map(|(name, state)| json!({"name": name, "status": status(state)})).collect();
        self.line(json!({
            "type": "system",
            "subtype": "init",
            "cwd": info.cwd,
            "tools": info.tools,
            "mcp_servers": servers,
            "model": self.model,
            "permissionMode": info.mode.name(),
            "slash_commands": commands,
            "apiKeySource": "none",
            "latigo_version": env!("CARGO_PKG_VERSION"),
            "output_style": "default",
        }))
    }

    /// The lines that a record gives, in order; most give none.
    pub fn of(&mut self, record: &Record, fold: &Fold) -> Vec<String> {
        match &record.body {
            Body::Responded(note) => {
                let id = format!("msg_{}_{}", self.session, note.request);
                let messages = note.message.blocks.iter().filter_map(|block| message::assistant(note, &id, block));
                messages
                    .map(|message| {
                        self.line(json!({"type": "assistant", "message": message, "parent_tool_use_id": null}))
                    })
                    .collect()
            }
            Body::CallDone { result, summary, duration_ms, .. } => {
                let done = Done { result: result.clone(), summary: summary.clone(), duration_ms: *duration_ms };
                self.results.insert(result.call_id.clone(), done);
                Vec::new()
            }
            Body::ResultsJoined { calls, .. } => {
                let done: Vec<Done> = calls.iter().filter_map(|id| self.results.remove(id)).collect();
                done.iter().map(|done| self.result_of_call(done)).collect()
            }
            Body::TurnEnded { .. } => {
                let rest = std::mem::take(&mut self.results);
                rest.values().map(|done| self.result_of_call(done)).collect()
            }
            Body::Judged { call_id, verdict } if verdict.decision == Decision::Deny => {
                let name = fold.calls.get(call_id).map(|call| call.name.as_str());
                vec![self.line(json!({
                    "type": "system", "subtype": "permission_denied",
                    "tool_name": name, "tool_use_id": call_id, "reason": verdict.because.text,
                }))]
            }
            Body::RequestFailed { error, retry_in_ms: Some(delay), request } => vec![self.line(json!({
                "type": "system", "subtype": "api_retry",
                "attempt": request, "retry_delay_ms": delay, "error_status": error.status, "error": error.message,
            }))],
            Body::Context(ContextBody::Shrunk(note)) => vec![self.line(json!({
                "type": "system", "subtype": "context_shrunk", "stage": note.stage.name(),
                "pre_tokens": note.tokens_before, "post_tokens": note.tokens_after, "rewritten_tokens": note.rewritten,
                "tool_use_ids": note.calls,
            }))],
            Body::Compacted { tokens_before, tokens_after, auto, .. } => vec![self.line(json!({
                "type": "system", "subtype": "compact_boundary",
                "compact_metadata": {
                    "trigger": if *auto { "auto" } else { "manual" },
                    "pre_tokens": tokens_before, "post_tokens": tokens_after,
                },
            }))],
            _ => Vec::new(),
        }
    }

    /// The result object. `error` is what to say when the run did not end well.
    pub fn result(&self, fold: &Fold, error: Option<&str>) -> String {
        let mut object = json!({
            "type": "result",
            "subtype": subtype(fold.end.as_ref(), error),
            "is_error": error.is_some(),
            "duration_ms": fold.duration_ms(),
            "duration_api_ms": fold.api_ms,
            "num_turns": fold.answers,
            "stop_reason": fold.stop.as_ref().map(message::stop_reason),
            "total_cost_usd": fold.cost.0,
            "usage": message::usage(&fold.usage),
            "modelUsage": self.models(fold),
            "permission_denials": denials(fold),
        });
        let (key, value) = match error {
            None => ("result", json!(fold.text)),
            Some(error) => ("errors", json!([error])),
        };
        if let Some(map) = object.as_object_mut() {
            map.insert(key.to_owned(), value);
            if error.is_some() && !fold.text.is_empty() {
                map.insert("partial_result".to_owned(), json!(fold.text));
            }
        }
        self.line(object)
    }

    fn models(&self, fold: &Fold) -> Value {
        let entry = |(id, share): (&String, &super::fold::Share)| {
            let known = self.window.filter(|_| self.model.as_ref() == Some(id));
            let value = json!({
                "inputTokens": share.usage.input,
                "outputTokens": share.usage.output,
                "cacheReadInputTokens": share.usage.cache_read,
                "cacheCreationInputTokens": share.usage.cache_write_5m + share.usage.cache_write_1h,
                "webSearchRequests": 0,
                "costUSD": share.cost.0,
                "contextWindow": known.map(|(window, _)| window),
                "maxOutputTokens": known.map(|(_, output)| output),
            });
            (id.clone(), value)
        };
        Value::Object(fold.models.iter().map(entry).collect())
    }

    fn result_of_call(&self, done: &Done) -> String {
        self.line(json!({
            "type": "user",
            "message": message::tool_result(&done.result),
            "parent_tool_use_id": null,
            "tool_use_result": {"summary": done.summary, "duration_ms": done.duration_ms},
        }))
    }

    /// One line with what every line has.
    fn line(&self, mut object: Value) -> String {
        if let Some(map) = object.as_object_mut() {
            map.insert("session_id".to_owned(), json!(self.session));
            map.insert("uuid".to_owned(), json!(self.ids.next().to_string()));
        }
        escaped(&object.to_string())
    }
}

/// The same JSON with escapes for what readers of lines would take for a line's end and what a terminal would
/// obey: such characters stand only inside strings.
fn escaped(json: &str) -> String {
    let tricky = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !json.contains(tricky) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if tricky(c) {
            // All of them are in the basic plane, so one escape is enough.
            // Writing into a string cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

fn subtype(end: Option<&TurnEnd>, error: Option<&str>) -> &'static str {
    match end {
        _ if error.is_none() => "success",
        Some(TurnEnd::TurnCap { .. }) => "error_max_turns",
        Some(TurnEnd::BudgetCap) => "error_max_budget_usd",
        _ => "error_during_execution",
    }
}

fn denials(fold: &Fold) -> Vec<Value> {
    let denied = fold.denied.iter();
    denied
        .map(|id| {
            let call = fold.calls.get(id);
            json!({
                "tool_name": call.map(|call| call.name.as_str()),
                "tool_use_id": id,
                "tool_input": call.map(|call| &call.input),
            })
        })
        .collect()
}
/// The state of a tool server in the words of the format.
fn status(state: &ServerState) -> &'static str {
    match state {
        ServerState::Ready => "connected",
        ServerState::Waiting | ServerState::Connecting | ServerState::Retrying { .. } => "pending",
        ServerState::Failed { .. } => "failed",
        ServerState::NeedsLogin => "needs-auth",
        ServerState::Off { .. } => "disabled",
    }
}
