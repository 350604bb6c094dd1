//! TaskList: all tasks, one line each.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, Shown, Task, TaskState, ToolOutcome, ToolSpec};

#[derive(Debug)]
pub struct TaskList;

#[derive(Debug, Deserialize, JsonSchema)]
struct Nothing {}

impl Tool for TaskList {
    fn spec(&self) -> ToolSpec {
        input::spec::<Nothing>("TaskList", include_str!("../../assets/tools/task_list.md"))
    }

    fn access(&self, _value: &Value, _place: &Place) -> Result<Access, String> {
        Ok(Access::of(Action::Internal))
    }

    fn run(&self, _value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(list(&context.board.list()))
    }
}

fn list(tasks: &[Task]) -> ToolOutcome {
    if tasks.is_empty() {
        return ToolOutcome::text("There are no tasks.", "none");
    }
    let lines: Vec<String> = tasks.iter().map(|task| line(task, tasks)).collect();
    let done = tasks.iter().filter(|task| task.status == TaskState::Completed).count();
    let summary = format!("{done} of {} done", tasks.len());
    ToolOutcome { shown: Shown::List(lines.clone()), ..ToolOutcome::text(lines.join("\n"), summary) }
}

fn line(task: &Task, all: &[Task]) -> String {
    let sign = match task.status {
        TaskState::Completed => "[x]",
        TaskState::InProgress => "[~]",
        TaskState::Pending | TaskState::Deleted => "[ ]",
    };
    let owner = task.owner.as_ref().map(|owner| format!(" @{owner}")).unwrap_or_default();
    let waits: Vec<&str> = task.waits_for(all).collect();
    let waits = if waits.is_empty() { String::new() } else { format!(" needs: {}", waits.join(", ")) };
    format!("{} {sign} {}{owner}{waits}", task.id, task.subject)
}
