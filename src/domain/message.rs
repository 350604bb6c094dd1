//! What is said: messages and the blocks they are made of, in one form for every provider.
//!
//! The field order of these structs is their byte form: a segment's hash is taken over their JSON,
//! so a field may be added at the end but not moved.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ModelRef, Wire};

/// Who speaks. There is no system role here: the system text is a segment of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Assistant,
}

/// One message of the conversation. Tool results travel in a user message, one for every call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub blocks: Vec<Block>,
    /// The model that wrote it, for assistant messages: thinking may only go back to the same model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ModelRef>,
}

/// One piece of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    Text {
        text: String,
    },
    /// Reasoning of the model. It is sent back exactly as it came: with its signature (Anthropic),
    /// or as plain text (DeepSeek's `reasoning_content`, Ollama's `thinking`).
    Thinking {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// A provider's item that only that provider can read (redacted thinking, encrypted reasoning).
    /// Kept byte for byte and sent back only over the wire that it came from.
    Opaque {
        wire: Wire,
        item: Value,
    },
    Image(Media),
    ToolCall(ToolCall),
    ToolResult(ToolResult),
    /// A PDF that was mentioned.
    Document(Document),
}

/// An image, base64 as the APIs want it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
    pub media_type: String,
    pub data: String,
}

/// A PDF, or some pages of one. Models that take documents see the pages, the others read the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The file's name, without its folder.
    pub name: String,
    /// The PDF, base64 as the APIs want it.
    pub data: String,
    pub pages: u32,
    /// What is said in its place to a model that takes no documents.
    pub text: String,
}

/// A call that the model asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's id, unique within the session; made by us where the provider gives none.
    pub id: String,
    pub name: String,
    /// Always a JSON object. When the model sent text that is no JSON object, this is
    /// `{"__invalid": "<text>"}` and the call fails with a result that says so.
    pub input: Value,
}

/// The one result of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    pub call_id: String,
    pub parts: Vec<ResultPart>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
}

/// What a result is made of. An error has text only, as the Anthropic API demands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultPart {
    Text(String),
    Image(Media),
    Document(Document),
}

impl Message {
    /// A user message of one text block.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, blocks: vec![Block::Text { text: text.into() }], by: None }
    }

    /// An assistant message.
    pub fn assistant(blocks: Vec<Block>, by: ModelRef) -> Self {
        Self { role: Role::Assistant, blocks, by: Some(by) }
    }

    /// The text blocks, joined by newlines.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Text { text } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        texts.join("\n")
    }

    /// The calls in it, in the model's order.
    pub fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.blocks.iter().filter_map(|block| match block {
            Block::ToolCall(call) => Some(call),
            _ => None,
        })
    }
}

impl ToolResult {
    /// A result of one text.
    pub fn text(call_id: impl Into<String>, text: impl Into<String>, is_error: bool) -> Self {
        Self { call_id: call_id.into(), parts: vec![ResultPart::Text(text.into())], is_error }
    }

    /// The text parts, joined by newlines.
    pub fn joined(&self) -> String {
        let texts: Vec<&str> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                ResultPart::Text(text) => Some(text.as_str()),
                ResultPart::Document(document) => Some(document.text.as_str()),
                ResultPart::Image(_) => None,
            })
            .collect();
        texts.join("\n")
    }
}

impl ToolCall {
    /// The key under which text that was no JSON object is kept.
    pub const INVALID: &'static str = "__invalid";

    /// Parses the argument text of a finished call; an empty text is an empty object.
    pub fn parse(id: String, name: String, arguments: &str) -> Self {
        let text = if arguments.trim().is_empty() { "{}" } else { arguments };
        let input = match serde_json::from_str::<Value>(text) {
            Ok(value) if value.is_object() => value,
            _ => serde_json::json!({ (Self::INVALID): arguments }),
        };
        Self { id, name, input }
    }

    /// The text that could not be parsed, if that is what came.
    pub fn invalid(&self) -> Option<&str> {
        self.input.get(Self::INVALID).and_then(Value::as_str)
    }
}
/// A prompt without what the program added to it.
pub fn without_reminders(text: &str) -> String {
    let (open, close) = ("<system-reminder>", "</system-reminder>");
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        kept.push_str(before);
        rest = after.split_once(close).map_or("", |(_, tail)| tail);
    }
    kept.push_str(rest);
    kept.trim().to_owned()
}
