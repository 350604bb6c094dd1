//! Collapse: finished steps become few messages. Every word of the user and of the model stays as it was; the calls
//! are listed, their output and the thinking about them are left out. Pinned results stay with their calls.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::wrap;
use super::cut::clip;
use crate::domain::{Block, Hash, Message, ResultPart, Role, Segment, ToolCall};

/// Characters of a call's main argument in the list.
const ARGUMENT: usize = 48;
/// Characters of a reminder that stay.
const REMINDER: usize = 400;
/// Calls that one list names.
const CALLS: usize = 12;
/// The label of a folded answer.
pub const FOLDED: &str = "folded";

/// What folding has to know.
pub struct Folding<'a> {
    /// The number of a call's kept output.
    pub number: &'a dyn Fn(&str) -> Option<u32>,
    pub pinned_call: &'a dyn Fn(&str) -> bool,
    pub pinned_message: &'a dyn Fn(Hash) -> bool,
    /// Where kept outputs are; told once.
    pub folder: &'a str,
}

/// Folds these messages. What follows them in the history has to begin with an answer or a prompt.
pub fn fold(messages: &[Arc<Segment>], folding: &Folding<'_>) -> Vec<Arc<Segment>> {
    let mut fold = Fold { folding, out: Vec::new(), texts: Vec::new(), calls: Vec::new(), told: false };
    let mut index = 0;
    while let Some(segment) = messages.get(index) {
        let next = messages.get(index + 1);
        let pair = next.filter(|next| segment.as_message().is_some_and(|message| fold.is_pinned_pair(message, next)));
        match (segment.as_message(), pair) {
            (_, Some(results)) => {
                fold.flush();
                fold.out.extend([Arc::clone(segment), Arc::clone(results)]);
                index += 1;
            }
            (Some(message), None) if message.role == Role::Assistant => fold.answer(segment, message),
            (Some(message), None) => fold.user(segment, message),
            (None, None) => {}
        }
        index += 1;
    }
    fold.flush();
    fold.list_alone();
    fold.out
}

/// A call in a few words: `Read src/a.rs`.
pub fn call_line(call: &ToolCall) -> String {
    const MAIN: [&str; 9] =
        ["file_path", "path", "command", "pattern", "url", "query", "description", "prompt", "notebook_path"];
    let argument = MAIN.iter().find_map(|name| call.input.get(name).and_then(Value::as_str)).unwrap_or_default();
    let line = argument.lines().next().unwrap_or_default();
    format!("{} {}", call.name, clip(line, ARGUMENT)).trim_end().to_owned()
}

struct Fold<'a> {
    folding: &'a Folding<'a>,
    out: Vec<Arc<Segment>>,
    texts: Vec<String>,
    /// Calls since the last list.
    calls: Vec<String>,
    told: bool,
}

impl Fold<'_> {
    fn is_pinned_pair(&self, message: &Message, next: &Segment) -> bool {
        message.calls().any(|call| (self.folding.pinned_call)(&call.id)) && next.as_message().is_some()
    }

    fn answer(&mut self, segment: &Arc<Segment>, message: &Message) {
        for call in message.calls() {
            let number = (self.folding.number)(&call.id).map(|number| format!(" r{number}")).unwrap_or_default();
            self.calls.push(format!("{}{number}", call_line(call)));
        }
        let keeps = (self.folding.pinned_message)(segment.hash) || segment.label == FOLDED;
        if keeps && message.calls().next().is_none() {
            self.flush();
            self.out.push(Arc::clone(segment));
            return;
        }
        let text = message.text();
        if !text.trim().is_empty() {
            self.texts.push(text.trim().to_owned());
        }
    }

    fn user(&mut self, segment: &Arc<Segment>, message: &Message) {
        let words: Vec<Block> = message.blocks.iter().filter_map(kept).collect();
        if words.is_empty() {
            return;
        }
        self.flush();
        let mut blocks: Vec<Block> = self.list().into_iter().collect();
        let same = blocks.is_empty() && words == message.blocks;
        if same || (self.folding.pinned_message)(segment.hash) {
            self.list_back(blocks);
            self.out.push(Arc::clone(segment));
            return;
        }
        blocks.extend(words);
        let message = Message { role: Role::User, blocks, by: None };
        self.out.push(Arc::new(Segment::message(segment.label.clone(), Arc::new(message))));
    }

    /// What the model said since, as one answer.
    fn flush(&mut self) {
        if self.texts.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.texts).join("\n\n");
        let message = Message { role: Role::Assistant, blocks: vec![Block::Text { text }], by: None };
        self.out.push(Arc::new(Segment::message(FOLDED, Arc::new(message))));
    }

    /// The list of calls since the last one, for the front of the next user message. It never stands in the model's
    /// own words, so that the model does not begin to write lists instead of calling.
    fn list(&mut self) -> Option<Block> {
        let mut calls = std::mem::take(&mut self.calls);
        if calls.is_empty() {
            return None;
        }
        let rest = calls.len().saturating_sub(CALLS);
        calls.truncate(CALLS);
        let more = if rest > 0 { format!("; {rest} more") } else { String::new() };
        let place = if std::mem::replace(&mut self.told, true) {
            String::new()
        } else {
            format!(" Their outputs are in {}, as rN.txt.", self.folding.folder)
        };
        Some(Block::Text { text: wrap(&format!("Calls so far: {}{more}.{place}", calls.join("; "))) })
    }

    /// The list as a message of its own, before a message that has to stay as it is.
    fn list_back(&mut self, blocks: Vec<Block>) {
        if !blocks.is_empty() {
            let message = Message { role: Role::User, blocks, by: None };
            self.out.push(Arc::new(Segment::message("calls", Arc::new(message))));
        }
    }

    fn list_alone(&mut self) {
        let list: Vec<Block> = self.list().into_iter().collect();
        self.list_back(list);
    }
}

/// A block of a user message as it stays.
fn kept(block: &Block) -> Option<Block> {
    match block {
        Block::ToolResult(_) => None,
        Block::Text { text } if text.starts_with("<system-reminder>") && text.chars().count() > REMINDER => {
            let inner = text.trim_start_matches("<system-reminder>").trim_end_matches("</system-reminder>").trim();
            Some(Block::Text { text: wrap(&clip(inner, REMINDER)) })
        }
        Block::Document(document) => {
            Some(Block::Text { text: format!("[the PDF {} was taken out of the context]", document.name) })
        }
        Block::Image(_) => Some(Block::Text { text: "[an image was taken out of the context]".to_owned() }),
        other => Some(other.clone()),
    }
}

/// Every result of a message stands for a call, and every text for a word: what a fold must not lose.
pub fn words(message: &Message) -> impl Iterator<Item = &str> {
    message.blocks.iter().filter_map(|block| match block {
        Block::Text { text } if !text.starts_with("<system-reminder>") => Some(text.as_str()),
        _ => None,
    })
}

/// Whether a message holds results.
pub fn has_results(message: &Message) -> bool {
    message.blocks.iter().any(|block| matches!(block, Block::ToolResult(_)))
}

/// The text of a result's first line, for lists of errors.
pub(super) fn first_line(parts: &[ResultPart]) -> &str {
    let text = parts.iter().find_map(|part| match part {
        ResultPart::Text(text) => Some(text.as_str()),
        ResultPart::Image(_) | ResultPart::Document(_) => None,
    });
    text.and_then(|text| text.lines().find(|line| !line.trim().is_empty())).unwrap_or_default()
}

/// Numbers of calls in the order in which their results came.
pub type Numbers = HashMap<String, u32>;
