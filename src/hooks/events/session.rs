//! A session begins or ends: SessionStart, SessionEnd, InstructionsLoaded.

use serde_json::json;

use super::super::{Answer, Event, Firing, Ran};
use crate::domain::{MemoryFile, MemoryScope};

/// Milliseconds that all hooks have together at the end, unless one of them asks for more.
pub const END_MS: u64 = 1_500;
/// The most that asking can raise it to.
pub const END_MOST_MS: u64 = 60_000;

/// What hooks add to a session that begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    pub title: Option<String>,
    /// A first prompt.
    pub message: Option<String>,
}

/// A session begins; `source` is `startup`, `resume`, `clear` or `compact`.
pub fn start(source: &str, model: Option<&str>, title: Option<&str>) -> Firing {
    let mut fields = json!({ "source": source });
    if let Some(fields) = fields.as_object_mut() {
        if let Some(model) = model {
            fields.insert("model".to_owned(), json!(model));
        }
        if let Some(title) = title {
            fields.insert("session_title".to_owned(), json!(title));
        }
    }
    Firing::new(Event::SessionStart, Some(source), fields)
}

/// Reads what they add; the first that says something counts.
pub fn begun(runs: &[Ran]) -> Start {
    let first = |key: &str| runs.iter().find_map(|ran| ran.answer.text(key)).map(str::to_owned);
    let blank = |text: &String| !text.trim().is_empty();
    Start { title: first("sessionTitle").filter(blank), message: first("initialUserMessage").filter(blank) }
}

pub(super) fn effect(answer: &Answer) -> Vec<String> {
    let mut parts = Vec::new();
    if answer.text("sessionTitle").is_some() {
        parts.push("sets the title".to_owned());
    }
    if answer.text("initialUserMessage").is_some() {
        parts.push("sends a first message".to_owned());
    }
    parts
}

/// A session ends; `reason` is `clear`, `resume`, `prompt_input_exit` or `other`.
pub fn end(reason: &str) -> Firing {
    Firing::new(Event::SessionEnd, Some(reason), json!({ "reason": reason }))
}

/// An instruction file was read.
pub fn instructions(file: &MemoryFile) -> Firing {
    let kind = match file.scope {
        MemoryScope::Managed => "Managed",
        MemoryScope::User => "User",
        MemoryScope::Project => "Project",
        MemoryScope::Local => "Local",
    };
    let fields = json!({ "file_path": file.path, "memory_type": kind, "load_reason": "session_start" });
    Firing::new(Event::InstructionsLoaded, Some("session_start"), fields)
}
