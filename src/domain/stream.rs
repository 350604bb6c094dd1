//! What comes back from a model while it answers, in one form for every provider.

use serde::{Deserialize, Serialize};

use super::{Block, DeltaKind, RateLimits, Usage};

/// One step of an answer. Indexes count the blocks of the answer from 0.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamItem {
    /// The server answered; the model that really answers, if it said so.
    Started { model: Option<String> },
    /// What the server says of its limits.
    Limits(RateLimits),
    /// A block began. For a tool call, id and name are known now.
    BlockStarted { index: u32, kind: DeltaKind },
    /// More of a block: text, thinking, or the raw JSON of a call's input.
    Delta { index: u32, text: String },
    /// A block is whole. A tool call may be started now.
    BlockDone { index: u32, block: Block },
    /// Tokens so far. Each replaces the one before.
    Usage(Usage),
    /// The server is alive but sent nothing of the answer.
    Ping,
    /// The answer ended. Nothing follows.
    Done { stop: StopReason, usage: Option<Usage> },
    /// The answer broke off. Nothing follows; blocks that were done stand.
    Failed(ModelError),
}

/// Why the model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    EndTurn,
    ToolUse,
    MaxTokens,
    StopSequence,
    /// A server-side loop paused; the same content is sent back to go on.
    PauseTurn,
    Refusal {
        explanation: Option<String>,
    },
    /// The window is full.
    ContextWindow,
    /// A content filter of the provider cut it.
    ContentFilter,
    /// A word that we do not know.
    Other(String),
}

/// What went wrong on the way to a model or back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelError {
    pub kind: ErrorKind,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// What the provider or the system said, cut to a sane length; foreign text.
    pub message: String,
    /// Milliseconds that the server asks us to wait.
    pub retry_after_ms: Option<u64>,
}

/// Kinds of failure, by what can be done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// 429.
    RateLimit,
    /// 529, 503.
    Overloaded,
    /// Other 5xx, 408, 409, and error events of the server's own making.
    Server,
    /// No connection, a reset, a cut.
    Connection,
    /// Nothing of the answer came for too long.
    Stalled,
    /// The stream was not what the protocol says.
    Protocol,
    /// 401, 403.
    Auth,
    /// 402, or a spending limit.
    Billing,
    /// 404: no such model or address.
    NotFound,
    /// The prompt does not fit the window.
    PromptTooLong,
    /// Any other 4xx.
    Rejected,
    /// A replay has no answer for this request.
    ReplayMiss,
}

impl ErrorKind {
    /// The same request may succeed a little later.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::RateLimit | Self::Overloaded | Self::Server | Self::Connection | Self::Stalled | Self::Protocol
        )
    }
}

impl ModelError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, status: None, message: message.into(), retry_after_ms: None }
    }
}

impl std::fmt::Display for ModelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(status) = self.status {
            write!(f, "{status} ")?;
        }
        f.write_str(&self.message)
    }
}
