//! The tiers, stacked: each is asked in turn, counts what it did, and may be left out.

use std::fmt;

use sha2::{Digest, Sha256};

use super::embed::{Hashed, cosine};
use super::guard::{asks_to_act, depends_on_time, near, same};
use super::question::Reading;
use super::remote::Meaning;
use super::store::{Entry, Error, New, Store};
use crate::domain::{AnswerMode as Mode, AnswerTier as Tier, Cost, Usage};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// Milliseconds that an answer is kept which changes by itself.
const MOMENT_MS: u64 = 600_000;
/// Characters of a question and of an answer that are kept.
const TEXT: usize = 4_000;
const ANSWER: usize = 200_000;

/// Everything but the question that an answer depends on: model, system text, tools, history, workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Context([u8; 32]);

impl Context {
    /// From its parts, in their order.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    fn key(&self, text: &str) -> [u8; 32] {
        Self::of([self.0.as_slice(), text.trim().as_bytes()]).0
    }
}

/// One question in its context.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub context: Context,
    /// As it was typed.
    pub text: String,
    /// What a server says that it means; none where only its wording is compared.
    pub meaning: Option<Meaning>,
}

/// An answer to keep, with what it took.
#[derive(Clone, Copy, Debug)]
pub struct Cached<'a> {
    pub answer: &'a str,
    pub model: &'a str,
    pub usage: Usage,
    pub cost: Cost,
}

/// An answer that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub tier: Tier,
    /// Cosine to the question that it answered; 1 for the same.
    pub similarity: f32,
    pub age_ms: u64,
    pub entry: Entry,
}

/// What came of looking.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    Hit(Box<Hit>),
    Miss,
    /// It is an order, or there are no tiers: nothing was looked up.
    Passed,
}

/// One tier.
pub trait Layer: Send {
    fn tier(&self) -> Tier;

    /// The entry that answers, with the similarity of its question.
    fn look(&self, store: &Store, query: &Query, now: u64) -> Result<Option<(Entry, f32)>, Error>;
}

/// The same request.
struct Exact;

impl Layer for Exact {
    fn tier(&self) -> Tier {
        Tier::Exact
    }

    fn look(&self, store: &Store, query: &Query, now: u64) -> Result<Option<(Entry, f32)>, Error> {
        Ok(store.by_key(&query.context.key(&query.text), now)?.map(|entry| (entry, 1.0)))
    }
}

/// The same question in other words: by what a server says of their meaning where both were asked there, else by wording.
struct Semantic;

impl Layer for Semantic {
    fn tier(&self) -> Tier {
        Tier::Semantic
    }

    fn look(&self, store: &Store, query: &Query, now: u64) -> Result<Option<(Entry, f32)>, Error> {
        if depends_on_time(&query.text) {
            return Ok(None);
        }
        let asked = Reading::of(&query.text);
        let mut best: Option<(i64, f32)> = None;
        for known in store.near(&query.context.0, now)? {
            if depends_on_time(&known.text) {
                continue;
            }
            let other = Reading::of(&known.text);
            let (question, other) = (asked.beside(&other), other.beside(&asked));
            let meant = query.meaning.as_ref().filter(|meaning| meaning.space == known.space).and_then(|meaning| {
                let cosine = cosine(&meaning.vector, &known.vector);
                (cosine >= meaning.threshold && near(&question, &other)).then_some(cosine)
            });
            let worded = || {
                if !same(&question, &other) {
                    return None;
                }
                let cosine = cosine(&Hashed::vector(&question), &Hashed::vector(&other));
                (cosine >= Hashed::THRESHOLD).then_some(cosine)
            };
            if let Some(cosine) = meant.or_else(worded)
                && best.is_none_or(|(_, most)| cosine > most)
            {
                best = Some((known.id, cosine));
            }
        }
        let Some((id, cosine)) = best else { return Ok(None) };
        Ok(store.by_id(id)?.map(|entry| (entry, cosine)))
    }
}

/// The stacked tiers over one store.
pub struct Cache {
    store: Store,
    layers: Vec<Box<dyn Layer>>,
    life_ms: u64,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("tiers", &self.layers.len()).finish_non_exhaustive()
    }
}

impl Cache {
    /// The tiers of a mode. Answers are kept for so many days.
    pub fn new(store: Store, mode: Mode, days: u32) -> Self {
        let mut layers: Vec<Box<dyn Layer>> = Vec::new();
        if mode != Mode::Off {
            layers.push(Box::new(Exact));
        }
        if mode == Mode::Semantic {
            layers.push(Box::new(Semantic));
        }
        Self { store, layers, life_ms: u64::from(days) * DAY_MS }
    }

    /// What lies under the tiers.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Asks one tier after the other. `now` is in milliseconds since 1970.
    pub fn look(&self, query: &Query, now: u64) -> Result<Lookup, Error> {
        if self.layers.is_empty() || asks_to_act(&query.text) {
            return Ok(Lookup::Passed);
        }
        for layer in &self.layers {
            let tier = layer.tier();
            let Some((entry, similarity)) = layer.look(&self.store, query, now)? else {
                self.store.count(tier, false, 0.0, 0)?;
                continue;
            };
            self.store.used(&entry, tier, now)?;
            let age_ms = now.saturating_sub(entry.at);
            return Ok(Lookup::Hit(Box::new(Hit { tier, similarity, age_ms, entry })));
        }
        Ok(Lookup::Miss)
    }

    /// Keeps an answer. Those to orders, and those that are too long, are not kept.
    pub fn keep(&self, query: &Query, cached: Cached<'_>, now: u64) -> Result<(), Error> {
        let fits = query.text.len() <= TEXT && cached.answer.len() <= ANSWER && !cached.answer.trim().is_empty();
        if self.layers.is_empty() || !fits || asks_to_act(&query.text) {
            return Ok(());
        }
        let life = if depends_on_time(&query.text) { MOMENT_MS } else { self.life_ms };
        self.store.put(&New {
            context: &query.context.0,
            key: &query.context.key(&query.text),
            text: query.text.trim(),
            answer: cached.answer,
            space: query.meaning.as_ref().map_or(Hashed::SPACE, |meaning| &meaning.space),
            vector: query.meaning.as_ref().map_or(&[], |meaning| &meaning.vector),
            at: now,
            expires: now.saturating_add(life),
            model: cached.model,
            usage: cached.usage,
            cost: cached.cost,
        })
    }
}
