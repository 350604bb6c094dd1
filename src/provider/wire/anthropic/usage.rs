//! Anthropic's figures: the input classes are disjoint, and every event gives the sum so far.

use serde_json::Value;

use super::super::answer::count;
use crate::domain::Usage;

/// The figures of all events together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    seen: bool,
    input: u64,
    read: u64,
    written: u64,
    written_5m: u64,
    written_1h: u64,
    output: u64,
    thinking: u64,
}

impl Figures {
    /// Takes in a `usage` object. A figure never falls, so an event that leaves one out, or gives it as
    /// zero, takes nothing back.
    pub(super) fn update(&mut self, usage: &Value) {
        if !usage.is_object() {
            return;
        }
        self.seen = true;
        let raise = |figure: &mut u64, path: &[&str]| *figure = (*figure).max(count(usage, path).unwrap_or(0));
        raise(&mut self.input, &["input_tokens"]);
        raise(&mut self.read, &["cache_read_input_tokens"]);
        raise(&mut self.written, &["cache_creation_input_tokens"]);
        raise(&mut self.written_5m, &["cache_creation", "ephemeral_5m_input_tokens"]);
        raise(&mut self.written_1h, &["cache_creation", "ephemeral_1h_input_tokens"]);
        raise(&mut self.output, &["output_tokens"]);
        raise(&mut self.thinking, &["output_tokens_details", "thinking_tokens"]);
    }

    /// What it comes to; none before the first figure. Writes of no stated life lived five minutes.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.seen.then_some(Usage {
            input: self.input,
            cache_read: self.read,
            cache_write_5m: self.written.saturating_sub(self.written_1h).max(self.written_5m),
            cache_write_1h: self.written_1h,
            output: self.output,
            thinking: self.thinking,
        })
    }
}
