//! A task comes onto the list or would be done: TaskCreated, TaskCompleted. A teammate would rest: TeammateIdle.

use serde_json::json;

use super::super::{Event, Firing, Ran};
use crate::domain::Task;

/// A task is on the list; a block takes it off again.
pub fn created(task: &Task) -> Firing {
    about(Event::TaskCreated, task)
}

/// A task would be done; a block keeps it open.
pub fn completed(task: &Task) -> Firing {
    about(Event::TaskCompleted, task)
}

fn about(event: Event, task: &Task) -> Firing {
    let mut fields = json!({ "task_id": task.id, "task_subject": task.subject });
    if let Some(fields) = fields.as_object_mut() {
        if !task.description.is_empty() {
            fields.insert("task_description".to_owned(), json!(task.description));
        }
        if let Some(owner) = &task.owner {
            fields.insert("teammate_name".to_owned(), json!(owner));
        }
    }
    Firing::new(event, None, fields)
}

/// A teammate has nothing more to do; a block gives it more, in the hook's words.
pub fn idle(teammate: &str, team: &str) -> Firing {
    Firing::new(Event::TeammateIdle, None, json!({ "teammate_name": teammate, "team_name": team }))
}

/// Who refuses, and why. A task that is made takes no notice of `continue`.
pub fn refused(runs: &[Ran]) -> Option<String> {
    let blocked = super::blocked(runs).map(|(who, why)| format!("{who} says: {why}"));
    let made = runs.first().is_some_and(|ran| ran.event == Event::TaskCreated);
    blocked.or_else(|| super::common(runs).halt.filter(|_| !made))
}
