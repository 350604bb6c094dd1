//! What became of a provider's cache: the prefix that was lost, why, and what that cost.

use serde::{Deserialize, Serialize};

use super::Cost;

/// The cached prefix ended earlier than it could have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CacheBreak {
    pub cause: BreakCause,
    /// The first segment that is not as it was.
    pub segment: Option<String>,
    /// Tokens that are paid again: what was cached and was not read.
    pub tokens: u64,
    /// What they cost more than if they had been read.
    pub cost: Cost,
    /// What happened, where the cause alone does not say it: `+mcp__docs__find`, `the folder was trusted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Tokens that would have been read, had nothing changed, and those that were.
    #[serde(default)]
    pub cached: u64,
    #[serde(default)]
    pub read: u64,
    /// The request that suffered it; 0 in logs that do not say.
    #[serde(default)]
    pub request: u32,
}

/// What broke the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakCause {
    /// A tool came or went, or is described in other words.
    Tools,
    /// The tools of a server came or went.
    Server,
    /// The same segments in another order.
    Order,
    System,
    Memory,
    Model,
    Effort,
    /// Thinking was switched on or off.
    Thinking,
    /// A message that had been sent is not as it was.
    History,
    /// The person took something out of the context, or put it back.
    Ejected,
    /// The conversation went back to an earlier point.
    Rewound,
    Compaction,
    Expired,
    /// Everything was as before and yet it missed.
    #[default]
    Provider,
}

impl BreakCause {
    /// In words, as the end of "cache broken: …".
    pub fn words(self) -> &'static str {
        match self {
            Self::Tools => "the tools changed",
            Self::Server => "the tools of a server changed",
            Self::Order => "the order changed",
            Self::System => "the system text changed",
            Self::Memory => "an instruction file changed",
            Self::Model => "another model",
            Self::Effort => "another effort",
            Self::Thinking => "thinking was switched",
            Self::History => "a message was changed",
            Self::Ejected => "something was taken out or put back",
            Self::Rewound => "the conversation went back",
            Self::Compaction => "compaction",
            Self::Expired => "it expired",
            Self::Provider => "the provider dropped it",
        }
    }
}
