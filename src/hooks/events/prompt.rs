//! What the person sends: UserPromptSubmit, UserPromptExpansion.

use serde_json::json;

use super::super::{Event, Firing, Ran};

/// A prompt is about to be sent.
pub fn submit(prompt: &str, title: Option<&str>) -> Firing {
    let mut fields = json!({ "prompt": prompt });
    if let (Some(title), Some(fields)) = (title, fields.as_object_mut()) {
        fields.insert("session_title".to_owned(), json!(title));
    }
    Firing::new(Event::UserPromptSubmit, None, fields)
}

/// A command file is about to be filled in.
pub fn expansion(name: &str, arguments: &str, source: &str, prompt: &str) -> Firing {
    let fields = json!({
        "expansion_type": "slash_command",
        "command_name": name,
        "command_args": arguments,
        "command_source": source,
        "prompt": prompt,
    });
    Firing::new(Event::UserPromptExpansion, Some(name), fields)
}

/// A hook wants the blocked prompt's text not to be repeated.
pub fn suppresses(runs: &[Ran]) -> bool {
    let asked = |ran: &Ran| ran.answer.fields.get("suppressOriginalPrompt") == Some(&serde_json::Value::Bool(true));
    runs.iter().any(asked)
}
