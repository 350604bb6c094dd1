//! Commands of the background: their news for the face and the log, their end for the model, and the person's ways to
//! move, stop and type to them.

use std::collections::HashSet;
use std::sync::Arc;

use super::driver::{Driver, News, What};
use crate::agent::{Input, Prompt};
use crate::domain::{
    Body, Event, JobBody, JobNote, JobRequest, JobView, Live, Message, Notice, Origin, TeamBody, TeamNews, ToolOutcome,
};
use crate::prompt;
use crate::tools::{JobNews, Jobs};

/// The jobs of the session that is open.
#[derive(Debug, Default)]
pub(super) struct Work {
    jobs: Option<Arc<Jobs>>,
    /// Those in the background that are on record.
    known: HashSet<String>,
    watched: Option<String>,
}

impl Driver {
    /// Makes the table of a session; a sub-agent has its session's.
    pub(super) fn open_jobs(&mut self) {
        if let Some(child) = &self.stage.child {
            self.parts.work = Work { jobs: Some(Arc::clone(&child.jobs)), ..Work::default() };
            return;
        }
        self.stop_jobs();
        let (jobs, mut heard) = Jobs::new();
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            while let Some(heard) = heard.recv().await {
                if news.send(News { epoch, what: What::Job(Box::new(heard)) }).await.is_err() {
                    break;
                }
            }
        });
        self.parts.work = Work { jobs: Some(jobs), ..Work::default() };
    }

    pub(super) fn jobs(&self) -> Arc<Jobs> {
        self.parts.work.jobs.clone().unwrap_or_else(|| Jobs::new().0)
    }

    /// Ends every command of the session that is left.
    pub(super) fn stop_jobs(&self) {
        if let (Some(jobs), None) = (&self.parts.work.jobs, &self.stage.child) {
            jobs.stop_all();
        }
    }

    pub(super) async fn on_job(&mut self, news: JobNews) {
        let (view, ended) = match news {
            JobNews::Changed(view) => (view, None),
            JobNews::Ended(view, outcome) => (view, Some(outcome)),
        };
        self.tell(Event::Live(Live::Team(TeamNews::Job(JobNote::Changed(view.clone()))))).await;
        if view.background && view.runs() && self.parts.work.known.insert(view.id.clone()) {
            self.note_job(JobBody::Began(view.clone())).await;
        }
        if !view.runs() && self.parts.work.known.remove(&view.id) {
            self.note_job(JobBody::Ended(view.clone())).await;
        }
        if self.parts.work.watched.as_ref() == Some(&view.id) {
            self.tell_log(&view.id).await;
        }
        if let Some(outcome) = ended {
            self.announce_job(&view, &outcome).await;
        }
    }

    async fn note_job(&mut self, body: JobBody) {
        self.feed(Input::Note(Body::Team(TeamBody::Job(body)))).await;
    }

    /// The model hears of the end between its turns; where none runs, a turn begins.
    async fn announce_job(&mut self, view: &JobView, outcome: &ToolOutcome) {
        let tail = self.jobs().find(&view.id).map(|job| job.tail()).unwrap_or_default();
        let kept = outcome.full_output.as_ref().map(|file| format!("\n[The whole output is in {}.]", file.display()));
        let text = format!(
            "[Background task '{}' ({}) {}: {}]\n{}{}",
            view.label,
            view.id,
            view.state.name(),
            outcome.summary,
            self.setup.secrets.text(&tail),
            kept.unwrap_or_default()
        );
        let typed = format!("(job) {} {}", view.label, view.state.name());
        let message = Message::user(prompt::wrap(&text));
        self.feed(Input::Prompt(Prompt { message, typed, origin: Origin::Harness })).await;
    }

    pub(super) async fn on_job_request(&mut self, request: JobRequest) {
        match request {
            JobRequest::Background { call_id } => self.put_behind(call_id).await,
            JobRequest::Stop { id } => {
                if let Some(job) = self.jobs().find(&id) {
                    job.stop();
                }
            }
            JobRequest::Type { id, text } => {
                let typed = self.jobs().find(&id).map(|job| job.type_in(&format!("{text}\n")));
                if let Some(Err(problem)) = typed {
                    self.notice(Notice::warning(problem)).await;
                }
            }
            JobRequest::Watch { id } => {
                self.parts.work.watched.clone_from(&id);
                if let Some(id) = id {
                    self.tell_log(&id).await;
                }
            }
        }
    }

    async fn tell_log(&mut self, id: &str) {
        let Some(job) = self.jobs().find(id) else { return };
        let lines = job.log().iter().map(|line| self.setup.secrets.text(line).into_owned()).collect();
        let note = JobNote::Log { id: id.to_owned(), lines };
        self.tell(Event::Live(Live::Team(TeamNews::Job(note)))).await;
    }

    /// Puts what a call waits for into the background: that call, or all that can be put there.
    async fn put_behind(&mut self, call_id: Option<String>) {
        let wanted = |id: &String| call_id.as_ref().is_none_or(|wanted| wanted == id);
        let mut moved = 0;
        for (id, running) in self.running.iter().filter(|(id, _)| wanted(id)) {
            let name = self.machine.call(id).map(|call| crate::tools::today(&call.name).to_owned());
            if matches!(name.as_deref(), Some("Bash" | "Agent" | "SendMessage")) {
                running.detach.cancel();
                moved += 1;
            }
        }
        self.parts.team.let_alone(call_id.as_deref());
        if moved == 0 {
            self.notice(Notice::info("Nothing runs that could go to the background.")).await;
        }
    }
}
