//! What happens when things do not go to plan: failures and retries, limits, interrupts, a crash.

use std::sync::Arc;

use super::machine::Machine;
use super::retry::{LONGEST_ASKED_MS, delay};
use super::turn::{Phase, Purpose};
use super::{Effect, Prompt};
use crate::domain::{
    Block, Body, ErrorKind, Message, ModelError, Notice, Origin, ResponseNote, StopReason, ToolResult, TurnEnd, Usage,
};
use crate::prompt;

/// Times that a model is asked to go on after its output limit in one turn.
const MAX_CONTINUES: u8 = 3;

impl Machine {
    pub(super) fn on_failed(&mut self, error: ModelError, now: u64) {
        let Some(turn) = self.turn.as_mut() else { return };
        let summary = turn.purpose != Purpose::Answer;
        let Some(attempt) = turn.attempt() else { return };
        if attempt.has_calls() && !summary {
            return self.keep_and_go_on(error, now);
        }
        let (request, number, canonical) = (attempt.request, attempt.number, Arc::clone(&attempt.canonical));
        if self.may_retry(&error, number) {
            self.write_off(now);
            let wait = delay(&error, number, &mut self.chance);
            self.record(Body::RequestFailed { request, error: error.clone(), retry_in_ms: Some(wait) });
            let canonical = self.with_fallback(&error, number, canonical);
            self.timer += 1;
            let timer = self.timer;
            if let Some(turn) = &mut self.turn {
                turn.phase = Phase::Backoff { timer, canonical, attempt: number + 1 };
            }
            return self.out.push(Effect::Sleep { timer, ms: wait });
        }
        self.keep_partial(now);
        self.write_off(now);
        self.record(Body::RequestFailed { request, error: error.clone(), retry_in_ms: None });
        if summary {
            return self.on_summary_failed(now);
        }
        if error.kind == ErrorKind::PromptTooLong && self.shrink_after_refusal(now) {
            return;
        }
        self.end_turn(TurnEnd::Failed { error }, now);
    }

    /// The back-off is over, by the clock or (without a timer) by the person.
    pub(super) fn on_timer(&mut self, fired: Option<u32>, now: u64) {
        let Some(turn) = &self.turn else { return };
        let Phase::Backoff { timer, canonical, attempt } = &turn.phase else { return };
        if fired.is_some_and(|fired| fired != *timer) {
            return;
        }
        let (canonical, attempt) = (Arc::clone(canonical), *attempt);
        let extra = match &turn.purpose {
            Purpose::Answer => None,
            Purpose::Summary { focus, .. } => Some(super::fit::summary_segment(focus.as_deref())),
        };
        // What changed meanwhile (a tool, the model) holds for the next try already.
        let hash = prompt::prefix_hash(&canonical.segments);
        let changed = self.draft(canonical.sampling.max_output, extra);
        let changed = changed.filter(|draft| prompt::prefix_hash(&draft.segments) != hash);
        let canonical = changed.unwrap_or(canonical);
        self.send(canonical, attempt, now);
    }

    pub(super) fn on_interrupt(&mut self, now: u64) {
        self.break_off(TurnEnd::Interrupted, prompt::INTERRUPTED, now);
    }

    /// Ends the turn at once; the model finds the mark where it stopped.
    pub(super) fn break_off(&mut self, end: TurnEnd, mark: &str, now: u64) {
        let Some(turn) = &self.turn else { return };
        if turn.purpose != Purpose::Answer {
            self.write_off(now);
            self.out.push(Effect::HangUp);
            return self.end_turn(end, now);
        }
        if self.is_streaming() {
            self.out.push(Effect::HangUp);
            self.keep_partial(now);
            self.write_off(now);
        }
        if let Some(turn) = &mut self.turn {
            turn.refused = true;
            // The results are joined below, not when the last call is done.
            turn.phase = Phase::Preparing;
        }
        self.stop_calls(now);
        self.join_interrupted(mark);
        self.end_turn(end, now);
    }

    /// After a resume: gives every call of the log its one result and ends the turn that was cut.
    #[must_use]
    pub fn recover(&mut self, now: u64) -> Vec<Effect> {
        self.recover_partial();
        let unanswered: Vec<(String, bool)> = self
            .conversation
            .unanswered()
            .map(|call| (call.id.clone(), self.conversation.started.contains(&call.id)))
            .collect();
        for (call_id, started) in unanswered {
            let text = if started {
                "The program ended while this call ran. What it did is not known; look before you go on."
            } else {
                "The program ended before this call was run."
            };
            self.record(Body::CallDone {
                result: ToolResult::text(call_id, text, true),
                shown: crate::domain::Shown::Text { text: text.to_owned(), language: None },
                summary: "lost".to_owned(),
                duration_ms: 0,
                full_output: None,
            });
        }
        let calls: Vec<String> = self.conversation.open.iter().map(|call| call.id.clone()).collect();
        if !calls.is_empty() {
            self.record(Body::ResultsJoined { calls, extra: Vec::new() });
        }
        if let Some(turn) = self.conversation.turn {
            self.record(Body::TurnEnded { turn, end: TurnEnd::Interrupted });
        }
        let _ = now;
        std::mem::take(&mut self.out)
    }

    /// An answer that was cut by a crash: what had come stands, and its calls get their results.
    fn recover_partial(&mut self) {
        let Some(partial) = self.conversation.partial.take().filter(|partial| !partial.note.summary) else { return };
        let blocks = partial.kept();
        if blocks.is_empty() {
            return;
        }
        let usage = Usage {
            input: partial.note.estimate,
            output: crate::usage::estimate(partial.received()),
            ..Usage::default()
        };
        let known = self.model.as_ref().filter(|(model, _)| *model == partial.note.model);
        let prices = known.and_then(|(_, info)| info.prices.as_ref());
        let cost = prices.map(|prices| crate::usage::price(prices, &usage));
        self.record(Body::Responded(ResponseNote {
            request: partial.note.request,
            message: Arc::new(Message::assistant(blocks, partial.note.model)),
            stop: StopReason::Other("cut".to_owned()),
            usage,
            estimated: true,
            cost,
            duration_ms: 0,
            cut: true,
        }));
    }

    /// The output limit cut an answer without calls: the first time the same request is sent again with
    /// the model's own limit.
    pub(super) fn ask_with_more_output(&mut self, now: u64) -> bool {
        let most = self.model.as_ref().map_or(0, |(_, info)| info.max_output);
        let Some(turn) = self.turn.as_mut() else { return false };
        if turn.output.raised || turn.output.tokens >= most {
            return false;
        }
        let from = turn.output.tokens;
        turn.output.raised = true;
        turn.output.tokens = most;
        let Some(attempt) = turn.attempt() else { return false };
        let request = attempt.request;
        let message = format!("the answer reached the output limit of {from} tokens; asking again with {most}");
        let error = ModelError::new(ErrorKind::Rejected, message);
        self.respond(Vec::new(), StopReason::MaxTokens, true, now);
        self.record(Body::RequestFailed { request, error, retry_in_ms: Some(0) });
        self.send_next(now);
        true
    }

    /// The output limit cut an answer again: it stands, and the model is asked to go on.
    pub(super) fn go_on(&mut self, stop: &StopReason, now: u64) {
        let Some(turn) = self.turn.as_mut() else { return };
        if turn.output.continued >= MAX_CONTINUES {
            let notice = Notice::warning("The answer was cut at the output limit several times and is incomplete.")
                .hint("Ask for the rest, or for a shorter answer.");
            self.record(Body::Noticed(notice));
            return self.end_turn(TurnEnd::Done, now);
        }
        turn.output.continued += 1;
        let number = turn.number;
        if *stop == StopReason::ContextWindow {
            self.learned_window = self.conversation.measured.map(|(usage, _): (Usage, usize)| usage.context());
        }
        let notice = Notice::info("The answer was cut at the output limit; the model is asked to go on.");
        self.record(Body::Noticed(notice));
        let message = Arc::new(self.with_surroundings(Message::user(prompt::continue_text())));
        self.record(Body::Prompted { turn: number, message, origin: Origin::Harness, typed: None });
        self.send_next(now);
    }

    /// The stream broke after a call was complete. What came stands, the calls run, and the model hears
    /// their results: nothing is asked twice.
    fn keep_and_go_on(&mut self, error: ModelError, now: u64) {
        let request = self.turn.as_mut().and_then(|turn| turn.attempt()).map_or(0, |attempt| attempt.request);
        self.keep_partial(now);
        self.record(Body::RequestFailed { request, error, retry_in_ms: None });
        if let Some(turn) = &mut self.turn {
            turn.steps += 1;
            turn.phase = Phase::Calls;
        }
        self.work_off(now);
    }

    pub(super) fn keep_partial(&mut self, now: u64) {
        let Some(turn) = self.turn.as_mut() else { return };
        if turn.purpose != Purpose::Answer {
            return;
        }
        let Some(attempt) = turn.attempt() else { return };
        let blocks = attempt.kept();
        if !blocks.is_empty() {
            self.respond(blocks, StopReason::Other("cut".to_owned()), true, now);
        }
    }

    fn may_retry(&self, error: &ModelError, number: u32) -> bool {
        let bearable = error.retry_after_ms.is_none_or(|ms| ms <= LONGEST_ASKED_MS);
        error.kind.is_transient() && number < self.settings.max_attempts && bearable
    }

    /// From the third overload on, the fallback model takes over, if there is one.
    fn with_fallback(
        &mut self,
        error: &ModelError,
        number: u32,
        canonical: Arc<crate::domain::CanonicalRequest>,
    ) -> Arc<crate::domain::CanonicalRequest> {
        let overloaded = matches!(error.kind, ErrorKind::Overloaded | ErrorKind::Server);
        let Some((model, info)) = self.settings.fallback.clone() else { return canonical };
        if !overloaded || number < 3 || canonical.model == model {
            return canonical;
        }
        let notice = Notice::warning(format!("{} is overloaded; {} answers instead.", canonical.model.id, model.id));
        self.record(Body::Noticed(notice));
        self.record(Body::ModelSet { model: model.clone(), effort: self.conversation.effort });
        self.model = Some((model, info));
        self.draft(canonical.sampling.max_output, None).unwrap_or(canonical)
    }

    fn join_interrupted(&mut self, mark: &str) {
        let calls: Vec<String> = self.conversation.open.iter().map(|call| call.id.clone()).collect();
        let mut extra = self.context_blocks();
        extra.push(Block::Text { text: mark.to_owned() });
        self.record(Body::ResultsJoined { calls, extra });
    }
}

impl Prompt {
    /// A typed prompt of one text, for tests and simple faces.
    pub fn typed(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { message: Message::user(text.clone()), typed: text, origin: Origin::Typed }
    }
}
