//! When the stages of compaction act, as parts of the room that a prompt may have.

/// Watermarks and bounds. All shares are of the window without the reserve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Tokens that a prompt and its answer may have together; none for the model's own window.
    pub window: Option<u64>,
    /// Tokens kept free for the answer; none for what the model may answer, up to 20,000 and an eighth of the window.
    pub reserve: Option<u64>,
    /// From here on the cheap stages act, if what they free is worth the cache that they cost.
    pub act: f64,
    /// The same while the provider's cache is cold anyway.
    pub idle: f64,
    /// How far down they go once they act.
    pub target: f64,
    /// Above this they act whatever it costs, and what they leave above it is summarised.
    pub summary: f64,
    /// The newest part, which they leave alone.
    pub keep: f64,
    /// Tokens that one result may have at most, whatever the window.
    pub result: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            window: None,
            reserve: None,
            act: 0.75,
            idle: 0.5,
            target: 0.2,
            summary: 0.95,
            keep: 0.12,
            result: 25_000,
        }
    }
}

impl Thresholds {
    /// Tokens that one result may have in a window of `limit` tokens.
    pub fn result_cap(&self, limit: u64) -> u64 {
        self.result.min(limit / 6).max(64)
    }
}
