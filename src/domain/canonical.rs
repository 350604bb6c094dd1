//! The canonical request: what goes to a model, before any provider's wire form.
//!
//! It is a list of ordered segments, each with a stable byte form and a hash. From it follow the wire
//! form, the cache breakpoints, the diagnosis of a broken cache, the request inspector and the context
//! budget. The list only ever grows at its end within a session, unless a record says otherwise.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Block, Document, Effort, Message, ModelInfo, ModelRef, ResultPart, ToolResult, ToolSpec};
use crate::base::text;

/// Tokens of an image whose size is not known: what a large one comes to.
const IMAGE_TOKENS: u64 = 1_600;
/// Tokens that a block costs beside its text.
const BLOCK_TOKENS: u64 = 4;

/// The first 16 bytes of a SHA-256, enough to tell segments apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 16]);

/// What a segment is, in the order in which segments stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    Tool,
    System,
    Memory,
    Message,
}

/// One piece of the request. Made once, shared by every request that holds it.
#[derive(Clone, Debug)]
pub struct Segment {
    pub kind: SegmentKind,
    /// What a person calls it: a tool's name, a file, `you`, `answer`.
    pub label: String,
    pub body: SegmentBody,
    pub hash: Hash,
    /// Bytes of its JSON.
    pub bytes: u32,
    /// Tokens, estimated from its text; what the provider counts puts the sum right.
    pub tokens: u32,
    /// Blocks that a provider's cache sees in it.
    pub blocks: u32,
}

/// The content of a segment.
#[derive(Clone, Debug)]
pub enum SegmentBody {
    Tool(Arc<ToolSpec>),
    /// A block of the system text.
    System(Arc<str>),
    /// Instructions of the user (CLAUDE.md and the like), delivered as a user message.
    Memory(Arc<str>),
    Message(Arc<Message>),
}

/// How long a cache entry is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ttl {
    #[serde(rename = "5m")]
    FiveMinutes,
    #[serde(rename = "1h")]
    OneHour,
}

/// A cache breakpoint after the segment of that index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub segment: usize,
    pub ttl: Ttl,
}

/// What is asked of the model besides the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampling {
    /// Tokens that the answer may have.
    pub max_output: u32,
    pub effort: Option<Effort>,
    /// Let the model think, in the way its [`ModelInfo::thinking`] names.
    pub thinking: bool,
}

/// A whole request.
#[derive(Clone, Debug)]
pub struct CanonicalRequest {
    pub model: ModelRef,
    pub info: Arc<ModelInfo>,
    pub segments: Vec<Arc<Segment>>,
    /// At most four, in order of their segments; one-hour marks first.
    pub marks: Vec<Mark>,
    pub sampling: Sampling,
    /// A stable key of the session, for providers that route by it.
    pub session_key: String,
}

impl Segment {
    /// Seals a tool definition.
    pub fn tool(spec: Arc<ToolSpec>) -> Self {
        let json = serde_json::to_string(&*spec).unwrap_or_default();
        Self::seal(
            SegmentKind::Tool,
            spec.name.clone(),
            SegmentBody::Tool(spec),
            (json.as_bytes(), text::tokens(&json)),
        )
    }

    /// Seals a block of the system text.
    pub fn system(label: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let tokens = text::tokens(&text);
        Self::seal(SegmentKind::System, label.into(), SegmentBody::System(text.clone()), (text.as_bytes(), tokens))
    }

    /// Seals a memory file's text.
    pub fn memory(label: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let tokens = text::tokens(&text);
        Self::seal(SegmentKind::Memory, label.into(), SegmentBody::Memory(text.clone()), (text.as_bytes(), tokens))
    }

    /// Seals a message.
    pub fn message(label: impl Into<String>, message: Arc<Message>) -> Self {
        let json = serde_json::to_vec(&*message).unwrap_or_default();
        let tokens = message.blocks.iter().map(weigh).sum();
        let blocks = message.blocks.len().max(1) as u32;
        let body = SegmentBody::Message(message);
        Self { blocks, ..Self::seal(SegmentKind::Message, label.into(), body, (&json, tokens)) }
    }

    /// The message in it, if it is one.
    pub fn as_message(&self) -> Option<&Arc<Message>> {
        match &self.body {
            SegmentBody::Message(message) => Some(message),
            _ => None,
        }
    }

    fn seal(kind: SegmentKind, label: String, body: SegmentBody, (bytes, tokens): (&[u8], u64)) -> Self {
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        Self { kind, label, body, hash: Hash::of(bytes), bytes: bytes.len() as u32, tokens, blocks: 1 }
    }
}

/// Tokens of a block, estimated.
pub fn weigh(block: &Block) -> u64 {
    let content = match block {
        Block::Text { text } => text::tokens(text),
        // Sealed thinking costs about what its seal says.
        Block::Thinking { text, signature } => {
            text::tokens(text).max(signature.as_ref().map_or(0, |signature| signature.len() as u64 / 6))
        }
        Block::Opaque { item, .. } => item.to_string().len() as u64 / 6,
        Block::Image(_) => IMAGE_TOKENS,
        Block::Document(document) => weigh_document(document),
        Block::ToolCall(call) => text::tokens(&call.name) + text::tokens(&call.input.to_string()),
        Block::ToolResult(result) => weigh_result(result),
    };
    content + BLOCK_TOKENS
}

fn weigh_result(result: &ToolResult) -> u64 {
    let part = |part: &ResultPart| match part {
        ResultPart::Text(text) => text::tokens(text),
        ResultPart::Image(_) => IMAGE_TOKENS,
        ResultPart::Document(document) => weigh_document(document),
    };
    result.parts.iter().map(part).sum()
}

/// Each page goes as its text and as a picture of it.
fn weigh_document(document: &Document) -> u64 {
    text::tokens(&document.text) + u64::from(document.pages) * IMAGE_TOKENS
}

impl Hash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::cut(Sha256::digest(bytes).as_slice())
    }

    /// The hash of a run of hashes: what names a prefix.
    pub fn chain(self, next: Self) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update(next.0);
        Self::cut(hasher.finalize().as_slice())
    }

    /// The name of the empty prefix.
    pub const EMPTY: Self = Self([0; 16]);

    fn cut(digest: &[u8]) -> Self {
        let mut out = [0; 16];
        out.copy_from_slice(&digest[..16]);
        Self(out)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let mut out = [0; 16];
        let valid = text.len() == 32 && text.is_ascii();
        for (index, byte) in out.iter_mut().enumerate() {
            let digits = if valid { text.get(index * 2..index * 2 + 2) } else { None };
            *byte = digits
                .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                .ok_or_else(|| serde::de::Error::custom("a hash is 32 hexadecimal digits"))?;
        }
        Ok(Self(out))
    }
}
