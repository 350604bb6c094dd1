//! Room in the context window: the stages in their order, and the summary by the model as the last of them.
//!
//! They act at watermarks, not at every request, because each cut costs the cached prefix.

use std::sync::Arc;

use super::conversation::Conversation;
use super::machine::Machine;
use super::turn::{Phase, Purpose};
use super::{Effect, Input};
use crate::domain::{Block, Body, ContextBody, Message, Notice, Role, Segment, SummaryDraft, TurnEnd};
use crate::prompt;

/// Tokens kept free for an answer, at most, where nothing else is set.
const RESERVE: u64 = 20_000;
/// The part of the room that a summary's own words may take.
const SUMMARY_SHARE: f64 = 0.2;
/// How full the room may be of what was said, and the least part of it for that.
const WORDS_MOST: f64 = 0.45;
const WORDS_SHARE: f64 = 0.15;
/// A compaction that leaves more than this part did not shrink anything.
const SHRUNK: f64 = 0.9;

/// The question for a summary, as the last segment of a request.
pub(super) fn summary_segment(focus: Option<&str>) -> Arc<Segment> {
    Arc::new(Segment::message("summary request", Arc::new(prompt::summary_request(focus))))
}

impl Machine {
    /// Tokens of the next prompt: measured as far as the wire told, estimated for what came since.
    pub fn context_tokens(&self) -> u64 {
        self.tokens_in(&self.conversation)
    }

    pub(super) fn tokens_in(&self, conversation: &Conversation) -> u64 {
        if let Some((measured, length)) = conversation.measured {
            return measured.context() + self.watch.scaled(conversation.tokens_from(length));
        }
        let prefix: u64 = self.prefix.iter().map(|segment| u64::from(segment.tokens)).sum();
        self.watch.scaled(prefix + conversation.tokens_from(0))
    }

    /// Tokens that a prompt may have.
    pub fn window(&self) -> u64 {
        let table = self.table_window();
        self.learned_window.map_or(table, |learned| learned.min(table))
    }

    /// The same as the table of models and the settings say.
    pub(super) fn table_window(&self) -> u64 {
        let thresholds = &self.settings.thresholds;
        self.model.as_ref().map_or(u64::MAX, |(_, info)| {
            let window = thresholds.window.map_or(u64::from(info.window), |window| window.min(u64::from(info.window)));
            let usual = u64::from(info.max_output).min(RESERVE).min(window / 8);
            window.saturating_sub(thresholds.reserve.map_or(usual, |reserve| reserve.min(window / 2)))
        })
    }

    /// Tokens that prompt and answer may have together.
    pub fn whole_window(&self) -> u64 {
        let table = self.model.as_ref().map_or(0, |(_, info)| u64::from(info.window));
        self.settings.thresholds.window.map_or(table, |window| window.min(table))
    }

    /// Tokens at which something is compacted.
    pub fn compacts_at(&self) -> u64 {
        self.mark(self.settings.thresholds.act)
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
        self.reduce_results();
        if !self.settings.auto_compact {
            return false;
        }
        let thresholds = self.settings.thresholds;
        let warm = self.model.as_ref().is_some_and(|(_, info)| self.watch.is_warm(info, now));
        let begun = if warm { thresholds.act } else { thresholds.idle };
        let before = self.context_tokens();
        if before <= self.mark(begun) {
            return false;
        }
        let last = self.mark(thresholds.summary);
        self.shrink_history(before > last, warm);
        let refused = self.turn.as_ref().is_some_and(|turn| turn.uncompacted);
        let more = self.conversation.history.len() > self.kept() + 1;
        if self.context_tokens() > last && more && !refused {
            self.summarise(now);
            return true;
        }
        if self.context_tokens() > self.window() {
            self.fit_results();
        }
        false
    }

    /// The provider refused the prompt as too long. True when something could be cut and it is tried again.
    pub(super) fn shrink_after_refusal(&mut self, now: u64) -> bool {
        let before = self.context_tokens();
        self.learned_window = Some(self.window().min(before.saturating_sub(before / 20)));
        let Some(turn) = &mut self.turn else { return false };
        turn.too_long += 1;
        let first = turn.too_long == 1;
        // The cheap stages once, then a summary once, then it ends.
        if first {
            self.shrink_history(true, false);
        }
        if !first || self.context_tokens() >= before {
            if self.turn.as_ref().is_some_and(|turn| turn.too_long > 2)
                || self.conversation.history.len() <= self.kept() + 1
            {
                return false;
            }
            if let Some(turn) = &mut self.turn {
                turn.too_long = 2;
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
            self.compact_with(&summary, auto, false);
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

    /// What the person says to the draft of a summary, and to other orders about the view.
    pub(super) fn on_review(&mut self, input: Input) {
        match input {
            Input::AcceptSummary { summary } => self.accept(&summary),
            Input::DiscardSummary => self.draft_length = None,
            Input::UndoCompaction => self.undo_compaction(),
            _ => {}
        }
    }

    fn accept(&mut self, summary: &str) {
        let Some(length) = self.draft_length.take() else { return };
        if self.turn.is_some() {
            self.draft_length = Some(length);
            return self.record(Body::Noticed(Notice::warning("A turn runs; the summary waits until it is over.")));
        }
        let kept = self.conversation.history.len().saturating_sub(length);
        self.compacted(summary.to_owned(), kept, false);
    }

    fn undo_compaction(&mut self) {
        if self.turn.is_some() || !self.conversation.view.can_undo() {
            let text = if self.turn.is_some() { "A turn runs." } else { "There is no compaction to undo." };
            return self.record(Body::Noticed(Notice::warning(text)));
        }
        let mut after = self.conversation.clone();
        after.on_context(&ContextBody::Restored { messages: 0 });
        let messages = after.history.len() as u32;
        self.record(Body::Context(ContextBody::Restored { messages }));
        if self.context_tokens() > self.mark(self.settings.thresholds.act) {
            let text = "What was compacted is back. The context is near its limit, so the next turn compacts again.";
            self.record(Body::Noticed(Notice::warning(text).hint("pin what must stay: /context")));
        }
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

    /// Newest messages that stay when the rest is summarised: results with the answer that asked for
    /// them, or the prompt that was just typed.
    fn kept(&self) -> usize {
        let last = self.conversation.history.last().and_then(|segment| segment.as_message());
        match last {
            Some(message) if prompt::has_results(message) => 2,
            Some(message) if message.role == Role::User => 1,
            _ => 0,
        }
    }

    fn compact_without_model(&mut self, auto: bool) {
        let summary = prompt::gathered_summary(&self.conversation.history);
        self.compact_with(&summary, auto, true);
    }

    /// The summary with what was said beside it, at once or for the person to look at.
    fn compact_with(&mut self, summary: &str, auto: bool, gathered: bool) {
        let kept = if auto { self.kept() } else { 0 };
        let upto = self.conversation.history.len() - kept;
        let own = self.clipped(summary.trim());
        let room = self.room_for_words(upto, &own);
        let words = prompt::statements(self.conversation.history.get(..upto).unwrap_or_default(), room);
        let whole = if words.is_empty() { own } else { format!("{own}\n\n{words}") };
        if auto || !self.settings.review {
            return self.compacted(whole, kept, auto);
        }
        self.draft_length = Some(upto);
        let dropped = self.conversation.history.iter().take(upto).filter_map(|segment| segment.as_message());
        let (results, messages): (Vec<_>, Vec<_>) = dropped.partition(|message| prompt::has_results(message));
        let draft = SummaryDraft {
            tokens_before: self.context_tokens(),
            tokens_after: self.tokens_with(&whole, kept),
            summary: whole,
            messages: messages.len() as u32,
            results: results.iter().map(|message| message.blocks.len() as u32).sum(),
            gathered,
        };
        self.out.push(Effect::Review(Box::new(draft)));
    }

    /// A model's summary may not fill the room that it was to make.
    fn clipped(&self, summary: &str) -> String {
        let most = self.share(SUMMARY_SHARE).max(400);
        let tokens = self.watch.scaled(crate::base::text::tokens(summary)).max(1);
        if tokens <= most {
            return summary.to_owned();
        }
        let chars = summary.chars().count() as u64 * most / tokens;
        let cut: String = summary.chars().take(chars as usize).collect();
        format!("{cut}…")
    }

    /// Estimated tokens that remain for the words of user and model.
    fn room_for_words(&self, upto: usize, summary: &str) -> u64 {
        let fixed: u64 = self.prefix.iter().map(|segment| u64::from(segment.tokens)).sum();
        let others = fixed + self.conversation.tokens_from(upto) + crate::base::text::tokens(summary);
        let least = self.share(WORDS_SHARE);
        let room = self.mark(WORDS_MOST).saturating_sub(self.watch.scaled(others)).max(least);
        room * 1_000 / self.watch.scaled(1_000).max(1)
    }

    fn tokens_with(&self, summary: &str, kept: usize) -> u64 {
        let fixed: u64 = self.prefix.iter().map(|segment| u64::from(segment.tokens)).sum();
        let tail = self.conversation.tokens_from(self.conversation.history.len().saturating_sub(kept));
        self.watch.scaled(fixed + tail + crate::base::text::tokens(summary))
    }

    fn compacted(&mut self, summary: String, kept: usize, auto: bool) {
        let (tokens_before, tokens_after) = (self.context_tokens(), self.tokens_with(&summary, kept));
        self.record(Body::Compacted { summary, kept: kept as u32, tokens_before, tokens_after, auto });
        let left = self.context_tokens();
        if auto && left as f64 > tokens_before as f64 * SHRUNK {
            if let Some(turn) = &mut self.turn {
                turn.uncompacted = true;
            }
            let text = "The summary freed next to nothing, so nothing more is compacted in this turn.";
            self.record(Body::Noticed(
                Notice::warning(text).hint("/context shows what fills the window; /clear starts anew"),
            ));
        }
    }
}
