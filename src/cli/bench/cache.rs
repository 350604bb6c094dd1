//! `latigo bench cache`: questions over one shared answer cache, exact and semantic, each in a conversation of its own.
//!
//! Workload: `{"usage_per_call": {"input_tokens", "output_tokens"}, "price_per_million": {"input", "output"},
//! "queries": [{"n", "text"}]}`. What no tier answers goes to a scripted model and is kept.

use serde::Deserialize;
use serde_json::{Value, json};

use super::live::Live;
use super::{Bench, Finding, Table, percent, workload};
use crate::domain::{AnswerMode, AnswerTier, Usage};
use crate::recall::{Cache, Cached, Context, Lookup, Query, Store};

pub(super) static BENCH: Bench = Bench {
    name: "cache",
    about: "Repeated and rephrased questions from the answer cache",
    built_in: include_str!("../../../assets/bench/cache.json"),
    run,
};

/// Milliseconds between two questions.
const PAUSE_MS: u64 = 1_000;

#[derive(Deserialize)]
struct Workload {
    #[serde(default)]
    usage_per_call: Tokens,
    #[serde(default)]
    price_per_million: Price,
    queries: Vec<Asked>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tokens {
    input_tokens: u64,
    output_tokens: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Price {
    input: f64,
    output: f64,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    n: Value,
    text: String,
}

fn run(text: &str, mut live: Option<&mut Live>) -> Result<Finding, String> {
    let Workload { usage_per_call: tokens, price_per_million: price, queries } = workload(text)?;
    let one = (tokens.input_tokens as f64 * price.input + tokens.output_tokens as f64 * price.output) / 1e6;
    let usage = Usage { input: tokens.input_tokens, output: tokens.output_tokens, ..Usage::default() };
    let store = Store::in_memory().map_err(|error| error.to_string())?;
    let cache = Cache::new(store, AnswerMode::Semantic, 1);
    let mut table =
        Table::new("Answers from the cache, exact then semantic", &["query", "answered by", "similarity", "cost"]);
    let mut tiers = Vec::new();
    let mut spent = 0.0;
    for (at, asked) in queries.iter().enumerate() {
        let now = at as u64 * PAUSE_MS;
        // Each is the first question of a new session: same model, tools and workspace, no history.
        let meaning = live.as_deref_mut().map(|live| live.meaning(&asked.text)).transpose()?.flatten();
        let query = Query { context: Context::of([b"bench".as_slice()]), text: asked.text.clone(), meaning };
        let found = cache.look(&query, now).map_err(|error| error.to_string())?;
        let (tier, similarity, cost) = if let Lookup::Hit(hit) = &found {
            (hit.tier.name(), format!("{:.2}", hit.similarity), 0.0)
        } else {
            let (answer, usage, cost) = match live.as_deref_mut() {
                Some(live) => live.answer(&asked.text)?,
                None => ("the scripted answer".to_owned(), usage, Some(one)),
            };
            let cached = Cached { answer: &answer, model: "bench", usage, cost };
            cache.keep(&query, cached, now).map_err(|error| error.to_string())?;
            ("miss", String::new(), cost.unwrap_or(one))
        };
        spent += cost;
        let number = if asked.n.is_null() { (at + 1).to_string() } else { asked.n.to_string() };
        let name = format!("{number} {}", crate::base::text::clip(&asked.text, 60));
        table.row([name, tier.to_owned(), similarity, format!("${cost:.5}")]);
        tiers.push(tier);
    }
    let count = |tier: &str| tiers.iter().filter(|known| **known == tier).count();
    let (exact, semantic, misses) =
        (count(AnswerTier::Exact.name()), count(AnswerTier::Semantic.name()), count("miss"));
    // Without prices every call counts the same; what a live model took for a miss stands for every call.
    let one = if live.is_some() && misses > 0 { spent / misses as f64 } else { one };
    let all = one * queries.len() as f64;
    let saved = if all > 0.0 { 1.0 - spent / all } else { (exact + semantic) as f64 / queries.len().max(1) as f64 };
    table.note(format!("{exact} exact, {semantic} semantic, {misses} misses: {} of the cost saved.", percent(saved)));
    table.note("The semantic tier uses the embedder that comes with the program; it knows wording, not meaning.");
    let fields = json!({
        "exact": exact, "semantic": semantic, "misses": misses, "saved": saved, "tiers": tiers,
        "cost": spent, "cost_without": all,
    });
    let Value::Object(fields) = fields else { return Err("no object".to_owned()) };
    Ok(Finding { table, fields })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn twenty_questions_are_six_exact_three_semantic_and_eleven_misses() {
        let found = run(BENCH.built_in, None).unwrap().fields;
        assert_eq!(
            (&found["exact"], &found["semantic"], &found["misses"]),
            (&json!(6), &json!(3), &json!(11)),
            "{}",
            found["tiers"]
        );
        assert!((found["saved"].as_f64().unwrap() - 0.45).abs() < 1e-9);
    }
}
