//! Carrying out what the machine orders.

use std::sync::Arc;
use std::time::Duration;

use super::catalog;
use super::driver::{Driver, News, What};
use super::rules::session_source;
use super::streams::Stream;
use crate::agent::{Effect, Input, Point};
use crate::domain::{
    Answer, Body, CanonicalRequest, ContextBody, ContextNews, ErrorKind, Event, Live, ModelError, Notice, RuleTier,
    StreamItem, TeamNews,
};
use crate::provider::Provider;

impl Driver {
    pub(super) async fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Record(body) => self.put_on_record(body).await,
            Effect::Send { request, canonical } => self.send(request, canonical),
            Effect::HangUp => self.stream = None,
            Effect::Judge(call) => self.judge(call.effective().into_owned()).await,
            Effect::Grant(answer) => self.grant(answer).await,
            Effect::Run(call) if call.name == catalog::SKILL => self.run_skill(call).await,
            Effect::Run(call) => {
                let call = call.effective().into_owned();
                self.touch(&call);
                self.wake_language(&call);
                self.note_way(&call).await;
                if let Err(notice) = self.journal.sync().await {
                    // The call runs all the same: the record of it is written, only not forced to the platter.
                    tracing::warn!(text = %notice.text, "sync before a call failed");
                }
                self.run_call(call);
            }
            Effect::Kill { call_id } => {
                if let Some(running) = self.running.get(&call_id) {
                    running.cancel.cancel();
                }
            }
            Effect::Sleep { timer, ms } => self.sleep(timer, ms),
            Effect::Hold { hold, point: Point::Spend } => self.on_spend(hold).await,
            Effect::Hold { hold, point } => self.on_hold(hold, point),
            Effect::Keep { folder, files } => self.keep_outputs(&folder, files).await,
            Effect::Review(draft) => self.tell(Event::Live(Live::Context(ContextNews::Draft(draft)))).await,
            Effect::Sync => self.sync_log().await,
        }
    }

    /// Writes a body to the log, then shows it.
    pub(super) async fn put_on_record(&mut self, body: Body) {
        let before = self.stage.place.cwd.clone();
        if let Body::CwdSet { cwd } = &body {
            self.stage.place.cwd.clone_from(cwd);
        }
        if let (Body::Asked { call_id, .. }, true) = (&body, self.stage.child.is_some())
            && let Some(call) = self.machine.call(call_id).cloned()
        {
            let call = self.in_full(call);
            self.tell(Event::Live(Live::Team(TeamNews::Asks(Box::new(call))))).await;
        }
        let shortened = matches!(body, Body::Compacted { .. } | Body::Cleared | Body::Context(ContextBody::Shrunk(_)));
        let model_set = matches!(body, Body::ModelSet { .. });
        let (record, written) = self.journal.write(body, self.setup.clock.wall_ms()).await;
        if let Some(bus) = &mut self.hooking.bus {
            bus.hear(&record);
        }
        self.settled_hears(&record.body);
        self.parts.steps.hear(&record);
        self.hooks_hear(&record.body, &before);
        self.servers_hear(&record.body);
        self.children_hear(&record.body);
        self.catalog_hears(&record.body);
        self.memories_hears(&record.body);
        self.show(&record, written).await;
        self.recall_hears(&record.body);
        self.keep_break(&record.body).await;
        self.money_hears(&record.body).await;
        if model_set && self.machine.model().is_some() {
            // It may have been the machine that took another.
            self.stage.model = self.machine.model().cloned();
        }
        self.naming_hears(&record.body);
        if matches!(record.body, Body::TurnEnded { .. }) {
            self.rest();
        }
        if shortened {
            // What the model no longer sees it must read again before it edits.
            self.reads.forget_all();
        }
    }

    fn send(&mut self, request: u32, canonical: Arc<CanonicalRequest>) {
        self.note_places(request, &canonical);
        match self.provider(&canonical) {
            Ok(provider) => self.stream = Some(Stream::new(request, provider.stream(canonical))),
            Err(message) => {
                let item = StreamItem::Failed(ModelError::new(ErrorKind::Rejected, message));
                self.inbox.push_back(Input::Stream { request, item });
            }
        }
    }

    pub(super) fn provider(&mut self, canonical: &CanonicalRequest) -> Result<Arc<dyn Provider>, String> {
        let wire = canonical.model.wire;
        if let Some(provider) = self.providers.get(&wire) {
            return Ok(Arc::clone(provider));
        }
        let provider = (self.stage.connect)(&canonical.model)?;
        self.providers.insert(wire, Arc::clone(&provider));
        Ok(provider)
    }

    fn sleep(&self, timer: u32, ms: u64) {
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            let _gone = news.send(News { epoch, what: What::Timer(timer) }).await;
        });
    }

    /// Keeps the rule that an answer brought.
    pub(super) async fn grant(&mut self, answer: Answer) {
        match answer {
            Answer::Session { rule } => match self.gate.add(RuleTier::Allow, &rule, session_source(), &self.stage) {
                Ok(()) => self.put_on_record(Body::RuleAdded { rule, file: None }).await,
                Err(problem) => self.notice(Notice::warning(problem)).await,
            },
            Answer::Always { rule, scope } => self.save_allowed(rule, scope).await,
            Answer::Once { .. } | Answer::Partly { .. } | Answer::No { .. } => {}
        }
    }
}
