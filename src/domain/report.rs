//! Answers of the engine that fill a whole pane.

use super::{Cost, HookEntry, ItemKey};

/// One report.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    Context(ContextReport),
    /// All hooks.
    Hooks(Vec<HookEntry>),
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
    /// Tokens of a session in which nothing was said, and what they cost when they are sent first.
    pub idle: u64,
    pub idle_cost: Cost,
    /// Turns until something is compacted, at the rate so far; none where there is no rate yet.
    pub turns_left: Option<u32>,
}

/// One thing in the context.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextItem {
    pub key: ItemKey,
    /// `system`, `tools`, `memory`, `skills`, `messages`, `results`, `summary`, or a server's name.
    pub category: String,
    pub label: String,
    pub tokens: u64,
    /// What it costs in each request, read from the cache.
    pub cost: Cost,
    /// Tokens that are paid again when it is taken out now, and what that costs.
    pub again: u64,
    pub again_cost: Cost,
    pub pinned: bool,
    /// It goes with the next compaction.
    pub leaving: bool,
    /// It is not sent.
    pub hidden: bool,
}
