//! What fills the context, counted with a real tokenizer that is loaded for the purpose and dropped again.

use std::sync::Arc;

use super::driver::Driver;
use crate::domain::{Block, ContextItem, ContextReport, Live, Message, Report, Segment, SegmentBody, SegmentKind};
use crate::usage::{self, Counter, Tiktoken};

impl Driver {
    pub(super) fn report_context(&self) {
        let mut segments = self.machine.prefix().to_vec();
        segments.extend(self.machine.conversation().history.iter().cloned());
        let (window, reserve) = match self.machine.model() {
            Some((_, info)) => (u64::from(info.window), u64::from(info.window).saturating_sub(self.machine.window())),
            None => (0, 0),
        };
        let measured = self.machine.conversation().measured.map(|(usage, _)| usage.context());
        self.beside(move || {
            let items = count(&segments);
            Live::Report(Box::new(Report::Context(ContextReport { window, reserve, measured, items })))
        });
    }
}

fn count(segments: &[Arc<Segment>]) -> Vec<ContextItem> {
    let tokenizer = Tiktoken::load().ok();
    let tokens = |text: &str| match &tokenizer {
        Some(tokenizer) => tokenizer.count(text) as u64,
        None => usage::estimate(text.len() as u64),
    };
    segments
        .iter()
        .map(|segment| ContextItem {
            category: category(segment),
            label: segment.label.clone(),
            tokens: tokens(&text_of(segment)),
        })
        .collect()
}

fn category(segment: &Segment) -> &'static str {
    match (segment.kind, segment.as_message()) {
        (SegmentKind::Tool, _) => "tools",
        (SegmentKind::System, _) => "system",
        (SegmentKind::Memory, _) => "memory",
        (_, Some(message)) if message.blocks.iter().any(|block| matches!(block, Block::ToolResult(_))) => "results",
        (SegmentKind::Message, _) => "messages",
    }
}

fn text_of(segment: &Segment) -> String {
    match &segment.body {
        SegmentBody::Tool(spec) => format!("{} {} {}", spec.name, spec.description, spec.input_schema),
        SegmentBody::System(text) | SegmentBody::Memory(text) => text.to_string(),
        SegmentBody::Message(message) => message_text(message),
    }
}

fn message_text(message: &Message) -> String {
    let texts: Vec<String> = message.blocks.iter().map(block_text).collect();
    texts.join("\n")
}

fn block_text(block: &Block) -> String {
    match block {
        Block::Text { text } | Block::Thinking { text, .. } => text.clone(),
        Block::Opaque { item, .. } => item.to_string(),
        Block::ToolCall(call) => format!("{}{}", call.name, call.input),
        Block::ToolResult(result) => result.joined(),
        // An image costs by its size in pixels, not by its bytes; about 1,600 tokens at most.
        Block::Image(_) => "[image]".to_owned(),
    }
}
