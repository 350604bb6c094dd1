//! A question is about to be shown, or the auto mode said no: PermissionRequest, PermissionDenied.

use serde_json::{Value, json};

use super::super::{Answer, Event, Firing, Ran};
use crate::domain::ToolCall;

/// What a hook answers in the person's place.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Allow {
        who: String,
        input: Option<Value>,
        /// Rules to be added with it: text, and where they are kept (`session`, `localSettings` …).
        rules: Vec<(String, String)>,
    },
    Deny {
        who: String,
        message: String,
        /// The turn ends with it.
        interrupt: bool,
    },
}

/// The person is about to be asked.
pub fn request(call: &ToolCall, suggestion: Option<&str>) -> Firing {
    let mut fields = json!({ "tool_name": call.name, "tool_input": call.input });
    if let (Some(rules), Some(fields)) = (suggestion, fields.as_object_mut()) {
        let rules: Vec<Value> = rules.lines().map(rule_value).collect();
        let suggested = json!([{
            "type": "addRules", "rules": rules, "behavior": "allow", "destination": "localSettings",
        }]);
        fields.insert("permission_suggestions".to_owned(), suggested);
    }
    Firing::new(Event::PermissionRequest, Some(&call.name), fields).about(&call.id)
}

/// `Bash(git push *)` in two parts.
fn rule_value(rule: &str) -> Value {
    match rule.strip_suffix(')').and_then(|rule| rule.split_once('(')) {
        Some((tool, content)) => json!({ "toolName": tool, "ruleContent": content }),
        None => json!({ "toolName": rule }),
    }
}

/// The answer in the person's place: a no counts more than a yes.
pub fn reply(runs: &[Ran]) -> Option<Reply> {
    let mut yes = None;
    for ran in runs {
        match one(ran) {
            Some(no @ Reply::Deny { .. }) => return Some(no),
            Some(reply) => yes = yes.or(Some(reply)),
            None => {}
        }
    }
    yes
}

fn one(ran: &Ran) -> Option<Reply> {
    let decision = ran.answer.fields.get("decision")?.as_object()?;
    let text = |key: &str| decision.get(key).and_then(Value::as_str).map(str::to_owned);
    match text("behavior")?.as_str() {
        "allow" => Some(Reply::Allow {
            who: ran.who(),
            input: decision.get("updatedInput").filter(|input| input.is_object()).cloned(),
            rules: decision.get("updatedPermissions").map(rules).unwrap_or_default(),
        }),
        "deny" => Some(Reply::Deny {
            who: ran.who(),
            message: text("message").unwrap_or_else(|| "no reason was given".to_owned()),
            interrupt: decision.get("interrupt") == Some(&Value::Bool(true)),
        }),
        _ => None,
    }
}

/// Rules that a hook wants to add. Only allow rules are taken: they yield to every deny and ask rule.
fn rules(updates: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for update in updates.as_array().into_iter().flatten() {
        let field = |key: &str| update.get(key).and_then(Value::as_str);
        if field("type") != Some("addRules") || field("behavior") != Some("allow") {
            continue;
        }
        for rule in update.get("rules").and_then(Value::as_array).into_iter().flatten().take(20) {
            let Some(tool) = rule.get("toolName").and_then(Value::as_str) else { continue };
            let content = rule.get("ruleContent").and_then(Value::as_str);
            let text = content.map_or_else(|| tool.to_owned(), |content| format!("{tool}({content})"));
            found.push((text, field("destination").unwrap_or("session").to_owned()));
        }
    }
    found
}

pub(super) fn effect(answer: &Answer) -> Vec<String> {
    let Some(decision) = answer.fields.get("decision") else { return Vec::new() };
    match decision.get("behavior").and_then(Value::as_str) {
        Some("allow") => vec!["answers yes".to_owned()],
        Some("deny") => vec!["answers no".to_owned()],
        _ => Vec::new(),
    }
}

/// The auto mode denied a call.
pub fn denied(call: &ToolCall, reason: &str) -> Firing {
    let fields = json!({ "tool_name": call.name, "tool_input": call.input, "tool_use_id": call.id, "reason": reason });
    Firing::new(Event::PermissionDenied, Some(&call.name), fields).about(&call.id)
}

/// A hook lets the model try again.
pub fn may_retry(runs: &[Ran]) -> bool {
    runs.iter().any(|ran| ran.answer.fields.get("retry") == Some(&Value::Bool(true)))
}
