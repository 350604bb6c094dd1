//! Pieces of request bodies that several wires share: they borrow from the request and are written
//! straight into the bytes.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::ids::safe_name;
use crate::domain::{
    Block, CanonicalRequest, Document, Media, Message, ResultPart, Role, SegmentBody, ToolResult, ToolSpec,
};

/// Stands where a server wants text and there is none.
pub(super) const NO_CONTENT: &str = "(no content)";
/// Stands for the text of a result that has none.
pub(super) const NO_OUTPUT: &str = "(no output)";
/// Stands for an image that the model cannot see.
pub(super) const NO_IMAGE: &str = "(an image was left out: this model does not take images)";

/// Texts as one string with a separator, without building it.
#[derive(Clone, Debug, Default)]
pub(super) struct Joined<'a> {
    pub(super) texts: Vec<&'a str>,
    pub(super) separator: &'static str,
}

impl<'a> Joined<'a> {
    /// Texts on lines of their own.
    pub(super) fn lines(texts: Vec<&'a str>) -> Self {
        Self { texts, separator: "\n" }
    }

    /// Texts with a blank line between them.
    pub(super) fn paragraphs(texts: Vec<&'a str>) -> Self {
        Self { texts, separator: "\n\n" }
    }
}

impl std::fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, text) in self.texts.iter().enumerate() {
            if index > 0 {
                f.write_str(self.separator)?;
            }
            f.write_str(text)?;
        }
        Ok(())
    }
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.texts.as_slice() {
            [] => serializer.serialize_str(""),
            [one] => serializer.serialize_str(one),
            _ => serializer.collect_str(self),
        }
    }
}

/// A JSON document inside a JSON string, as OpenAI wants the arguments of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct JsonText<'a>(pub(super) &'a Value);

impl Serialize for JsonText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// An image as a `data:` address.
#[derive(Clone, Copy, Debug)]
pub(super) struct DataUrl<'a>(pub(super) &'a Media);

impl Serialize for DataUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("data:{};base64,{}", self.0.media_type, self.0.data))
    }
}

/// One message as it is sent: what the person's side says in a row is one, because many servers want user and
/// assistant to alternate and a remark after results belongs to them.
#[derive(Debug)]
pub(super) enum Spoken<'a> {
    User(Vec<&'a Block>),
    Assistant(&'a Message),
}

/// The messages of the request in that form.
pub(super) fn spoken(request: &CanonicalRequest) -> Vec<Spoken<'_>> {
    let mut all: Vec<Spoken<'_>> = Vec::with_capacity(request.segments.len());
    for message in request.segments.iter().filter_map(|segment| segment.as_message()) {
        match (message.role, all.last_mut()) {
            (Role::Assistant, _) => all.push(Spoken::Assistant(message)),
            (Role::User, Some(Spoken::User(blocks))) => blocks.extend(&message.blocks),
            (Role::User, _) => all.push(Spoken::User(message.blocks.iter().collect())),
        }
    }
    all
}

/// A text that every server takes: something else than white space.
pub(super) fn is_text(text: &str) -> bool {
    !text.trim().is_empty()
}

/// A tool as Chat Completions and Ollama take it.
#[derive(Debug, Serialize)]
pub(super) struct FunctionTool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Debug, Serialize)]
struct Function<'a> {
    name: Cow<'a, str>,
    description: &'a str,
    parameters: &'a Value,
}

/// The request's tools in that form.
pub(super) fn function_tools(request: &CanonicalRequest) -> Vec<FunctionTool<'_>> {
    let tools = tool_specs(request).map(|spec| FunctionTool {
        kind: "function",
        function: Function {
            name: safe_name(&spec.name),
            description: &spec.description,
            parameters: &spec.input_schema,
        },
    });
    tools.collect()
}

/// The request's tools in their order.
pub(super) fn tool_specs(request: &CanonicalRequest) -> impl Iterator<Item = &ToolSpec> {
    request.segments.iter().filter_map(|segment| match &segment.body {
        SegmentBody::Tool(spec) => Some(&**spec),
        _ => None,
    })
}

/// The system text's blocks that say something.
pub(super) fn system_texts(request: &CanonicalRequest) -> impl Iterator<Item = &str> {
    request.segments.iter().filter_map(|segment| match &segment.body {
        SegmentBody::System(text) if is_text(text) => Some(&**text),
        _ => None,
    })
}

/// The instruction files that say something.
pub(super) fn memory_texts(request: &CanonicalRequest) -> impl Iterator<Item = &str> {
    request.segments.iter().filter_map(|segment| match &segment.body {
        SegmentBody::Memory(text) if is_text(text) => Some(&**text),
        _ => None,
    })
}

/// The text of a result; never empty. What goes as a document is not said again.
pub(super) fn result_text<'a>(result: &'a ToolResult, papers: &Papers) -> Joined<'a> {
    let mut texts: Vec<&str> = result
        .parts
        .iter()
        .filter_map(|part| match part {
            ResultPart::Text(text) if is_text(text) => Some(text.as_str()),
            ResultPart::Document(document) if !papers.admits(document) => Some(document.text.as_str()),
            _ => None,
        })
        .collect();
    if texts.is_empty() {
        texts.push(NO_OUTPUT);
    }
    Joined::lines(texts)
}

/// The images of a result; an error has none.
pub(super) fn result_images(result: &ToolResult) -> impl Iterator<Item = &Media> {
    let parts = if result.is_error { &[][..] } else { &result.parts };
    parts.iter().filter_map(|part| match part {
        ResultPart::Image(media) => Some(media),
        ResultPart::Text(_) | ResultPart::Document(_) => None,
    })
}

/// Pages and base64 characters of all documents in one request that the providers take, with room for the rest of it:
/// bodies have 32 MB at most, and 100 pages in a window of 200,000 tokens, 600 in a larger one.
const DOCUMENTS: usize = 20 << 20;
const PAGES: (u32, u32) = (100, 600);
const LARGE_WINDOW: u32 = 500_000;

/// The documents of a request that go as such: the earliest, so that what is cached stays as it was. Others go as text.
#[derive(Debug, Default)]
pub(super) struct Papers(HashSet<usize>);

impl Papers {
    /// `taken` says that the server takes documents; the model must, too.
    pub(super) fn of(request: &CanonicalRequest, taken: bool) -> Self {
        let mut papers = Self::default();
        if !taken || !request.info.documents {
            return papers;
        }
        let most = if request.info.window > LARGE_WINDOW { PAGES.1 } else { PAGES.0 };
        let (mut pages, mut room) = (0, DOCUMENTS);
        let messages = request.segments.iter().filter_map(|segment| segment.as_message());
        for document in messages.flat_map(|message| message.blocks.iter()).flat_map(documents) {
            if pages + document.pages <= most && document.data.len() <= room {
                pages += document.pages;
                room -= document.data.len();
                papers.0.insert(std::ptr::from_ref(document) as usize);
            }
        }
        papers
    }

    /// It goes as a document.
    pub(super) fn admits(&self, document: &Document) -> bool {
        self.0.contains(&(std::ptr::from_ref(document) as usize))
    }

    /// The documents of a result that go as such; an error has none.
    pub(super) fn of_result<'a>(&self, result: &'a ToolResult) -> impl Iterator<Item = &'a Document> {
        let parts = if result.is_error { &[][..] } else { &result.parts };
        parts.iter().filter_map(|part| match part {
            ResultPart::Document(document) if self.admits(document) => Some(document),
            _ => None,
        })
    }
}

fn documents(block: &Block) -> Vec<&Document> {
    match block {
        Block::Document(document) => vec![document],
        Block::ToolResult(result) if !result.is_error => {
            let parts = result.parts.iter().filter_map(|part| match part {
                ResultPart::Document(document) => Some(document),
                _ => None,
            });
            parts.collect()
        }
        _ => Vec::new(),
    }
}

/// A PDF as a data URL.
#[derive(Debug)]
pub(super) struct PdfUrl<'a>(pub(super) &'a Document);

impl Serialize for PdfUrl<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("data:{PDF};base64,{}", self.0.data))
    }
}

/// The media type of PDFs.
pub(super) const PDF: &str = "application/pdf";

/// Writes a body. It cannot fail: every key is a string and every number is finite.
pub(super) fn write(body: &impl Serialize, request: &CanonicalRequest) -> Vec<u8> {
    let estimate: usize = request.segments.iter().map(|segment| segment.bytes as usize + 32).sum();
    let mut bytes = Vec::with_capacity(estimate + estimate / 8 + 1_024);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}
