//! The request body of the Messages API: tools, system, messages, marks and thinking, in the order in
//! which the provider's cache reads them.

use serde::Serialize;
use serde_json::Value;

use super::super::ids::{is_own, safe_name};
use super::super::parts::{NO_CONTENT, Papers, is_text};
use super::blocks::{CacheControl, Content, Marked};
use crate::domain::{CanonicalRequest, Effort, Role, SegmentBody, Thinking, Ttl};

/// The least that the API takes as a thinking budget.
const LEAST_BUDGET: u32 = 1_024;

/// The whole body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<ThinkingParam>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolParam<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Marked<'a>>,
    messages: Vec<MessageParam<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ThinkingParam {
    Adaptive,
    Enabled { budget_tokens: u32 },
}

#[derive(Debug, Serialize)]
struct OutputConfig {
    effort: &'static str,
}

#[derive(Debug, Serialize)]
struct ToolParam<'a> {
    name: std::borrow::Cow<'a, str>,
    description: &'a str,
    input_schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Debug, Serialize)]
struct MessageParam<'a> {
    role: Role,
    content: Vec<Marked<'a>>,
}

impl<'a> Body<'a> {
    pub(super) fn of(request: &'a CanonicalRequest) -> Self {
        let mut body = Self {
            model: &request.model.id,
            max_tokens: request.sampling.max_output.max(1),
            stream: true,
            thinking: None,
            output_config: None,
            tools: Vec::new(),
            system: Vec::new(),
            messages: Vec::with_capacity(request.segments.len()),
        };
        let papers = Papers::of(request, true);
        let mut marks = request.marks.iter().peekable();
        for (index, segment) in request.segments.iter().enumerate() {
            let mut ttl = None;
            while let Some(mark) = marks.next_if(|mark| mark.segment <= index) {
                ttl = (mark.segment == index).then_some(mark.ttl).or(ttl);
            }
            body.add(&segment.body, (request, &papers), ttl);
        }
        body.settle();
        body.thinking = body.thinking_for(request);
        body.output_config = effort_for(request);
        body
    }

    fn add(&mut self, body: &'a SegmentBody, (request, papers): (&'a CanonicalRequest, &Papers), ttl: Option<Ttl>) {
        let cache_control = ttl.map(CacheControl::of);
        match body {
            SegmentBody::Tool(spec) => self.tools.push(ToolParam {
                name: safe_name(&spec.name),
                description: &spec.description,
                input_schema: &spec.input_schema,
                cache_control,
            }),
            SegmentBody::System(text) if is_text(text) => {
                self.system.push(Marked { content: Content::Text { text }, cache_control });
            }
            // A mark after an empty block belongs to the block before it.
            SegmentBody::System(_) => mark_last(&mut self.system, cache_control),
            SegmentBody::Memory(text) => {
                self.append(Role::User, is_text(text).then_some(Content::Text { text }), cache_control);
            }
            SegmentBody::Message(message) => {
                let own = is_own(message.by.as_ref(), request);
                let sees = (request.info.images, papers);
                let blocks = message.blocks.iter().filter_map(|block| Content::of(block, own, sees));
                self.append(message.role, blocks, cache_control);
            }
        }
    }

    /// Adds blocks to the last message if it has the same role, else as a message of their own.
    fn append(
        &mut self,
        role: Role,
        blocks: impl IntoIterator<Item = Content<'a>>,
        cache_control: Option<CacheControl>,
    ) {
        let same = self.messages.last().is_some_and(|message| message.role == role);
        if !same {
            self.messages.push(MessageParam { role, content: Vec::new() });
        }
        if let Some(message) = self.messages.last_mut() {
            message.content.extend(blocks.into_iter().map(|content| Marked { content, cache_control: None }));
            if !same && message.content.is_empty() {
                message.content.push(Marked { content: Content::Text { text: NO_CONTENT }, cache_control: None });
            }
            mark_last(&mut message.content, cache_control);
        }
    }

    /// What the API demands of the list as a whole.
    fn settle(&mut self) {
        for message in &mut self.messages {
            let late =
                message.content.windows(2).any(|pair| !pair[0].content.is_result() && pair[1].content.is_result());
            if late {
                message.content.sort_by_key(|block| !block.content.is_result());
            }
        }
        if self.messages.first().is_none_or(|message| message.role != Role::User) {
            let content = vec![Marked { content: Content::Text { text: NO_CONTENT }, cache_control: None }];
            self.messages.insert(0, MessageParam { role: Role::User, content });
        }
        let last = self.messages.last_mut().filter(|message| message.role == Role::Assistant);
        if let Some(Content::Text { text }) =
            last.and_then(|message| message.content.last_mut()).map(|block| &mut block.content)
        {
            *text = text.trim_end();
        }
    }

    fn thinking_for(&self, request: &CanonicalRequest) -> Option<ThinkingParam> {
        if !request.sampling.thinking {
            return None;
        }
        match request.info.thinking {
            Thinking::Adaptive => Some(ThinkingParam::Adaptive),
            Thinking::Budget if self.loop_has_thinking() => {
                let budget_tokens = budget(request.sampling.effort).min(self.max_tokens / 2);
                (budget_tokens >= LEAST_BUDGET).then_some(ThinkingParam::Enabled { budget_tokens })
            }
            Thinking::Budget | Thinking::Effort | Thinking::Unset => None,
        }
    }

    /// With a budget, the answer whose tools are running must begin with thinking. After a change of the
    /// model it does not, and thinking waits for the next prompt.
    fn loop_has_thinking(&self) -> bool {
        let in_loop =
            self.messages.last().is_some_and(|last| last.content.iter().any(|block| block.content.is_result()));
        let answer = self.messages.iter().rev().find(|message| message.role == Role::Assistant).filter(|_| in_loop);
        answer.is_none_or(|answer| answer.content.first().is_some_and(|block| block.content.is_thinking()))
    }
}

/// Puts the mark on the last block that takes one, if there is any.
fn mark_last(blocks: &mut [Marked<'_>], cache_control: Option<CacheControl>) {
    if cache_control.is_some()
        && let Some(block) = blocks.iter_mut().rev().find(|block| block.content.is_cacheable())
    {
        block.cache_control = cache_control;
    }
}

/// Tokens to think with. They depend on nothing but the effort, because a change of them costs the cache.
fn budget(effort: Option<Effort>) -> u32 {
    match effort {
        Some(Effort::Low) => 2_048,
        None | Some(Effort::Medium) => 4_096,
        Some(Effort::High) => 12_288,
        Some(Effort::Xhigh) => 24_576,
        Some(Effort::Max) => 31_999,
    }
}

fn effort_for(request: &CanonicalRequest) -> Option<OutputConfig> {
    let effort = request.sampling.effort.filter(|_| request.info.thinking == Thinking::Adaptive)?;
    Some(OutputConfig { effort: effort.name() })
}
