//! Hooks around the task tools: a new task can be sent back, one that would be done can be kept open. They run in the
//! call's own task, so that its result waits for them and nothing else does.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::driver::{Driver, News, What};
use super::{Answered, Then};
use crate::domain::{Task, TaskChange, TaskState, ToolCall, ToolOutcome};
use crate::hooks::events::task;
use crate::hooks::{self, Desk, Event as Name, Firing, Hook, Ran};
use crate::tools::{self, Board};

/// What runs around one call of a task tool.
pub(in crate::engine) struct TaskHooks {
    input: serde_json::Value,
    board: Arc<Board>,
    created: Vec<Hook>,
    completed: Vec<Hook>,
    desk: Desk,
    news: mpsc::Sender<News>,
    epoch: u32,
}

impl Driver {
    /// The hooks around this call; none in the usual case.
    pub(in crate::engine) fn task_hooks(&self, call: &ToolCall, cancel: &CancellationToken) -> Option<TaskHooks> {
        let pick = |event: Name| -> Vec<Hook> {
            if self.hooked(event) {
                self.chosen(&Firing::new(event, None, serde_json::Value::Null), None)
            } else {
                Vec::new()
            }
        };
        let (created, completed) = match call.name.as_str() {
            "TaskCreate" => (pick(Name::TaskCreated), Vec::new()),
            "TaskUpdate" => (Vec::new(), pick(Name::TaskCompleted)),
            _ => return None,
        };
        let all: Vec<Hook> = created.iter().chain(&completed).cloned().collect();
        if all.is_empty() {
            return None;
        }
        Some(TaskHooks {
            input: call.input.clone(),
            board: Arc::clone(&self.parts.board),
            created,
            completed,
            desk: Desk { cancel: cancel.clone(), ..self.desk(&all) },
            news: self.news.clone(),
            epoch: self.epoch,
        })
    }
}

impl TaskHooks {
    /// Does the work between the hooks.
    pub(in crate::engine) async fn around<F>(self, work: impl FnOnce() -> F) -> ToolOutcome
    where
        F: Future<Output = ToolOutcome>,
    {
        if let Some(task) = self.would_be_done()
            && let Some(why) = self.run(&self.completed, &task::completed(&task)).await
        {
            return ToolOutcome::error(format!("Task {} is not completed: {why}", task.id));
        }
        let outcome = work().await;
        if outcome.is_error || self.created.is_empty() {
            return outcome;
        }
        let Some(task) = self.newest(&outcome) else { return outcome };
        match self.run(&self.created, &task::created(&task)).await {
            None => outcome,
            Some(why) => self.take_back(&task, &why),
        }
    }

    fn would_be_done(&self) -> Option<Task> {
        let change: TaskChange = tools::read_input("TaskUpdate", &self.input).ok()?;
        let done = !self.completed.is_empty() && change.status == Some(TaskState::Completed);
        self.board.find(&change.task_id).filter(|task| done && task.status != TaskState::Completed)
    }

    /// The task that the call made.
    fn newest(&self, outcome: &ToolOutcome) -> Option<Task> {
        let subject = self.input.get("subject")?.as_str()?;
        outcome.tasks.as_ref()?.iter().rfind(|task| task.subject == subject).cloned()
    }

    fn take_back(&self, task: &Task, why: &str) -> ToolOutcome {
        let gone = TaskChange { task_id: task.id.clone(), status: Some(TaskState::Deleted), ..TaskChange::default() };
        // Somebody may have deleted it already.
        drop(self.board.update(gone));
        let tasks = Some(self.board.list());
        ToolOutcome { tasks, ..ToolOutcome::error(format!("The task is not on the list: {why}")) }
    }

    /// Runs them, puts them on record, and tells who refuses.
    async fn run(&self, hooks: &[Hook], firing: &Firing) -> Option<String> {
        let runs: Vec<Ran> = hooks::run(hooks.to_vec(), firing, &self.desk).await;
        let refusal = task::refused(&runs);
        let heard = Answered { runs, then: Then::Nothing, env: None, stopped: false, holds: false };
        let _gone = self.news.send(News { epoch: self.epoch, what: What::Hooked(Box::new(heard)) }).await;
        refusal
    }
}
