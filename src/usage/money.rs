//! From tokens to dollars, and sums of both. It does not decide what a request may cost.

use serde::{Deserialize, Serialize};

use crate::domain::{Cost, EarlierSpent, Prices, Usage};

const MILLION: f64 = 1_000_000.0;

/// What one request costs in dollars. Where the prompt is longer than the step of the model, the step's
/// factors apply to the whole request.
pub fn price(prices: &Prices, usage: &Usage) -> f64 {
    let (on_input, on_output) = match &prices.above {
        Some(step) if usage.prompt() > u64::from(step.tokens) => (step.input_factor, step.output_factor),
        _ => (1.0, 1.0),
    };
    let input = usage.input as f64 * prices.input
        + usage.cache_read as f64 * prices.cache_read
        + usage.cache_write_5m as f64 * prices.cache_write_5m
        + usage.cache_write_1h as f64 * prices.cache_write_1h;
    let output = usage.output as f64 * prices.output;
    (input * on_input + output * on_output) / MILLION
}

/// Tokens and money of several requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// All tokens.
    pub usage: Usage,
    /// Requests that were added.
    pub requests: u32,
    /// Those among them whose price is unknown.
    pub unpriced: u32,
    known: f64,
}

impl Tally {
    /// Adds one request.
    pub fn add(&mut self, usage: Usage, cost: Cost) {
        self.usage += usage;
        self.requests += 1;
        match cost {
            Some(dollars) => self.known += dollars,
            None => self.unpriced += 1,
        }
    }

    /// Adds what was added up elsewhere.
    pub fn add_earlier(&mut self, spent: &EarlierSpent) {
        self.usage += spent.usage;
        self.requests += spent.requests;
        self.unpriced += spent.unpriced;
        self.known += spent.dollars;
    }

    /// Dollars of all requests; none as soon as the price of one is unknown.
    pub fn cost(&self) -> Cost {
        (self.unpriced == 0).then_some(self.known)
    }

    /// Dollars of the requests whose price is known: a lower bound.
    pub fn known_cost(&self) -> f64 {
        self.known
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::usage::ModelTable;

    fn cost_of(model: &str, usage: Usage) -> f64 {
        price(&ModelTable::built_in().find(model).unwrap().prices.unwrap(), &usage)
    }

    fn assert_dollars(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 1e-9, "{actual} is not {expected}");
    }

    #[test]
    fn each_class_of_tokens_has_its_price() {
        let usage = Usage {
            input: 1_000,
            cache_read: 90_000,
            cache_write_5m: 2_000,
            cache_write_1h: 3_000,
            output: 500,
            thinking: 400,
        };
        // 1000*4 + 90000*0.2 + 2000*5 + 3000*8 + 500*20 = 66,000 millionths.
        assert_dollars(cost_of("claude-opus-5-5", usage), 0.066);
    }

    #[test]
    fn a_step_applies_to_the_whole_request_and_only_above_it() {
        let at = |input| Usage { input, output: 1_000, ..Usage::default() };
        assert_dollars(cost_of("claude-haiku-5-5", at(100_000)), 0.0105);
        assert_dollars(cost_of("claude-haiku-5-5", at(100_001)), 0.052_500_5);
        // 272,001 * 2 * 2 + 1,000 * 10 * 1.5.
        assert_dollars(cost_of("gpt-6.1-sol", at(272_001)), 1.103_004);
        assert_dollars(cost_of("gpt-6.1-sol", at(272_000)), 0.554);
    }

    #[test]
    fn cached_tokens_count_towards_the_step() {
        let usage = Usage { input: 1, cache_read: 100_000, ..Usage::default() };
        assert_dollars(cost_of("claude-haiku-5-5", usage), (0.5 + 100_000.0 * 0.05) / 1e6);
    }

    #[test]
    fn one_unknown_price_makes_the_sum_unknown() {
        let mut tally = Tally::default();
        assert_eq!(tally.cost(), Some(0.0));
        tally.add(Usage { input: 10, ..Usage::default() }, Some(0.5));
        tally.add(Usage { output: 5, ..Usage::default() }, Some(0.25));
        assert_eq!(tally.cost(), Some(0.75));
        tally.add(Usage { input: 1, ..Usage::default() }, None);
        assert_eq!(tally.cost(), None);
        assert_dollars(tally.known_cost(), 0.75);
        assert_eq!((tally.requests, tally.unpriced), (3, 1));
        assert_eq!((tally.usage.input, tally.usage.output), (11, 5));
    }
}
