//! One request on its way: the blocks of its answer as they grow.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::watch::Expectation;
use crate::domain::{Block, CanonicalRequest, DeltaKind, ToolCall, Usage};

/// An answer being received.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) request: u32,
    /// 1 for the first try of this request.
    pub(super) number: u32,
    pub(super) canonical: Arc<CanonicalRequest>,
    pub(super) sent_at: u64,
    /// What is expected of the cache.
    pub(super) expected: Option<Box<Expectation>>,
    /// It asks for a summary.
    pub(super) summary: bool,
    /// Milliseconds since the request before.
    pub(super) idle_ms: u64,
    pub(super) usage: Option<Usage>,
    /// What it took is on record.
    pub(super) settled: bool,
    open: BTreeMap<u32, (DeltaKind, String)>,
    /// By index, then by arrival: a server that repeats an index must not lose a block.
    done: BTreeMap<(u32, usize), Block>,
    received: u64,
}

impl Attempt {
    pub(super) fn new(request: u32, number: u32, canonical: Arc<CanonicalRequest>, sent_at: u64) -> Self {
        Self {
            request,
            number,
            canonical,
            sent_at,
            expected: None,
            summary: false,
            idle_ms: 0,
            usage: None,
            settled: false,
            open: BTreeMap::new(),
            done: BTreeMap::new(),
            received: 0,
        }
    }

    pub(super) fn begin(&mut self, index: u32, kind: DeltaKind) {
        self.open.insert(index, (kind, String::new()));
    }

    /// Adds text to a block and tells its kind if this is the block's first text.
    pub(super) fn grow(&mut self, index: u32, text: &str) -> Option<DeltaKind> {
        self.received += text.len() as u64;
        let (kind, so_far) = self.open.entry(index).or_insert_with(|| (DeltaKind::Text, String::new()));
        let first = so_far.is_empty();
        so_far.push_str(text);
        first.then(|| kind.clone())
    }

    pub(super) fn finish(&mut self, index: u32, block: Block) {
        self.open.remove(&index);
        self.done.insert((index, self.done.len()), block);
    }

    /// Whether a call is complete, so that the answer must not be asked for again.
    pub(super) fn has_calls(&self) -> bool {
        self.done.values().any(|block| matches!(block, Block::ToolCall(_)))
    }

    /// The blocks of a whole answer.
    pub(super) fn whole(&self) -> Vec<Block> {
        self.done.values().cloned().collect()
    }

    /// What can be kept of a cut answer: finished blocks and the text of open ones. Open thinking has no
    /// signature and an open call no arguments, so they cannot be sent back.
    pub(super) fn kept(&self) -> Vec<Block> {
        let mut blocks = self.done.clone();
        for (index, (kind, text)) in &self.open {
            if *kind == DeltaKind::Text && !text.trim().is_empty() {
                blocks.insert((*index, blocks.len()), Block::Text { text: text.trim_end().to_owned() });
            }
        }
        let has_more = blocks.values().any(|block| matches!(block, Block::Text { .. } | Block::ToolCall(_)));
        // Thinking alone says nothing and may not end a message.
        if has_more { blocks.into_values().collect() } else { Vec::new() }
    }

    /// The finished calls.
    pub(super) fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.done.values().filter_map(|block| match block {
            Block::ToolCall(call) => Some(call),
            _ => None,
        })
    }

    /// A call with this id is there already (some servers repeat ids).
    pub(super) fn knows(&self, id: &str) -> bool {
        self.calls().any(|call| call.id == id)
    }

    /// Bytes of answer so far, for an estimate when the wire tells no usage.
    pub(super) fn received(&self) -> u64 {
        self.received
    }
}
