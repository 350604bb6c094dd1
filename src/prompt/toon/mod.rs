//! TOON, the Token-Oriented Object Notation: JSON values in fewer tokens, for a model to read.
//!
//! Written and read as version 3.3 of the specification has it (the newest one published with its cases,
//! github.com/toon-format/spec). Reading is the work of the `toon-format` crate, which is ahead of that version and
//! reads what 3.3 knows; what 4.0 took away (folded keys, keys that are only lenient) is done around it here. Writing
//! is our own, because the crate writes forms that only 4.0 knows.

mod encode;
mod expand;
mod json;
mod lenient;
mod number;
mod rows;
#[cfg(test)]
mod tests;

use serde_json::Value;
use toon_format::{DecodeOptions, Indent};

pub use json::spaced_json;
pub use rows::shorter;

/// The version of the specification.
pub const VERSION: &str = "3.3";
/// Levels of nesting that are written and read.
const DEPTH: usize = 200;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Stands between the values of a row: `,`, a tab or `|`.
    pub delimiter: char,
    /// Spaces of one level, 1 at least.
    pub indent: usize,
    /// Chains of objects with one key become one dotted key of at most so many parts; below 2 none do.
    pub fold: usize,
}

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Counts, indentation and the like must be right.
    pub strict: bool,
    /// Spaces of one level.
    pub indent: usize,
    /// Dotted keys become objects.
    pub expand: bool,
}

/// Why a text is no TOON, or a value cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Default for Style {
    fn default() -> Self {
        Self { delimiter: ',', indent: 2, fold: 0 }
    }
}

impl Default for Reading {
    fn default() -> Self {
        Self { strict: true, indent: 2, expand: false }
    }
}

/// Writes a value.
pub fn encode(value: &Value, style: &Style) -> Result<String, Error> {
    if depth(value) > DEPTH {
        return Err(Error(format!("the value is nested deeper than {DEPTH} levels")));
    }
    Ok(encode::text(value, style))
}

/// Reads a text. The error names line and column.
pub fn decode(text: &str, reading: &Reading) -> Result<Value, Error> {
    let text = if reading.strict { text.to_owned() } else { lenient::literal_keys(text) };
    let (text, mark) = if reading.expand { expand::guard(&text) } else { (text, None) };
    let options = DecodeOptions::new().with_strict(reading.strict).with_indent(Indent::Spaces(reading.indent.max(1)));
    let value: Value = toon_format::decode(&text, &options).map_err(|error| Error(error.to_string()))?;
    if !reading.expand {
        return Ok(value);
    }
    let value = expand::expand(value, reading.strict)?;
    Ok(match mark {
        Some(mark) => expand::unguard(value, mark),
        None => value,
    })
}

fn depth(value: &Value) -> usize {
    // Serde reads at most 128 levels, so the recursion is bounded by where values come from.
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
