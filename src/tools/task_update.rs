//! TaskUpdate: changes a task: its state, owner, words, and what it waits for.

use futures::future::BoxFuture;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, TaskChange, TaskState, ToolOutcome, ToolSpec};

const NAME: &str = "TaskUpdate";

#[derive(Debug)]
pub struct TaskUpdate;

impl Tool for TaskUpdate {
    fn spec(&self) -> ToolSpec {
        input::spec::<TaskChange>(NAME, include_str!("../../assets/tools/task_update.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        input::parse::<TaskChange>(NAME, value).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(update(&value, &context).unwrap_or_else(ToolOutcome::error))
    }
}

fn update(value: &Value, context: &ToolContext) -> Result<ToolOutcome, String> {
    let task = context.board.update(input::parse(NAME, value)?)?;
    let tasks = context.board.list();
    let word = match task.status {
        TaskState::Pending => "pending",
        TaskState::InProgress => "in progress",
        TaskState::Completed => "completed",
        TaskState::Deleted => "deleted",
    };
    let mut text = format!("Task {} is {word}.", task.id);
    if task.status == TaskState::Completed {
        let free = tasks.iter().filter(|other| other.blocked_by.contains(&task.id));
        let free: Vec<&str> =
            free.filter(|other| other.waits_for(&tasks).next().is_none()).map(|other| other.id.as_str()).collect();
        if !free.is_empty() {
            text = format!("{text} Free now: {}.", free.join(", "));
        }
    }
    let summary = format!("{} · {word}", task.subject);
    Ok(ToolOutcome { tasks: Some(tasks), ..ToolOutcome::text(text, summary) })
}
