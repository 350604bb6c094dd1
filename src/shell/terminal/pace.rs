//! Frame pacing: when may the next frame be drawn? Pure; the loop hands in the time.
//!
//! News of the engine (streamed text, timers) is drawn at most once every 16 ms. The echo of a key does
//! not wait that long, because a hand feels it: it only keeps a short distance, so that a burst of keys is
//! still one frame and not a hundred.

use std::time::Duration;

/// The least time between two frames of news.
const FRAME: Duration = Duration::from_millis(16);
/// The least time between a frame and the echo of a key.
const ECHO: Duration = Duration::from_millis(4);

/// What made the screen stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// The engine or a timer.
    News,
    /// The person's own hand.
    Hand,
}

/// When frames were drawn, and what waits for one.
#[derive(Debug, Default)]
pub struct Pace {
    last: Option<Duration>,
    waiting: Option<Urgency>,
}

impl Pace {
    /// The screen is stale.
    pub fn stale(&mut self, urgency: Urgency) {
        self.waiting = self.waiting.max(Some(urgency));
    }

    /// How long to wait before drawing: zero is now, none is not at all.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        let distance = match self.waiting? {
            Urgency::News => FRAME,
            Urgency::Hand => ECHO,
        };
        let earliest = self.last.map_or(Duration::ZERO, |last| last + distance);
        Some(earliest.saturating_sub(now))
    }

    /// A frame was drawn and shows everything.
    pub fn drawn(&mut self, now: Duration) {
        self.last = Some(now);
        self.waiting = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn nothing_is_drawn_when_nothing_changed() {
        let mut pace = Pace::default();
        assert_eq!(pace.wait(ms(0)), None);
        pace.stale(Urgency::News);
        pace.drawn(ms(5));
        assert_eq!(pace.wait(ms(500)), None);
    }

    #[test]
    fn the_first_frame_and_one_after_a_rest_are_drawn_at_once() {
        let mut pace = Pace::default();
        pace.stale(Urgency::News);
        assert_eq!(pace.wait(ms(0)), Some(ms(0)));
        pace.drawn(ms(100));
        pace.stale(Urgency::News);
        assert_eq!(pace.wait(ms(116)), Some(ms(0)));
        assert_eq!(pace.wait(ms(900)), Some(ms(0)));
    }

    #[test]
    fn news_waits_for_the_end_of_the_frame_and_a_key_hardly() {
        let mut pace = Pace::default();
        pace.drawn(ms(100));
        pace.stale(Urgency::News);
        assert_eq!(pace.wait(ms(101)), Some(ms(15)));
        pace.stale(Urgency::Hand);
        assert_eq!(pace.wait(ms(101)), Some(ms(3)));
        pace.stale(Urgency::News);
        assert_eq!(pace.wait(ms(104)), Some(ms(0)), "later news does not slow the echo");
    }

    #[test]
    fn a_flood_of_news_is_one_frame_in_sixteen_milliseconds() {
        let mut pace = Pace::default();
        let mut frames = 0;
        for now in 0..1_600 {
            pace.stale(Urgency::News);
            if pace.wait(ms(now)) == Some(ms(0)) {
                pace.drawn(ms(now));
                frames += 1;
            }
        }
        assert_eq!(frames, 100);
    }
}
