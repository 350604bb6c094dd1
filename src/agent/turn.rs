//! One turn: from a prompt until the model has nothing more to do.

use std::sync::Arc;

use super::attempt::Attempt;
use super::batch::Batch;
use super::holds::Point;
use crate::domain::CanonicalRequest;

/// A turn that runs.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) number: u32,
    /// Requests that were answered in it.
    pub(super) steps: u32,
    pub(super) phase: Phase,
    pub(super) batch: Batch,
    pub(super) output: OutputLimit,
    pub(super) purpose: Purpose,
    /// The person refused a call without a word: the turn ends when what runs has stopped.
    pub(super) refused: bool,
    /// What the person said with a yes; it goes to the model with the results.
    pub(super) remarks: Vec<String>,
    /// Something outside wants the turn to end when the results are joined.
    pub(super) stopped: Option<String>,
    /// Times that it was kept from ending.
    pub(super) kept: u32,
    /// A summary was refused; it is not asked for again in this turn.
    pub(super) uncompacted: bool,
    /// The request that is ready to leave, with the number of its try.
    pub(super) pending: Option<(Arc<CanonicalRequest>, u32)>,
    /// Times that the provider refused the prompt as too long.
    pub(super) too_long: u8,
}

/// What the turn waits for.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// The next request is being made.
    Preparing,
    Streaming(Attempt),
    /// A request that failed is sent again when the timer ends.
    Backoff {
        timer: u32,
        canonical: Arc<CanonicalRequest>,
        attempt: u32,
    },
    /// The answer is there, its calls are not all done.
    Calls,
    /// Somebody outside has a look first.
    Held {
        hold: u32,
        point: Point,
    },
}

/// What the running request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Answer,
    /// A summary that will replace the history. `auto` goes on with the turn afterwards.
    Summary {
        auto: bool,
        focus: Option<String>,
    },
}

/// How many tokens an answer may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputLimit {
    pub(super) tokens: u32,
    /// It was raised to the model's own limit.
    pub(super) raised: bool,
    /// Times that the model was asked to go on.
    pub(super) continued: u8,
}

impl Turn {
    pub(super) fn new(number: u32, tokens: u32, purpose: Purpose) -> Self {
        Self {
            number,
            steps: 0,
            phase: Phase::Preparing,
            batch: Batch::default(),
            output: OutputLimit { tokens, raised: false, continued: 0 },
            purpose,
            refused: false,
            remarks: Vec::new(),
            stopped: None,
            kept: 0,
            uncompacted: false,
            pending: None,
            too_long: 0,
        }
    }

    pub(super) fn attempt(&mut self) -> Option<&mut Attempt> {
        match &mut self.phase {
            Phase::Streaming(attempt) => Some(attempt),
            _ => None,
        }
    }
}
