//! Room in the context window: cheap cuts first, a summary by the model last.
//!
//! It acts at a watermark, not at every request, because each cut costs the cached prefix.

use std::sync::Arc;

use super::conversation::weight;
use super::machine::Machine;
use super::turn::{Phase, Purpose};
use crate::domain::{Block, Body, Message, Notice, Role, Segment, TurnEnd};
use crate::prompt;
use crate::usage;

/// The part of the usable window at which room is made.
const WATERMARK: f64 = 0.9;
/// Tokens kept free for an answer, at most.
const RESERVE: u64 = 20_000;
/// A cut must free at least this part of the prompt to be worth the cache that it costs.
const WORTH: f64 = 0.2;
/// Results shorter than this many characters are not worth a stub.
const STUB_CHARS: usize = 400;

/// The question for a summary, as the last segment of a request.
pub(super) fn summary_segment(focus: Option<&str>) -> Arc<Segment> {
    Arc::new(Segment::message("summary request", Arc::new(prompt::summary_request(focus))))
}

impl Machine {
    /// Tokens of the next prompt: measured as far as the wire told, estimated for what came since.
    pub fn context_tokens(&self) -> u64 {
        if let Some((measured, length)) = self.conversation.measured {
            return measured.context() + usage::estimate(self.conversation.bytes_from(length));
        }
        let prefix: u64 = self.prefix.iter().map(|segment| u64::from(segment.bytes)).sum();
        usage::estimate(prefix + self.conversation.bytes_from(0))
    }

    /// Tokens that a prompt may have.
    pub fn window(&self) -> u64 {
        let table = self.model.as_ref().map_or(u64::MAX, |(_, info)| {
            let window = u64::from(info.window);
            window.saturating_sub(u64::from(info.max_output).min(RESERVE).min(window / 4))
        });
        self.learned_window.map_or(table, |learned| learned.min(table))
    }

    pub(super) fn on_compact(&mut self, focus: Option<String>, now: u64) {
        if self.turn.is_some() {
            let notice = Notice::warning("A turn runs. Stop it with Esc first, then type /compact.");
            return self.record(Body::Noticed(notice));
        }
        if self.conversation.history.len() < 2 || self.model.is_none() {
            return self.record(Body::Noticed(Notice::info("Not enough messages to compact.")));
        }
        let number = self.conversation.counts.turn;
        self.begin(number, Purpose::Summary { auto: false, focus });
        self.begin_summary(now);
    }

    /// Makes room before a request. True when a summary is on its way and the request has to wait.
    pub(super) fn make_room(&mut self, now: u64) -> bool {
        let limit = (self.window() as f64 * WATERMARK) as u64;
        let before = self.context_tokens();
        if before <= limit || !self.settings.auto_compact {
            return false;
        }
        self.trim(before);
        let refused = self.turn.as_ref().is_some_and(|turn| turn.uncompacted);
        if refused || self.context_tokens() <= limit || self.conversation.history.len() <= self.kept() + 1 {
            return false;
        }
        self.summarise(now);
        true
    }

    /// The provider refused the prompt as too long. True when something could be cut and it is tried again.
    pub(super) fn shrink_after_refusal(&mut self, now: u64) -> bool {
        let before = self.context_tokens();
        self.learned_window = Some(self.window().min(before.saturating_sub(before / 20)));
        if !self.trim(before) {
            let kept = self.kept();
            if self.conversation.history.len() <= kept + 1 {
                return false;
            }
            self.compact_without_model(true);
        }
        self.send_next(now);
        true
    }

    pub(super) fn on_summary(&mut self, blocks: &[Block], auto: bool, now: u64) {
        let summary = Message { role: Role::Assistant, blocks: blocks.to_vec(), by: None }.text();
        if summary.trim().is_empty() {
            self.compact_without_model(auto);
        } else {
            self.compacted(summary, auto);
        }
        self.after_summary(auto, now);
    }

    pub(super) fn on_summary_failed(&mut self, now: u64) {
        let auto = matches!(self.turn.as_ref().map(|turn| &turn.purpose), Some(Purpose::Summary { auto: true, .. }));
        let notice = Notice::warning("The model could not write the summary, so it was gathered from the log.");
        self.record(Body::Noticed(notice));
        self.compact_without_model(auto);
        self.after_summary(auto, now);
    }

    fn after_summary(&mut self, auto: bool, now: u64) {
        if !auto {
            return self.end_turn(TurnEnd::Done, now);
        }
        if let Some(turn) = &mut self.turn {
            turn.purpose = Purpose::Answer;
            turn.phase = Phase::Preparing;
        }
        self.send_next(now);
    }

    fn summarise(&mut self, now: u64) {
        if let Some(turn) = &mut self.turn {
            turn.purpose = Purpose::Summary { auto: true, focus: None };
        }
        self.begin_summary(now);
    }

    /// Replaces old tool results by stubs when that is worth it. What the model has not seen yet stays.
    fn trim(&mut self, before: u64) -> bool {
        let keep_from = self.conversation.history.len().saturating_sub(2);
        let mut calls = Vec::new();
        let mut bytes = 0u64;
        for segment in self.conversation.history.iter().take(keep_from) {
            let Some(message) = segment.as_message() else { continue };
            for block in &message.blocks {
                if let Block::ToolResult(result) = block {
                    let size = weight(result);
                    if size >= STUB_CHARS {
                        calls.push(result.call_id.clone());
                        bytes += size as u64;
                    }
                }
            }
        }
        let tokens_freed = usage::estimate(bytes);
        if (tokens_freed as f64) < before as f64 * WORTH {
            return false;
        }
        self.shortened = true;
        self.record(Body::Trimmed { calls, tokens_freed });
        true
    }

    /// Newest messages that stay when the rest is summarised: results with the answer that asked for
    /// them, or the prompt that was just typed.
    fn kept(&self) -> usize {
        let last = self.conversation.history.last().and_then(|segment| segment.as_message());
        match last {
            Some(message) if message.blocks.iter().any(|block| matches!(block, Block::ToolResult(_))) => 2,
            Some(message) if message.role == Role::User => 1,
            _ => 0,
        }
    }

    fn compact_without_model(&mut self, auto: bool) {
        let summary = prompt::gathered_summary(&self.conversation.history);
        self.compacted(summary, auto);
    }

    fn compacted(&mut self, summary: String, auto: bool) {
        let kept = if auto { self.kept() } else { 0 };
        let tokens_before = self.context_tokens();
        let prefix: u64 = self.prefix.iter().map(|segment| u64::from(segment.bytes)).sum();
        let tail = self.conversation.bytes_from(self.conversation.history.len().saturating_sub(kept));
        let tokens_after = usage::estimate(prefix + tail + summary.len() as u64);
        self.shortened = true;
        self.record(Body::Compacted { summary, kept: kept as u32, tokens_before, tokens_after, auto });
    }
}
