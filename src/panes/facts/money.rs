//! What the face knows of caps and cached answers.

use crate::domain::{AnswerStats, Body, CapState, MoneyBody, MoneyNews, Origin};

/// Caps, and what a cache has answered.
#[derive(Debug, Default)]
pub struct Money {
    /// All caps and how far they are used.
    pub caps: Vec<CapState>,
    /// The last answer was from the cache.
    pub from_cache: bool,
    /// What the answer cache holds, as far as it was asked for.
    pub answers: Option<AnswerStats>,
}

impl Money {
    pub(super) fn news(&mut self, news: &MoneyNews) {
        match news {
            MoneyNews::Caps(caps) => self.caps.clone_from(caps),
            MoneyNews::Answers(stats) => self.answers = Some(AnswerStats::clone(stats)),
            MoneyNews::Report(_) => {}
        }
    }

    pub(super) fn fold(&mut self, body: &Body) {
        match body {
            Body::Money(MoneyBody::Served(_)) => self.from_cache = true,
            Body::Money(MoneyBody::Discarded) => self.from_cache = false,
            Body::Prompted { origin, .. } if *origin != Origin::Harness => self.from_cache = false,
            _ => {}
        }
    }
}
