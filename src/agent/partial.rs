//! The answer that streams, as far as the log tells of it: what a crash would leave behind.
//!
//! The live machine needs none of it, its attempt knows more. After a crash this is all there is.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::domain::{Block, DeltaKind, RequestNote, ToolCall};

/// The pieces of one answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Partial {
    pub(super) note: RequestNote,
    blocks: BTreeMap<u32, (DeltaKind, String)>,
    /// Blocks that are whole and cannot be made of their deltas.
    sealed: BTreeMap<u32, Block>,
    /// Calls that the gate has heard of, so they were whole.
    judged: HashSet<String>,
}

impl Partial {
    pub(super) fn new(note: RequestNote) -> Self {
        Self { note, blocks: BTreeMap::new(), sealed: BTreeMap::new(), judged: HashSet::new() }
    }

    pub(super) fn grow(&mut self, request: u32, block: u32, kind: Option<&DeltaKind>, text: &str) {
        if request != self.note.request {
            return;
        }
        let kind = || kind.cloned().unwrap_or(DeltaKind::Text);
        self.blocks.entry(block).or_insert_with(|| (kind(), String::new())).1.push_str(text);
    }

    pub(super) fn seal(&mut self, request: u32, block: u32, content: Block) {
        if request == self.note.request {
            self.sealed.insert(block, content);
        }
    }

    pub(super) fn judged(&mut self, call_id: &str) {
        self.judged.insert(call_id.to_owned());
    }

    /// What can go back to the model: text, thinking that was whole, and the calls that were whole. Thinking
    /// alone says nothing and may not end a message.
    pub(super) fn kept(&self) -> Vec<Block> {
        let sealed = self.sealed.iter().map(|(index, block)| (*index, block.clone()));
        let open = self.blocks.iter().filter(|(index, _)| !self.sealed.contains_key(index));
        let told = open.filter_map(|(index, (kind, text))| Some((*index, Self::told(&self.judged, kind, text)?)));
        let blocks: BTreeMap<u32, Block> = sealed.chain(told).collect();
        let speaks = blocks.values().any(|block| matches!(block, Block::Text { .. } | Block::ToolCall(_)));
        if speaks { blocks.into_values().collect() } else { Vec::new() }
    }

    /// A block as its deltas tell it.
    fn told(judged: &HashSet<String>, kind: &DeltaKind, text: &str) -> Option<Block> {
        match kind {
            DeltaKind::Text => (!text.trim().is_empty()).then(|| Block::Text { text: text.trim_end().to_owned() }),
            DeltaKind::ToolCall { id, name } if judged.contains(id) => {
                Some(Block::ToolCall(ToolCall::parse(id.clone(), name.clone(), text)))
            }
            DeltaKind::Thinking | DeltaKind::ToolCall { .. } => None,
        }
    }

    /// Bytes of the answer so far.
    pub(super) fn received(&self) -> u64 {
        self.blocks.values().map(|(_, text)| text.len() as u64).sum()
    }
}
