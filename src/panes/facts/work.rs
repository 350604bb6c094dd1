//! Commands that run, tasks and the newest plan, folded from the records and the news.

use super::Agents;
use crate::domain::{
    Body, JobBody, JobNote, JobState, JobView, PersonBody, Record, Task, TaskState, TeamBody, TeamNews, Todo, TodoState,
};

/// Commands that are kept; the oldest that are done go first.
const MOST: usize = 200;

/// What runs beside the conversation, and what is to be done.
#[derive(Debug, Default)]
pub struct Work {
    /// Sub-agents.
    pub agents: Agents,
    pub jobs: Vec<JobView>,
    pub tasks: Vec<Task>,
    /// File and text of the newest plan.
    pub plan: Option<(String, String)>,
}

impl Work {
    /// Commands that run, those that a call waits for included.
    pub fn running(&self) -> impl Iterator<Item = &JobView> {
        self.jobs.iter().filter(|job| job.runs())
    }

    /// Takes in one record. The todos that stand for the tasks come back when these changed.
    pub(super) fn fold(&mut self, record: &Record) -> Option<Vec<Todo>> {
        match &record.body {
            Body::Team(TeamBody::Job(JobBody::Began(job) | JobBody::Ended(job))) => self.put(job),
            Body::Team(TeamBody::TasksSet { tasks }) => {
                self.tasks.clone_from(tasks);
                return Some(tasks.iter().map(|task| todo(task, tasks)).collect());
            }
            Body::Team(TeamBody::Person(PersonBody::PlanProposed { file, text, .. })) => {
                self.plan = Some((file.display().to_string(), text.clone()));
            }
            Body::Team(TeamBody::Person(PersonBody::PlanDecided { edited: Some(text), .. })) => {
                if let Some((_, old)) = &mut self.plan {
                    old.clone_from(text);
                }
            }
            _ => {}
        }
        None
    }

    /// Takes in news that are not on record.
    pub(super) fn news(&mut self, news: &TeamNews) {
        if let TeamNews::Job(JobNote::Changed(job)) = news {
            self.put(job);
        }
    }

    /// Whatever ran runs no more.
    pub(super) fn lose_all(&mut self) {
        for job in self.jobs.iter_mut().filter(|job| job.runs()) {
            job.state = JobState::Stopped;
        }
    }

    fn put(&mut self, job: &JobView) {
        if let Some(known) = self.jobs.iter_mut().find(|known| known.id == job.id) {
            known.clone_from(job);
            return;
        }
        if self.jobs.len() >= MOST
            && let Some(oldest) = self.jobs.iter().position(|job| !job.runs())
        {
            self.jobs.remove(oldest);
        }
        self.jobs.push(job.clone());
    }
}

/// A task as the list of todos shows it.
fn todo(task: &Task, all: &[Task]) -> Todo {
    let waits: Vec<&str> = task.waits_for(all).collect();
    let waits = if waits.is_empty() { String::new() } else { format!(" (after {})", waits.join(", ")) };
    let owner = task.owner.as_ref().map(|owner| format!(" @{owner}")).unwrap_or_default();
    let words = |words: &str| format!("{} {words}{owner}{waits}", task.id);
    Todo {
        content: words(&task.subject),
        active_form: words(task.active_form.as_deref().unwrap_or(&task.subject)),
        status: match task.status {
            TaskState::Completed | TaskState::Deleted => TodoState::Completed,
            TaskState::InProgress => TodoState::InProgress,
            TaskState::Pending => TodoState::Pending,
        },
    }
}
