//! The request body of Responses: one list of items.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::super::Site;
use super::super::ids::{ANTHROPIC_ID, is_own, safe_id, safe_name};
use super::super::openai_chat::is_reasoning_id;
use super::super::parts::{
    DataUrl, Joined, JsonText, NO_CONTENT, NO_IMAGE, Papers, PdfUrl, Spoken, is_text, memory_texts, result_images,
    result_text, spoken, system_texts, tool_specs,
};
use crate::domain::{Block, CanonicalRequest, Document, Effort, Media, Message, Role, Thinking, ToolResult, Wire};

/// The whole body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    stream: bool,
    store: bool,
    max_output_tokens: u32,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    include: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolParam<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<Joined<'a>>,
    input: Vec<Item<'a>>,
}

#[derive(Debug, Serialize)]
struct Reasoning {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct ToolParam<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: Cow<'a, str>,
    description: &'a str,
    parameters: &'a Value,
    strict: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item<'a> {
    Message {
        role: Role,
        content: ItemContent<'a>,
    },
    FunctionCall {
        call_id: Cow<'a, str>,
        name: Cow<'a, str>,
        arguments: JsonText<'a>,
    },
    FunctionCallOutput {
        call_id: Cow<'a, str>,
        output: ItemContent<'a>,
    },
    /// A reasoning item, byte for byte as it came.
    #[serde(untagged)]
    Own(&'a Value),
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ItemContent<'a> {
    Text(Joined<'a>),
    Parts(Vec<Part<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Part<'a> {
    #[serde(rename = "input_text")]
    Text { text: Cow<'a, str> },
    #[serde(rename = "input_image")]
    Image { image_url: DataUrl<'a> },
    #[serde(rename = "input_file")]
    File { filename: &'a str, file_data: PdfUrl<'a> },
}

impl<'a> Body<'a> {
    pub(super) fn of(request: &'a CanonicalRequest, site: Site) -> Self {
        let system: Vec<&str> = system_texts(request).collect();
        let reasons = request.info.thinking == Thinking::Effort || is_reasoning_id(&request.model.id);
        Self {
            model: &request.model.id,
            stream: true,
            store: false,
            // The API takes no less.
            max_output_tokens: request.sampling.max_output.max(16),
            // Other models refuse to be asked for it.
            include: if reasons { &["reasoning.encrypted_content"] } else { &[] },
            reasoning: reasoning(request),
            prompt_cache_key: site.openai.then_some(request.session_key.as_str()),
            tools: tools(request),
            instructions: (!system.is_empty()).then(|| Joined::paragraphs(system)),
            input: input(request, &Papers::of(request, site.openai)),
        }
    }
}

fn reasoning(request: &CanonicalRequest) -> Option<Reasoning> {
    let effort = request.sampling.effort.map(Effort::name);
    let summary = (request.sampling.thinking && request.info.thinking == Thinking::Effort).then_some("auto");
    (effort.is_some() || summary.is_some()).then_some(Reasoning { effort, summary })
}

fn tools(request: &CanonicalRequest) -> Vec<ToolParam<'_>> {
    tool_specs(request)
        .map(|spec| ToolParam {
            kind: "function",
            name: safe_name(&spec.name),
            description: &spec.description,
            parameters: &spec.input_schema,
            strict: false,
        })
        .collect()
}

fn input<'a>(request: &'a CanonicalRequest, papers: &Papers) -> Vec<Item<'a>> {
    let mut items = Vec::with_capacity(request.segments.len() * 2);
    let memory: Vec<Part<'_>> = memory_texts(request).map(Part::text).collect();
    if !memory.is_empty() {
        items.push(Item::Message { role: Role::User, content: ItemContent::Parts(memory) });
    }
    for message in spoken(request) {
        match message {
            Spoken::User(blocks) => user(&blocks, (request.info.images, papers), &mut items),
            Spoken::Assistant(message) => assistant(message, is_own(message.by.as_ref(), request), &mut items),
        }
    }
    items
}

fn user<'a>(blocks: &[&'a Block], (images, papers): (bool, &Papers), items: &mut Vec<Item<'a>>) {
    let before = items.len();
    let mut parts = Vec::new();
    for block in blocks.iter().copied() {
        match block {
            Block::ToolResult(result) => items.push(output(result, images, papers)),
            Block::Text { text } if is_text(text) => parts.push(Part::text(text)),
            Block::Image(media) => parts.push(Part::image(media, images)),
            Block::Document(document) if papers.admits(document) => parts.push(Part::file(document)),
            Block::Document(document) if is_text(&document.text) => parts.push(Part::text(&document.text)),
            _ => {}
        }
    }
    if parts.is_empty() && items.len() == before {
        parts.push(Part::text(NO_CONTENT));
    }
    if !parts.is_empty() {
        items.push(Item::Message { role: Role::User, content: ItemContent::Parts(parts) });
    }
}

fn output<'a>(result: &'a ToolResult, images: bool, papers: &Papers) -> Item<'a> {
    let text = result_text(result, papers);
    let files = papers.of_result(result).map(Part::file);
    let mut pictures = result_images(result).map(|media| Part::image(media, images)).chain(files).peekable();
    let output = if pictures.peek().is_some() {
        let text = Part::Text { text: Cow::Owned(text.to_string()) };
        ItemContent::Parts(std::iter::once(text).chain(pictures).collect())
    } else {
        drop(pictures);
        ItemContent::Text(text)
    };
    Item::FunctionCallOutput { call_id: safe_id(&result.call_id, ANTHROPIC_ID), output }
}

/// In the order of the answer: the API wants each reasoning item before what came of it.
fn assistant<'a>(message: &'a Message, own: bool, items: &mut Vec<Item<'a>>) {
    let before = items.len();
    for block in &message.blocks {
        match block {
            Block::Text { text } if is_text(text) => {
                let content = ItemContent::Text(Joined::lines(vec![text]));
                items.push(Item::Message { role: Role::Assistant, content });
            }
            Block::ToolCall(call) => items.push(Item::FunctionCall {
                call_id: safe_id(&call.id, ANTHROPIC_ID),
                name: safe_name(&call.name),
                arguments: JsonText(&call.input),
            }),
            Block::Opaque { wire: Wire::OpenaiResponses, item } if own && is_sealed(item) => {
                items.push(Item::Own(item));
            }
            _ => {}
        }
    }
    // Reasoning of which nothing came, because the answer was cut, is refused.
    while items.len() > before && matches!(items.last(), Some(Item::Own(_))) {
        items.pop();
    }
    if items.len() == before {
        let content = ItemContent::Text(Joined::lines(vec![NO_CONTENT]));
        items.push(Item::Message { role: Role::Assistant, content });
    }
}

/// Without its content a reasoning item is a reference into a store that we do not use.
fn is_sealed(item: &Value) -> bool {
    item.get("encrypted_content").is_some_and(Value::is_string)
}

impl<'a> Part<'a> {
    fn text(text: &'a str) -> Self {
        Self::Text { text: Cow::Borrowed(text) }
    }

    fn file(document: &'a Document) -> Self {
        Self::File { filename: &document.name, file_data: PdfUrl(document) }
    }

    fn image(media: &'a Media, seen: bool) -> Self {
        if seen { Self::Image { image_url: DataUrl(media) } } else { Self::text(NO_IMAGE) }
    }
}
