//! The table of models: built in, extended by the user, searched by the many names a model goes by.
//!
//! It says what a model can do and costs, not over which wire it is reached.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{ModelInfo, Prices, Thinking, Wire, takes_documents};

const BUILT_IN: &str = include_str!("../../assets/models.toml");

/// Models with their limits and prices.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelTable {
    /// The model that a provider's key alone selects.
    #[serde(default)]
    defaults: BTreeMap<String, String>,
    /// Short names such as `opus`.
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    /// Dollars for a million tokens of models that make vectors.
    #[serde(default)]
    embeddings: BTreeMap<String, f64>,
    #[serde(default, rename = "model")]
    models: Vec<ModelInfo>,
    /// Ids whose prices the user gave.
    #[serde(skip)]
    own: BTreeSet<String>,
}

/// What the user's settings may say of one model. What is missing keeps the value that was known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    window: Option<u32>,
    max_output: Option<u32>,
    prices: Option<EntryPrices>,
    cache_minimum: Option<u32>,
    thinking: Option<Thinking>,
    images: Option<bool>,
    documents: Option<bool>,
}

/// Prices in settings: a class that is left out costs what input costs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryPrices {
    input: f64,
    output: f64,
    cache_write_5m: Option<f64>,
    cache_write_1h: Option<f64>,
    cache_read: Option<f64>,
    above: Option<crate::domain::PriceStep>,
}

impl ModelTable {
    /// The table that the program carries.
    pub fn built_in() -> Self {
        // A test holds the file to its form; an empty table only loses prices.
        let mut table: Self = toml::from_str(BUILT_IN).unwrap_or_default();
        for model in &mut table.models {
            model.documents |= takes_documents(&model.id);
        }
        table
    }

    /// Adds or corrects models from an object `{"<id>": {"window": …, "max_output": …, "prices": {…}}}`.
    /// Entries that are not of that form are left out and named in the answer.
    pub fn extend(&mut self, entries: &Value) -> Vec<String> {
        let Some(entries) = entries.as_object() else {
            return vec!["models are written as an object from id to figures".to_owned()];
        };
        let mut problems = Vec::new();
        for (id, value) in entries {
            match Entry::deserialize(value) {
                Ok(entry) => self.put(id, entry),
                Err(problem) => problems.push(format!("model `{id}`: {problem}")),
            }
        }
        problems
    }

    /// Looks a model up: by its id or short name, then without what hosts put around ids, such as
    /// `anthropic/` before it, a date or `[1m]` behind it.
    pub fn find(&self, id: &str) -> Option<ModelInfo> {
        names(id).iter().find_map(|name| self.get(name)).cloned()
    }

    /// The user's settings gave the prices of this model.
    pub fn is_own(&self, id: &str) -> bool {
        !self.own.is_empty() && self.find(id).is_some_and(|model| self.own.contains(&model.id))
    }

    /// The id that a short name such as `opus` stands for; any other text is returned as it is, without
    /// a trailing `[1m]`, which is never sent.
    pub fn resolve<'a>(&'a self, name: &'a str) -> &'a str {
        let name = name.strip_suffix("[1m]").unwrap_or(name);
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// The model to take for a provider's key (`anthropic`, `openai`, `deepseek`) when none is named.
    pub fn default_for(&self, provider: &str) -> Option<&str> {
        self.defaults.get(provider).map(String::as_str)
    }

    /// What a model that makes vectors costs, in dollars for a million tokens; none where nobody knows.
    pub fn embedding_price(&self, id: &str) -> Option<f64> {
        names(id).iter().find_map(|name| self.embeddings.get(name)).copied()
    }

    /// All models, in the order of the table.
    pub fn list(&self) -> &[ModelInfo] {
        &self.models
    }

    /// The models that are usually reached over a wire, for a choice among them.
    pub fn list_for(&self, wire: Wire) -> impl Iterator<Item = &ModelInfo> {
        self.models.iter().filter(move |model| match wire {
            Wire::Anthropic => model.id.starts_with("claude"),
            Wire::OpenaiChat | Wire::OpenaiResponses => !model.id.starts_with("claude"),
            Wire::Ollama | Wire::Replay => false,
        })
    }

    fn get(&self, id: &str) -> Option<&ModelInfo> {
        let id = self.aliases.get(id).map_or(id, String::as_str);
        self.models.iter().find(|model| model.id == id)
    }

    fn put(&mut self, id: &str, entry: Entry) {
        let mut model = self.find(id).unwrap_or_else(|| ModelInfo::unknown(id));
        id.clone_into(&mut model.id);
        model.window = entry.window.unwrap_or(model.window);
        model.max_output = entry.max_output.unwrap_or(model.max_output);
        model.cache_minimum = entry.cache_minimum.unwrap_or(model.cache_minimum);
        model.thinking = entry.thinking.unwrap_or(model.thinking);
        model.images = entry.images.unwrap_or(model.images);
        model.documents = entry.documents.unwrap_or(model.documents);
        if entry.prices.is_some() {
            self.own.insert(id.to_owned());
        }
        model.prices = entry.prices.map(Prices::from).or(model.prices);
        self.models.retain(|known| known.id != id);
        self.models.push(model);
    }
}

impl From<EntryPrices> for Prices {
    fn from(entry: EntryPrices) -> Self {
        Self {
            input: entry.input,
            output: entry.output,
            cache_write_5m: entry.cache_write_5m.unwrap_or(entry.input),
            cache_write_1h: entry.cache_write_1h.or(entry.cache_write_5m).unwrap_or(entry.input),
            cache_read: entry.cache_read.unwrap_or(entry.input),
            above: entry.above,
        }
    }
}

/// The names under which an id may stand in the table, the most exact first.
fn names(id: &str) -> Vec<String> {
    let mut names = vec![id.to_owned()];
    let plain = id.strip_suffix("[1m]").unwrap_or(id);
    names.push(plain.to_owned());
    // Gateways put the provider before a slash, Bedrock before a dot and a version behind a colon.
    let plain = plain.rsplit('/').next().unwrap_or(plain);
    let plain = plain.rsplit_once("anthropic.").map_or(plain, |(_, rest)| rest);
    let plain = plain.split_once("-v1:").map_or(plain, |(before, _)| before);
    names.push(plain.to_owned());
    let undated = without_date(plain);
    names.push(undated.to_owned());
    if undated.starts_with("claude") {
        // OpenRouter writes `claude-sonnet-4.5`.
        names.push(undated.replace('.', "-"));
    }
    names
}

/// Cuts off `-20250929`, `@20250929` or `-2025-09-29`.
fn without_date(id: &str) -> &str {
    for (length, separators) in [(8, 0), (10, 2)] {
        let Some(cut) = id.len().checked_sub(length + 1) else { continue };
        let (Some(head), Some(tail)) = (id.get(..cut), id.get(cut..)) else { continue };
        let Some(date) = tail.strip_prefix(['-', '@']) else { continue };
        let digits = date.bytes().filter(u8::is_ascii_digit).count();
        let dashes = date.bytes().filter(|byte| *byte == b'-').count();
        if digits == 8 && dashes == separators {
            return head;
        }
    }
    id
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn the_built_in_table_is_whole() {
        let table: ModelTable = toml::from_str(BUILT_IN).unwrap();
        assert!(table.models.len() > 40, "{}", table.models.len());
        for model in &table.models {
            let twins = table.models.iter().filter(|other| other.id == model.id).count();
            assert_eq!(twins, 1, "{} stands twice", model.id);
            assert!(model.max_output < model.window, "{}", model.id);
            if let Some(prices) = &model.prices {
                assert!(prices.cache_read <= prices.input, "{}", model.id);
                assert!(prices.input <= prices.cache_write_5m, "{}", model.id);
                assert!(prices.cache_write_5m <= prices.cache_write_1h, "{}", model.id);
                assert!(prices.input < prices.output, "{}", model.id);
            }
        }
        for id in table.aliases.values().chain(table.defaults.values()) {
            assert!(table.models.iter().any(|model| &model.id == id), "{id} is not in the table");
        }
        for provider in ["anthropic", "openai", "deepseek"] {
            assert!(table.find(table.default_for(provider).unwrap()).unwrap().prices.is_some(), "{provider}");
        }
    }

    #[test]
    fn a_model_is_found_under_the_names_that_hosts_give_it() {
        let table = ModelTable::built_in();
        for (name, id) in [
            ("claude-opus-5-5", "claude-opus-5-5"),
            ("opus", "claude-opus-5-5"),
            ("sonnet[1m]", "claude-sonnet-5-5"),
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
            ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
            ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
            ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
            ("openrouter/openai/gpt-5.4-2026-03-05", "gpt-5.4"),
            ("gpt-5.6", "gpt-5.6-sol"),
            ("deepseek-v4-flash", "deepseek-flash"),
        ] {
            assert_eq!(table.find(name).map(|model| model.id).as_deref(), Some(id), "{name}");
        }
        for name in ["", "gpt", "claude", "gpt-5.4-mini-preview", "llama3.2", "deepseek/deepseek-r1:free", "é-20250101"]
        {
            assert_eq!(table.find(name), None, "{name}");
        }
    }

    #[test]
    fn short_names_resolve_and_ids_stay() {
        let table = ModelTable::built_in();
        assert_eq!(table.resolve("haiku"), "claude-haiku-5-5");
        assert_eq!(table.resolve("opus[1m]"), "claude-opus-5-5");
        assert_eq!(table.resolve("my/model"), "my/model");
    }

    #[test]
    fn settings_add_and_correct_models() {
        let mut table = ModelTable::built_in();
        let problems = table.extend(&json!({
            "house-model": { "window": 64_000, "prices": { "input": 1, "output": 2 } },
            "gpt-6.2-sol": { "prices": { "input": 2, "output": 10, "cache_read": 0.1 } },
            "broken": { "windov": 3 },
        }));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("model `broken`:"), "{problems:?}");
        let house = table.find("house-model").unwrap();
        assert_eq!((house.window, house.prices.unwrap().cache_read), (64_000, 1.0));
        let sol = table.find("gpt-6.2-sol").unwrap();
        assert_eq!((sol.window, sol.prices.unwrap().cache_read), (1_050_000, 0.1));
        assert_eq!(table.extend(&json!([])).len(), 1);
    }

    #[test]
    fn prices_that_nobody_published_are_left_out() {
        let table = ModelTable::built_in();
        assert_eq!(table.find("gpt-6.2-astra").unwrap().prices, None);
        assert!(table.find("claude-fable-5-2").is_none());
    }
}
