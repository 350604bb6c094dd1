//! A session begins or ends: Setup, SessionStart, SessionEnd, InstructionsLoaded.

use std::path::Path;

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

/// A session begins; `source` is `startup`, `resume`, `clear`, `compact` or `fork`.
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

/// A hook wants commands and skills to be looked for again.
pub fn reloads_skills(runs: &[Ran]) -> bool {
    runs.iter().any(|ran| ran.answer.fields.get("reloadSkills") == Some(&serde_json::Value::Bool(true)))
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

/// A project is to be set up or looked after; `trigger` is `init` or `maintenance`.
pub fn setup(trigger: &str) -> Firing {
    Firing::new(Event::Setup, Some(trigger), json!({ "trigger": trigger }))
}

/// Why an instruction file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    SessionStart,
    Compact,
    /// It stands on the way to a file that is worked with.
    Nested(&'a Path),
    /// One of its globs matches a file that is worked with.
    PathGlob(&'a Path, &'a [String]),
    /// That one imports it.
    Include(&'a Path),
}

/// An instruction file was read.
pub fn instructions(file: &MemoryFile, reason: Reason<'_>) -> Firing {
    let kind = match file.scope {
        MemoryScope::Managed => "Managed",
        MemoryScope::User => "User",
        MemoryScope::Project => "Project",
        MemoryScope::Local => "Local",
    };
    let (word, key, trigger) = match reason {
        Reason::SessionStart => ("session_start", "", None),
        Reason::Compact => ("compact", "", None),
        Reason::Nested(path) => ("nested_traversal", "trigger_file_path", Some(path)),
        Reason::PathGlob(path, _) => ("path_glob_match", "trigger_file_path", Some(path)),
        Reason::Include(parent) => ("include", "parent_file_path", Some(parent)),
    };
    let mut fields = json!({ "file_path": file.path, "memory_type": kind, "load_reason": word });
    if let (Some(trigger), Some(fields)) = (trigger, fields.as_object_mut()) {
        fields.insert(key.to_owned(), json!(trigger));
        if let Reason::PathGlob(_, globs) = reason {
            fields.insert("globs".to_owned(), json!(globs));
        }
    }
    Firing::new(Event::InstructionsLoaded, Some(word), fields)
}
