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
            act: 0.7,
            idle: 0.5,
            target: 0.2,
            summary: 0.95,
            keep: 0.12,
            result: 25_000,
        }
    }
}

/// Rooms in tokens: up to the first a result may have the smaller part, from the second on the larger one.
const SMALL_ROOM: f64 = 24_000.0;
const LARGE_ROOM: f64 = 96_000.0;
const SMALL_PART: f64 = 1.0 / 24.0;
const LARGE_PART: f64 = 1.0 / 6.0;
/// New results take one of so many parts of what is free, and one more for each of them.
const PARTS: f64 = 7.0;

impl Thresholds {
    /// Tokens that one of `count` new results may have. `room` is what a prompt may hold beside tools, system text and
    /// instructions, `free` what is left of it until something is compacted.
    ///
    /// In a small room one takes an eighth of what is free, so that the room lasts for many of them and the cached
    /// prefix with it; in a large room each may have a sixth of the whole.
    pub fn result_cap(&self, room: u64, free: u64, count: u64) -> u64 {
        let grown = ((room as f64 - SMALL_ROOM) / (LARGE_ROOM - SMALL_ROOM)).clamp(0.0, 1.0);
        let least = room as f64 * (SMALL_PART + (LARGE_PART - SMALL_PART) * grown);
        let share = free as f64 / (PARTS + count.max(1) as f64);
        (share.max(least) as u64).min((room as f64 * LARGE_PART) as u64).min(self.result).max(64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_may_take_more_of_a_large_room_and_less_of_a_full_one() {
        let cap = |room, free, count| Thresholds::default().result_cap(room, free, count);
        assert_eq!(cap(180_000, 100_000, 1), 25_000);
        assert_eq!(cap(96_000, 0, 1), 16_000);
        assert_eq!((cap(12_000, 8_000, 1), cap(12_000, 8_000, 3), cap(12_000, 1_000, 1)), (1_000, 800, 500));
        assert_eq!(cap(0, 0, 0), 64);
    }
}
