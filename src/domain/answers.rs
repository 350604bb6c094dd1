//! Answers from a cache: which tiers answer, what was served, what they have saved.

use serde::{Deserialize, Serialize};

/// Which tiers of the answer cache answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    #[default]
    Off,
    Exact,
    /// Exact first, then semantic.
    Semantic,
}

/// A tier of the answer cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerTier {
    /// The same request.
    Exact,
    /// The same question in other words.
    Semantic,
}

/// An answer that a cache gave instead of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// The number that the request would have had.
    pub request: u32,
    pub tier: AnswerTier,
    /// Cosine to the question that was answered then; 1 for the same.
    pub similarity: f32,
    pub age_ms: u64,
    /// The question that was answered then.
    pub asked: String,
    /// The entry in the cache.
    pub entry: i64,
}

/// What the answer cache holds and has done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerStats {
    pub mode: AnswerMode,
    pub entries: u64,
    pub tiers: Vec<TierStats>,
    pub newest: Vec<AnswerLine>,
}

/// What one tier has done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TierStats {
    pub tier: AnswerTier,
    pub hits: u64,
    pub misses: u64,
    /// Dollars and tokens that were not paid again, as far as the price is known.
    pub saved: f64,
    pub tokens: u64,
}

/// One answer that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerLine {
    /// The question; foreign text.
    pub text: String,
    pub age_ms: u64,
    pub hits: u64,
}

impl AnswerMode {
    /// All of them with their names in the settings.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Off, "off"), (Self::Exact, "exact"), (Self::Semantic, "semantic")];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(mode, _)| mode)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(mode, _)| *mode == self).map_or("off", |(_, name)| name)
    }
}

impl AnswerTier {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Semantic => "semantic",
        }
    }
}

impl TierStats {
    /// Hits of all lookups, 0 to 1; none before the first.
    pub fn rate(&self) -> Option<f64> {
        let all = self.hits + self.misses;
        (all > 0).then(|| self.hits as f64 / all as f64)
    }
}
