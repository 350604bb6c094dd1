//! Tools as data: what the model is told of one, and what comes of a call.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ResultPart, Shown};

/// What the model is told of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON Schema of the input, draft 2020-12, always of type object.
    pub input_schema: Value,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolOutcome {
    /// For the model.
    pub parts: Vec<ResultPart>,
    pub is_error: bool,
    /// For the person, behind the folded line.
    pub shown: Shown,
    /// For the folded line: `212 lines`, `+3 −1`, `exit 1`.
    pub summary: String,
    /// The shell's folder after the call, when it changed.
    pub cwd: Option<PathBuf>,
    /// The new todo list, when the call set one.
    pub todos: Option<Vec<Todo>>,
    /// The whole list of tasks, when the call changed it.
    pub tasks: Option<Vec<super::Task>>,
    /// Files that the call changed.
    pub changed: Vec<FileChange>,
    /// Where the whole output is kept when the result holds only its head and tail.
    pub full_output: Option<PathBuf>,
}

/// A file that a call changed, with what it was before.
#[derive(Clone, Debug, PartialEq)]
pub struct FileChange {
    pub path: PathBuf,
    /// The bytes before; none when the file was new.
    pub before: Option<Vec<u8>>,
}

/// One entry of the todo list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Todo {
    /// What is to be done, as an order: "Run the tests".
    pub content: String,
    pub status: TodoState,
    /// The same while it is being done: "Running the tests".
    pub active_form: String,
}

/// How far an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TodoState {
    Pending,
    InProgress,
    Completed,
}

impl ToolOutcome {
    /// A success whose text is the same for model and person.
    pub fn text(text: impl Into<String>, summary: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            parts: vec![ResultPart::Text(text.clone())],
            is_error: false,
            shown: Shown::Text { text, language: None },
            summary: summary.into(),
            cwd: None,
            todos: None,
            tasks: None,
            changed: Vec::new(),
            full_output: None,
        }
    }

    /// A failure, in words that tell the model what to do next.
    pub fn error(text: impl Into<String>) -> Self {
        let text = text.into();
        let summary = text.lines().next().unwrap_or_default().to_owned();
        Self { is_error: true, ..Self::text(text, summary) }
    }
}

/// The present name of a tool that had another once.
pub fn present_name(name: &str) -> &str {
    match name {
        "Task" => "Agent",
        "TaskOutput" => "BashOutput",
        "TaskStop" => "KillShell",
        other => other,
    }
}
