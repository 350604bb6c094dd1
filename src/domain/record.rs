//! What happened, as it stands in the session's log: one [`Record`] a line, written before it is shown.
//!
//! The running state is a fold over the records. A line is never changed; what undoes or replaces an
//! earlier record is a record itself. A body that this version does not know is skipped by readers and
//! stays in the file.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Block, CacheBreak, CatalogBody, Confinement, ContextBody, Cost, Effort, FilesBody, Hash, HookRun,
    LibraryBody, Mark, Message, Mode, ModelError, ModelRef, MoneyBody, Notice, OpinionNote, SegmentKind, SessionId,
    Shown, StopReason, TeamBody, Todo, ToolResult, Usage, Verdict,
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Counts from 0 within the session.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at: u64,
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The first record of every log.
    SessionStarted {
        /// Version of this schema.
        format: u32,
        id: SessionId,
        /// Version of the program.
        version: String,
        cwd: PathBuf,
        /// The folder that the session belongs to: the repository's root or the start folder.
        project: PathBuf,
    },
    /// The session was opened again.
    Resumed {
        version: String,
        cwd: PathBuf,
    },
    ModelSet {
        model: ModelRef,
        effort: Option<Effort>,
    },
    ModeSet {
        mode: Mode,
    },
    TitleSet {
        title: String,
    },
    /// The shell's folder changed.
    CwdSet {
        cwd: PathBuf,
    },
    /// All messages that wait to be sent, after a change of that list.
    QueueSet {
        queue: Vec<Queued>,
    },
    /// A turn began with this message.
    Prompted {
        turn: u32,
        message: Arc<Message>,
        origin: Origin,
        /// What the person typed, when the message holds more (files, a command's body).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        typed: Option<String>,
    },
    /// A request is about to leave.
    RequestSent(RequestNote),
    /// More of an answer. The first delta of a block names its kind.
    Delta {
        request: u32,
        block: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<DeltaKind>,
        text: String,
    },
    /// An answer ended, whole or cut, and became part of the conversation.
    Responded(ResponseNote),
    /// A request brought no usable answer.
    RequestFailed {
        request: u32,
        error: ModelError,
        /// Milliseconds until it is sent again; none when it is given up.
        retry_in_ms: Option<u64>,
    },
    /// The gate spoke.
    Judged {
        call_id: String,
        verdict: Verdict,
    },
    /// The person is asked about a call whose verdict was `ask`.
    Asked {
        ask: u32,
        call_id: String,
    },
    /// The person answered.
    Decided {
        ask: u32,
        call_id: String,
        answer: Answer,
    },
    CallStarted {
        call_id: String,
    },
    /// Live output of a call, bounded; the result has the rest.
    CallOutput {
        call_id: String,
        text: String,
    },
    CallDone {
        result: ToolResult,
        shown: Shown,
        summary: String,
        duration_ms: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        full_output: Option<PathBuf>,
    },
    /// The results of these calls, in this order, became one user message, followed by `extra`.
    ResultsJoined {
        calls: Vec<String>,
        extra: Vec<Block>,
    },
    /// A command that the person ran with `!`; it joins the next message.
    ShellRan {
        command: String,
        output: String,
        exit: Option<i32>,
    },
    TodosSet {
        todos: Vec<Todo>,
    },
    TurnEnded {
        turn: u32,
        end: TurnEnd,
    },
    /// The conversation starts empty again; the log keeps all.
    Cleared,
    /// All messages before the newest `kept` are replaced by a summary for the model.
    Compacted {
        summary: String,
        kept: u32,
        tokens_before: u64,
        tokens_after: u64,
        auto: bool,
    },
    /// The results of these calls are replaced by stubs for the model; the person still sees them.
    Trimmed {
        calls: Vec<String>,
        tokens_freed: u64,
    },
    /// Part of the prefix will not be read from the provider's cache.
    CacheBroken(CacheBreak),
    /// A permission rule was saved.
    RuleAdded {
        rule: String,
        file: Option<PathBuf>,
    },
    /// Something to tell the person.
    Noticed(Notice),
    /// A model judged a call that the rules left open (mode auto).
    Classified(OpinionNote),
    /// How a command that is about to start is kept in. Without this record the sandbox is off.
    Confined {
        call_id: String,
        how: Confinement,
    },
    /// A streamed block is whole whose proof or sealed content its deltas do not tell (thinking, opaque items):
    /// after a crash its calls can only go back together with it.
    BlockDone {
        request: u32,
        block: u32,
        content: Block,
    },
    /// A hook ran.
    HookRan(Box<HookRun>),
    /// A text for the model that joins the next message, from whoever is named.
    ContextAdded {
        from: String,
        text: String,
    },
    /// The context was changed: compaction, pins, the fixed part.
    Context(ContextBody),
    /// A hook put another input in the place of a call's own; that one was judged and runs.
    CallChanged {
        call_id: String,
        input: serde_json::Value,
        by: String,
    },
    /// What was spent beside the answers, and where it stopped for that.
    Money(MoneyBody),
    /// Changes of files, going back and forth, forks.
    Files(FilesBody),
    /// About the session as a thing on the shelf.
    Library(LibraryBody),
    /// Of sub-agents.
    Team(TeamBody),
    /// Commands, skills, memory and tool servers.
    Catalog(CatalogBody),
}

/// Where a prompt came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Typed,
    /// It waited in the queue while a turn ran.
    Queued,
    /// `-p` or a program on standard input.
    Headless,
    /// A command file.
    Command,
    /// The program itself, such as the order to go on after an output limit.
    Harness,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    pub id: u32,
    pub text: String,
}

/// What a streamed block is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeltaKind {
    Text,
    Thinking,
    ToolCall { id: String, name: String },
}

/// A request in the log: enough to rebuild it from the records before, to explain its cache, and to
/// tell it from every other one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestNote {
    /// Counts from 1 within the session; a retry has its own number.
    pub request: u32,
    pub turn: u32,
    /// 1 for the first try.
    pub attempt: u32,
    pub model: ModelRef,
    /// Number of segments, and the chained hash that names them all.
    pub segments: u32,
    pub prefix: Hash,
    /// Segments that the request before did not have.
    pub added: Vec<SegmentNote>,
    pub marks: Vec<Mark>,
    pub max_output: u32,
    /// Estimated tokens of the prompt, and how many of them a cache should serve.
    pub estimate: u64,
    pub expected_read: u64,
    /// It asks for a summary of the conversation, not for an answer to the person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub summary: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    #[serde(default)]
    pub thinking: bool,
}

/// One segment in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentNote {
    pub kind: SegmentKind,
    pub label: String,
    pub hash: Hash,
    pub bytes: u32,
    /// Estimated tokens, and blocks that a cache sees.
    #[serde(default)]
    pub tokens: u32,
    #[serde(default)]
    pub blocks: u32,
}

/// An answer in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseNote {
    pub request: u32,
    pub message: Arc<Message>,
    pub stop: StopReason,
    /// As the wire said; estimated when it said nothing.
    pub usage: Usage,
    pub estimated: bool,
    pub cost: Cost,
    pub duration_ms: u64,
    /// The stream broke or was interrupted; the message holds what had come.
    pub cut: bool,
}

/// Why a turn ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnEnd {
    /// The model had nothing more to do.
    Done,
    /// The person stopped it.
    Interrupted,
    /// The person said no without a comment.
    Refused,
    /// The cap on model requests in one turn.
    TurnCap { limit: u32 },
    /// The cap on money.
    BudgetCap,
    /// The model declined.
    Declined { explanation: Option<String> },
    /// The model failed and recovery did not help.
    Failed { error: ModelError },
    /// A hook stopped it.
    Stopped { reason: String },
}
