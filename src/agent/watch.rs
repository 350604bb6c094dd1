//! The provider's cache as the machine sees it: what was predicted of it, what it did, and what an answer that read
//! less than it could have has to be blamed on.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::machine::Machine;
use crate::domain::{
    Body, BreakCause, CacheBreak, CanonicalRequest, CompactionStage, ContextBody, FilesBody, ModelInfo, ModelRef,
    Prices, Record, RequestNote, Segment, Usage, When,
};
use crate::prompt::{Change, Forecast, Next, Reason, Rule, Shape, first_change};
use crate::usage;

/// Breaks whose texts are kept for a look at them.
const EVIDENCE: usize = 16;
/// What was announced since the last answer, at most.
const REASONS: usize = 64;
/// A loss below this part of what was cached is rounding, not a loss.
const TOLERANCE: f64 = 0.02;

/// What is known of the cache of one session.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Watch {
    /// The last answered request of the conversation.
    pub(super) shape: Option<Shape>,
    /// Tokens of it that the provider holds by its own count.
    cached: u64,
    pub(super) forecast: Forecast,
    /// The provider's cache has served or taken something in this session, so that a miss means something.
    seen: bool,
    /// What was announced since then.
    reasons: Vec<Reason>,
    #[serde(skip)]
    evidence: VecDeque<Evidence>,
    /// The request that the log told of last and that was not answered, while a log is read.
    sent: Option<Sent>,
    /// The factor from estimated tokens to the provider's own.
    pub(super) scale: f64,
}

/// A request in the log, and when it left.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sent {
    note: RequestNote,
    at: u64,
}

/// The texts of a segment that broke a prefix.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub request: u32,
    pub before: Option<Arc<Segment>>,
    pub after: Option<Arc<Segment>>,
}

/// What is expected of the cache for one request.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    pub(super) shape: Shape,
    /// Tokens that should be read.
    pub(super) read: u64,
    /// Tokens that would be read if the request only went on from the one before, and how many of those have not
    /// expired.
    whole: u64,
    alive: u64,
    change: Option<Change>,
}

impl Watch {
    /// Takes in what the log tells of the cache.
    pub(super) fn take(&mut self, record: &Record) {
        match &record.body {
            Body::RequestSent(note) if !note.summary => {
                self.sent = Some(Sent { note: note.clone(), at: record.at });
            }
            Body::Responded(note) => {
                if let Some(sent) = self.sent.take_if(|sent| sent.note.request == note.request) {
                    self.calibrate(sent.note.estimate, &note.usage, note.estimated);
                    let base = self.shape.take().unwrap_or_else(|| Shape::empty(sent.note.model.clone()));
                    let shape = base.then(Next {
                        model: &sent.note.model,
                        effort: sent.note.effort,
                        thinking: sent.note.thinking,
                        kept: (sent.note.segments as usize).saturating_sub(sent.note.added.len()),
                        added: &sent.note.added,
                        marks: &sent.note.marks,
                    });
                    self.answered(shape, &note.usage, (note.estimated, sent.at));
                }
            }
            Body::Cleared => {
                self.shape = None;
                self.cached = 0;
            }
            body => self.hear(body),
        }
    }

    /// Takes in what was announced.
    pub(super) fn hear(&mut self, body: &Body) {
        if let Some(reason) = reason_of(body) {
            self.reasons.truncate(REASONS - 1);
            self.reasons.push(reason);
        }
    }

    /// Measured tokens of estimated ones.
    pub(super) fn scaled(&self, estimated: u64) -> u64 {
        (estimated as f64 * self.factor()).round() as u64
    }

    /// The least prefix that the model's provider keeps, in estimated tokens.
    pub(super) fn minimum(&self, info: &ModelInfo) -> u64 {
        (f64::from(info.cache_minimum) / self.factor()).floor() as u64
    }

    fn factor(&self) -> f64 {
        if self.scale > 0.0 { self.scale } else { 1.0 }
    }

    /// Learns the provider's measure from an answer.
    fn calibrate(&mut self, estimate: u64, usage: &Usage, estimated: bool) {
        if !estimated && estimate > 0 && usage.prompt() > 0 {
            self.scale = (usage.prompt() as f64 / estimate as f64).clamp(0.4, 4.0);
        }
    }

    /// What is to be expected of the cache for a request.
    pub(super) fn expect(&self, canonical: &CanonicalRequest, now: u64) -> Expectation {
        let shape = Shape::of(canonical);
        let minimum = self.minimum(&canonical.info);
        let read = self.scaled(shape.tokens(self.forecast.find(&shape, minimum, now)));
        let (whole, alive, change) = match &self.shape {
            None => (0, 0, None),
            Some(before) => {
                let marked = before.marks.last().map_or(0, |mark| mark.segment + 1);
                let end = match Rule::of(before.model.wire) {
                    Rule::Marks => marked,
                    Rule::Automatic => before.len(),
                };
                let alive = self.scaled(before.tokens(self.forecast.find(before, minimum, now)));
                (self.scaled(before.tokens(end)), alive, first_change(before, &shape, &self.reasons))
            }
        };
        Expectation { shape, read, whole, alive, change }
    }

    /// Whether the entries that the next request would read have not expired.
    pub(super) fn is_warm(&self, info: &ModelInfo, now: u64) -> bool {
        self.shape.as_ref().is_some_and(|shape| self.forecast.find(shape, self.minimum(info), now) > shape.prefix_len())
    }

    /// Tokens that a request that goes on from the last one would read, by the provider's own count where it told.
    pub(super) fn held(&self, info: &ModelInfo, now: u64) -> u64 {
        let Some(shape) = &self.shape else { return 0 };
        let alive = self.scaled(shape.tokens(self.forecast.find(shape, self.minimum(info), now)));
        if self.seen { alive.min(self.cached) } else { alive }
    }

    fn answered(&mut self, shape: Shape, usage: &Usage, (estimated, sent_at): (bool, u64)) {
        let minimum = (f64::from(1_024u32) / self.factor()) as u64;
        self.forecast.answered(&shape, minimum.min(512), sent_at);
        self.seen |= !estimated && usage.cache_read + usage.cache_write_5m + usage.cache_write_1h > 0;
        self.cached = match Rule::of(shape.model.wire) {
            Rule::Marks => usage.cache_read + usage.cache_write_5m + usage.cache_write_1h,
            Rule::Automatic => usage.prompt(),
        };
        self.shape = Some(shape);
        self.reasons.clear();
    }

    /// The texts of a break.
    pub(super) fn evidence(&self, request: u32) -> Option<&Evidence> {
        self.evidence.iter().rev().find(|evidence| evidence.request == request)
    }

    /// Holds what the cache did against what it could have done.
    fn judge(&self, attempt: &Attempt, usage: &Usage) -> Option<CacheBreak> {
        let expected = attempt.expected.as_deref()?;
        let info = &attempt.canonical.info;
        let could = self.cached.min(usage.prompt());
        let tokens = could.saturating_sub(usage.cache_read);
        let floor = (self.cached as f64 * TOLERANCE) as u64;
        // Automatic caches count in steps.
        if !self.seen || tokens <= floor.max(u64::from(info.cache_minimum) / 4) {
            return None;
        }
        let expired = expected.whole.saturating_sub(expected.alive);
        let by_change = expected.alive.saturating_sub(expected.read);
        let change = expected.change.as_ref();
        let found = match change {
            Some(change) if by_change >= expired || expired * 4 < tokens => change,
            _ => &Change {
                cause: if expired * 2 > tokens { BreakCause::Expired } else { BreakCause::Provider },
                segment: None,
                detail: (expired * 2 > tokens).then(|| idle(attempt.idle_ms)),
                before: None,
                after: None,
            },
        };
        Some(CacheBreak {
            cause: found.cause,
            segment: found.segment.clone(),
            tokens,
            cost: info.prices.as_ref().map(|prices| paid_again(prices, usage, tokens)),
            detail: found.detail.clone(),
            cached: self.cached,
            read: usage.cache_read,
            request: attempt.request,
        })
    }
}

impl Machine {
    /// An answer came: what it says of the cache.
    pub(super) fn watch_answer(&mut self, attempt: &Attempt, usage: &Usage, estimated: bool) -> Option<CacheBreak> {
        let expected = attempt.expected.as_deref()?;
        let estimate: u64 = expected.shape.tokens(expected.shape.len());
        self.watch.calibrate(estimate, usage, estimated);
        let broken = if estimated { None } else { self.watch.judge(attempt, usage) };
        if let (Some(broken), Some(change)) = (&broken, &expected.change) {
            let (before, after) = (change.before.clone(), change.after.clone());
            if self.watch.evidence.len() >= EVIDENCE {
                self.watch.evidence.pop_front();
            }
            self.watch.evidence.push_back(Evidence { request: broken.request, before, after });
        }
        if attempt.summary {
            let minimum = self.watch.minimum(&attempt.canonical.info);
            self.watch.forecast.answered(&expected.shape, minimum, attempt.sent_at);
            return None;
        }
        self.watch.answered(expected.shape.clone(), usage, (estimated, attempt.sent_at));
        broken
    }

    /// The texts of the segment that broke the prefix for a request, as long as they are kept.
    pub fn evidence(&self, request: u32) -> Option<&Evidence> {
        self.watch.evidence(request)
    }

    /// What it costs more to send the next prompt without the first `kept` segments of the prefix in the cache:
    /// tokens that are paid again, and dollars where the price is known. Nothing when the cache is cold.
    pub fn price_of_break(&self, kept: usize, now: u64) -> (u64, Option<f64>) {
        let Some((_, info)) = &self.model else { return (0, None) };
        let held = self.watch.held(info, now);
        let kept: u64 = self.prefix.iter().take(kept).map(|segment| u64::from(segment.tokens)).sum();
        let tokens = held.saturating_sub(self.watch.scaled(kept));
        let usage = Usage { cache_write_5m: tokens, ..Usage::default() };
        (tokens, info.prices.as_ref().map(|prices| paid_again(prices, &usage, tokens)))
    }

    /// The same for another model, which has nothing of it: what its first prompt costs more than the next prompt of
    /// this one.
    pub fn price_of_switch(&self, to: &ModelRef, info: &ModelInfo, now: u64) -> (u64, Option<f64>) {
        let Some((model, current)) = &self.model else { return (0, None) };
        if to == model {
            return self.price_of_break(self.prefix.len(), now);
        }
        let tokens = self.watch.held(current, now);
        let cost = |info: &ModelInfo, usage: Usage| info.prices.as_ref().map(|prices| usage::price(prices, &usage));
        let written = cost(info, Usage { cache_write_5m: tokens, ..Usage::default() });
        let read = cost(current, Usage { cache_read: tokens, ..Usage::default() });
        (tokens, written.zip(read).map(|(written, read)| (written - read).max(0.0)))
    }
}

/// What some tokens of a prompt cost more than if they had been read from the cache, with the steps of the model.
fn paid_again(prices: &Prices, usage: &Usage, tokens: u64) -> f64 {
    let mut hit = *usage;
    let mut rest = tokens;
    // What is written first, and for longest, stands at the front, where the loss began.
    for class in [&mut hit.cache_write_1h, &mut hit.cache_write_5m, &mut hit.input] {
        let part = rest.min(*class);
        *class -= part;
        rest -= part;
    }
    hit.cache_read += tokens - rest;
    usage::price(prices, usage) - usage::price(prices, &hit)
}

fn idle(ms: u64) -> String {
    format!("after {}", crate::base::text::human_ms(ms))
}

/// What a record announces of the prefix.
fn reason_of(body: &Body) -> Option<Reason> {
    let reason = |cause, detail: Option<String>| Some(Reason { cause, detail });
    match body {
        Body::Compacted { .. } => reason(BreakCause::Compaction, Some("summary".to_owned())),
        Body::Trimmed { .. } => reason(BreakCause::Compaction, Some("old results".to_owned())),
        Body::Context(ContextBody::Shrunk(note)) if note.stage != CompactionStage::Reduce => {
            reason(BreakCause::Compaction, Some(note.stage.name().to_owned()))
        }
        Body::Context(ContextBody::PrefixSet(note)) => reason(BreakCause::System, Some(note.why.clone())),
        Body::Context(ContextBody::Ejected { label, when: When::Now, .. }) => {
            reason(BreakCause::Ejected, Some(label.clone()))
        }
        Body::Files(FilesBody::Moved(step)) if step.conversation.is_some() => reason(BreakCause::Rewound, None),
        Body::Context(ContextBody::Restored { .. }) => reason(BreakCause::Compaction, Some("undone".to_owned())),
        _ => None,
    }
}
