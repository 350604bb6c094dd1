//! What a call of a server brought, in plain values.

use serde_json::Value;

/// The answer to a call, a prompt or the reading of a resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub parts: Vec<Part>,
    /// The answer as data, when the server gives it beside the parts.
    pub structured: Option<Value>,
    pub is_error: bool,
}

/// One part of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Text(String),
    /// Base64.
    Image {
        media_type: String,
        data: String,
    },
    /// Base64; no model here hears it.
    Audio {
        media_type: String,
        data: String,
    },
    /// A resource with its content: text, or base64 bytes.
    Resource {
        uri: String,
        media_type: Option<String>,
        text: Option<String>,
        blob: Option<String>,
    },
    /// A resource that can be read.
    Link {
        uri: String,
        name: String,
        description: String,
    },
}
