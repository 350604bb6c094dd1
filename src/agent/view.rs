//! What the model sees of a conversation whose log holds more: results cut, steps folded, items pinned or taken out.
//! All of it follows from records; what a stage replaced is kept until the next ones, so that it can be brought back.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::conversation::Conversation;
use serde::{Deserialize, Serialize};

use crate::domain::{
    Block, CompactionStage, ContextBody, Hash, ItemKey, Message, Role, Segment, SegmentKind, ShrinkNote, ToolResult,
    When,
};
use crate::prompt::{self, Folding, Numbers};

/// Compactions that can be undone.
const SNAPSHOTS: usize = 4;
/// What stands for a message that was taken out.
const TAKEN: &str = "[This message was taken out of the context by the user.]";

/// The state of the view.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct View {
    /// Results in the order in which they came: the numbers of their kept files.
    pub(super) numbers: Numbers,
    pub pins: HashSet<ItemKey>,
    /// Tools and instructions that are not sent.
    pub hidden: Vec<(SegmentKind, String)>,
    /// What the next compaction takes out.
    pub next: Vec<ItemKey>,
    /// Leading messages that a fold or a summary made, and those that no cheap stage will change again.
    pub(super) folded: usize,
    pub(super) settled: usize,
    snapshots: Vec<Snapshot>,
    /// Nothing was said since the newest snapshot, so that what is done now belongs to it.
    group: bool,
}

/// The history before a compaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Snapshot {
    #[serde(with = "super::keep")]
    history: Vec<Arc<Segment>>,
    /// Messages that stood in its place.
    length: usize,
    folded: usize,
    settled: usize,
}

impl View {
    /// The file in which a call's output is kept.
    pub fn file(&self, call_id: &str) -> Option<String> {
        self.numbers.get(call_id).map(|number| format!("r{number}.txt"))
    }

    /// A result came.
    pub(super) fn number(&mut self, call_id: &str) {
        let next = self.numbers.len() as u32 + 1;
        self.numbers.entry(call_id.to_owned()).or_insert(next);
    }

    /// Something was said: what is compacted from here on is another compaction.
    pub(super) fn said(&mut self) {
        self.group = false;
    }

    /// Whether there is something to undo.
    pub fn can_undo(&self) -> bool {
        !self.snapshots.is_empty()
    }

    pub(super) fn is_pinned(&self, call_id: &str) -> bool {
        self.pins.contains(&ItemKey::Result(call_id.to_owned()))
    }

    pub(super) fn is_pinned_message(&self, hash: Hash) -> bool {
        self.pins.contains(&ItemKey::Message(hash))
    }
}

impl Conversation {
    pub(super) fn on_context(&mut self, body: &ContextBody) {
        match body {
            ContextBody::Shrunk(note) => self.shrunk(note),
            ContextBody::Pinned { item, on, .. } => {
                if *on {
                    self.view.pins.insert(item.clone());
                } else {
                    self.view.pins.remove(item);
                }
            }
            ContextBody::Ejected { item, on, when, .. } => self.ejected(item, *on, *when),
            ContextBody::Restored { .. } => self.restored(),
            ContextBody::PrefixSet(_) | ContextBody::Deferred { .. } => {}
        }
    }

    fn shrunk(&mut self, note: &ShrinkNote) {
        self.snapshot();
        match note.stage {
            CompactionStage::Reduce | CompactionStage::Snip | CompactionStage::Micro => self.cut(note),
            CompactionStage::Collapse => self.folded(note.messages as usize, &note.folder),
            CompactionStage::Summary => {}
        }
        if note.stage != CompactionStage::Reduce {
            self.take_next();
        }
        self.close_snapshot();
    }

    fn cut(&mut self, note: &ShrinkNote) {
        let calls: HashSet<&str> = note.calls.iter().map(String::as_str).collect();
        let mut files = Files { view: &self.view, folder: &note.folder, told: false };
        let (mut first, mut last) = (None, 0);
        for (index, segment) in self.history.iter_mut().enumerate() {
            let Some(message) = segment.as_message() else { continue };
            if let Some(changed) = cut_message(message, &calls, note, &mut files) {
                *segment = Arc::new(Segment::message(segment.label.clone(), Arc::new(changed)));
                first = first.or(Some(index));
                last = index + 1;
            }
        }
        self.changed_from(first);
        if note.stage != CompactionStage::Reduce {
            self.view.settled = self.view.settled.max(last);
        }
    }

    fn folded(&mut self, until: usize, folder: &Path) {
        let (from, until) = (self.view.folded.min(self.history.len()), until.min(self.history.len()));
        let Some(range) = self.history.get(from..until) else { return };
        let folder = folder.display().to_string();
        let folding = Folding {
            number: &|id| self.view.numbers.get(id).copied(),
            pinned_call: &|id| self.view.is_pinned(id),
            pinned_message: &|hash| self.view.is_pinned_message(hash),
            folder: &folder,
        };
        let folded = prompt::fold(range, &folding);
        let count = folded.len();
        self.history.splice(from..until, folded);
        self.changed_from(Some(from));
        (self.view.folded, self.view.settled) = (from + count, from + count);
    }

    /// All before the newest `kept` messages becomes a summary, and what is pinned.
    pub(super) fn compacted(&mut self, summary: &str, kept: usize) {
        self.snapshot();
        let tail = self.history.split_off(self.history.len().saturating_sub(kept));
        let before = std::mem::take(&mut self.history);
        self.history.push(Arc::new(Segment::message("summary", Arc::new(prompt::summary_message(summary)))));
        let pinned = self.pinned(&before);
        self.history.extend(pinned);
        (self.view.folded, self.view.settled) = (self.history.len(), self.history.len());
        self.history.extend(tail);
        self.measured = None;
        self.take_next();
        self.close_snapshot();
    }

    /// Pinned messages, and pinned results with the answers that asked for them.
    fn pinned(&self, before: &[Arc<Segment>]) -> Vec<Arc<Segment>> {
        let mut kept = Vec::new();
        for (index, segment) in before.iter().enumerate() {
            let Some(message) = segment.as_message() else { continue };
            let with_results = message.calls().any(|call| self.view.is_pinned(&call.id));
            if with_results {
                kept.extend([Arc::clone(segment)].into_iter().chain(before.get(index + 1).cloned()));
            } else if self.view.is_pinned_message(segment.hash)
                && message.calls().next().is_none()
                && !prompt::has_results(message)
            {
                kept.push(Arc::clone(segment));
            }
        }
        kept
    }

    fn ejected(&mut self, item: &ItemKey, on: bool, when: When) {
        match (item, when) {
            (ItemKey::Fixed { kind, label }, When::Now) => {
                self.view.hidden.retain(|(known, name)| (known, name) != (kind, label));
                if on {
                    self.view.hidden.push((*kind, label.clone()));
                }
            }
            (_, When::Now) if on => {
                self.snapshot();
                self.take_out(item);
                self.close_snapshot();
            }
            (_, When::Now) => {}
            (_, When::Next) => {
                self.view.next.retain(|known| known != item);
                if on {
                    self.view.next.push(item.clone());
                }
            }
        }
    }

    fn take_next(&mut self) {
        for item in std::mem::take(&mut self.view.next) {
            match &item {
                ItemKey::Fixed { .. } => self.ejected(&item, true, When::Now),
                _ => self.take_out(&item),
            }
        }
    }

    fn take_out(&mut self, item: &ItemKey) {
        let hit = |segment: &Segment, message: &Message| match item {
            ItemKey::Message(hash) => segment.hash == *hash,
            ItemKey::Result(id) => {
                message.blocks.iter().any(|block| matches!(block, Block::ToolResult(result) if result.call_id == *id))
            }
            ItemKey::Fixed { .. } => false,
        };
        let found =
            self.history.iter().position(|segment| segment.as_message().is_some_and(|message| hit(segment, message)));
        let Some(segment) = found.and_then(|index| self.history.get_mut(index)) else { return };
        let Some(message) = segment.as_message() else { return };
        let blocks: Vec<Block> = match item {
            ItemKey::Result(id) => message.blocks.iter().map(|block| without_result(block, id)).collect(),
            _ => without_words(message),
        };
        let changed = Message { role: message.role, blocks, by: message.by.clone() };
        *segment = Arc::new(Segment::message(segment.label.clone(), Arc::new(changed)));
        self.changed_from(found);
    }

    fn drop_thinking(&mut self, index: usize) {
        let prompt = |segment: &Arc<Segment>| {
            segment.as_message().is_some_and(|message| message.role == Role::User && !prompt::has_results(message))
        };
        let turn = self.history.iter().rposition(prompt).unwrap_or(0);
        for segment in self.history.iter_mut().take(turn).skip(index) {
            if let Some(plain) = unthought(segment) {
                *segment = Arc::new(plain);
            }
        }
    }

    fn restored(&mut self) {
        let Some(snapshot) = self.view.snapshots.pop() else { return };
        let tail = self.history.split_off(snapshot.length.min(self.history.len()));
        self.history = snapshot.history;
        self.history.extend(tail);
        (self.view.folded, self.view.settled) = (snapshot.folded, snapshot.settled);
        self.view.group = false;
        self.measured = None;
    }

    fn snapshot(&mut self) {
        if self.view.group && !self.view.snapshots.is_empty() {
            return;
        }
        if self.view.snapshots.len() >= SNAPSHOTS {
            self.view.snapshots.remove(0);
        }
        let (folded, settled) = (self.view.folded, self.view.settled);
        self.view.snapshots.push(Snapshot { history: self.history.clone(), length: 0, folded, settled });
        self.view.group = true;
    }

    fn close_snapshot(&mut self) {
        let length = self.history.len();
        if let Some(snapshot) = self.view.snapshots.last_mut() {
            snapshot.length = length;
        }
    }

    /// What was measured before a change in the middle is not true any more, and thinking that was signed for what
    /// stood before it proves nothing any more. Of the turn that runs it has to stay all the same.
    fn changed_from(&mut self, index: Option<usize>) {
        if let Some(index) = index {
            self.drop_thinking(index);
        }
        if let (Some(index), Some((_, length))) = (index, self.measured)
            && index < length
        {
            self.measured = None;
        }
    }
}

/// The message without its thinking; none where it has none, or nothing else.
fn unthought(segment: &Segment) -> Option<Segment> {
    let message = segment.as_message().filter(|message| message.role == Role::Assistant)?;
    let thinks = |block: &Block| matches!(block, Block::Thinking { signature: Some(_), .. } | Block::Opaque { .. });
    let blocks: Vec<Block> = message.blocks.iter().filter(|block| !thinks(block)).cloned().collect();
    let fewer = !blocks.is_empty() && blocks.len() < message.blocks.len();
    fewer.then(|| {
        let message = Message { role: message.role, blocks, by: message.by.clone() };
        Segment::message(segment.label.clone(), Arc::new(message))
    })
}

/// Names of kept files; the folder is told once.
struct Files<'a> {
    view: &'a View,
    folder: &'a Path,
    told: bool,
}

impl Files<'_> {
    fn name(&mut self, call_id: &str) -> String {
        let file = self.view.file(call_id).filter(|_| !self.folder.as_os_str().is_empty());
        match file {
            None => "the log; run the call again to see it".to_owned(),
            Some(file) if std::mem::replace(&mut self.told, true) => file,
            Some(file) => self.folder.join(file).display().to_string(),
        }
    }
}

fn cut_message(message: &Message, calls: &HashSet<&str>, note: &ShrinkNote, files: &mut Files<'_>) -> Option<Message> {
    let mut changed = false;
    let blocks: Vec<Block> = message
        .blocks
        .iter()
        .map(|block| {
            let cut = match block {
                Block::ToolResult(result) if calls.contains(result.call_id.as_str()) => {
                    cut_result(result, note, &files.name(&result.call_id)).map(Block::ToolResult)
                }
                Block::ToolCall(call) if note.stage == CompactionStage::Micro && calls.contains(call.id.as_str()) => {
                    prompt::short_input(call).map(Block::ToolCall)
                }
                _ => None,
            };
            changed |= cut.is_some();
            cut.unwrap_or_else(|| block.clone())
        })
        .collect();
    changed.then(|| Message { role: message.role, blocks, by: message.by.clone() })
}

/// The result as the stage leaves it.
pub(super) fn cut_result(result: &ToolResult, note: &ShrinkNote, file: &str) -> Option<ToolResult> {
    match note.stage {
        CompactionStage::Reduce => prompt::reduce(result, u64::from(note.cap), file),
        CompactionStage::Snip => prompt::snip(result, file),
        CompactionStage::Micro => prompt::stub(result, file),
        CompactionStage::Collapse | CompactionStage::Summary => None,
    }
}

fn without_result(block: &Block, id: &str) -> Block {
    match block {
        Block::ToolResult(result) if result.call_id == id => {
            let text = "[The user took this output out of the context.]";
            Block::ToolResult(ToolResult::text(id, text, result.is_error))
        }
        other => other.clone(),
    }
}

/// Calls and results stay, because each needs the other.
fn without_words(message: &Message) -> Vec<Block> {
    let paired = |block: &&Block| matches!(block, Block::ToolCall(_) | Block::ToolResult(_));
    let thinking = |block: &&Block| matches!(block, Block::Thinking { .. } | Block::Opaque { .. });
    let has_calls = message.calls().next().is_some();
    let mut blocks: Vec<Block> =
        message.blocks.iter().filter(|block| paired(block) || has_calls && thinking(block)).cloned().collect();
    if blocks.is_empty() || message.role == Role::User {
        blocks.push(Block::Text { text: TAKEN.to_owned() });
    }
    blocks
}
