//! The request body of `/api/chat`.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::super::ids::{is_own, names_by_id, safe_name};
use super::super::parts::{
    FunctionTool, Joined, NO_CONTENT, NO_IMAGE, Papers, Spoken, function_tools, is_text, memory_texts, result_images,
    result_text, spoken, system_texts,
};
use crate::domain::{Block, CanonicalRequest, Effort, Media, Message, Thinking};

/// A context below this is of no use to an agent.
const LEAST_WINDOW: u32 = 2_048;
/// A context beyond this is no machine's.
const LARGEST_WINDOW: u32 = 1 << 20;

/// The whole body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    stream: bool,
    options: Options,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Think>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<FunctionTool<'a>>,
    messages: Vec<MessageParam<'a>>,
}

/// Without `num_ctx` the server takes a small context and drops the start of the prompt in silence.
#[derive(Debug, Serialize)]
struct Options {
    num_ctx: u32,
    num_predict: u32,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Think {
    On(bool),
    Level(&'static str),
}

#[derive(Debug, Serialize)]
struct MessageParam<'a> {
    role: &'static str,
    content: Joined<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Joined<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<CallParam<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<Cow<'a, str>>,
}

#[derive(Debug, Serialize)]
struct CallParam<'a> {
    function: CalledParam<'a>,
}

#[derive(Debug, Serialize)]
struct CalledParam<'a> {
    name: Cow<'a, str>,
    arguments: &'a Value,
}

impl<'a> Body<'a> {
    pub(super) fn of(request: &'a CanonicalRequest) -> Self {
        Self {
            model: &request.model.id,
            stream: true,
            options: Options {
                num_ctx: request.info.window.clamp(LEAST_WINDOW, LARGEST_WINDOW),
                num_predict: request.sampling.max_output.max(1),
            },
            think: think(request),
            tools: function_tools(request),
            messages: messages(request),
        }
    }
}

/// Models that cannot think refuse the field, so nothing is sent unless thinking is known of them.
fn think(request: &CanonicalRequest) -> Option<Think> {
    if request.info.thinking == Thinking::Unset || !request.sampling.thinking {
        return None;
    }
    let level = match request.sampling.effort {
        Some(Effort::Low) => Some("low"),
        Some(Effort::Medium) => Some("medium"),
        Some(Effort::High | Effort::Xhigh | Effort::Max) => Some("high"),
        None => None,
    };
    // This family takes levels only, the others take no levels everywhere.
    let takes_levels = request.model.id.contains("gpt-oss");
    Some(if takes_levels { Think::Level(level.unwrap_or("medium")) } else { Think::On(true) })
}

fn messages(request: &CanonicalRequest) -> Vec<MessageParam<'_>> {
    let names = names_by_id(request);
    let mut messages = Vec::with_capacity(request.segments.len() + 1);
    let head: Vec<&str> = system_texts(request).chain(memory_texts(request)).collect();
    if !head.is_empty() {
        messages.push(MessageParam::new("system", Joined::paragraphs(head)));
    }
    for message in spoken(request) {
        match message {
            Spoken::User(blocks) => user(&blocks, request.info.images, &names, &mut messages),
            Spoken::Assistant(message) => messages.push(assistant(message, is_own(message.by.as_ref(), request))),
        }
    }
    messages
}

/// Results first, each a message; then what the person said, with the images of the results.
fn user<'a>(blocks: &[&'a Block], sees: bool, names: &HashMap<&str, &'a str>, out: &mut Vec<MessageParam<'a>>) {
    let before = out.len();
    let mut texts: Vec<&'a str> = Vec::new();
    let mut images: Vec<&'a Media> = Vec::new();
    for block in blocks.iter().copied() {
        match block {
            Block::ToolResult(result) => {
                images.extend(result_images(result));
                let mut param = MessageParam::new("tool", result_text(result, &Papers::default()));
                param.tool_name = names.get(result.call_id.as_str()).map(|name| safe_name(name));
                out.push(param);
            }
            Block::Text { text } if is_text(text) => texts.push(text),
            Block::Image(media) => images.push(media),
            Block::Document(document) if is_text(&document.text) => texts.push(&document.text),
            _ => {}
        }
    }
    if !sees && !images.is_empty() {
        images.clear();
        texts.push(NO_IMAGE);
    }
    if texts.is_empty() && images.is_empty() && out.len() == before {
        texts.push(NO_CONTENT);
    }
    if !texts.is_empty() || !images.is_empty() {
        let mut param = MessageParam::new("user", Joined::lines(texts));
        param.images = images.iter().map(|media| media.data.as_str()).collect();
        out.push(param);
    }
}

fn assistant(message: &Message, own: bool) -> MessageParam<'_> {
    let mut param = MessageParam::new("assistant", Joined::lines(Vec::new()));
    let mut thoughts = Vec::new();
    for block in &message.blocks {
        match block {
            Block::Text { text } if is_text(text) => param.content.texts.push(text),
            Block::Thinking { text, .. } if own && is_text(text) => thoughts.push(text.as_str()),
            Block::ToolCall(call) => param
                .tool_calls
                .push(CallParam { function: CalledParam { name: safe_name(&call.name), arguments: &call.input } }),
            _ => {}
        }
    }
    param.thinking = (!thoughts.is_empty()).then(|| Joined::lines(thoughts));
    if param.content.texts.is_empty() && param.tool_calls.is_empty() {
        param.content.texts.push(NO_CONTENT);
    }
    param
}

impl<'a> MessageParam<'a> {
    fn new(role: &'static str, content: Joined<'a>) -> Self {
        Self { role, content, thinking: None, images: Vec::new(), tool_calls: Vec::new(), tool_name: None }
    }
}
