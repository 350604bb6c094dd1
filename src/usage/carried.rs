//! What the results of tools in a prompt took of a request: each result is paid again whenever it is sent again.
//!
//! The wire counts the prompt as a whole. A result's share is its part of the bytes; what of it the cache served
//! follows from its place, because a cache serves the beginning of a prompt.

use std::collections::BTreeMap;

use super::price;
use crate::domain::{Carried, Prices, Usage};

/// Where the results of tools stand in a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Bytes of the whole prompt.
    pub bytes: u64,
    /// Tool, first byte, end.
    pub results: Vec<(String, u64, u64)>,
}

/// The share of each tool, in the order of their names.
pub fn carried(places: &Places, usage: &Usage, prices: Option<&Prices>) -> Vec<Carried> {
    let prompt = usage.prompt();
    if places.bytes == 0 || prompt == 0 {
        return Vec::new();
    }
    let token =
        |byte: u64| u64::try_from(u128::from(byte) * u128::from(prompt) / u128::from(places.bytes)).unwrap_or(0);
    let mut by_tool: BTreeMap<&str, Usage> = BTreeMap::new();
    for (tool, from, to) in &places.results {
        *by_tool.entry(tool).or_default() += part(usage, token(*from), token(*to));
    }
    by_tool
        .into_iter()
        .map(|(tool, part)| Carried {
            tool: tool.to_owned(),
            tokens: part.prompt(),
            cached: part.cache_read,
            cost: prices.map(|prices| price(&stepped(prices, prompt), &part)),
        })
        .collect()
}

/// The classes of the prompt's tokens from one to another: first what was read, then what was written, then the rest.
fn part(usage: &Usage, from: u64, to: u64) -> Usage {
    let mut start = 0;
    let mut overlap = |size: u64| {
        let end = start + size;
        let tokens = to.min(end).saturating_sub(from.max(start));
        start = end;
        tokens
    };
    Usage {
        cache_read: overlap(usage.cache_read),
        cache_write_1h: overlap(usage.cache_write_1h),
        cache_write_5m: overlap(usage.cache_write_5m),
        input: overlap(usage.input),
        ..Usage::default()
    }
}

/// The prices that hold for a prompt of that length, without a step.
fn stepped(prices: &Prices, prompt: u64) -> Prices {
    let factor = match &prices.above {
        Some(step) if prompt > u64::from(step.tokens) => step.input_factor,
        _ => 1.0,
    };
    Prices {
        input: prices.input * factor,
        cache_write_5m: prices.cache_write_5m * factor,
        cache_write_1h: prices.cache_write_1h * factor,
        cache_read: prices.cache_read * factor,
        above: None,
        ..*prices
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn places(bytes: u64, results: &[(&str, u64, u64)]) -> Places {
        Places { bytes, results: results.iter().map(|(tool, from, to)| ((*tool).to_owned(), *from, *to)).collect() }
    }

    #[test]
    fn what_stands_in_front_is_read_from_the_cache_and_the_end_is_paid_in_full() {
        let prices = Prices {
            input: 10.0,
            output: 1.0,
            cache_write_5m: 12.0,
            cache_write_1h: 20.0,
            cache_read: 1.0,
            above: None,
        };
        let usage = Usage { input: 100, cache_read: 800, cache_write_5m: 100, output: 5, ..Usage::default() };
        let found = carried(
            &places(2_000, &[("Read", 200, 600), ("Bash", 1_500, 1_900), ("Read", 1_800, 2_000)]),
            &usage,
            Some(&prices),
        );
        // Bash: tokens 750 to 950: 50 read, 100 written, 50 plain.
        assert_eq!((found[0].tool.as_str(), found[0].tokens, found[0].cached), ("Bash", 200, 50));
        assert!((found[0].cost.unwrap() - (50.0 + 1_200.0 + 500.0) / 1e6).abs() < 1e-12);
        assert_eq!((found[1].tool.as_str(), found[1].tokens, found[1].cached), ("Read", 300, 200));
    }

    proptest! {
        /// Results that do not overlap never take more than the prompt.
        #[test]
        fn shares_never_pass_the_whole(cuts in prop::collection::btree_set(0u64..5_000, 2..12), read in 0u64..9_000, written in 0u64..9_000, input in 0u64..9_000) {
            let cuts: Vec<u64> = cuts.into_iter().collect();
            let spans: Vec<_> = cuts.chunks_exact(2).map(|pair| ("T", pair[0], pair[1])).collect();
            let usage = Usage { input, cache_read: read, cache_write_5m: written, ..Usage::default() };
            let found = carried(&places(5_000, &spans), &usage, None);
            let (tokens, cached): (u64, u64) = found.iter().fold((0, 0), |sum, part| (sum.0 + part.tokens, sum.1 + part.cached));
            prop_assert!(tokens <= usage.prompt() && cached <= read && cached <= tokens);
        }
    }
}
