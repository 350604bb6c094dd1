//! Calls: from the gate's verdict through the person's answer to the joined results.

use super::Effect;
use super::batch::State;
use super::machine::Machine;
use super::turn::Phase;
use crate::domain::{
    Answer, Block, Body, Decision, ResultPart, Shown, TaskState, TeamBody, TodoState, ToolOutcome, ToolResult, TurnEnd,
    Verdict,
};
use crate::prompt;

/// Answers after which an untouched list is brought back to mind, and again after as many.
const UNTENDED: u32 = 8;
/// What a call is told that was not started because the turn ended.
const NOT_RUN: &str = "This call was not run, because the user stopped the turn.";
/// What a call is told that was running when the turn ended.
const STOPPED: &str = "This call was stopped by the user before it was done.";
/// What a call is told whose verdict the person refused.
const REFUSED: &str =
    "The user did not allow this call. Do not try the same thing by another way; ask what to do instead.";

impl Machine {
    pub(super) fn on_judged(&mut self, call_id: String, verdict: Verdict, now: u64) {
        let next_ask = self.conversation.counts.ask + 1;
        let Some(slot) = self.turn.as_mut().and_then(|turn| turn.batch.slot(&call_id)) else { return };
        if !matches!(slot.state, State::Judging | State::Asked(_)) {
            return;
        }
        let asked_before = matches!(slot.state, State::Asked(_));
        slot.read_only = verdict.read_only;
        match verdict.decision {
            Decision::Allow => slot.state = State::Ready,
            Decision::Deny => {
                let text = format!("This call was denied: {}", verdict.because.text);
                self.record(Body::Judged { call_id: call_id.clone(), verdict });
                return self.finish_call(ToolResult::text(call_id, text, true), "denied", now);
            }
            Decision::Ask if asked_before => return,
            Decision::Ask => slot.state = State::Asked(next_ask),
        }
        let asks = verdict.decision == Decision::Ask;
        self.record(Body::Judged { call_id: call_id.clone(), verdict });
        if asks {
            self.record(Body::Asked { ask: next_ask, call_id });
        }
        self.work_off(now);
    }

    pub(super) fn on_answered(&mut self, ask: u32, answer: Answer, now: u64) {
        let Some(slot) = self.turn.as_mut().and_then(|turn| turn.batch.asked(ask)) else { return };
        let call_id = slot.call.id.clone();
        if answer.is_yes() {
            slot.state = State::Ready;
        }
        self.record(Body::Decided { ask, call_id: call_id.clone(), answer: answer.clone() });
        match answer {
            Answer::Once { comment } | Answer::Partly { comment, .. } => {
                self.remark(&call_id, comment);
                self.work_off(now);
            }
            Answer::Session { .. } | Answer::Always { .. } => {
                self.out.push(Effect::Grant(answer));
                // The new rule may answer other questions too.
                self.judge_questions_again();
                self.work_off(now);
            }
            Answer::No { comment: Some(comment) } => {
                let text = format!("The user did not allow this call and says: {comment}");
                self.finish_call(ToolResult::text(call_id, text, true), "not allowed", now);
            }
            Answer::No { comment: None } => {
                self.hold_calls(now);
                self.finish_call(ToolResult::text(call_id, REFUSED, true), "not allowed", now);
                self.stop_calls(now);
            }
        }
    }

    pub(super) fn on_call_done(&mut self, call_id: &str, outcome: ToolOutcome, duration_ms: u64, now: u64) {
        let running = self.turn.as_mut().and_then(|turn| turn.batch.slot(call_id));
        let Some(slot) = running.filter(|slot| slot.state == State::Running) else { return };
        slot.state = State::Done;
        let ToolOutcome { parts, is_error, shown, summary, cwd, todos, tasks, full_output, .. } = outcome;
        let result = ToolResult { call_id: call_id.to_owned(), parts, is_error };
        self.record(Body::CallDone { result, shown, summary, duration_ms, full_output });
        if let Some(cwd) = cwd {
            self.record(Body::CwdSet { cwd });
        }
        if let Some(todos) = todos {
            self.record(Body::TodosSet { todos });
        }
        if let Some(tasks) = tasks {
            self.record(Body::Team(TeamBody::TasksSet { tasks }));
        }
        self.work_off(now);
    }

    /// Asks the gate again about everything that waits for the person.
    pub(super) fn judge_questions_again(&mut self) {
        let Some(turn) = &self.turn else { return };
        let again: Vec<Effect> = turn.batch.questions().map(|slot| Effect::Judge(slot.call.clone())).collect();
        self.out.extend(again);
    }

    /// Starts what may start; when all is done and the answer is whole, joins the results and goes on.
    pub(super) fn work_off(&mut self, now: u64) {
        let limit = self.settings.parallel;
        let Some(turn) = self.turn.as_mut() else { return };
        let started = if turn.refused { Vec::new() } else { turn.batch.start(limit) };
        for call in started {
            self.record(Body::CallStarted { call_id: call.id.clone() });
            self.out.push(Effect::Run(call));
        }
        let Some(turn) = &self.turn else { return };
        if matches!(turn.phase, Phase::Calls) && turn.batch.is_done() {
            self.batch_done(now);
        }
    }

    /// Gives every unfinished call its result and tells the engine to stop what runs.
    pub(super) fn stop_calls(&mut self, now: u64) {
        let Some(turn) = &self.turn else { return };
        let unfinished: Vec<(String, bool)> =
            turn.batch.unfinished().map(|slot| (slot.call.id.clone(), slot.state == State::Running)).collect();
        for (call_id, running) in unfinished {
            if running {
                self.out.push(Effect::Kill { call_id: call_id.clone() });
            }
            let text = if running { STOPPED } else { NOT_RUN };
            self.finish_call(ToolResult::text(call_id, text, true), "stopped", now);
        }
    }

    /// No further call starts, and what still streams is cut: nobody waits for it any more.
    fn hold_calls(&mut self, now: u64) {
        let streaming = self.is_streaming();
        if streaming {
            self.out.push(Effect::HangUp);
            self.keep_partial(now);
            self.write_off(now);
        }
        if let Some(turn) = &mut self.turn {
            turn.refused = true;
            if streaming {
                turn.phase = Phase::Calls;
            }
        }
    }

    /// Keeps what the person said with a yes until the results go to the model.
    fn remark(&mut self, call_id: &str, comment: Option<String>) {
        let Some(comment) = comment.filter(|comment| !comment.trim().is_empty()) else { return };
        let Some(turn) = &mut self.turn else { return };
        let name = turn.batch.call(call_id).map_or("a call", |call| call.name.as_str());
        turn.remarks.push(format!("The user allowed {name} and remarked: {comment}"));
    }

    /// What follows the results in their message: remarks, then what waited.
    fn after_results(&mut self, remarks: Vec<String>) -> Vec<Block> {
        let remarks = remarks.iter().map(|text| Block::Text { text: prompt::wrap(text) });
        let mut extra: Vec<Block> = remarks.collect();
        extra.extend(self.untended().map(|text| Block::Text { text: prompt::wrap(&text) }));
        extra.extend(self.take_queue());
        extra
    }

    /// A list of what is to be done that the model has not touched for long is brought back to its mind.
    fn untended(&self) -> Option<String> {
        let conversation = &self.conversation;
        let due = conversation.untended >= UNTENDED && conversation.untended.is_multiple_of(UNTENDED);
        let todos = conversation.todos.iter().filter(|todo| todo.status != TodoState::Completed);
        let tasks = conversation.tasks.iter().filter(|task| task.status != TaskState::Completed);
        let open: Vec<&str> =
            todos.map(|todo| todo.content.as_str()).chain(tasks.map(|task| task.subject.as_str())).collect();
        (due && !open.is_empty()).then(|| prompt::untended(&open))
    }

    /// A result that no tool made.
    fn finish_call(&mut self, result: ToolResult, summary: &str, now: u64) {
        if let Some(slot) = self.turn.as_mut().and_then(|turn| turn.batch.slot(&result.call_id)) {
            slot.state = State::Done;
        }
        let text = match result.parts.first() {
            Some(ResultPart::Text(text)) => text.clone(),
            _ => String::new(),
        };
        self.record(Body::CallDone {
            result,
            shown: Shown::Text { text, language: None },
            summary: summary.to_owned(),
            duration_ms: 0,
            full_output: None,
        });
        self.work_off(now);
    }

    /// Puts another input in the place of a call's own, as long as it has not been started.
    pub(super) fn on_change_call(&mut self, call_id: String, input: serde_json::Value, by: String) {
        let Some(slot) = self.turn.as_mut().and_then(|turn| turn.batch.slot(&call_id)) else { return };
        if matches!(slot.state, State::Judging | State::Asked(_)) {
            let input = slot.call.input_for(input);
            slot.call.input = input.clone();
            self.record(Body::CallChanged { call_id, input, by });
        }
    }

    pub(super) fn join(&mut self, now: u64) {
        let Some(turn) = self.turn.as_mut() else { return };
        let stopped = turn.stopped.take();
        let batch = std::mem::take(&mut turn.batch);
        if batch.is_empty() {
            return;
        }
        let refused = turn.refused;
        let remarks = std::mem::take(&mut turn.remarks);
        let mut extra = self.context_blocks();
        if !refused && stopped.is_none() {
            extra.extend(self.after_results(remarks));
        }
        // The message's own order decides; it may differ from the order in which the calls were complete.
        let calls: Vec<String> = self.conversation.open.iter().map(|call| call.id.clone()).collect();
        debug_assert_eq!(calls.len(), batch.len(), "every call of the answer is in the batch");
        self.record(Body::ResultsJoined { calls, extra });
        if refused {
            return self.end_turn(TurnEnd::Refused, now);
        }
        if let Some(reason) = stopped {
            return self.end_turn(TurnEnd::Stopped { reason }, now);
        }
        self.send_next(now);
    }
}
