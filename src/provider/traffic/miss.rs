//! Why a tape has no answer: the first thing that is not as it was in the request that comes nearest.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::play::Loaded;
use super::tape::{Exchange, Piece};
use crate::domain::{Hash, ModelRef, Sampling};

/// Changed lines that are shown, and characters of each.
const LINES: usize = 8;
const WIDTH: usize = 160;
/// Bytes of a text that are compared.
const COMPARED: usize = 64 * 1024;

/// The request that was not found.
pub(super) struct Asked<'a> {
    pub model: &'a ModelRef,
    pub sampling: Sampling,
    pub segments: &'a [Hash],
    pub seen: &'a HashMap<Hash, Piece>,
}

/// What differs, in words and a short diff.
pub(super) fn explain(asked: &Asked<'_>, tape: &Loaded) -> String {
    let shared = |exchange: &Exchange| {
        exchange.segments.iter().zip(asked.segments).take_while(|(theirs, ours)| theirs == ours).count()
    };
    let nearest = tape.exchanges.iter().enumerate().max_by_key(|(index, exchange)| {
        // Among equals the one that is most like it in length, then the earlier one.
        let far = exchange.segments.len().abs_diff(asked.segments.len());
        (shared(exchange), std::cmp::Reverse(far), std::cmp::Reverse(*index))
    });
    let Some((index, nearest)) = nearest else { return "it holds no requests".to_owned() };
    let at = shared(nearest);
    let beside = format!("beside recorded request {}", index + 1);
    if at == asked.segments.len() && at == nearest.segments.len() {
        if nearest.model != *asked.model {
            return format!("{beside}, the model is {}, not {}", asked.model, nearest.model);
        }
        return format!(
            "{beside}, what is asked besides the text differs: {:?}, not {:?}",
            asked.sampling, nearest.sampling
        );
    }
    let ours = asked.segments.get(at).and_then(|hash| asked.seen.get(hash).or_else(|| tape.pieces.get(hash)));
    let theirs = nearest.segments.get(at).and_then(|hash| tape.pieces.get(hash));
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => {
            format!("{beside}, segment {} ({}) is the first that differs:\n{}", at + 1, label(ours), diff(theirs, ours))
        }
        (Some(ours), None) => {
            format!("{beside}, segment {} ({}) is one more than was recorded:\n+ {}", at + 1, label(ours), head(ours))
        }
        (None, Some(theirs)) => {
            format!("{beside}, segment {} ({}) is missing:\n- {}", at + 1, label(theirs), head(theirs))
        }
        (None, None) => format!("{beside}, segment {} differs and is not on the recording", at + 1),
    }
}

fn label(piece: &Piece) -> String {
    format!("{:?} `{}`", piece.kind, piece.label).to_lowercase()
}

fn head(piece: &Piece) -> String {
    text(piece).lines().next().unwrap_or_default().chars().take(WIDTH).collect()
}

fn diff(before: &Piece, after: &Piece) -> String {
    let (before, after) = (text(before), text(after));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let mut out = String::new();
    let changed = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    for (count, change) in changed.enumerate() {
        if count == LINES {
            out.push_str("…\n");
            break;
        }
        let sign = if change.tag() == ChangeTag::Delete { '-' } else { '+' };
        let line: String = change.value().trim_end_matches('\n').chars().take(WIDTH).collect();
        let _ = writeln!(out, "{sign} {line}");
    }
    if out.is_empty() {
        out.push_str("(the texts are the same; their form differs)\n");
    }
    out.truncate(out.trim_end().len());
    out
}

/// All texts of a piece, one after the other.
fn text(piece: &Piece) -> String {
    let mut out = String::new();
    strings(&piece.body, &mut out);
    out
}

fn strings(value: &Value, out: &mut String) {
    if out.len() > COMPARED {
        return;
    }
    match value {
        Value::String(text) => {
            out.extend(text.chars().take(COMPARED));
            out.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        Value::Object(entries) => {
            for (name, item) in entries {
                if !item.is_array() && !item.is_object() && !item.is_string() {
                    let _ = writeln!(out, "{name}: {item}");
                }
                strings(item, out);
            }
        }
        _ => {}
    }
}
