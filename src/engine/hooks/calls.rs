//! Hooks after a call: they run in the call's own task, so that its result waits for them and nothing else does.

use tokio_util::sync::CancellationToken;

use super::super::driver::{Driver, What, clean};
use super::super::rules::session_source;
use super::{Answered, Then};
use crate::agent::Input;
use crate::domain::{Body, Notice, ResultPart, RuleTier, SaveScope, ToolCall, ToolOutcome, ToolResult};
use crate::hooks::events::{self, news, tool};
use crate::hooks::{self, Desk, Event as Name, Firing, Hook, Ran};

/// What runs after one call.
pub(in crate::engine) struct After {
    call: ToolCall,
    done: Vec<Hook>,
    failed: Vec<Hook>,
    desk: Desk,
}

impl Driver {
    /// The hooks that will run after this call; none in the usual case.
    pub(in crate::engine) fn hooks_after(&self, call: &ToolCall, cancel: &CancellationToken) -> Option<After> {
        if !self.hooked(Name::PostToolUse) && !self.hooked(Name::PostToolUseFailure) {
            return None;
        }
        let pick = |event| {
            let firing = Firing::new(event, Some(&call.name), serde_json::Value::Null);
            self.chosen(&firing, Some(call))
        };
        let (done, failed) = (pick(Name::PostToolUse), pick(Name::PostToolUseFailure));
        if done.is_empty() && failed.is_empty() {
            return None;
        }
        let all: Vec<Hook> = done.iter().chain(&failed).cloned().collect();
        let desk = Desk { cancel: cancel.clone(), ..self.desk(&all) };
        Some(After { call: call.clone(), done, failed, desk })
    }

    pub(super) async fn on_done_hooked(&mut self, mut done: Input, runs: &[Ran]) {
        let common = self.told(runs, true).await;
        let after = tool::take(runs);
        if let Input::CallDone { outcome, call_id, .. } = &mut done {
            self.running.remove(call_id);
            if let Some(text) = after.output {
                outcome.parts = vec![ResultPart::Text(text)];
                outcome.summary.push_str(" · replaced by a hook");
            }
            clean(&self.setup.secrets, outcome);
        }
        for text in after.feedback {
            let body = self.setup.secrets.value(Body::ContextAdded { from: "A hook".to_owned(), text });
            self.feed(Input::Note(body)).await;
        }
        self.feed_and_stop(done, common.halt).await;
    }

    /// Saves a rule, after ConfigChange hooks had their say.
    pub(in crate::engine) async fn save_allowed(&mut self, rule: String, scope: SaveScope) {
        if self.hooked(Name::ConfigChange) {
            let then = Then::SaveRule { rule: rule.clone(), scope };
            if self.fire(news::config(scope, None), None, then).is_none() {
                return;
            }
        }
        self.save_allowed_now(rule, scope).await;
    }

    /// A settings file was changed at the person's own word.
    pub(in crate::engine) fn config_changed(&mut self, scope: SaveScope, file: &std::path::Path) {
        if self.hooked(Name::ConfigChange) {
            self.tell_hooks(news::config(scope, Some(file)));
        }
    }

    pub(super) async fn on_save_hooked(&mut self, rule: String, scope: SaveScope, runs: &[Ran]) {
        let common = self.told(runs, true).await;
        let refusal = events::blocked(runs).map(|(who, why)| format!("{who}: {why}")).or(common.halt);
        match refusal {
            Some(why) => {
                if let Err(problem) = self.gate.add(RuleTier::Allow, &rule, session_source(), &self.stage) {
                    return self.notice(Notice::warning(problem)).await;
                }
                let text = format!("The rule holds for this session but was not saved, because of a hook: {why}");
                self.feed(Input::Note(Body::Noticed(Notice::warning(text)))).await;
            }
            None => self.save_allowed_now(rule, scope).await,
        }
    }

    async fn save_allowed_now(&mut self, rule: String, scope: SaveScope) {
        match self.save_rule(RuleTier::Allow, &rule, scope) {
            Ok(file) => self.put_on_record(Body::RuleAdded { rule, file: Some(file) }).await,
            Err(problem) => {
                if let Err(problem) = self.gate.add(RuleTier::Allow, &rule, session_source(), &self.stage) {
                    return self.notice(Notice::warning(problem)).await;
                }
                let text = format!("The rule holds for this session but was not saved: {problem}");
                self.notice(Notice::warning(text)).await;
            }
        }
    }
}

impl After {
    /// Runs them and says what there is to report of the call.
    pub(in crate::engine) async fn run(self, outcome: Box<ToolOutcome>, duration_ms: u64) -> What {
        let hooks = if outcome.is_error { self.failed } else { self.done };
        let call_id = self.call.id.clone();
        if hooks.is_empty() {
            return What::Done { call_id, outcome, duration_ms };
        }
        let text = ToolResult { call_id: call_id.clone(), parts: outcome.parts.clone(), is_error: false }.joined();
        let interrupted = self.desk.cancel.is_cancelled();
        let done = tool::Done { call: &self.call, text, is_error: outcome.is_error, interrupted, duration_ms };
        let firing = tool::after(&done);
        let runs = hooks::run(hooks, &firing, &self.desk).await;
        let then = Then::Done { call_id, outcome, duration_ms };
        What::Hooked(Box::new(Answered { runs, then, env: None, stopped: false, holds: false }))
    }
}

/// Bodies of the session's own open calls with their results, for PostToolBatch.
pub(super) fn batch(driver: &Driver) -> Firing {
    let conversation = driver.machine.conversation();
    let calls: Vec<(ToolCall, String)> = conversation
        .open
        .iter()
        .map(|call| {
            let text = conversation.results.get(&call.id).map(ToolResult::joined).unwrap_or_default();
            (call.clone(), text)
        })
        .collect();
    tool::batch(&calls)
}
