//! What a model says of a call that the rules leave open (mode auto).

use serde::{Deserialize, Serialize};

use super::{Cost, ModelRef, Usage};

/// May the call run, as a model sees it?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    Allow,
    /// The person should decide.
    Ask,
    /// It must not run.
    Block,
}

/// One judgement in the log, with what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpinionNote {
    pub call_id: String,
    pub model: ModelRef,
    /// None when no usable answer came in time.
    pub opinion: Option<Opinion>,
    /// The model's words, or what went wrong. Foreign text.
    pub reason: String,
    pub usage: Usage,
    pub cost: Cost,
    pub duration_ms: u64,
}

impl Opinion {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Block => "block",
        }
    }
}
