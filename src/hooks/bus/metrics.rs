//! Sums over the events, as OpenTelemetry wants them: cumulative, monotonic, by a few attributes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::otlp::{attribute, nanos};
use super::{Attribute, Told};

/// Name and unit of each sum.
const SUMS: [(&str, &str); 4] = [
    ("latigo.session.count", "{session}"),
    ("latigo.token.usage", "{token}"),
    ("latigo.cost.usage", "USD"),
    ("latigo.tool.calls", "{call}"),
];
/// Different attributes of one sum.
const POINTS: usize = 500;

/// The name of a sum and the attributes of one point of it.
type Point = (&'static str, Vec<(&'static str, String)>);

/// The sums so far.
#[derive(Debug)]
pub(super) struct Metrics {
    since: u64,
    sums: BTreeMap<Point, f64>,
}

impl Metrics {
    pub fn new(now: u64) -> Self {
        Self { since: now, sums: BTreeMap::new() }
    }

    /// Adds what an event brings.
    pub fn count(&mut self, told: &Told) {
        let fact = |key: &str| told.facts.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
        let text = |key: &str| match fact(key) {
            Some(Attribute::Text(text)) => text.clone(),
            Some(Attribute::Flag(flag)) => flag.to_string(),
            _ => String::new(),
        };
        match told.event {
            "SessionStart" => self.add("latigo.session.count", vec![("source", text("source"))], 1.0),
            "PostToolUse" | "PostToolUseFailure" => {
                let by = vec![("tool_name", text("tool_name")), ("success", text("success"))];
                self.add("latigo.tool.calls", by, 1.0);
            }
            "ApiRequest" => {
                let model = text("model");
                for (key, kind) in [
                    ("input_tokens", "input"),
                    ("output_tokens", "output"),
                    ("cache_read_tokens", "cacheRead"),
                    ("cache_creation_tokens", "cacheCreation"),
                ] {
                    if let Some(Attribute::Number(count)) = fact(key) {
                        let by = vec![("model", model.clone()), ("type", kind.to_owned())];
                        self.add("latigo.token.usage", by, *count as f64);
                    }
                }
                if let Some(Attribute::Amount(cost)) = fact("cost_usd") {
                    self.add("latigo.cost.usage", vec![("model", model)], *cost);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, name: &'static str, by: Vec<(&'static str, String)>, amount: f64) {
        if self.sums.len() < POINTS || self.sums.contains_key(&(name, by.clone())) {
            *self.sums.entry((name, by)).or_default() += amount;
        }
    }

    /// All sums up to this time.
    pub fn json(&self, at: u64) -> Value {
        let metric = |(name, unit): &(&str, &str)| {
            let points: Vec<Value> = self
                .sums
                .iter()
                .filter(|((known, _), _)| known == name)
                .map(|((_, by), sum)| self.point(by, *sum, at))
                .collect();
            (!points.is_empty()).then(|| {
                json!({ "name": name, "unit": unit, "sum": {
                    "aggregationTemporality": 2, "isMonotonic": true, "dataPoints": points,
                }})
            })
        };
        SUMS.iter().filter_map(metric).collect()
    }

    fn point(&self, by: &[(&'static str, String)], sum: f64, at: u64) -> Value {
        let attributes: Vec<Value> =
            by.iter().map(|(key, value)| attribute(key, &Attribute::Text(value.clone()))).collect();
        json!({
            "attributes": attributes,
            "startTimeUnixNano": nanos(self.since),
            "timeUnixNano": nanos(at),
            "asDouble": sum,
        })
    }
}
