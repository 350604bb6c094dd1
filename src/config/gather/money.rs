//! What the settings say of money: caps, and when a turn that runs in circles is looked at.
//!
//! ```json
//! "latigo": { "caps": { "session": { "usd": 5, "softUsd": 2 }, "day": { "tokens": 2000000 } },
//!             "pauseAfterRepeats": 3, "pauseAfterIdleSteps": 40, "toon": true, "answerCache": "off" }
//! ```

use super::super::document::{Node, Value};
use super::super::layers::Layer;
use super::entries::{count, flag, text, wrong};
use crate::config::MoneySettings;
use crate::domain::{AnswerMode, Cap, CapScope, Limit, Notice};
use crate::engine::Purse;
use crate::recall::Setting;

/// The keys of the section `latigo` that are read here.
pub(in crate::config) const KEYS: [&str; 7] =
    ["answerCache", "answerCacheDays", "caps", "pauseAfterRepeats", "pauseAfterIdleSteps", "titles", "toon"];

/// What the files say so far, the strongest first.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct Draft {
    caps: Vec<Cap>,
    repeats: Option<u32>,
    idle_steps: Option<u32>,
    toon: Option<bool>,
    titles: Option<bool>,
    answers: Option<AnswerMode>,
    days: Option<u32>,
}

impl Draft {
    /// Adds what a weaker file says under one of [`KEYS`].
    pub fn take(&mut self, layer: &Layer, key: &str, node: &Node, notices: &mut Vec<Notice>) {
        match key {
            "caps" => self.caps(layer, node, notices),
            "answerCache" => {
                let named = text(layer, "latigo.answerCache", node, notices);
                let mode = named.and_then(AnswerMode::named);
                if named.is_some() && mode.is_none() {
                    notices.push(layer.notice(node.line, "`latigo.answerCache` is one of off, exact, semantic"));
                }
                self.answers = self.answers.or(mode);
            }
            "answerCacheDays" => self.days = self.days.or(count(layer, "latigo.answerCacheDays", node, notices)),
            "titles" => {
                let named = text(layer, "latigo.titles", node, notices);
                if named.is_some_and(|named| !["prompt", "model"].contains(&named)) {
                    notices.push(layer.notice(node.line, "`latigo.titles` is one of prompt, model"));
                }
                self.titles = self.titles.or(named.map(|named| named == "model"));
            }
            "toon" => self.toon = self.toon.or(flag(layer, "latigo.toon", node, notices)),
            _ => {
                let number = number(node).filter(|number| number.fract() == 0.0 && *number <= f64::from(u32::MAX));
                let Some(number) = number else {
                    return wrong(layer, &format!("latigo.{key}"), node, "a whole number, 0 for never", notices);
                };
                let place = if key == "pauseAfterRepeats" { &mut self.repeats } else { &mut self.idle_steps };
                place.get_or_insert(number as u32);
            }
        }
    }

    /// The whole of it.
    pub fn finish(self) -> MoneySettings {
        let (usual, cache) = (Purse::default(), Setting::default());
        MoneySettings {
            purse: Purse {
                caps: self.caps,
                repeats: self.repeats.unwrap_or(usual.repeats),
                idle_steps: self.idle_steps.unwrap_or(usual.idle_steps),
                ..usual
            },
            toon: self.toon.unwrap_or(true),
            titles: self.titles.unwrap_or(false),
            answers: Setting {
                mode: self.answers.unwrap_or(cache.mode),
                days: self.days.unwrap_or(cache.days),
                ..cache
            },
        }
    }

    fn caps(&mut self, layer: &Layer, node: &Node, notices: &mut Vec<Notice>) {
        if !matches!(node.value, Value::Table(_)) {
            return wrong(layer, "latigo.caps", node, "an object", notices);
        }
        for (name, node) in node.entries() {
            let scope = [CapScope::Turn, CapScope::Session, CapScope::Day, CapScope::Project]
                .into_iter()
                .find(|scope| scope.name() == name.as_str());
            let Some(scope) = scope else {
                let text = format!("`latigo.caps.{name}` is not known and does nothing");
                notices.push(layer.notice(node.line, &text).hint("its keys are turn, session, day, project"));
                continue;
            };
            for (key, node) in node.entries() {
                let place = format!("latigo.caps.{name}.{key}");
                let amount = number(node);
                let cap = match (key.as_str(), amount) {
                    ("usd" | "softUsd", Some(amount)) => Limit::Dollars(amount),
                    ("tokens" | "softTokens", Some(amount)) => Limit::Tokens(amount as u64),
                    ("usd" | "softUsd" | "tokens" | "softTokens", None) => {
                        wrong(layer, &place, node, "a number, 0 or more", notices);
                        continue;
                    }
                    _ => {
                        let text = format!("`{place}` is not known and does nothing");
                        notices
                            .push(layer.notice(node.line, &text).hint("its keys are usd, tokens, softUsd, softTokens"));
                        continue;
                    }
                };
                self.set(Cap { scope, limit: cap, hard: !key.starts_with("soft") });
            }
        }
    }

    /// A stronger file's cap of the same kind stays.
    fn set(&mut self, cap: Cap) {
        let kind = |cap: &Cap| (cap.scope, cap.hard, matches!(cap.limit, Limit::Dollars(_)));
        if !self.caps.iter().any(|known| kind(known) == kind(&cap)) {
            self.caps.push(cap);
        }
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(number) => number.as_f64().filter(|number| *number >= 0.0 && number.is_finite()),
        _ => None,
    }
}
