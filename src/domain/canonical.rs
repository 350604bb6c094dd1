//! The canonical request: what goes to a model, before any provider's wire form.
//!
//! It is a list of ordered segments, each with a stable byte form and a hash. From it follow the wire
//! form, the cache breakpoints, the diagnosis of a broken cache, the request inspector and the context
//! budget. The list only ever grows at its end within a session, unless a record says otherwise.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Effort, Message, ModelInfo, ModelRef, ToolSpec};

/// The first 16 bytes of a SHA-256, enough to tell segments apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 16]);

/// What a segment is, in the order in which segments stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// Bytes of its JSON, the basis of estimates.
    pub bytes: u32,
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
        let json = serde_json::to_vec(&*spec).unwrap_or_default();
        Self::seal(SegmentKind::Tool, spec.name.clone(), SegmentBody::Tool(spec), &json)
    }

    /// Seals a block of the system text.
    pub fn system(label: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self::seal(SegmentKind::System, label.into(), SegmentBody::System(text.clone()), text.as_bytes())
    }

    /// Seals a memory file's text.
    pub fn memory(label: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self::seal(SegmentKind::Memory, label.into(), SegmentBody::Memory(text.clone()), text.as_bytes())
    }

    /// Seals a message.
    pub fn message(label: impl Into<String>, message: Arc<Message>) -> Self {
        let json = serde_json::to_vec(&*message).unwrap_or_default();
        Self::seal(SegmentKind::Message, label.into(), SegmentBody::Message(message), &json)
    }

    /// The message in it, if it is one.
    pub fn as_message(&self) -> Option<&Arc<Message>> {
        match &self.body {
            SegmentBody::Message(message) => Some(message),
            _ => None,
        }
    }

    fn seal(kind: SegmentKind, label: String, body: SegmentBody, bytes: &[u8]) -> Self {
        Self { kind, label, body, hash: Hash::of(bytes), bytes: bytes.len() as u32 }
    }
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
