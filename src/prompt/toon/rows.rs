//! Results of tools with uniform rows: written as TOON when that has fewer tokens.

use serde_json::Value;

use super::{Style, encode};

/// Texts outside of these bounds are left as they are: too little to save, or too much to look at.
const BYTES: std::ops::RangeInclusive<usize> = 200..=4_000_000;
/// Rows that a table must have.
const ROWS: usize = 3;
/// Tokens that must be saved, of a hundred. JSON is what the tool said; it gives way only for a gain.
const WORTH: usize = 90;

/// The text as TOON, where it is JSON with uniform rows and that is shorter. `count` counts tokens.
pub fn shorter(text: &str, count: impl Fn(&str) -> usize) -> Option<String> {
    let trimmed = text.trim();
    if !BYTES.contains(&trimmed.len()) || !trimmed.starts_with(['[', '{']) {
        return None;
    }
    let value: Value = serde_json::from_str(trimmed).ok()?;
    if !has_rows(&value) {
        return None;
    }
    let toon = encode(&value, &Style::default()).ok()?;
    // A byte is at least a quarter of a token; what is not shorter in bytes is not worth counting.
    if toon.len() >= trimmed.len() {
        return None;
    }
    (count(&toon) * 100 < count(trimmed) * WORTH).then_some(toon)
}

/// Some list in it is a table.
fn has_rows(value: &Value) -> bool {
    match value {
        Value::Array(items) => is_table(items) || items.iter().any(has_rows),
        Value::Object(fields) => fields.values().any(has_rows),
        _ => false,
    }
}

fn is_table(items: &[Value]) -> bool {
    let Some(first) = items.first().and_then(Value::as_object).filter(|first| !first.is_empty()) else { return false };
    let nested = |value: &Value| matches!(value, Value::Array(_) | Value::Object(_));
    items.len() >= ROWS
        && items.iter().all(|item| {
            item.as_object().is_some_and(|fields| {
                fields.len() == first.len()
                    && first.keys().all(|key| fields.get(key).is_some_and(|value| !nested(value)))
            })
        })
}
