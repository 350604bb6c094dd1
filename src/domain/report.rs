//! Answers of the engine that fill a whole pane.

use super::HookEntry;

/// One report.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    Context(ContextReport),
    /// All hooks, and the names of the events that nothing brings about yet.
    Hooks {
        entries: Vec<HookEntry>,
        never: Vec<&'static str>,
    },
}

/// What fills the context window.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextReport {
    pub window: u64,
    /// Tokens kept free for the answer.
    pub reserve: u64,
    /// Tokens of the last prompt and its answer by the wire's own count; none before the first answer.
    pub measured: Option<u64>,
    /// In the order of the request. Their tokens are counted by tiktoken and scaled to the measured sum.
    pub items: Vec<ContextItem>,
}

/// One thing in the context.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextItem {
    /// `tools`, `system`, `memory`, `messages` or `results`.
    pub category: &'static str,
    pub label: String,
    pub tokens: u64,
}
