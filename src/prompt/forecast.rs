//! What a provider's cache should hold, by the provider's published rules: the basis of every prediction.
//!
//! Anthropic: entries are written at marks only, a read looks back at most 20 blocks from a mark, short prefixes are
//! not kept, an entry lives 5 minutes or an hour from its last use. OpenAI, DeepSeek, Ollama: the longest known
//! prefix. What the provider reports afterwards is held against it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::shape::Shape;
use crate::domain::{Hash, Ttl, Wire};

/// Blocks that a read looks back from a mark, the mark's own among them.
pub const LOOK_BACK: u64 = 20;
/// Milliseconds that an automatic cache keeps what nobody asks for: what OpenAI names as the usual least.
const AUTOMATIC_LIFE: u64 = 600_000;
/// Entries that are kept.
const ENTRIES: usize = 16_384;

/// How a provider caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At marks.
    Marks,
    /// By itself, whatever stands at the front.
    Automatic,
}

impl Rule {
    /// The rule of a wire.
    pub fn of(wire: Wire) -> Self {
        match wire {
            Wire::Anthropic | Wire::Replay => Self::Marks,
            Wire::OpenaiChat | Wire::OpenaiResponses | Wire::Ollama => Self::Automatic,
        }
    }
}

/// The entries that requests so far should have left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Forecast {
    entries: HashMap<Hash, Entry>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Entry {
    until: u64,
    life: u64,
}

/// Milliseconds of a lifetime.
pub fn life_ms(ttl: Ttl) -> u64 {
    match ttl {
        Ttl::FiveMinutes => 300_000,
        Ttl::OneHour => 3_600_000,
    }
}

impl Forecast {
    /// How many leading segments of the request should be read at the time `now` (milliseconds since 1970).
    /// `minimum` is in the tokens of [`Shape::tokens`].
    pub fn find(&self, shape: &Shape, minimum: u64, now: u64) -> usize {
        let (names, sizes) = (shape.names(), shape.sizes());
        let alive =
            |index: usize| names.get(index).and_then(|name| self.entries.get(name)).is_some_and(|e| e.until > now);
        let found = match Rule::of(shape.model.wire) {
            Rule::Automatic => (0..shape.len()).rev().find(|index| alive(*index)),
            Rule::Marks => shape.marks.iter().rev().find_map(|mark| {
                let end = sizes.get(mark.segment)?.blocks;
                let near = (0..=mark.segment).rev();
                near.take_while(|index| sizes.get(*index).is_some_and(|size| end - size.blocks < LOOK_BACK))
                    .find(|index| alive(*index))
            }),
        };
        found.filter(|index| sizes.get(*index).is_some_and(|size| size.tokens >= minimum)).map_or(0, |index| index + 1)
    }

    /// The request was answered: what it read lives on, what it marked is there from now on. `sent` is the time at
    /// which it left, from which lives are counted.
    pub fn answered(&mut self, shape: &Shape, minimum: u64, sent: u64) {
        let read = self.find(shape, minimum, sent);
        let (names, sizes) = (shape.names(), shape.sizes());
        if self.entries.len() >= ENTRIES {
            self.entries.retain(|_, entry| entry.until > sent);
        }
        if self.entries.len() >= ENTRIES {
            self.entries.clear();
        }
        if let Some(entry) =
            read.checked_sub(1).and_then(|index| names.get(index)).and_then(|n| self.entries.get_mut(n))
        {
            entry.until = sent + entry.life;
        }
        let mut keep = |index: usize, life: u64| {
            let (Some(name), Some(size)) = (names.get(index), sizes.get(index)) else { return };
            if size.tokens >= minimum {
                self.entries.insert(*name, Entry { until: sent + life, life });
            }
        };
        match Rule::of(shape.model.wire) {
            Rule::Marks => shape.marks.iter().for_each(|mark| keep(mark.segment, life_ms(mark.ttl))),
            Rule::Automatic => (0..shape.len()).for_each(|index| keep(index, AUTOMATIC_LIFE)),
        }
    }
}
