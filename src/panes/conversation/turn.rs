//! What the conversation sums up of a turn while it folds.

use crate::base::text;
use crate::usage::Tally;

/// The turn that the newest records belong to.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub number: Option<u32>,
    pub since: u64,
    pub sum: Tally,
    /// It has begun and not ended.
    pub open: bool,
    /// The program ended in the middle of it.
    pub crashed: bool,
}

impl Turn {
    pub fn prompted(&mut self, number: u32, at: u64) {
        if self.number != Some(number) {
            *self = Self { number: Some(number), since: at, ..Self::default() };
        }
        self.open = true;
    }

    /// A request outside of a turn, such as `/compact` makes, begins one: the turn before has its own sum.
    pub fn asked(&mut self, number: u32, at: u64) {
        if !self.open {
            *self = Self { number: Some(number), since: at, open: true, ..Self::default() };
        }
    }

    /// How long it took and what it cost, when that is known.
    pub fn done(&self, at: u64) -> String {
        let took = text::human_ms(at.saturating_sub(self.since));
        match self.sum.cost().filter(|cost| *cost > 0.0) {
            Some(cost) => format!("{took} · {}", text::human_cost(cost)),
            None => took,
        }
    }
}
