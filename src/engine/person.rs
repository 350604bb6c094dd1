//! Dialogs: questions of the model and its plans. The call waits for the person; a stop of the turn ends the waiting.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::driver::Driver;
use crate::agent::Input;
use crate::base::{atomic, dirs};
use crate::domain::{
    Body, Mode, PersonAnswer, PersonBody, PersonRequest, PlanDecision, Shown, TeamBody, ToolCall, ToolOutcome,
};
use crate::tools::{self, ToolContext};

const STOPPED: &str = "The user stopped the turn before there was an answer.";

/// Calls that wait for the person.
#[derive(Debug, Default)]
pub(super) struct Desk {
    replies: HashMap<String, oneshot::Sender<Reply>>,
    /// The mode before plan mode, to go back to.
    before_plan: Option<Mode>,
    plans: u32,
}

/// What the person said.
#[derive(Debug)]
enum Reply {
    Answers(Option<Vec<PersonAnswer>>),
    Plan(PlanDecision, Option<String>),
}

type Work = BoxFuture<'static, ToolOutcome>;

fn ready(outcome: ToolOutcome) -> Work {
    std::future::ready(outcome).boxed()
}

impl Driver {
    /// Puts questions before the person.
    pub(super) fn ask_person(&mut self, call: &ToolCall, context: &ToolContext) -> Work {
        let questions = match tools::read_questions(&call.input) {
            Ok(questions) => questions,
            Err(problem) => return ready(ToolOutcome::error(problem)),
        };
        if !self.setup.interactive || self.machine.conversation().mode == Mode::DontAsk {
            let text = "Nobody is there to answer. Take the sensible reading, say which one, and go on.";
            return ready(ToolOutcome::error(text));
        }
        let body = PersonBody::QuestionsAsked { call_id: call.id.clone(), questions };
        self.inbox.push_back(Input::Note(Body::Team(TeamBody::Person(body))));
        self.wait(&call.id, context, |reply| match reply {
            Reply::Answers(Some(answers)) => answered(&answers),
            _ => ToolOutcome::error(
                "The user closed the questions without an answer. Go on by your own judgement, or ask in plain words.",
            ),
        })
    }

    /// The model wants to plan first.
    pub(super) fn enter_plan(&mut self) -> Work {
        let mode = self.machine.conversation().mode;
        if mode == Mode::Plan {
            return ready(ToolOutcome::text("Plan mode is on already.", "plan mode"));
        }
        self.parts.desk.before_plan = Some(mode);
        self.inbox.push_back(Input::SetMode(Mode::Plan));
        let text = "Plan mode is on: nothing can be changed. Look around, then call ExitPlanMode with the plan.";
        ready(ToolOutcome::text(text, "plan mode"))
    }

    /// The model has a plan: kept as a file, put before the person.
    pub(super) fn propose_plan(&mut self, call: &ToolCall, context: &ToolContext) -> Work {
        if self.machine.conversation().mode != Mode::Plan {
            return ready(ToolOutcome::error("Plan mode is not on; there is nothing to leave. Go on with the work."));
        }
        let plan = tools::read_plan(&call.input);
        let Some(text) = plan.or_else(|| self.newest_plan().map(|(_, text)| text)) else {
            return ready(ToolOutcome::error("There is no plan. Give its text as `plan`."));
        };
        let file = match self.keep_plan(&text) {
            Ok(file) => file,
            Err(problem) => return ready(ToolOutcome::error(problem)),
        };
        if !self.setup.interactive {
            let text = format!(
                "The plan is kept in {}. Nobody is there to approve it, so nothing may be changed: end by answering with the plan.",
                file.display()
            );
            return ready(ToolOutcome::text(text, "kept"));
        }
        let body = PersonBody::PlanProposed { call_id: call.id.clone(), file: file.clone(), text };
        self.inbox.push_back(Input::Note(Body::Team(TeamBody::Person(body))));
        self.wait(&call.id, context, move |reply| match reply {
            Reply::Plan(decision, edited) => decided(&decision, edited.as_deref(), &file),
            Reply::Answers(_) => ToolOutcome::error(STOPPED),
        })
    }

    fn wait(
        &mut self,
        id: &str,
        context: &ToolContext,
        then: impl FnOnce(Reply) -> ToolOutcome + Send + 'static,
    ) -> Work {
        let (reply, heard) = oneshot::channel();
        self.parts.desk.replies.insert(id.to_owned(), reply);
        let cancel = context.cancel.clone();
        async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => ToolOutcome::error(STOPPED),
                reply = heard => reply.map_or_else(|_| ToolOutcome::error(STOPPED), then),
            }
        }
        .boxed()
    }

    /// The person has spoken.
    pub(super) async fn on_person(&mut self, request: PersonRequest) {
        match request {
            PersonRequest::Answer { call_id, answers } => {
                let Some(reply) = self.parts.desk.replies.remove(&call_id) else { return };
                let body = PersonBody::QuestionsAnswered { call_id, answers: answers.clone() };
                self.feed(Input::Note(Body::Team(TeamBody::Person(body)))).await;
                drop(reply.send(Reply::Answers(answers)));
            }
            PersonRequest::Decide { call_id, decision, edited } => self.on_plan(call_id, decision, edited).await,
        }
    }

    async fn on_plan(&mut self, call_id: String, decision: PlanDecision, edited: Option<String>) {
        let Some(reply) = self.parts.desk.replies.remove(&call_id) else { return };
        if let (Some(text), Some((file, _))) = (&edited, self.newest_plan()) {
            // The file says what was agreed; without it the log still does.
            atomic::write_private(&file, text.as_bytes()).ok();
        }
        let body = PersonBody::PlanDecided { call_id, decision: decision.clone(), edited: edited.clone() };
        self.feed(Input::Note(Body::Team(TeamBody::Person(body)))).await;
        let stops = matches!(&decision, PlanDecision::Rejected { comment: None }) && edited.is_none();
        if let PlanDecision::Approved { mode } = &decision {
            self.parts.desk.before_plan = None;
            self.feed(Input::SetMode(*mode)).await;
        }
        drop(reply.send(Reply::Plan(decision, edited)));
        if stops {
            // As with a call that is not allowed: the person has something else in mind.
            self.machine.stop_at_join("The plan was not approved.");
        }
    }

    /// The folder of this session's plans.
    fn plans(&self) -> PathBuf {
        let own = || self.setup.store.agents(self.session).with_file_name("plans");
        self.setup.tuning.team.plans.clone().unwrap_or_else(own)
    }

    fn plan_file(&self, number: u32) -> PathBuf {
        let id = self.session.to_string();
        self.plans().join(format!("plan-{}-{number}.md", id.get(id.len().saturating_sub(8)..).unwrap_or(&id)))
    }

    /// The plan that was made last, if its file is still there.
    fn newest_plan(&self) -> Option<(PathBuf, String)> {
        let number = self.plan_count();
        let file = self.plan_file(number);
        let text = std::fs::read_to_string(&file).ok().filter(|text| !text.trim().is_empty())?;
        Some((file, text))
    }

    /// Plans of this session, those of earlier runs included.
    fn plan_count(&self) -> u32 {
        let mut number = self.parts.desk.plans;
        while self.plan_file(number + 1).is_file() {
            number += 1;
        }
        number
    }

    fn keep_plan(&mut self, text: &str) -> Result<PathBuf, String> {
        let number = self.plan_count() + 1;
        let file = self.plan_file(number);
        let folder = file.parent().map_or(Ok(()), dirs::create_private);
        folder
            .and_then(|()| atomic::write_private(&file, text.as_bytes()))
            .map_err(|error| format!("The plan could not be kept in {}: {error}.", file.display()))?;
        self.parts.desk.plans = number;
        Ok(file)
    }
}

fn answered(answers: &[PersonAnswer]) -> ToolOutcome {
    let line = |answer: &PersonAnswer| {
        let mut parts = answer.chosen.clone();
        parts.extend(answer.words.as_ref().map(|words| format!("in own words: {words}")));
        let said = if parts.is_empty() { "(nothing chosen)".to_owned() } else { parts.join("; ") };
        format!("{}\n→ {said}", answer.question)
    };
    let lines: Vec<String> = answers.iter().map(line).collect();
    let summary = answers.iter().flat_map(|answer| answer.chosen.iter().chain(&answer.words)).cloned();
    let summary = summary.collect::<Vec<_>>().join(", ");
    ToolOutcome::text(format!("The user answers:\n{}", lines.join("\n")), summary)
}

fn decided(decision: &PlanDecision, edited: Option<&str>, file: &Path) -> ToolOutcome {
    let changed = edited.map(|text| format!(" The user changed it; read it again, remarks included:\n\n{text}"));
    let changed = changed.unwrap_or_default();
    match decision {
        PlanDecision::Approved { mode } => {
            let text = format!("The user approves the plan ({}). Carry it out now.{changed}", file.display());
            ToolOutcome { shown: Shown::Nothing, ..ToolOutcome::text(text, format!("approved · {mode}")) }
        }
        PlanDecision::Rejected { comment } => {
            let comment = comment.as_ref().map(|comment| format!(" The user says: {comment}")).unwrap_or_default();
            let text = format!("The plan is not approved; plan mode stays on.{comment}{changed}");
            ToolOutcome { shown: Shown::Nothing, summary: "not approved".to_owned(), ..ToolOutcome::error(text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ResultPart;

    fn text(outcome: &ToolOutcome) -> &str {
        match outcome.parts.first() {
            Some(ResultPart::Text(text)) => text,
            _ => "",
        }
    }

    #[test]
    fn answers_stand_under_their_questions() {
        let answer = |chosen: &[&str], words: Option<&str>| PersonAnswer {
            question: "Which?".into(),
            chosen: chosen.iter().map(|label| (*label).to_owned()).collect(),
            words: words.map(str::to_owned),
        };
        let outcome = answered(&[answer(&["A", "B"], None), answer(&[], Some("neither"))]);
        assert_eq!(text(&outcome), "The user answers:\nWhich?\n→ A; B\nWhich?\n→ in own words: neither");
    }

    #[test]
    fn a_changed_plan_is_read_again() {
        let outcome = decided(&PlanDecision::Approved { mode: Mode::AcceptEdits }, Some("1. less"), Path::new("/p"));
        assert!(text(&outcome).contains("1. less") && !outcome.is_error);
        let outcome = decided(&PlanDecision::Rejected { comment: Some("smaller".into()) }, None, Path::new("/p"));
        assert!(text(&outcome).contains("smaller") && outcome.is_error);
    }
}
