//! Small pieces of wording: prompts as they were typed, signs of notices, causes in words.
//!
//! What comes from outside is not sanitised here; the drawing does that.

use crate::base::text;
use crate::domain::{Block, Body, BreakCause, CacheBreak, NoticeLevel, Origin, Record};
use crate::theme::Meaning;

/// The prompt's text as a person typed it.
pub(super) fn prompt_text(record: &Record) -> (std::borrow::Cow<'_, str>, Origin) {
    let Body::Prompted { message, typed, origin, .. } = &record.body else { return ("".into(), Origin::Harness) };
    match (typed, message.blocks.as_slice()) {
        (Some(typed), _) => (typed.as_str().into(), *origin),
        (None, [Block::Text { text }]) => (text.as_str().into(), *origin),
        _ => (message.text().into(), *origin),
    }
}

/// The line that stands for a notice level, so that colour is never the only sign.
pub(super) fn sign(level: NoticeLevel) -> (&'static str, Meaning) {
    match level {
        NoticeLevel::Info => ("i", Meaning::Accent),
        NoticeLevel::Warning => ("!", Meaning::Warning),
        NoticeLevel::Error => ("✗", Meaning::Error),
    }
}

/// What broke the cache, in words.
pub fn break_text(broken: &CacheBreak) -> String {
    let cause = match broken.cause {
        BreakCause::Tools => "the tools changed",
        BreakCause::System => "the system text changed",
        BreakCause::Memory => "an instruction file changed",
        BreakCause::Model => "another model",
        BreakCause::Effort => "another effort",
        BreakCause::History => "the history changed",
        BreakCause::Compaction => "compaction",
        BreakCause::Expired => "it expired",
        BreakCause::Provider => "the provider dropped it",
    };
    let segment = broken.segment.as_deref().map(|segment| format!(" ({segment})")).unwrap_or_default();
    let cost = broken.cost.map(|cost| format!(", {}", text::human_cost(cost))).unwrap_or_default();
    format!("cache broken: {cause}{segment}; {} tokens are paid again{cost}", text::human_tokens(broken.tokens))
}

/// It cost something, and the person did not cause it by asking for a compaction.
pub(super) fn worth_telling(broken: &CacheBreak) -> bool {
    broken.tokens > 0 && broken.cause != BreakCause::Compaction
}
