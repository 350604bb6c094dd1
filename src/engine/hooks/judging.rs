//! Hooks around the verdict: before it, in the person's place, and after the auto mode's no.
//!
//! A hook can tighten. It can allow only what the gate asks about for want of a rule: deny and ask rules, protected
//! names and dangers stand above it.

use super::super::driver::Driver;
use super::super::rules::session_source;
use super::{Then, by_hook};
use crate::agent::Input;
use crate::domain::{
    Because, BecauseKind, Body, Decision, Mode, Notice, RuleTier, SaveScope, ToolCall, TrailStep, Verdict,
};
use crate::hooks::events::permission::{self, Reply};
use crate::hooks::events::tool::{self, Before, Opinion};
use crate::hooks::{Event as Name, Ran};

impl Driver {
    /// Lets PreToolUse hooks speak first. True when the call waits for them.
    pub(in crate::engine) fn hooks_speak_first(&mut self, call: &ToolCall) -> bool {
        let known = self.hooking.before.contains_key(&call.id);
        if known || call.invalid().is_some() || !self.hooked(Name::PreToolUse) {
            return false;
        }
        self.fire(tool::before(call), Some(call), Then::Judge(call.clone())).is_none()
    }

    pub(super) async fn on_call_hooked(&mut self, mut call: ToolCall, runs: &[Ran]) {
        let common = self.told(runs, true).await;
        let mut before = tool::judge(runs);
        if let Some((input, who)) = before.input.take() {
            call.input = input.clone();
            self.feed(Input::ChangeCall { call_id: call.id.clone(), input, by: who }).await;
        }
        if let Some(reason) = common.halt {
            let verdict = by_hook(self.verdict(&call), Decision::Deny, format!("A hook stopped the turn: {reason}"));
            return self.feed_and_stop(Input::Judged { call_id: call.id, verdict }, Some(reason)).await;
        }
        self.hooking.before.insert(call.id.clone(), before);
        self.judge_now(call).await;
        self.work_inbox().await;
    }

    /// The gate's verdict with what hooks said before it.
    pub(in crate::engine) fn with_hooks(&self, call: &ToolCall, verdict: Verdict) -> Verdict {
        let Some(before) = self.hooking.before.get(&call.id) else { return verdict };
        let mut judged = self.opined(call, verdict, before);
        let steps = before.trail.iter().map(|line| TrailStep { stage: "hook".to_owned(), finding: line.clone() });
        judged.trail.splice(0..0, steps);
        judged
    }

    fn opined(&self, call: &ToolCall, verdict: Verdict, before: &Before) -> Verdict {
        let Some((opinion, who, reason)) = &before.opinion else { return verdict };
        match opinion {
            Opinion::Deny if verdict.decision != Decision::Deny => {
                by_hook(verdict, Decision::Deny, format!("The PreToolUse hook {who} denies it: {reason}"))
            }
            Opinion::Ask if verdict.decision == Decision::Allow => {
                self.asked_by_hook(verdict, &format!("The PreToolUse hook {who} wants you to decide: {reason}"))
            }
            Opinion::Allow if verdict.decision != Decision::Allow => {
                self.allowed_by_hook(call, &format!("The PreToolUse hook {who} allows it: {reason}")).unwrap_or(verdict)
            }
            _ => verdict,
        }
    }

    /// A question that nobody may or can answer is a no.
    fn asked_by_hook(&self, verdict: Verdict, text: &str) -> Verdict {
        if self.machine.conversation().mode == Mode::DontAsk {
            return by_hook(verdict, Decision::Deny, format!("The mode dontAsk denies what would ask. {text}"));
        }
        if !self.setup.interactive {
            let verdict = by_hook(verdict, Decision::Deny, String::new());
            let because = Because::new(BecauseKind::Headless, format!("Nobody is there to be asked. {text}"));
            return Verdict { because, ..verdict };
        }
        by_hook(verdict, Decision::Ask, text.to_owned())
    }

    /// The verdict when a hook allows a call, as far as a hook can. The gate is asked as if somebody were there, so
    /// that its own reason is known.
    fn allowed_by_hook(&self, call: &ToolCall, text: &str) -> Option<Verdict> {
        let mode = match self.machine.conversation().mode {
            Mode::DontAsk => Mode::Default,
            mode => mode,
        };
        let verdict = self.verdict_under(&self.gate.attended(), mode, call);
        let for_want_of_a_rule = matches!(verdict.because.kind, BecauseKind::Analysis | BecauseKind::Tool);
        match verdict.decision {
            Decision::Allow => Some(verdict),
            Decision::Ask if for_want_of_a_rule => Some(by_hook(verdict, Decision::Allow, text.to_owned())),
            Decision::Ask | Decision::Deny => None,
        }
    }

    /// A verdict is there. Where the person is about to be asked hooks may answer first; where the auto mode said no
    /// they may object.
    pub(in crate::engine) async fn conclude(&mut self, call: ToolCall, verdict: Verdict) {
        let kind = verdict.because.kind;
        let asks =
            verdict.decision == Decision::Ask || (verdict.decision == Decision::Deny && kind == BecauseKind::Headless);
        if asks && self.hooked(Name::PermissionRequest) && !self.hooking.requested.contains(&call.id) {
            let firing = permission::request(&call, verdict.suggestion.as_deref());
            let then = Then::Ask { call: call.clone(), verdict: verdict.clone() };
            if self.fire(firing, Some(&call), then).is_none() {
                return;
            }
        }
        let by_auto = verdict.decision == Decision::Deny && kind == BecauseKind::Classifier;
        if by_auto && self.hooked(Name::PermissionDenied) {
            let firing = permission::denied(&call, &verdict.because.text);
            let then = Then::Denied { call: call.clone(), verdict: verdict.clone() };
            if self.fire(firing, Some(&call), then).is_none() {
                return;
            }
        }
        self.judged(call, verdict).await;
    }

    /// Hands the verdict to the machine.
    async fn judged(&mut self, call: ToolCall, verdict: Verdict) {
        if verdict.decision == Decision::Ask {
            let tool = self.tool(&call.name);
            self.questions.note(&call, tool.as_ref(), &self.stage.place);
            self.preview(&call.id).await;
        }
        self.inbox.push_back(Input::Judged { call_id: call.id, verdict });
    }

    pub(super) async fn on_request_hooked(&mut self, mut call: ToolCall, mut verdict: Verdict, runs: &[Ran]) {
        self.hooking.requested.insert(call.id.clone());
        let common = self.told(runs, true).await;
        for ran in runs {
            let finding = format!("{}: {}", ran.who(), ran.record().outcome);
            verdict.trail.push(TrailStep { stage: "hook".to_owned(), finding });
        }
        let mut halt = common.halt;
        match permission::reply(runs) {
            None => {}
            Some(Reply::Deny { who, message, interrupt }) => {
                let text = format!("The PermissionRequest hook {who} denies it: {message}");
                verdict = by_hook(verdict, Decision::Deny, text);
                halt = halt.or(interrupt.then_some(message));
            }
            Some(Reply::Allow { who, input, rules }) => {
                if let Some(input) = input {
                    call.input = input.clone();
                    self.feed(Input::ChangeCall { call_id: call.id.clone(), input, by: who.clone() }).await;
                    verdict = Verdict { trail: verdict.trail, ..self.with_hooks(&call, self.verdict(&call)) };
                }
                let text = format!("The PermissionRequest hook {who} allows it.");
                if let Some(allowed) = self.allowed_by_hook(&call, &text) {
                    verdict = Verdict { trail: verdict.trail, ..allowed };
                    self.add_rules(rules).await;
                }
            }
        }
        if let Some(reason) = halt {
            let verdict = by_hook(verdict, Decision::Deny, format!("A hook stopped the turn: {reason}"));
            return self.feed_and_stop(Input::Judged { call_id: call.id, verdict }, Some(reason)).await;
        }
        self.judged(call, verdict).await;
        self.work_inbox().await;
    }

    /// Rules that a hook adds with its yes.
    async fn add_rules(&mut self, rules: Vec<(String, String)>) {
        for (rule, place) in rules {
            let scope = match place.as_str() {
                "localSettings" => Some(SaveScope::Local),
                "projectSettings" => Some(SaveScope::Project),
                "userSettings" => Some(SaveScope::User),
                _ => None,
            };
            match scope {
                Some(scope) => self.save_allowed(rule, scope).await,
                None => match self.gate.add(RuleTier::Allow, &rule, session_source(), &self.stage) {
                    Ok(()) => self.put_on_record(Body::RuleAdded { rule, file: None }).await,
                    Err(problem) => self.notice(Notice::warning(problem)).await,
                },
            }
        }
    }

    pub(super) async fn on_denied_hooked(&mut self, call: ToolCall, mut verdict: Verdict, runs: &[Ran]) {
        self.told(runs, true).await;
        if permission::may_retry(runs) {
            verdict.because.text.push_str(" A hook lets you try this call again, if you can say why it is needed.");
        }
        self.feed(Input::Judged { call_id: call.id, verdict }).await;
    }
}
