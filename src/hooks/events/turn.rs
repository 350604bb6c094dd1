//! A turn would end, failed, or its history is shortened: Stop, StopFailure, PreCompact, PostCompact.

use serde_json::json;

use super::super::{Event, Firing, Ran};
use crate::domain::{ErrorKind, ModelError, TurnEnd};

/// Characters of the last answer that hooks are told.
const ANSWER: usize = 100_000;

/// The agent would stop. `active`: a hook has kept it from stopping before in this turn.
pub fn stop(active: bool, answer: Option<&str>) -> Firing {
    let mut fields = json!({ "stop_hook_active": active });
    if let (Some(answer), Some(fields)) = (answer, fields.as_object_mut()) {
        let answer: String = answer.chars().take(ANSWER).collect();
        fields.insert("last_assistant_message".to_owned(), json!(answer));
    }
    Firing::new(Event::Stop, None, fields)
}

/// Why the agent is to go on, if it is: blocks first, then context, which makes it go on as well.
pub fn goes_on(runs: &[Ran]) -> Option<String> {
    let text = |text: &Option<String>, ran: &Ran| {
        text.as_ref().map(|text| format!("The {} hook {} says: {text}", ran.event.name(), ran.who()))
    };
    let blocks: Vec<String> = runs.iter().filter_map(|ran| text(&ran.answer.block, ran)).collect();
    let context: Vec<String> = runs.iter().filter_map(|ran| text(&ran.answer.context, ran)).collect();
    let all = [blocks, context].concat();
    (!all.is_empty()).then(|| all.join("\n\n"))
}

/// The turn ended by a failure of the model. None when it ended in another way.
pub fn failure(end: &TurnEnd, answer: Option<&str>) -> Option<Firing> {
    let (name, details) = match end {
        TurnEnd::Failed { error } => (error_name(error), error.to_string()),
        TurnEnd::Declined { explanation } => ("invalid_request", explanation.clone().unwrap_or_default()),
        _ => return None,
    };
    let mut fields = json!({ "error": name, "error_details": details });
    if let (Some(answer), Some(fields)) = (answer, fields.as_object_mut()) {
        fields.insert("last_assistant_message".to_owned(), json!(answer));
    }
    Some(Firing::new(Event::StopFailure, Some(name), fields))
}

fn error_name(error: &ModelError) -> &'static str {
    match error.kind {
        ErrorKind::RateLimit => "rate_limit",
        ErrorKind::Overloaded => "overloaded",
        ErrorKind::Auth => "authentication_failed",
        ErrorKind::Billing => "billing_error",
        ErrorKind::NotFound => "model_not_found",
        ErrorKind::PromptTooLong | ErrorKind::Rejected => "invalid_request",
        ErrorKind::Server => "server_error",
        _ => "unknown",
    }
}

/// The history is about to be summarised.
pub fn before_compact(auto: bool, instructions: Option<&str>) -> Firing {
    let trigger = trigger(auto);
    let fields = json!({ "trigger": trigger, "custom_instructions": instructions.unwrap_or_default() });
    Firing::new(Event::PreCompact, Some(trigger), fields)
}

/// It was.
pub fn after_compact(auto: bool, summary: &str) -> Firing {
    let trigger = trigger(auto);
    let fields = json!({ "trigger": trigger, "compact_summary": summary });
    Firing::new(Event::PostCompact, Some(trigger), fields)
}

fn trigger(auto: bool) -> &'static str {
    if auto { "auto" } else { "manual" }
}
