//! The context window as data: what may be done to its items, what the stages of compaction did, and what the person
//! asks and is told about it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{BreakCause, Cost, Hash, SegmentKind, Shown};

/// What happened to the context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContextBody {
    /// Tools, system text or instructions are not what they were.
    PrefixSet(PrefixNote),
    /// A stage of compaction acted. The log keeps what it took.
    Shrunk(ShrinkNote),
    /// Never drop this, or not any more.
    Pinned { item: ItemKey, label: String, on: bool },
    /// Taken out of what the model sees, or (tools and instructions only) put back.
    Ejected { item: ItemKey, label: String, on: bool, when: When },
    /// What the newest compaction replaced is back.
    Restored { messages: u32 },
    /// A change of the prefix waits for the next compaction, or does no longer.
    Deferred { what: String, on: bool },
}

/// A change of the fixed part of all requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrefixNote {
    /// Who or what changed it, in words.
    pub why: String,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub changed: Vec<String>,
    /// Tokens that the next request pays again because of it, and what that costs.
    pub tokens: u64,
    pub cost: Cost,
}

/// What a stage did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShrinkNote {
    pub stage: CompactionStage,
    /// The calls whose results were cut, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
    /// Messages from the start that were folded (stage collapse).
    #[serde(default)]
    pub messages: u32,
    /// Tokens that each result may keep (stage budget reduce).
    #[serde(default)]
    pub cap: u32,
    /// Where the whole outputs can be read.
    pub folder: PathBuf,
    pub tokens_before: u64,
    pub tokens_after: u64,
    /// Tokens of the provider's cache that are written again because of it.
    pub rewritten: u64,
}

/// The stages, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompactionStage {
    /// A result that is too long for the window keeps head and tail, before the model sees it.
    Reduce,
    /// Old output keeps a few lines.
    Snip,
    /// Old results and long inputs become a line that says where to read them.
    Micro,
    /// Finished steps become one message: the words stay, the calls are listed.
    Collapse,
    /// A summary takes the place of all.
    Summary,
}

/// What an item of the context is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKey {
    /// The result of a call.
    Result(String),
    /// A message, by the hash of its segment.
    Message(Hash),
    /// A tool, an instruction file or a system block.
    Fixed { kind: SegmentKind, label: String },
}

/// When something is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Now,
    /// With the next compaction, which pays for the prefix anyway.
    Next,
}

/// What the person asks about the context, or orders.
#[derive(Clone, Debug, PartialEq)]
pub enum ContextRequest {
    /// The next request as it would be sent.
    Inspect,
    /// The segment that broke the prefix for a request, old and new.
    ShowBreak {
        request: u32,
    },
    /// The whole text of an item.
    Read {
        item: ItemKey,
    },
    Pin {
        item: ItemKey,
        label: String,
        on: bool,
    },
    Eject {
        item: ItemKey,
        label: String,
        on: bool,
        when: When,
    },
    /// The draft of a summary, as the person wants it, takes the place of the history.
    Accept {
        summary: String,
    },
    /// The draft is thrown away.
    Discard,
    /// What the newest compaction replaced comes back.
    Undo,
    /// The answer to [`ContextNews::Price`].
    Decide(Choice),
}

/// What to do with a change that breaks the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Now,
    /// With the next compaction.
    Later,
    Never,
}

/// What the engine tells about the context.
#[derive(Clone, Debug)]
pub enum ContextNews {
    /// A summary that waits for the person.
    Draft(Box<SummaryDraft>),
    /// Answer to `ShowBreak`; a text that is not at hand is none.
    Break { request: u32, label: String, shown: Shown },
    /// Answer to `Inspect`.
    Inspected(Box<Inspection>),
    /// Answer to `Read`.
    Item { label: String, text: String },
    /// The person's action would break the prefix.
    Price(Box<PriceQuestion>),
}

/// The draft of a summary and what it would replace.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryDraft {
    pub summary: String,
    /// Messages and results that it takes the place of.
    pub messages: u32,
    pub results: u32,
    pub tokens_before: u64,
    pub tokens_after: u64,
    /// It was gathered without the model.
    pub gathered: bool,
}

/// What an action of the person would cost.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceQuestion {
    /// The action: `switch to claude-haiku-5-5`.
    pub what: String,
    pub cause: BreakCause,
    pub tokens: u64,
    pub cost: Cost,
}

/// The next request, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// Where it would go: wire and model.
    pub model: String,
    pub nodes: Vec<InspectNode>,
    /// The body that would be sent, keys taken out.
    pub raw: String,
    /// All tokens, and how many of them the cache should serve.
    pub tokens: u64,
    pub cached: u64,
}

/// One piece of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectNode {
    /// 0 for a part, 1 for a segment, 2 for a block.
    pub depth: u8,
    pub label: String,
    pub text: String,
    pub tokens: u64,
    pub change: NodeChange,
    /// A cache mark stands after it, with its lifetime.
    pub mark: Option<&'static str>,
}

/// How a piece stands to the request before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeChange {
    Same,
    New,
    Changed,
    /// It was there and is not any more.
    Gone,
}

impl CompactionStage {
    /// The name that people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reduce => "budget reduce",
            Self::Snip => "snip",
            Self::Micro => "microcompact",
            Self::Collapse => "collapse",
            Self::Summary => "summary",
        }
    }
}

impl ShrinkNote {
    /// Tokens that it freed.
    pub fn freed(&self) -> u64 {
        self.tokens_before.saturating_sub(self.tokens_after)
    }

    /// What it did, in a line.
    pub fn told(&self) -> String {
        let count = self.calls.len();
        let results = if count == 1 { "one result".to_owned() } else { format!("{count} results") };
        match self.stage {
            CompactionStage::Reduce => format!("{results} cut to head and tail"),
            CompactionStage::Snip => format!("{results} cut to a few lines"),
            CompactionStage::Micro => format!("{results} became a line each"),
            CompactionStage::Collapse => format!("{} messages folded", self.messages),
            CompactionStage::Summary => "a summary took the place of the history".to_owned(),
        }
    }
}
