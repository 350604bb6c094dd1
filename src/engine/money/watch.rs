//! A turn that runs in circles: the same call with the same result, the same error again and again, many steps that
//! bring nothing new.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::super::Purse;
use crate::domain::{Block, Body, PauseReason, ResultPart, ToolCall, ToolResult};

/// Characters of an error that are shown.
const SHOWN: usize = 160;
/// Characters by which errors are told apart; line numbers and addresses come later.
const ERROR: usize = 120;

type Print = [u8; 32];

/// What the calls of a turn came to.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pub(super) turn: u32,
    calls: HashMap<String, ToolCall>,
    /// How often a call came to a result, since something changed.
    seen: HashMap<Print, u32>,
    errors: HashMap<String, u32>,
    /// Calls that have brought anything new in this turn.
    known: HashSet<Print>,
    /// Steps since something new came, and whether the step that runs has brought any.
    idle: u32,
    fresh: bool,
    circle: Option<PauseReason>,
    /// What calls of one answer came to counts once.
    answer: HashSet<Print>,
    /// The next limit of idle steps, after the person said to go on.
    told: u32,
}

impl Watch {
    /// Another turn begins.
    pub(super) fn begin(&mut self, turn: u32) {
        *self = Self { turn, ..Self::default() };
    }

    /// Something is on record.
    pub(super) fn hear(&mut self, body: &Body) {
        match body {
            Body::Responded(note) => {
                self.answer.clear();
                for block in &note.message.blocks {
                    if let Block::ToolCall(call) = block {
                        self.calls.insert(call.id.clone(), call.clone());
                    }
                }
            }
            Body::CallDone { result, shown, .. } => {
                let changed = matches!(shown, crate::domain::Shown::Diff(_)) && !result.is_error;
                self.done(result, changed);
            }
            // Whoever is asked or tells something new starts the count anew.
            Body::Prompted { .. } => self.forget(),
            Body::ResultsJoined { .. } => {
                self.idle = if std::mem::take(&mut self.fresh) { 0 } else { self.idle + 1 };
            }
            _ => {}
        }
    }

    /// What goes in circles by now. It is said once; the count then starts anew.
    pub(super) fn circles(&mut self, purse: &Purse) -> Option<PauseReason> {
        let limit = purse.repeats;
        if let Some(reason) = self.circle.take().filter(|reason| limit > 0 && times(reason) >= limit) {
            self.forget();
            return Some(reason);
        }
        let steps = self.idle;
        if purse.idle_steps > 0 && steps >= self.told + purse.idle_steps {
            self.told = steps;
            return Some(PauseReason::NoChange { steps });
        }
        None
    }

    fn done(&mut self, result: &ToolResult, changed: bool) {
        let Some(call) = self.calls.remove(&result.call_id) else { return };
        if changed {
            // What was tried before may come to something else now.
            self.forget();
            self.fresh = true;
            return;
        }
        let print = print(&call, result);
        self.fresh |= self.known.insert(print);
        if !self.answer.insert(print) {
            return;
        }
        let seen = self.seen.entry(print).or_default();
        *seen += 1;
        let same_call = PauseReason::SameCall { tool: call.name, times: *seen };
        let reason = if result.is_error { self.same_error(result).unwrap_or(same_call) } else { same_call };
        if self.circle.as_ref().map_or(0, times) < times(&reason) {
            self.circle = Some(reason);
        }
    }

    fn same_error(&mut self, result: &ToolResult) -> Option<PauseReason> {
        let text = result.joined();
        let start: String = text.chars().take(ERROR).collect();
        if start.trim().is_empty() {
            return None;
        }
        let times = self.errors.entry(start).or_default();
        *times += 1;
        Some(PauseReason::SameError { text: text.chars().take(SHOWN).collect(), times: *times })
    }

    fn forget(&mut self) {
        self.seen.clear();
        self.errors.clear();
        self.circle = None;
    }
}

fn times(reason: &PauseReason) -> u32 {
    match reason {
        PauseReason::SameCall { times, .. } | PauseReason::SameError { times, .. } => *times,
        PauseReason::Cap(_) | PauseReason::NoChange { .. } => 0,
    }
}

fn print(call: &ToolCall, result: &ToolResult) -> Print {
    let mut hasher = Sha256::new();
    hasher.update(call.name.as_bytes());
    hasher.update([0]);
    hasher.update(call.input.to_string().as_bytes());
    for part in &result.parts {
        hasher.update([0]);
        match part {
            ResultPart::Text(text) => hasher.update(text.as_bytes()),
            ResultPart::Image(media) => hasher.update(media.data.as_bytes()),
            ResultPart::Document(document) => hasher.update(document.data.as_bytes()),
        }
    }
    hasher.finalize().into()
}
