//! Scores of several runs put together: their mean and how far they lie apart.

use serde_json::{Value, json};

use super::judge::Run;

/// What several runs said of one criterion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) mean: f64,
    /// The sample's standard deviation; 0 for one run.
    pub(super) deviation: f64,
    pub(super) least: u8,
    pub(super) most: u8,
    pub(super) runs: usize,
}

/// The spread over the runs that have a score.
pub(super) fn spread(runs: &[Run], criterion: &str) -> Option<Spread> {
    let scores: Vec<u8> = runs.iter().filter_map(|run| Some(run.scores.as_ref().ok()?.get(criterion)?.0)).collect();
    let (least, most) = (*scores.iter().min()?, *scores.iter().max()?);
    let count = scores.len() as f64;
    let mean = scores.iter().map(|score| f64::from(*score)).sum::<f64>() / count;
    let squares: f64 = scores.iter().map(|score| (f64::from(*score) - mean).powi(2)).sum();
    let deviation = if scores.len() > 1 { (squares / (count - 1.0)).sqrt() } else { 0.0 };
    Some(Spread { mean, deviation, least, most, runs: scores.len() })
}

impl Spread {
    pub(super) fn json(self) -> Value {
        json!({"mean": self.mean, "deviation": self.deviation, "least": self.least, "most": self.most, "runs": self.runs})
    }
}
