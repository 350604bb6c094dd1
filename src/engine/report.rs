//! What fills the context, counted with a real tokenizer that is loaded for the purpose and dropped again.

use std::collections::HashMap;
use std::sync::Arc;

use super::driver::Driver;
use crate::agent::View;
use crate::domain::{
    Block, ContextItem, ContextReport, ItemKey, Live, Message, ModelInfo, Prices, Report, ResultPart, Role, Segment,
    SegmentBody, SegmentKind, ToolResult, ToolSpec, Usage,
};
use crate::prompt;
use crate::usage::{self, Counter, Tiktoken};

/// Characters of a message that name it.
const LABEL: usize = 60;

/// What the count needs, taken from the machine at once.
struct Ground {
    prefix: Vec<Arc<Segment>>,
    history: Vec<Arc<Segment>>,
    view: View,
    info: Option<Arc<ModelInfo>>,
    window: u64,
    room: u64,
    /// Tokens of the context by the provider's count, and the messages that they are of.
    measured: Option<(u64, usize)>,
    /// Tokens that a break at the front would lose.
    held: u64,
    turns: u32,
    /// Tokens at which something is compacted.
    limit: u64,
}

impl Driver {
    pub(super) fn report_context(&self) {
        let conversation = self.machine.conversation();
        let info = self.machine.model().map(|(_, info)| Arc::clone(info));
        let room = self.machine.window();
        let window = info.as_ref().map_or(0, |_| self.machine.whole_window());
        let ground = Ground {
            prefix: self.machine.prefix().to_vec(),
            history: conversation.history.clone(),
            view: conversation.view.clone(),
            window,
            room: room.min(window),
            measured: conversation.measured.map(|(usage, length)| (usage.context(), length)),
            held: self.machine.price_of_break(0, self.setup.clock.wall_ms()).0,
            turns: conversation.counts.turn,
            limit: self.machine.compacts_at(),
            info,
        };
        self.beside(move || Live::Report(Box::new(Report::Context(count(&ground)))));
    }
}

fn count(ground: &Ground) -> ContextReport {
    let tokenizer = Tiktoken::load().ok();
    let tokens = |text: &str| match &tokenizer {
        Some(tokenizer) => tokenizer.count(text) as u64,
        None => crate::base::text::tokens(text),
    };
    let mut items: Vec<ContextItem> = ground.prefix.iter().map(|segment| fixed(segment, &tokens, ground)).collect();
    let idle_items = items.len();
    let names = call_names(&ground.history);
    let mut measured_items = items.len();
    for (index, segment) in ground.history.iter().enumerate() {
        items.extend(messages(segment, &names, &tokens, &ground.view));
        if ground.measured.is_some_and(|(_, length)| index < length) {
            measured_items = items.len();
        }
    }
    // The tokenizer of another family counts differently, by about the same factor everywhere.
    let sum = |items: &[ContextItem]| items.iter().filter(|item| !item.hidden).map(|item| item.tokens).sum::<u64>();
    let counted = sum(items.get(..measured_items).unwrap_or_default());
    if let Some((measured, _)) = ground.measured.filter(|_| counted > 0) {
        let factor = measured as f64 / counted as f64;
        for item in &mut items {
            item.tokens = (item.tokens as f64 * factor).round() as u64;
        }
    }
    price(&mut items, ground);
    let idle = sum(items.get(..idle_items).unwrap_or_default());
    let used = sum(&items);
    let grown = used.saturating_sub(idle);
    let rate = grown.checked_div(u64::from(ground.turns)).filter(|rate| *rate > 0);
    ContextReport {
        window: ground.window,
        reserve: ground.window.saturating_sub(ground.room),
        measured: ground.measured.map(|(measured, _)| measured),
        idle,
        idle_cost: prices(ground)
            .map(|prices| usage::price(prices, &Usage { cache_write_5m: idle, ..Usage::default() })),
        turns_left: rate.map(|rate| u32::try_from(ground.limit.saturating_sub(used) / rate).unwrap_or(u32::MAX)),
        items,
    }
}

fn prices(ground: &Ground) -> Option<&Prices> {
    ground.info.as_ref()?.prices.as_ref()
}

/// What each item costs in every request, and what it costs to take it out now.
fn price(items: &mut [ContextItem], ground: &Ground) {
    let mut before = 0;
    for item in items {
        let again = ground.held.saturating_sub(before + item.tokens);
        if !item.hidden {
            before += item.tokens;
        }
        item.again = again;
        let Some(prices) = prices(ground) else { continue };
        let read = |tokens| usage::price(prices, &Usage { cache_read: tokens, ..Usage::default() });
        item.cost = Some(read(item.tokens));
        item.again_cost =
            Some(usage::price(prices, &Usage { cache_write_5m: again, ..Usage::default() }) - read(again));
    }
}

fn fixed(segment: &Segment, tokens: &dyn Fn(&str) -> u64, ground: &Ground) -> ContextItem {
    let server = segment.label.strip_prefix("mcp__").and_then(|rest| rest.split_once("__")).map(|(server, _)| server);
    let (category, text) = match &segment.body {
        SegmentBody::Tool(spec) => {
            let category = server.map_or_else(|| "tools".to_owned(), |server| format!("mcp {server}"));
            (category, tool_text(spec))
        }
        SegmentBody::System(text) if segment.label.contains("skill") => ("skills".to_owned(), text.to_string()),
        SegmentBody::System(text) => ("system".to_owned(), text.to_string()),
        SegmentBody::Memory(text) => ("memory".to_owned(), text.to_string()),
        SegmentBody::Message(message) => ("messages".to_owned(), message.text()),
    };
    let key = ItemKey::Fixed { kind: segment.kind, label: segment.label.clone() };
    let hidden = ground.view.hidden.iter().any(|(kind, label)| *kind == segment.kind && *label == segment.label);
    let item = item(key, category, segment.label.clone(), tokens(&text));
    ContextItem { hidden, ..marked(item, &ground.view) }
}

/// What of a tool is counted.
pub(super) fn tool_text(spec: &ToolSpec) -> String {
    format!("{} {} {}", spec.name, spec.description, spec.input_schema)
}

/// The items of a message: each result by itself, the words together.
fn messages(
    segment: &Segment,
    names: &HashMap<String, String>,
    tokens: &dyn Fn(&str) -> u64,
    view: &View,
) -> Vec<ContextItem> {
    let Some(message) = segment.as_message() else { return Vec::new() };
    let mut items = Vec::new();
    let mut rest = String::new();
    let mut images = 0;
    for block in &message.blocks {
        match block {
            Block::ToolResult(result) => {
                let label = names.get(&result.call_id).cloned().unwrap_or_else(|| result.call_id.clone());
                let key = ItemKey::Result(result.call_id.clone());
                items.push(marked(item(key, "results".to_owned(), label, result_tokens(block, result, tokens)), view));
            }
            // An image costs by its size in pixels, not by its bytes; about this much at most.
            Block::Image(_) => images += 1_600,
            Block::Document(_) => images += crate::domain::weigh(block),
            // They are part of their message, and go and stay with it.
            Block::Text { text } if prompt::is_memories(text) => {
                let label = format!("memories: {}", prompt::memory_ids(text).join(", "));
                let key = ItemKey::Message(segment.hash);
                items.push(marked(item(key, "recalled".to_owned(), label, tokens(text)), view));
            }
            other => rest.push_str(&block_text(other)),
        }
    }
    if !rest.is_empty() || images > 0 {
        let category = if segment.label == "summary" { "summary" } else { "messages" };
        let label = format!("{}: {}", segment.label, first_words(message, &rest));
        let words = item(ItemKey::Message(segment.hash), category.to_owned(), label, tokens(&rest) + images);
        items.push(marked(words, view));
    }
    items
}

fn item(key: ItemKey, category: String, label: String, tokens: u64) -> ContextItem {
    ContextItem {
        key,
        category,
        label,
        tokens,
        cost: None,
        again: 0,
        again_cost: None,
        pinned: false,
        leaving: false,
        hidden: false,
    }
}

fn marked(item: ContextItem, view: &View) -> ContextItem {
    ContextItem { pinned: view.pins.contains(&item.key), leaving: view.next.contains(&item.key), ..item }
}

fn first_words(message: &Message, rest: &str) -> String {
    let said = message.blocks.iter().rev().find_map(|block| match block {
        Block::Text { text } if !text.starts_with("<system-reminder>") => Some(text.as_str()),
        _ => None,
    });
    let call = message.calls().next().map(|call| format!("calls {}", call.name));
    let words = said.map(str::to_owned).or(call).unwrap_or_else(|| rest.to_owned());
    let line = words.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.chars().take(LABEL).collect()
}

/// What each call is called: `Read src/a.rs`.
pub(super) fn call_names(history: &[Arc<Segment>]) -> HashMap<String, String> {
    let messages = history.iter().filter_map(|segment| segment.as_message());
    let answers = messages.filter(|message| message.role == Role::Assistant);
    let calls = answers.flat_map(|message| message.calls());
    calls.map(|call| (call.id.clone(), crate::prompt::call_line(call))).collect()
}

/// Text is counted; a document costs by its pages, too.
fn result_tokens(block: &Block, result: &ToolResult, tokens: &dyn Fn(&str) -> u64) -> u64 {
    let document = result.parts.iter().any(|part| matches!(part, ResultPart::Document(_)));
    if document { crate::domain::weigh(block) } else { tokens(&result.joined()) }
}

/// A block's text as it is counted.
pub(super) fn block_text(block: &Block) -> String {
    match block {
        Block::Text { text } | Block::Thinking { text, .. } => text.clone(),
        Block::Opaque { item, .. } => item.to_string(),
        Block::ToolCall(call) => format!("{}{}", call.name, call.input),
        Block::ToolResult(result) => result.joined(),
        Block::Image(_) => "[image]".to_owned(),
        Block::Document(document) => document.text.clone(),
    }
}

/// Whether a segment stands before the conversation.
pub(super) fn is_fixed(segment: &Segment) -> bool {
    segment.kind != SegmentKind::Message
}
