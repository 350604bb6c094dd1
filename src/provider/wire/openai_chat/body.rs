//! The request body of Chat Completions.

use std::borrow::Cow;

use serde::Serialize;

use super::super::Site;
use super::super::ids::{OPENAI_ID, is_own, safe_id, safe_name};
use super::super::parts::{
    DataUrl, FunctionTool, Joined, JsonText, NO_CONTENT, NO_IMAGE, Papers, PdfUrl, Spoken, function_tools, is_text,
    memory_texts, result_images, result_text, spoken, system_texts,
};
use crate::domain::{Block, CanonicalRequest, Document, Media, Message, ToolResult};

/// The whole body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<FunctionTool<'a>>,
    messages: Vec<MessageParam<'a>>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum MessageParam<'a> {
    System {
        content: Joined<'a>,
    },
    User {
        content: UserContent<'a>,
    },
    Assistant {
        content: Option<Joined<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning_content: Option<Joined<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<CallParam<'a>>,
    },
    Tool {
        tool_call_id: Cow<'a, str>,
        content: Joined<'a>,
    },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum UserContent<'a> {
    Text(Joined<'a>),
    Parts(Vec<Part<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl<'a> },
    File { file: FileParam<'a> },
}

#[derive(Debug, Serialize)]
struct FileParam<'a> {
    filename: &'a str,
    file_data: PdfUrl<'a>,
}

#[derive(Debug, Serialize)]
struct ImageUrl<'a> {
    url: DataUrl<'a>,
}

#[derive(Debug, Serialize)]
struct CallParam<'a> {
    id: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    function: CalledParam<'a>,
}

#[derive(Debug, Serialize)]
struct CalledParam<'a> {
    name: Cow<'a, str>,
    arguments: JsonText<'a>,
}

/// What becomes of reasoning when it goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    /// The server would refuse or ignore it.
    Never,
    /// With calls, where there is some.
    WithCalls,
    /// With calls always, the empty text too: DeepSeek answers 400 without it.
    AlwaysWithCalls,
}

impl<'a> Body<'a> {
    pub(super) fn of(request: &'a CanonicalRequest, site: Site) -> Self {
        let limit = request.sampling.max_output.max(1);
        let new_limit = site.openai || is_reasoning_id(&request.model.id);
        Self {
            model: &request.model.id,
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: (!new_limit).then_some(limit),
            max_completion_tokens: new_limit.then_some(limit),
            reasoning_effort: request.sampling.effort.map(crate::domain::Effort::name),
            prompt_cache_key: site.openai.then_some(request.session_key.as_str()),
            tools: function_tools(request),
            messages: messages(request, echo_of(&request.model.id, site), &Papers::of(request, site.openai)),
        }
    }
}

/// Instruction files join the system text: it stays the same all session, and templates that want user
/// and assistant to alternate are not upset.
fn messages<'a>(request: &'a CanonicalRequest, echo: Echo, papers: &Papers) -> Vec<MessageParam<'a>> {
    let mut messages = Vec::with_capacity(request.segments.len() + 1);
    let head: Vec<&str> = system_texts(request).chain(memory_texts(request)).collect();
    if !head.is_empty() {
        messages.push(MessageParam::System { content: Joined::paragraphs(head) });
    }
    for message in spoken(request) {
        match message {
            Spoken::User(blocks) => user(&blocks, (request.info.images, papers), &mut messages),
            Spoken::Assistant(message) => messages.push(assistant(message, is_own(message.by.as_ref(), request), echo)),
        }
    }
    messages
}

/// Results first, each a message; then what the person said, with the images that no result can carry.
fn user<'a>(blocks: &[&'a Block], (images, papers): (bool, &Papers), out: &mut Vec<MessageParam<'a>>) {
    let results = || blocks.iter().copied().filter_map(as_result);
    for result in results() {
        out.push(MessageParam::Tool {
            tool_call_id: safe_id(&result.call_id, OPENAI_ID),
            content: result_text(result, papers),
        });
    }
    let mut parts: Vec<Part<'a>> = results().flat_map(result_images).map(|media| Part::image(media, images)).collect();
    parts.extend(results().flat_map(|result| papers.of_result(result)).map(Part::file));
    for block in blocks.iter().copied() {
        match block {
            Block::Document(document) if papers.admits(document) => parts.push(Part::file(document)),
            Block::Text { text } | Block::Document(Document { text, .. }) if is_text(text) => {
                parts.push(Part::Text { text });
            }
            Block::Image(media) => parts.push(Part::image(media, images)),
            _ => {}
        }
    }
    if parts.is_empty() && results().next().is_none() {
        parts.push(Part::Text { text: NO_CONTENT });
    }
    if !parts.is_empty() {
        out.push(MessageParam::User { content: UserContent::of(parts) });
    }
}

fn as_result(block: &Block) -> Option<&ToolResult> {
    match block {
        Block::ToolResult(result) => Some(result),
        _ => None,
    }
}

fn assistant(message: &Message, own: bool, echo: Echo) -> MessageParam<'_> {
    let mut texts = Vec::new();
    let mut thoughts = Vec::new();
    let mut tool_calls = Vec::new();
    for block in &message.blocks {
        match block {
            Block::Text { text } if is_text(text) => texts.push(text.as_str()),
            Block::Thinking { text, .. } if own && is_text(text) => thoughts.push(text.as_str()),
            Block::ToolCall(call) => tool_calls.push(CallParam {
                id: safe_id(&call.id, OPENAI_ID),
                kind: "function",
                function: CalledParam { name: safe_name(&call.name), arguments: JsonText(&call.input) },
            }),
            _ => {}
        }
    }
    if texts.is_empty() && tool_calls.is_empty() {
        texts.push(NO_CONTENT);
    }
    let reasoning_content = match echo {
        _ if tool_calls.is_empty() => None,
        Echo::Never => None,
        Echo::WithCalls => (!thoughts.is_empty()).then_some(thoughts),
        Echo::AlwaysWithCalls => Some(thoughts),
    };
    MessageParam::Assistant {
        content: (!texts.is_empty()).then(|| Joined::lines(texts)),
        reasoning_content: reasoning_content.map(Joined::lines),
        tool_calls,
    }
}

impl<'a> Part<'a> {
    fn file(document: &'a Document) -> Self {
        Self::File { file: FileParam { filename: &document.name, file_data: PdfUrl(document) } }
    }

    fn image(media: &'a Media, seen: bool) -> Self {
        if seen {
            Self::ImageUrl { image_url: ImageUrl { url: DataUrl(media) } }
        } else {
            Self::Text { text: NO_IMAGE }
        }
    }
}

impl<'a> UserContent<'a> {
    /// One string where there is only text: every server takes that.
    fn of(parts: Vec<Part<'a>>) -> Self {
        let text = |part: &Part<'a>| match part {
            Part::Text { text } => Some(*text),
            Part::ImageUrl { .. } | Part::File { .. } => None,
        };
        match parts.iter().map(text).collect::<Option<Vec<&str>>>() {
            Some(texts) => Self::Text(Joined::lines(texts)),
            None => Self::Parts(parts),
        }
    }
}

/// OpenAI's reasoning models refuse `max_tokens`: gpt-5 and later, and the o series.
pub(in crate::provider::wire) fn is_reasoning_id(id: &str) -> bool {
    let name = bare(id);
    let number = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u32>().ok();
    match (name.strip_prefix("gpt-").and_then(number), name.strip_prefix('o').and_then(number)) {
        (Some(generation), _) => generation >= 5,
        (None, series) => series.is_some(),
    }
}

fn echo_of(id: &str, site: Site) -> Echo {
    let id = id.to_ascii_lowercase();
    if site.openai {
        Echo::Never
    } else if site.deepseek || id.contains("deepseek") {
        Echo::AlwaysWithCalls
    } else if ["kimi", "glm-", "minimax", "mimo"].iter().any(|family| id.contains(family)) {
        Echo::WithCalls
    } else {
        Echo::Never
    }
}

/// The id without the provider that gateways write before it.
fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
