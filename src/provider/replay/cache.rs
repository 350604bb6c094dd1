//! A prefix cache that behaves as Anthropic documents theirs: entries are written at marks only, a read
//! looks back at most 20 blocks from a mark, short prefixes are not kept, entries expire.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{CanonicalRequest, Hash, SegmentBody, Ttl, Usage};

/// Blocks that a read looks back from a mark.
const LOOK_BACK: usize = 20;
/// Entries that are kept.
const ENTRIES: usize = 4_096;

/// The entries of one server.
#[derive(Debug, Default)]
pub(super) struct PrefixCache {
    entries: HashMap<Hash, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    until: Instant,
    life: Duration,
}

/// Tokens and blocks of a prefix.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    tokens: u64,
    blocks: usize,
}

/// The names of the request's prefixes, one for each segment.
pub(super) fn chain(request: &CanonicalRequest) -> Vec<Hash> {
    let seed = Hash::of(request.model.id.as_bytes());
    let links = request.segments.iter().scan(seed, |name, segment| {
        *name = name.chain(segment.hash);
        Some(*name)
    });
    links.collect()
}

/// Tokens of some bytes, as they are estimated where nobody counts: 3.6 bytes each.
pub(super) fn tokens(bytes: u64) -> u64 {
    (bytes * 5).div_ceil(18)
}

impl PrefixCache {
    /// What the prompt costs, with nothing of output yet, and what is kept of it from now on.
    pub(super) fn count(&mut self, request: &CanonicalRequest, chain: &[Hash], now: Instant) -> Usage {
        self.entries.retain(|_, entry| entry.until > now);
        if self.entries.len() >= ENTRIES {
            self.entries.clear();
        }
        let sizes = sizes(request);
        let size = |index: usize| sizes.get(index).copied().unwrap_or_default();
        let hit = self.find(request, chain, &sizes);
        let cache_read = hit.map_or(0, |index| size(index).tokens);
        let mut usage = Usage { cache_read, ..Usage::default() };
        if let Some(entry) = hit.and_then(|index| chain.get(index)).and_then(|name| self.entries.get_mut(name)) {
            entry.until = now + entry.life;
        }
        let mut reached = cache_read;
        for mark in &request.marks {
            let Some(name) = chain.get(mark.segment) else { continue };
            let end = size(mark.segment).tokens;
            if end < u64::from(request.info.cache_minimum) {
                continue;
            }
            let (life, written) = match mark.ttl {
                Ttl::FiveMinutes => (Duration::from_secs(300), &mut usage.cache_write_5m),
                Ttl::OneHour => (Duration::from_secs(3_600), &mut usage.cache_write_1h),
            };
            *written += end.saturating_sub(reached);
            reached = reached.max(end);
            self.entries.insert(*name, Entry { until: now + life, life });
        }
        usage.input = sizes.last().map_or(0, |all| all.tokens).saturating_sub(reached);
        usage
    }

    /// The longest known prefix: from the last mark that finds one.
    fn find(&self, request: &CanonicalRequest, chain: &[Hash], sizes: &[Size]) -> Option<usize> {
        let seen_from = |mark: usize| {
            let end = sizes.get(mark)?.blocks;
            let near = (0..=mark)
                .rev()
                .take_while(|index| sizes.get(*index).is_some_and(|size| end - size.blocks < LOOK_BACK));
            near.into_iter().find(|index| chain.get(*index).is_some_and(|name| self.entries.contains_key(name)))
        };
        request.marks.iter().rev().find_map(|mark| seen_from(mark.segment))
    }
}

fn sizes(request: &CanonicalRequest) -> Vec<Size> {
    let ends = request.segments.iter().scan(Size::default(), |end, segment| {
        end.tokens += tokens(u64::from(segment.bytes));
        end.blocks += match &segment.body {
            SegmentBody::Message(message) => message.blocks.len().max(1),
            _ => 1,
        };
        Some(*end)
    });
    ends.collect()
}
