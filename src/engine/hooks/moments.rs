//! Hooks at the points of a turn, and at what is put on record: stop, compaction, folders, questions, rest, models.

use std::path::Path;
use std::time::Duration;

use super::super::driver::{Driver, News, What};
use super::{Then, calls};
use crate::agent::{Input, Point, Release};
use crate::domain::{Body, Effort, Message, ModelRef, Notice, Role};
use crate::hooks::events::session::Reason;
use crate::hooks::events::{self, agent, model, news, place, session, task, turn};
use crate::hooks::{Event as Name, Ran};

/// What the person may have missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Missed {
    /// A question, by its number.
    Question(u32),
    /// That nothing runs any more, by the number of the rest.
    Rest(u32),
}

impl Driver {
    /// The turn waits at a point until hooks have answered.
    pub(in crate::engine) fn on_hold(&mut self, hold: u32, point: Point) {
        let firing = match &point {
            Point::Batch => calls::batch(self),
            Point::Stop { active } if self.stage.child.is_some() => self.agent_would_stop(*active),
            Point::Stop { active } => turn::stop(*active, self.last_answer().as_deref()),
            Point::Compact { auto, focus } => turn::before_compact(*auto, focus.as_deref()),
            // The purse looks at it, no hook.
            Point::Spend => return self.inbox.push_back(Input::Released { hold, release: Release::Go }),
        };
        let idle = matches!(point, Point::Stop { .. }).then(|| self.teammate_would_rest()).flatten();
        let firings = std::iter::once(firing).chain(idle).filter(|firing| self.hooked(firing.event));
        let chosen = firings.map(|firing| {
            let hooks = self.chosen(&firing, None);
            (firing, hooks)
        });
        let chosen: Vec<_> = chosen.filter(|(_, hooks)| !hooks.is_empty()).collect();
        if chosen.is_empty() {
            self.inbox.push_back(Input::Released { hold, release: Release::Go });
        } else {
            self.start(chosen, Then::Hold { hold, point });
        }
    }

    /// A named agent works like a teammate: it rests when its turn ends.
    fn teammate_would_rest(&self) -> Option<crate::hooks::Firing> {
        let child = self.stage.child.as_ref()?;
        let id = self.session.to_string();
        let team = format!("session-{}", id.get(id.len().saturating_sub(8)..).unwrap_or(&id));
        Some(task::idle(child.name.as_deref()?, &team))
    }

    fn agent_would_stop(&self, active: bool) -> crate::hooks::Firing {
        let answer = self.last_answer();
        match &self.stage.child {
            Some(child) => agent::stop((&child.agent, &child.kind), &child.log, active, answer.as_deref()),
            None => turn::stop(active, answer.as_deref()),
        }
    }

    pub(super) async fn on_hold_hooked(&mut self, hold: u32, point: &Point, runs: &[Ran]) {
        let stops = matches!(point, Point::Stop { .. });
        // What a Stop hook adds is what the model goes on with.
        let common = self.told(runs, !stops).await;
        let blocked = events::blocked(runs).map(|(who, why)| format!("{who} says: {why}"));
        let release = match (common.halt, stops) {
            (Some(reason), _) => Release::Halt { reason },
            (None, true) => turn::goes_on(runs).map_or(Release::Go, |text| Release::WorkOn { text }),
            (None, false) => blocked.map_or(Release::Go, |reason| Release::Halt { reason }),
        };
        self.feed(Input::Released { hold, release }).await;
    }

    fn last_answer(&self) -> Option<String> {
        let history = &self.machine.conversation().history;
        let answer = history.iter().rev().filter_map(|segment| segment.as_message());
        let mut answers = answer.filter(|message| message.role == Role::Assistant);
        answers.next().map(|message| Message::text(message)).filter(|text| !text.is_empty())
    }

    /// Something is on record: tells the hooks that want to know. `cwd` is the folder from before.
    pub(in crate::engine) fn hooks_hear(&mut self, body: &Body, cwd: &Path) {
        if self.stage.hooks.hooks.is_empty() {
            return;
        }
        match body {
            Body::CwdSet { cwd: new } if new != cwd && self.hooked(Name::CwdChanged) => {
                let _none = self.fire(place::cwd(cwd, new), None, Then::Watch);
                self.watch_files();
            }
            Body::CwdSet { .. } => self.watch_files(),
            Body::ModelSet { model, .. } => self.model_taken(model),
            Body::Responded(note) => self.answer_shown(note),
            Body::Team(body) => self.agents_call(body),
            Body::Compacted { auto, summary, .. } => self.compacted(*auto, summary),
            Body::Asked { ask, call_id } => self.question_stands(*ask, call_id),
            Body::Decided { ask, .. } => drop(self.hooking.questions.remove(ask)),
            Body::Prompted { .. } => self.hooking.rests += 1,
            Body::TurnEnded { end, .. } => {
                self.hooking.before.clear();
                self.hooking.requested.clear();
                self.hooking.questions.clear();
                if self.hooked(Name::StopFailure)
                    && let Some(firing) = turn::failure(end, self.last_answer().as_deref())
                {
                    self.tell_hooks(firing);
                }
                self.rests();
            }
            _ => {}
        }
    }

    fn compacted(&mut self, auto: bool, summary: &str) {
        self.instructions_loaded(Reason::Compact);
        if self.hooked(Name::PostCompact) {
            self.tell_hooks(turn::after_compact(auto, summary));
        }
        if self.hooked(Name::SessionStart) {
            let model = self.machine.model().map(|(model, _)| model.id.clone());
            self.tell_hooks(session::start("compact", model.as_deref(), None));
        }
    }

    fn question_stands(&mut self, ask: u32, call_id: &str) {
        if self.hooked(Name::Notification) {
            let open = self.machine.conversation().open.iter().find(|call| call.id == call_id);
            let name = open.map_or_else(|| "a tool".to_owned(), |call| call.name.clone());
            self.hooking.questions.insert(ask, name);
            self.later(Missed::Question(ask), self.stage.hooks.patience.question_ms);
        }
    }

    fn rests(&mut self) {
        self.hooking.rests += 1;
        if self.hooked(Name::Notification) {
            self.later(Missed::Rest(self.hooking.rests), self.stage.hooks.patience.rest_ms);
        }
    }

    fn later(&self, missed: Missed, ms: u64) {
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            let _gone = news.send(News { epoch, what: What::Missed(missed) }).await;
        });
    }

    /// Time went by; tells hooks if it is still true.
    pub(in crate::engine) fn on_missed(&mut self, missed: Missed) {
        let firing = match missed {
            Missed::Question(ask) => match self.hooking.questions.get(&ask) {
                Some(name) => {
                    news::notification("permission_prompt", &format!("Latigo needs your permission to use {name}"))
                }
                None => return,
            },
            Missed::Rest(rest) if rest == self.hooking.rests && !self.machine.is_busy() => {
                news::notification("idle_prompt", "Latigo is waiting for your input")
            }
            Missed::Rest(_) => return,
        };
        self.tell_hooks(firing);
    }

    /// The person chose a model. True when hooks look at it first.
    pub(in crate::engine) fn switch_waits(&mut self, to: &ModelRef, effort: Option<Effort>) -> bool {
        if !self.hooked(Name::PreModelSwitch) {
            return false;
        }
        let from = self.machine.model().map(|(model, _)| model.id.clone());
        let context_tokens = self.machine.context_tokens();
        let firing =
            model::before(&model::Switch { from: from.as_deref(), to: &to.id, source: "command", context_tokens });
        self.fire(firing, None, Then::Switch { model: to.clone(), effort }).is_none()
    }

    pub(super) async fn on_switch_hooked(&mut self, to: ModelRef, effort: Option<Effort>, runs: &[Ran]) {
        let common = self.told(runs, true).await;
        let refusal = model::refused(runs).map(|(who, why)| format!("{who} says: {why}")).or(common.halt);
        match refusal {
            Some(why) => self.notice(Notice::warning(format!("The model was not changed: {why}"))).await,
            None => self.switch_model(to, effort).await,
        }
    }

    /// Another model is in use.
    pub(in crate::engine) fn model_switched(&mut self, from: Option<&str>, to: &str) {
        self.model_is(from, to, "command");
    }

    fn model_is(&mut self, from: Option<&str>, to: &str, source: &'static str) {
        if self.hooked(Name::PostModelSwitch) {
            let context_tokens = self.machine.context_tokens();
            self.tell_hooks(model::after(&model::Switch { from, to, source, context_tokens }));
        }
    }

    /// The model that is on record now was chosen by nobody: the one before it could not answer.
    fn model_taken(&mut self, to: &ModelRef) {
        let from = self.stage.model.as_ref().map(|(model, _)| model.id.clone());
        if self.hooking.begun && from.as_ref().is_some_and(|from| *from != to.id) {
            self.model_is(from.as_deref(), &to.id, "auto");
        }
    }
}
