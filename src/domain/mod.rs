//! The nouns that every room shares: plain data, no behaviour beyond small questions about itself.
//!
//! The face and the engine never see each other; they exchange [`Request`] (down) and [`Event`] (up).
//! What happened is a [`Record`], what goes to a model is a [`CanonicalRequest`], what may be done is
//! a [`Verdict`]. Nothing here reads a clock, a disk or a network.

mod access;
mod act;
mod answers;
mod branch;
mod cache;
mod canonical;
mod catalog;
mod confine;
mod context;
mod event;
mod files;
mod folder;
mod hook;
mod job;
mod language;
mod library;
mod limits;
mod memories;
mod memory;
mod message;
mod mode;
mod model;
mod money;
mod network;
mod opinion;
mod page;
mod person;
mod record;
mod report;
mod request;
mod rules;
mod server;
mod session;
mod shown;
mod stream;
mod task;
mod team;
mod terms;
mod tool;
mod usage;
mod verdict;

pub use access::{Access, Action, PathFact, PathFacts, PathMode, PathUse};
pub use act::{Act, EditPurpose};
pub use answers::{AnswerLine, AnswerMode, AnswerStats, AnswerTier, Served, TierStats};
pub use branch::{Aside, Branches, Line as ConversationLine};
pub use cache::{BreakCause, CacheBreak};
pub use canonical::{CanonicalRequest, Hash, Mark, Sampling, Segment, SegmentBody, SegmentKind, Ttl, weigh};
pub use catalog::{CatalogBody, CatalogNews, CatalogRequest, CommandFile, PromptKind, Traits};
pub use confine::{Confinement, SandboxState};
pub use context::{
    Choice, CompactionStage, ContextBody, ContextNews, ContextRequest, InspectNode, Inspection, ItemKey, NodeChange,
    PrefixNote, PriceQuestion, ShrinkNote, SummaryDraft, When,
};
pub use event::{Event, Live, Notice, NoticeLevel, StartInfo};
pub use files::{
    BlobId, DiffFile, DiffReport, FacePlace, FaceState, FileGap, FileImage, FileMove, FileStep, FilesBody, FilesNews,
    FilesRequest, MoveAct, MoveFile, MoveKind, MovePreview, SkipReason, Skipped, StepLine,
};
pub use folder::{Claim, ClaimKind, FolderAnswer, FolderClaims};
pub use hook::{HookEntry, HookNews, HookRequest, HookRun, HookState, HookTrial};
pub use job::{JobBody, JobNote, JobRequest, JobState, JobView};
pub use language::{LanguageNews, LanguageProblem, LanguageRequest, LanguageState, LanguageStatus, Severity};
pub use library::{Earlier, EarlierSpent, ExportForm, Found, Hit, HitKind, LibraryBody, LibraryNews, LibraryRequest};
pub use limits::{RateLimits, RateWindow};
pub use memories::{MemoryAuthor, MemoryEntry, MemoryId, MemoryOrder, Recalled, StoreScope};
pub use memory::{MemoryFile, MemoryScope};
pub use message::{Block, Document, Media, Message, ResultPart, Role, ToolCall, ToolResult, without_reminders};
pub use mode::{Effort, Mode};
pub use model::{ModelInfo, ModelRef, PriceStep, Prices, Thinking, Wire, takes_documents};
pub use money::{
    Asker, Bill, CallSpent, Cap, CapScope, CapState, Carried, CostGroup, CostQuery, CostReport, CostRow, CostScope,
    LedgerRow, Limit, MoneyBody, MoneyNews, MoneyRequest, PauseReason, PriceSource, Purpose, RequestEnd, RequestSpent,
    Spent, SpentOn,
};
pub use network::NetworkNews;
pub use opinion::{Opinion, OpinionNote};
pub use page::{Page, PageAct, PageKind, PageRow, RowMark};
pub use person::{PersonAnswer, PersonBody, PersonOption, PersonQuestion, PersonRequest, PlanDecision};
pub use record::{Body, DeltaKind, Origin, Queued, Record, RequestNote, ResponseNote, SegmentNote, TurnEnd};
pub use report::{ContextItem, ContextReport, Report};
pub use request::{Answer, Input, Request, SaveScope, SessionScope};
pub use rules::{RuleCover, RuleLine, RulePlace, RuleTest, RuleTier, RulesReport};
pub use server::{
    CALL_TOOL, FieldKind, QuestionField, QuestionForm, ServerAnswer, ServerBody, ServerNews, ServerPrompt,
    ServerQuestion, ServerRequest, ServerResource, ServerState, ServerStatus, ServerTool, ToolMarks,
};
pub use session::{SessionId, SessionState, SessionSummary};
pub use shown::{DiffHunk, DiffLine, FileDiff, LineKind, Shown};
pub use stream::{ErrorKind, ModelError, StopReason, StreamItem};
pub use task::{Task, TaskChange, TaskState};
pub use team::{
    AgentEnd, AgentFile, AgentModel, AgentOutcome, AgentProgress, AgentQuestion, AgentSpent, AgentStart, AgentState,
    AgentTools, AgentWay, Isolation, RulesInForce, TeamBody, TeamNews, TeamRequest,
};
pub use terms::{Accepted, Terms, Unseen};
pub use tool::{FileChange, Todo, TodoState, ToolOutcome, ToolSpec, present_name};
pub use usage::{Cost, Usage};
pub use verdict::{Because, BecauseKind, Decision, RuleScope, RuleSource, TrailStep, Verdict};
