//! `latigo.context`: the room that a prompt may take, when the stages of compaction act, how long cache entries live.

use super::super::document::{Node, Value};
use super::super::layers::Layer;
use super::entries::{count, flag, text, wrong};
use crate::domain::{Notice, Ttl};
use crate::prompt::{Lives, Thresholds};

/// What may stand in the section.
pub(in crate::config) const KEYS: [&str; 11] =
    ["window", "reserve", "result", "act", "idle", "target", "summary", "keep", "auto", "fixedTtl", "tailTtl"];

/// How the context is kept within its room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContextSettings {
    pub thresholds: Thresholds,
    /// Compact without being asked.
    pub auto: bool,
    /// Lives of cache entries; none to choose by what pays.
    pub fixed: Option<Ttl>,
    pub tail: Option<Ttl>,
    /// Keys that a stronger file has set, one bit each.
    seen: u16,
}

impl Default for ContextSettings {
    fn default() -> Self {
        Self { thresholds: Thresholds::default(), auto: true, fixed: None, tail: None, seen: 0 }
    }
}

impl ContextSettings {
    /// The lives of cache entries. An hour costs twice the input price once; it pays where somebody thinks between
    /// two prompts for longer than five minutes, which a run without a person does not.
    pub fn lives(&self, interactive: bool) -> Lives {
        let usual = if interactive { Ttl::OneHour } else { Ttl::FiveMinutes };
        Lives { fixed: self.fixed.unwrap_or(usual), tail: self.tail.unwrap_or(Ttl::FiveMinutes) }
    }

    /// Reads the section of one file; what a stronger file has set stays.
    pub(super) fn read(&mut self, layer: &Layer, node: &Node, notices: &mut Vec<Notice>) {
        if !matches!(node.value, Value::Table(_)) {
            return wrong(layer, "latigo.context", node, "an object", notices);
        }
        for (key, node) in node.entries() {
            let Some(place) = KEYS.iter().position(|known| known == key) else {
                let notice = layer.notice(node.line, &format!("`latigo.context.{key}` is not known and does nothing"));
                notices.push(notice.hint(format!("its keys are {}", KEYS.join(", "))));
                continue;
            };
            if self.seen & (1 << place) == 0 && self.set(key, (layer, node), notices) {
                self.seen |= 1 << place;
            }
        }
    }

    fn set(&mut self, key: &str, (layer, node): (&Layer, &Node), notices: &mut Vec<Notice>) -> bool {
        let name = format!("latigo.context.{key}");
        let thresholds = &mut self.thresholds;
        match key {
            "window" => put(&mut thresholds.window, count(layer, &name, node, notices).map(|n| Some(u64::from(n)))),
            "reserve" => put(&mut thresholds.reserve, count(layer, &name, node, notices).map(|n| Some(u64::from(n)))),
            "result" => put(&mut thresholds.result, count(layer, &name, node, notices).map(u64::from)),
            "act" => put(&mut thresholds.act, share(layer, &name, node, notices)),
            "idle" => put(&mut thresholds.idle, share(layer, &name, node, notices)),
            "target" => put(&mut thresholds.target, share(layer, &name, node, notices)),
            "summary" => put(&mut thresholds.summary, share(layer, &name, node, notices)),
            "keep" => put(&mut thresholds.keep, share(layer, &name, node, notices)),
            "auto" => put(&mut self.auto, flag(layer, &name, node, notices)),
            "fixedTtl" => ttl(&mut self.fixed, (layer, &name, node), notices),
            _ => ttl(&mut self.tail, (layer, &name, node), notices),
        }
    }
}

fn put<T>(place: &mut T, value: Option<T>) -> bool {
    let found = value.is_some();
    if let Some(value) = value {
        *place = value;
    }
    found
}

/// A part of the room, between 0 and 1.
fn share(layer: &Layer, key: &str, node: &Node, notices: &mut Vec<Notice>) -> Option<f64> {
    let number = match &node.value {
        Value::Number(number) => number.as_f64().filter(|share| (0.01..=1.0).contains(share)),
        _ => None,
    };
    if number.is_none() {
        wrong(layer, key, node, "a number from 0.01 to 1", notices);
    }
    number
}

/// `5m`, `1h`, or `auto` for none.
fn ttl(place: &mut Option<Ttl>, (layer, key, node): (&Layer, &str, &Node), notices: &mut Vec<Notice>) -> bool {
    *place = match text(layer, key, node, notices) {
        Some("5m") => Some(Ttl::FiveMinutes),
        Some("1h") => Some(Ttl::OneHour),
        Some("auto") => None,
        Some(_) => {
            wrong(layer, key, node, "\"5m\", \"1h\" or \"auto\"", notices);
            return false;
        }
        None => return false,
    };
    true
}
