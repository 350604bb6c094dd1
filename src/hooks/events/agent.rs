//! A sub-agent begins or would end: SubagentStart, SubagentStop. Matchers look at its kind.

use std::path::Path;

use serde_json::json;

use super::super::{Event, Firing};

/// Characters of the last answer that hooks are told.
const ANSWER: usize = 100_000;

/// It begins.
pub fn start(id: &str, kind: &str) -> Firing {
    Firing::new(Event::SubagentStart, Some(kind), json!({ "agent_id": id, "agent_type": kind }))
}

/// It would end. `active`: a hook has kept it from ending before.
pub fn stop((id, kind): (&str, &str), log: &Path, active: bool, answer: Option<&str>) -> Firing {
    let mut fields = json!({
        "agent_id": id,
        "agent_type": kind,
        "agent_transcript_path": log,
        "stop_hook_active": active,
    });
    if let (Some(answer), Some(fields)) = (answer, fields.as_object_mut()) {
        let answer: String = answer.chars().take(ANSWER).collect();
        fields.insert("last_assistant_message".to_owned(), json!(answer));
    }
    Firing::new(Event::SubagentStop, Some(kind), fields)
}
