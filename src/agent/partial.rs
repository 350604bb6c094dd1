//! The answer that streams, as far as the log tells of it: what a crash would leave behind.
//!
//! The live machine needs none of it, its attempt knows more. After a crash this is all there is.

use std::collections::{BTreeMap, HashSet};

use crate::domain::{Block, DeltaKind, RequestNote, ToolCall};

/// The pieces of one answer.
#[derive(Clone, Debug)]
pub struct Partial {
    pub(super) note: RequestNote,
    blocks: BTreeMap<u32, (DeltaKind, String)>,
    /// Calls that the gate has heard of, so they were whole.
    judged: HashSet<String>,
}

impl Partial {
    pub(super) fn new(note: RequestNote) -> Self {
        Self { note, blocks: BTreeMap::new(), judged: HashSet::new() }
    }

    pub(super) fn grow(&mut self, request: u32, block: u32, kind: Option<&DeltaKind>, text: &str) {
        if request != self.note.request {
            return;
        }
        let kind = || kind.cloned().unwrap_or(DeltaKind::Text);
        self.blocks.entry(block).or_insert_with(|| (kind(), String::new())).1.push_str(text);
    }

    pub(super) fn judged(&mut self, call_id: &str) {
        self.judged.insert(call_id.to_owned());
    }

    /// What can go back to the model: text, and the calls that were whole. Thinking has lost its signature.
    pub(super) fn kept(&self) -> Vec<Block> {
        let blocks = self.blocks.values().filter_map(|(kind, text)| match kind {
            DeltaKind::Text => (!text.trim().is_empty()).then(|| Block::Text { text: text.trim_end().to_owned() }),
            DeltaKind::ToolCall { id, name } if self.judged.contains(id) => {
                Some(Block::ToolCall(ToolCall::parse(id.clone(), name.clone(), text)))
            }
            DeltaKind::Thinking | DeltaKind::ToolCall { .. } => None,
        });
        blocks.collect()
    }

    /// Bytes of the answer so far.
    pub(super) fn received(&self) -> u64 {
        self.blocks.values().map(|(_, text)| text.len() as u64).sum()
    }
}
