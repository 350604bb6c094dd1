//! What hooks are told of and cannot change, or hardly: Notification, ConfigChange, MessageDisplay.

use std::path::Path;

use serde_json::json;

use super::super::{Event, Firing, Ran};
use crate::domain::SaveScope;

/// The person is called; `kind` is `permission_prompt` or `idle_prompt`.
pub fn notification(kind: &str, message: &str) -> Firing {
    let fields = json!({ "message": message, "title": "Latigo", "notification_type": kind });
    Firing::new(Event::Notification, Some(kind), fields)
}

/// A settings file is about to be changed.
pub fn config(scope: SaveScope, file: Option<&Path>) -> Firing {
    let source = match scope {
        SaveScope::Local => "local_settings",
        SaveScope::Project => "project_settings",
        SaveScope::User => "user_settings",
    };
    changed(source, file)
}

/// Settings or skills are not what they were; `source` is `user_settings`, `project_settings`, `local_settings`,
/// `policy_settings` or `skills`.
pub fn changed(source: &str, file: Option<&Path>) -> Firing {
    let mut fields = json!({ "source": source });
    if let (Some(file), Some(fields)) = (file, fields.as_object_mut()) {
        fields.insert("file_path".to_owned(), json!(file));
    }
    Firing::new(Event::ConfigChange, Some(source), fields)
}

/// A part of an answer is shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub turn: u32,
    pub message: u32,
    /// Counts the texts of the message.
    pub index: u32,
    /// It is the last one.
    pub last: bool,
    pub text: &'a str,
}

/// The person reads a text of the model.
pub fn shown(part: &Shown<'_>) -> Firing {
    let fields = json!({
        "turn_id": part.turn.to_string(),
        "message_id": part.message.to_string(),
        "index": part.index,
        "final": part.last,
        "delta": part.text,
    });
    Firing::new(Event::MessageDisplay, None, fields)
}

/// What stands on the screen in the text's place; the transcript stays as it is.
pub fn displayed(runs: &[Ran]) -> Option<String> {
    runs.iter().find_map(|ran| ran.answer.text("displayContent").map(str::to_owned))
}
