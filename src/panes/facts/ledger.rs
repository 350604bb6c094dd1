//! Tokens, money and cache of the session, folded from the records: the numbers that panes show.
//!
//! Prices are not applied here; a record says what its request cost.

use std::collections::{HashMap, VecDeque};

use crate::domain::{Body, CacheBreak, ContextBody, LibraryBody, ModelRef, Record, ResponseNote, TeamBody, Usage};
use crate::usage::Tally;

/// Requests that are kept in single rows.
const ROWS: usize = 4_000;
/// Hit rates that are kept for the sparkline.
const RATES: usize = 64;
/// Cache breaks that are kept.
const BREAKS: usize = 200;

/// One request and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestRow {
    pub request: u32,
    pub turn: u32,
    pub at: u64,
    pub model: ModelRef,
    pub usage: Usage,
    pub cost: Option<f64>,
    pub estimated: bool,
    /// Tokens that a cache should have served, as predicted.
    pub expected_read: u64,
    pub duration_ms: u64,
}

/// One loss of cached prefix.
#[derive(Clone, Debug, PartialEq)]
pub struct Break {
    pub at: u64,
    /// The request that suffered it, by its number.
    pub request: u32,
    pub what: CacheBreak,
}

/// All sums.
#[derive(Debug, Default)]
pub struct Ledger {
    pub session: Tally,
    pub turn: Tally,
    pub models: Vec<(ModelRef, Tally)>,
    /// The newest rows, oldest first.
    pub rows: VecDeque<RequestRow>,
    /// Hit rates of the newest requests, 0 to 1, oldest first.
    pub rates: VecDeque<f64>,
    pub breaks: VecDeque<Break>,
    /// Usage of the last answer.
    pub last: Option<Usage>,
    /// Tokens in the context after the last answer.
    pub context: u64,
    /// The number of the first record that was read of a long session; those before are in the sums alone.
    pub(super) first: Option<u64>,
    sent: HashMap<u32, Sent>,
    current: (u32, u32),
    attempt: u32,
}

/// What is remembered of a request until its answer comes.
#[derive(Debug)]
struct Sent {
    turn: u32,
    model: ModelRef,
    expected_read: u64,
}

impl Ledger {
    /// The number of the try that was sent last, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt.max(1)
    }

    /// The part of all prompts that caches served, 0 to 1.
    pub fn hit_rate(&self) -> Option<f64> {
        self.session.usage.hit_rate()
    }

    /// Takes in one record.
    pub(super) fn fold(&mut self, record: &Record) {
        match &record.body {
            Body::Prompted { turn, .. } if *turn != self.current.1 => {
                self.turn = Tally::default();
                self.current.1 = *turn;
            }
            Body::RequestSent(note) => {
                self.current.0 = note.request;
                self.attempt = note.attempt;
                let sent = Sent { turn: note.turn, model: note.model.clone(), expected_read: note.expected_read };
                self.sent.insert(note.request, sent);
            }
            Body::RequestFailed { request, .. } => {
                self.sent.remove(request);
            }
            Body::Responded(note) => self.responded(note, record.at),
            Body::Money(_) => {
                if let Some((usage, cost)) = record.body.paid() {
                    self.session.add(usage, cost);
                    self.turn.add(usage, cost);
                }
            }
            Body::Library(LibraryBody::Earlier(earlier)) => {
                self.first = Some(record.seq);
                for spent in &earlier.spent {
                    self.session.add_earlier(spent);
                    if let Some(model) = &spent.model {
                        self.of_model(model).add_earlier(spent);
                    }
                }
            }
            Body::Classified(note) => self.beside(&note.model, note.usage, note.cost),
            Body::Team(TeamBody::AgentSpent(spent)) => self.beside(&spent.model, spent.usage, spent.cost),
            Body::Compacted { tokens_after, .. } => self.context = *tokens_after,
            Body::Context(ContextBody::Shrunk(note)) => self.context = note.tokens_after,
            Body::Cleared => self.context = 0,
            Body::CacheBroken(what) => {
                bounded(&mut self.breaks, BREAKS);
                let request = if what.request > 0 { what.request } else { self.current.0 };
                self.breaks.push_back(Break { at: record.at, request, what: what.clone() });
            }
            _ => {}
        }
    }

    fn responded(&mut self, note: &ResponseNote, at: u64) {
        let sent = self.sent.remove(&note.request);
        if sent.is_none() && note.estimated && note.usage == Usage::default() {
            // A cache answered: nothing was sent.
            return;
        }
        self.session.add(note.usage, note.cost);
        self.turn.add(note.usage, note.cost);
        self.last = Some(note.usage);
        self.context = note.usage.context();
        if let Some(rate) = note.usage.hit_rate() {
            bounded(&mut self.rates, RATES);
            self.rates.push_back(rate);
        }
        let Some(sent) = sent else { return };
        self.of_model(&sent.model).add(note.usage, note.cost);
        bounded(&mut self.rows, ROWS);
        self.rows.push_back(RequestRow {
            request: note.request,
            turn: sent.turn,
            at,
            model: sent.model,
            usage: note.usage,
            cost: note.cost,
            estimated: note.estimated,
            expected_read: sent.expected_read,
            duration_ms: note.duration_ms,
        });
    }
}

impl Ledger {
    /// What a judgement or a sub-agent cost counts, but says nothing of the conversation's context and cache.
    fn beside(&mut self, model: &ModelRef, usage: Usage, cost: Option<f64>) {
        self.session.add(usage, cost);
        self.turn.add(usage, cost);
        self.of_model(model).add(usage, cost);
    }

    fn of_model(&mut self, model: &ModelRef) -> &mut Tally {
        let at = self.models.iter().position(|(known, _)| known == model).unwrap_or_else(|| {
            self.models.push((model.clone(), Tally::default()));
            self.models.len() - 1
        });
        &mut self.models[at].1
    }
}

fn bounded<T>(list: &mut VecDeque<T>, limit: usize) {
    while list.len() >= limit {
        list.pop_front();
    }
}
