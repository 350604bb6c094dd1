//! Tokens and money of one request, in classes that do not overlap, whatever the wire counted.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Tokens by class. The four input classes are disjoint; their sum is the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input that no cache served or took (Anthropic's `input_tokens`; elsewhere prompt − cached − written).
    pub input: u64,
    pub cache_read: u64,
    pub cache_write_5m: u64,
    pub cache_write_1h: u64,
    /// Output, thinking included.
    pub output: u64,
    /// The part of the output that was thinking, where the wire says.
    #[serde(default)]
    pub thinking: u64,
}

/// Dollars. None where a price is unknown, so that a sum never pretends.
pub type Cost = Option<f64>;

impl Usage {
    /// All tokens of the prompt.
    pub fn prompt(&self) -> u64 {
        self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h
    }

    /// The part of the prompt that a cache served, 0 to 1; none for an empty prompt.
    pub fn hit_rate(&self) -> Option<f64> {
        let prompt = self.prompt();
        (prompt > 0).then(|| self.cache_read as f64 / prompt as f64)
    }

    /// Tokens that the context holds after the answer.
    pub fn context(&self) -> u64 {
        self.prompt() + self.output
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.cache_read += other.cache_read;
        self.cache_write_5m += other.cache_write_5m;
        self.cache_write_1h += other.cache_write_1h;
        self.output += other.output;
        self.thinking += other.thinking;
    }
}
