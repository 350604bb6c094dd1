//! The tasks of a session while it runs, shared with its sub-agents. Every change is checked here: references that lead
//! nowhere and circles are refused.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{Task, TaskChange, TaskState};

/// Tasks that a list may have.
const MOST: usize = 500;

/// The list.
#[derive(Debug, Default)]
pub struct Board {
    tasks: Mutex<Vec<Task>>,
}

impl Board {
    /// The list of a session that goes on.
    pub fn of(tasks: Vec<Task>) -> Self {
        Self { tasks: Mutex::new(tasks) }
    }

    pub fn list(&self) -> Vec<Task> {
        self.lock().clone()
    }

    pub fn find(&self, id: &str) -> Option<Task> {
        self.lock().iter().find(|task| task.id == id.trim().trim_start_matches('#')).cloned()
    }

    /// Adds a task and tells its id. The error is a text for the model.
    pub fn create(&self, task: Task) -> Result<String, String> {
        let mut tasks = self.lock();
        if tasks.len() >= MOST {
            return Err(format!("The list has {MOST} tasks, which is the limit. Delete what is done."));
        }
        if task.subject.trim().is_empty() {
            return Err("subject is empty. Say what is to be done.".to_owned());
        }
        let highest = tasks.iter().filter_map(|task| task.id.parse::<u32>().ok()).max().unwrap_or(0);
        let id = (highest + 1).to_string();
        tasks.push(Task { id: id.clone(), ..task });
        Ok(id)
    }

    /// Changes a task, all of it or nothing. The error is a text for the model.
    pub fn update(&self, change: TaskChange) -> Result<Task, String> {
        let mut tasks = self.lock();
        let mut next = tasks.clone();
        let id = plain(&change.task_id);
        if change.status == Some(TaskState::Deleted) {
            let gone = find(&mut next, &id)?.clone();
            next.retain(|task| task.id != id);
            for task in &mut next {
                task.blocked_by.retain(|other| *other != id);
            }
            *tasks = next;
            return Ok(Task { status: TaskState::Deleted, ..gone });
        }
        for other in change.add_blocks.iter().map(|other| plain(other)) {
            block(find(&mut next, &other)?, &id);
        }
        for other in change.add_blocked_by.iter().map(|other| plain(other)) {
            find(&mut next, &other)?;
            block(find(&mut next, &id)?, &other);
        }
        let task = find(&mut next, &id)?;
        take(task, change);
        let task = task.clone();
        if let Some(circle) = circle(&next, &id) {
            return Err(format!("Nothing was changed: the tasks would wait for each other ({circle})."));
        }
        let waits: Vec<&str> = task.waits_for(&next).collect();
        if task.status == TaskState::InProgress && !waits.is_empty() {
            return Err(format!("Nothing was changed: task {id} waits for {}.", waits.join(", ")));
        }
        *tasks = next;
        Ok(task)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn plain(id: &str) -> String {
    id.trim().trim_start_matches('#').to_owned()
}

fn find<'a>(tasks: &'a mut [Task], id: &str) -> Result<&'a mut Task, String> {
    tasks.iter_mut().find(|task| task.id == id).ok_or_else(|| format!("There is no task {id}. TaskList lists them."))
}

fn block(task: &mut Task, by: &str) {
    if !task.blocked_by.iter().any(|other| other == by) {
        task.blocked_by.push(by.to_owned());
    }
}

fn take(task: &mut Task, change: TaskChange) {
    let TaskChange { subject, description, active_form, status, owner, metadata, .. } = change;
    task.subject = subject.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| task.subject.clone());
    task.description = description.unwrap_or_else(|| task.description.clone());
    task.active_form = active_form.or_else(|| task.active_form.clone());
    task.status = status.unwrap_or(task.status);
    task.owner = owner.or_else(|| task.owner.clone()).filter(|owner| !owner.is_empty());
    for (key, value) in metadata.unwrap_or_default() {
        if value.is_null() {
            task.metadata.remove(&key);
        } else {
            task.metadata.insert(key, value);
        }
    }
}

/// The way by which a task would come to wait for itself.
fn circle(tasks: &[Task], start: &str) -> Option<String> {
    let mut seen = HashSet::new();
    let mut open: Vec<Vec<&str>> = vec![vec![start]];
    while let Some(way) = open.pop() {
        let last = way.last().copied().unwrap_or_default();
        let Some(task) = tasks.iter().find(|task| task.id == last) else { continue };
        for next in task.blocked_by.iter().map(String::as_str) {
            let mut longer = way.clone();
            longer.push(next);
            if next == start {
                return Some(longer.join(" → "));
            }
            if seen.insert(next) {
                open.push(longer);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn board(count: usize) -> Board {
        let board = Board::default();
        for number in 1..=count {
            let task = Task { subject: format!("task {number}"), ..Task::default() };
            assert_eq!(board.create(task).unwrap(), number.to_string());
        }
        board
    }

    fn after(id: &str, before: &[&str]) -> TaskChange {
        let add_blocked_by = before.iter().map(|id| (*id).to_owned()).collect();
        TaskChange { task_id: id.into(), add_blocked_by, ..TaskChange::default() }
    }

    fn status(id: &str, status: TaskState) -> TaskChange {
        TaskChange { task_id: id.into(), status: Some(status), ..TaskChange::default() }
    }

    #[test]
    fn circles_are_refused_and_nothing_is_changed() {
        let board = board(3);
        board.update(after("2", &["1"])).unwrap();
        board.update(after("3", &["2"])).unwrap();
        let before = board.list();
        let problem = board.update(after("1", &["3"])).unwrap_err();
        assert!(problem.contains("1 → 3 → 2 → 1"), "{problem}");
        assert!(board.update(after("1", &["1"])).is_err());
        let blocks = TaskChange { task_id: "3".into(), add_blocks: vec!["1".into()], ..TaskChange::default() };
        assert!(board.update(blocks).is_err());
        assert!(board.update(after("1", &["9"])).unwrap_err().contains("no task 9"));
        assert_eq!(board.list(), before);
    }

    #[test]
    fn a_task_that_waits_cannot_begin_until_the_other_is_done() {
        let board = board(2);
        board.update(after("#2", &["#1"])).unwrap();
        assert!(board.update(status("2", TaskState::InProgress)).unwrap_err().contains("waits for 1"));
        board.update(status("1", TaskState::Completed)).unwrap();
        assert_eq!(board.update(status("2", TaskState::InProgress)).unwrap().status, TaskState::InProgress);
    }

    #[test]
    fn a_deleted_task_holds_nothing_up() {
        let board = board(2);
        board.update(after("2", &["1"])).unwrap();
        board.update(status("1", TaskState::Deleted)).unwrap();
        assert!(board.find("1").is_none() && board.find("2").unwrap().blocked_by.is_empty());
    }
}
