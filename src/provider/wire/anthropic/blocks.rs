//! Content blocks as the Messages API takes them, and the rules about which of ours may go.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::super::ids::{ANTHROPIC_ID, safe_id, safe_name};
use super::super::parts::{NO_IMAGE, NO_OUTPUT, PDF, Papers, is_text};
use crate::domain::{Block, Document, Media, ResultPart, ToolResult, Ttl, Wire};

/// The mark after a block up to which the provider keeps its work.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct CacheControl {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

impl CacheControl {
    pub(super) fn of(ttl: Ttl) -> Self {
        let ttl = match ttl {
            Ttl::FiveMinutes => None,
            Ttl::OneHour => Some("1h"),
        };
        Self { kind: "ephemeral", ttl }
    }
}

/// A block with its mark.
#[derive(Debug, Serialize)]
pub(super) struct Marked<'a> {
    #[serde(flatten)]
    pub(super) content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<CacheControl>,
}

/// A block.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Content<'a> {
    Text {
        text: &'a str,
    },
    Image {
        source: Source<'a>,
    },
    Document {
        source: Source<'a>,
        title: &'a str,
    },
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: &'a Value,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        content: Inside<'a>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    /// Redacted thinking: the provider's own document, type and all.
    #[serde(untagged)]
    Own(&'a Value),
}

/// The content of a result. One text, the usual case, goes as a plain string: a list around it would cost
/// tokens in every later request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Inside<'a> {
    Text(&'a str),
    Parts(Vec<Inner<'a>>),
}

/// What a result holds.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Inner<'a> {
    Text { text: &'a str },
    Image { source: Source<'a> },
    Document { source: Source<'a>, title: &'a str },
}

/// An image's bytes.
#[derive(Debug, Serialize)]
pub(super) struct Source<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    media_type: &'a str,
    data: &'a str,
}

impl<'a> Content<'a> {
    /// The block as it may go, or nothing. `own` says that the request's model wrote it; `images` that
    /// the model sees, `papers` which documents it gets as such.
    pub(super) fn of(block: &'a Block, own: bool, (images, papers): (bool, &Papers)) -> Option<Self> {
        match block {
            Block::Text { text } => is_text(text).then_some(Self::Text { text }),
            Block::Thinking { text, signature } => {
                let signature = signature.as_deref().filter(|_| own)?;
                Some(Self::Thinking { thinking: text, signature })
            }
            Block::Opaque { wire, item } => (own && *wire == Wire::Anthropic).then_some(Self::Own(item)),
            Block::Image(media) if images => Some(Self::Image { source: Source::of(media) }),
            Block::Image(_) => Some(Self::Text { text: NO_IMAGE }),
            Block::Document(document) if papers.admits(document) => {
                Some(Self::Document { source: Source::pdf(document), title: &document.name })
            }
            Block::Document(document) => is_text(&document.text).then_some(Self::Text { text: &document.text }),
            Block::ToolCall(call) => Some(Self::ToolUse {
                id: safe_id(&call.id, ANTHROPIC_ID),
                name: safe_name(&call.name),
                input: &call.input,
            }),
            Block::ToolResult(result) => Some(Self::ToolResult {
                tool_use_id: safe_id(&result.call_id, ANTHROPIC_ID),
                content: inner(result, images, papers),
                is_error: result.is_error,
            }),
        }
    }

    /// The API takes a mark after it.
    pub(super) fn is_cacheable(&self) -> bool {
        !matches!(self, Self::Thinking { .. } | Self::Own(_))
    }

    /// It must stand before everything else of its message.
    pub(super) fn is_result(&self) -> bool {
        matches!(self, Self::ToolResult { .. })
    }

    /// Thinking, readable or not.
    pub(super) fn is_thinking(&self) -> bool {
        !self.is_cacheable()
    }
}

impl<'a> Source<'a> {
    fn of(media: &'a Media) -> Self {
        Self { kind: "base64", media_type: &media.media_type, data: &media.data }
    }

    fn pdf(document: &'a Document) -> Self {
        Self { kind: "base64", media_type: PDF, data: &document.data }
    }
}

/// An error may hold text only, and no text may be empty.
fn inner<'a>(result: &'a ToolResult, images: bool, papers: &Papers) -> Inside<'a> {
    let parts: Vec<Inner<'a>> = result
        .parts
        .iter()
        .filter_map(|part| match part {
            ResultPart::Text(text) => is_text(text).then_some(Inner::Text { text }),
            ResultPart::Image(_) if result.is_error => None,
            ResultPart::Image(media) if images => Some(Inner::Image { source: Source::of(media) }),
            ResultPart::Image(_) => Some(Inner::Text { text: NO_IMAGE }),
            ResultPart::Document(document) if papers.admits(document) => {
                Some(Inner::Document { source: Source::pdf(document), title: &document.name })
            }
            ResultPart::Document(document) => is_text(&document.text).then_some(Inner::Text { text: &document.text }),
        })
        .collect();
    match parts.as_slice() {
        [] => Inside::Text(NO_OUTPUT),
        [Inner::Text { text }] => Inside::Text(text),
        _ => Inside::Parts(parts),
    }
}
