//! TOON: JSON values written with fewer tokens, for the model to read.

mod json;

use serde_json::Value;
use toon_format::{DecodeOptions, Delimiter, EncodeOptions, Indent};

pub use json::spaced_json;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Stands between the values of a row: `,`, a tab or `|`.
    pub delimiter: char,
    /// Spaces of one level.
    pub indent: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { delimiter: ',', indent: 2 }
    }
}

/// Writes a value as TOON. The error is a sentence.
pub fn encode(value: &Value, style: &Style) -> Result<String, String> {
    let delimiter = match style.delimiter {
        '\t' => Delimiter::Tab,
        '|' => Delimiter::Pipe,
        _ => Delimiter::Comma,
    };
    let options = EncodeOptions::new().with_delimiter(delimiter).with_indent(Indent::Spaces(style.indent));
    toon_format::encode(value, &options).map_err(|error| error.to_string())
}

/// Reads TOON with that many spaces a level. The error is a sentence that names line and column.
pub fn decode(text: &str, strict: bool, indent: usize) -> Result<Value, String> {
    let options = DecodeOptions::new().with_strict(strict).with_indent(Indent::Spaces(indent));
    toon_format::decode(text, &options).map_err(|error| error.to_string())
}
