//! What a server says of its limits with an answer: how much of each is used, and when it begins anew.

/// All that one answer told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateLimits {
    pub windows: Vec<RateWindow>,
}

/// One limit.
#[derive(Clone, Debug, PartialEq)]
pub struct RateWindow {
    /// `five_hour` and `seven_day` of a subscription, else `requests`, `tokens`, `input_tokens`, `output_tokens`.
    pub name: &'static str,
    /// Percent.
    pub used: f64,
    /// Seconds since 1970.
    pub resets_at: Option<u64>,
}
