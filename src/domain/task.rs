//! Tasks: a list with dependencies and owners, kept through restarts. Names as in Claude Code's task tools.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Counts from 1 within the session.
    pub id: String,
    /// What is to be done, as an order.
    pub subject: String,
    #[serde(default)]
    pub description: String,
    /// The same while it is being done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_form: Option<String>,
    #[serde(default)]
    pub status: TaskState,
    /// Who works on it: a name of an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Tasks that must be done before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    #[default]
    Pending,
    InProgress,
    Completed,
    /// It is taken off the list.
    Deleted,
}

/// A change of one task. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskChange {
    pub task_id: String,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub active_form: Option<String>,
    #[serde(default)]
    pub status: Option<TaskState>,
    #[serde(default)]
    pub owner: Option<String>,
    /// Ids of tasks that wait for this one.
    #[serde(default)]
    pub add_blocks: Vec<String>,
    /// Ids of tasks that this one waits for.
    #[serde(default)]
    pub add_blocked_by: Vec<String>,
    #[serde(default)]
    #[schemars(skip)]
    pub metadata: Option<Map<String, Value>>,
}

impl Task {
    /// Tasks that it still waits for.
    pub fn waits_for<'a>(&'a self, all: &'a [Self]) -> impl Iterator<Item = &'a str> {
        let open = |id: &&str| all.iter().any(|task| task.id == **id && task.status != TaskState::Completed);
        self.blocked_by.iter().map(String::as_str).filter(open)
    }

    /// Tasks that wait for it.
    pub fn blocks<'a>(&'a self, all: &'a [Self]) -> impl Iterator<Item = &'a str> {
        let waits = |task: &&Self| task.blocked_by.contains(&self.id);
        all.iter().filter(waits).map(|task| task.id.as_str())
    }
}
