//! Before and after a call: PreToolUse, PostToolUse, PostToolUseFailure, PostToolBatch.

use serde_json::{Value, json};

use super::super::{Answer, Event, Firing, Ran};
use crate::domain::ToolCall;

/// Bytes of a result that hooks are told.
const RESPONSE: usize = 1 << 20;

/// What a hook says of a call before it is judged. The order is the strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opinion {
    Allow,
    Ask,
    Deny,
}

/// What all hooks say of a call before it is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Before {
    /// The strongest opinion, who has it, and why.
    pub opinion: Option<(Opinion, String, String)>,
    /// Another input in the place of the call's own, and who gave it.
    pub input: Option<(Value, String)>,
    /// One line for each hook that ran, for the verdict's trail.
    pub trail: Vec<String>,
}

/// A call is about to be judged.
pub fn before(call: &ToolCall) -> Firing {
    let fields = json!({ "tool_name": call.name, "tool_input": call.input, "tool_use_id": call.id });
    Firing::new(Event::PreToolUse, Some(&call.name), fields).about(&call.id)
}

/// What the hooks say of it: deny before ask before allow. Where several give an input, the last one counts.
pub fn judge(runs: &[Ran]) -> Before {
    let mut before = Before::default();
    for ran in runs {
        before.trail.push(format!("{}: {}", ran.who(), super::effect(ran)));
        if let Some((opinion, reason)) = opinion(&ran.answer)
            && before.opinion.as_ref().is_none_or(|(strongest, ..)| opinion > *strongest)
        {
            before.opinion = Some((opinion, ran.who(), reason));
        }
        if let Some(input) = ran.answer.fields.get("updatedInput").filter(|input| input.is_object()) {
            before.input = Some((input.clone(), ran.who()));
        }
    }
    before
}

fn opinion(answer: &Answer) -> Option<(Opinion, String)> {
    if let Some(reason) = &answer.block {
        return Some((Opinion::Deny, reason.clone()));
    }
    let reason = answer.text("permissionDecisionReason").or_else(|| answer.top.get("reason").and_then(Value::as_str));
    let reason = reason.unwrap_or("no reason was given").to_owned();
    let older = answer.top.get("decision").and_then(Value::as_str);
    let opinion = match answer.text("permissionDecision").or(older)? {
        "allow" | "approve" => Opinion::Allow,
        // A run that is to be put off has nobody here who takes it up again, so the person decides.
        "ask" | "defer" => Opinion::Ask,
        "deny" => Opinion::Deny,
        _ => return None,
    };
    Some((opinion, reason))
}

pub(super) fn effect(answer: &Answer) -> Vec<String> {
    let mut parts = Vec::new();
    if answer.block.is_none()
        && let Some((opinion, reason)) = opinion(answer)
    {
        let word = match opinion {
            Opinion::Allow => "allows",
            Opinion::Ask => "asks",
            Opinion::Deny => "denies",
        };
        parts.push(format!("{word}: {reason}"));
    }
    if answer.fields.get("updatedInput").is_some_and(Value::is_object) {
        parts.push("changes the input".to_owned());
    }
    parts
}

/// What a call came to, as hooks are told it.
#[derive(Clone, Debug, PartialEq)]
pub struct Done<'a> {
    pub call: &'a ToolCall,
    pub text: String,
    pub is_error: bool,
    pub interrupted: bool,
    pub duration_ms: u64,
}

/// A call is done.
pub fn after(done: &Done<'_>) -> Firing {
    let Done { call, duration_ms, .. } = done;
    let text = cut(&done.text);
    let (event, fields) = if done.is_error {
        let fields = json!({
            "tool_name": call.name, "tool_input": call.input, "tool_use_id": call.id,
            "error": text, "is_interrupt": done.interrupted, "duration_ms": duration_ms,
        });
        (Event::PostToolUseFailure, fields)
    } else {
        let fields = json!({
            "tool_name": call.name, "tool_input": call.input, "tool_use_id": call.id,
            "tool_response": { "content": text }, "duration_ms": duration_ms,
        });
        (Event::PostToolUse, fields)
    };
    Firing::new(event, Some(&call.name), fields).about(&call.id)
}

/// What is said to the model beside a result, and what takes the result's place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct After {
    pub feedback: Vec<String>,
    pub output: Option<String>,
}

/// Reads the answers to a call that is done.
pub fn take(runs: &[Ran]) -> After {
    let mut after = After::default();
    for ran in runs {
        if let Some(reason) = &ran.answer.block {
            after.feedback.push(format!("The {} hook {} objects: {reason}", ran.event.name(), ran.who()));
        }
        if ran.event == Event::PostToolUse
            && let Some(output) = replaced(&ran.answer)
        {
            after.output = Some(output);
        }
    }
    after
}

fn replaced(answer: &Answer) -> Option<String> {
    let value = answer.fields.get("updatedToolOutput").or_else(|| answer.fields.get("updatedMCPToolOutput"))?;
    Some(match value {
        Value::Null => return None,
        Value::String(text) => cut(text),
        Value::Object(fields) => match fields.get("content") {
            Some(Value::String(text)) => cut(text),
            _ => cut(&value.to_string()),
        },
        other => cut(&other.to_string()),
    })
}

pub(super) fn effect_after(answer: &Answer) -> Vec<String> {
    if replaced(answer).is_some() { vec!["replaces the output".to_owned()] } else { Vec::new() }
}

/// All calls of one answer are done.
pub fn batch(calls: &[(ToolCall, String)]) -> Firing {
    let calls: Vec<Value> = calls
        .iter()
        .map(|(call, text)| {
            json!({
                "tool_name": call.name, "tool_input": call.input, "tool_use_id": call.id, "tool_response": cut(text),
            })
        })
        .collect();
    Firing::new(Event::PostToolBatch, None, json!({ "tool_calls": calls }))
}

fn cut(text: &str) -> String {
    if text.len() <= RESPONSE {
        return text.to_owned();
    }
    let end = (0..=RESPONSE).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default().to_owned()
}
