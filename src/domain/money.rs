//! Money: who asked for a request or a call, what it took, and where a run stops because of it.
//!
//! A [`LedgerRow`] is the one source of every sum: the sidebar, `/cost`, the report and the caps add up the same rows.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{AnswerMode, AnswerStats, Body, Cost, ModelRef, Served, SessionId, TeamBody, Usage};

/// Who brought a request or a call about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The turn of the session that is open, also for what a sub-agent does in it.
    pub turn: u32,
    /// The sub-agent, by its id; none for the session itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The task that it works on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The skill or command that was in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
}

/// What was paid for, with who asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    pub who: Asker,
    pub on: SpentOn,
}

/// A model request or a tool call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpentOn {
    Request(RequestSpent),
    Call(CallSpent),
}

/// One request to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestSpent {
    /// Its number in the log of whoever asked; 0 for a request beside the conversation.
    pub request: u32,
    /// 1 for the first try.
    pub attempt: u32,
    pub purpose: Purpose,
    pub model: ModelRef,
    pub usage: Usage,
    /// The wire told no usage, so it is estimated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    pub cost: Cost,
    pub price: PriceSource,
    pub duration_ms: u64,
    pub end: RequestEnd,
    /// What results of tools in the prompt took of it, by tool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<Carried>,
}

/// One call of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSpent {
    pub call_id: String,
    pub tool: String,
    /// The MCP server that the tool is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    pub is_error: bool,
    pub duration_ms: u64,
    /// Bytes of the result as it goes to the model.
    pub result_bytes: u64,
}

/// What a request was for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    #[default]
    Answer,
    /// A summary that replaces the history.
    Summary,
    /// The judgement of a call in the mode auto.
    Classifier,
    /// The question of a hook.
    Hook,
    /// A title for the session.
    Title,
    /// Vectors for the answer cache.
    Embedding,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestEnd {
    Whole,
    /// The answer broke off or was stopped.
    Cut,
    /// It brought no answer, and was paid all the same.
    Failed,
}

/// Where a price is from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// The table that the program carries.
    #[default]
    Table,
    /// The user's settings.
    Settings,
    /// Nobody knows it.
    Unknown,
}

/// What the results of one tool took of one request: their first reading, or the reading again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    pub tool: String,
    /// Tokens of the prompt, a share of what the wire counted.
    pub tokens: u64,
    /// The part of them that the provider's cache served.
    pub cached: u64,
    pub cost: Cost,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// Milliseconds since 1970.
    pub at: u64,
    pub session: SessionId,
    pub project: PathBuf,
    pub who: Asker,
    pub on: SpentOn,
}

/// What a cap counts over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapScope {
    Turn,
    /// Since the program was started or this session was opened in it.
    Run,
    Session,
    /// The person's day, in all projects.
    Day,
    /// The project, in all sessions.
    Project,
}

/// How much may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    Dollars(f64),
    /// Input of every class and output together.
    Tokens(u64),
}

/// One cap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cap {
    pub scope: CapScope,
    pub limit: Limit,
    /// It stops; a soft one warns once.
    pub hard: bool,
}

/// A cap and how far it is used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapState {
    pub cap: Cap,
    pub dollars: f64,
    pub tokens: u64,
}

/// Why a turn waits for a word of the person before it spends more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    Cap(CapState),
    /// The same call with the same result, so many times.
    SameCall {
        tool: String,
        times: u32,
    },
    /// The same error of different calls, so many times.
    SameError {
        text: String,
        times: u32,
    },
    /// So many steps in which nothing new came.
    NoChange {
        steps: u32,
    },
}

/// What it has cost so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// Dollars of the turn and of the session; none where a price is unknown.
    pub turn: Cost,
    pub session: Cost,
    pub requests: u32,
}

/// Records about money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyBody {
    /// Somebody else than the session itself spent something: a sub-agent, a hook, a cache.
    Spent(Box<Spent>),
    /// A request that brought no answer was paid all the same, as the wire told.
    Lost { request: u32, usage: Usage, cost: Cost, duration_ms: u64 },
    /// The next request waits for the person.
    Paused { reason: PauseReason, bill: Bill },
    /// A cache answered instead of the model.
    Served(Box<Served>),
    /// The question and its cached answer are taken out of the conversation, to be asked again.
    Discarded,
    /// It went on, with this cap instead if one was raised.
    WentOn { raised: Option<Cap> },
}

/// What a face asks about money.
#[derive(Clone, Debug, PartialEq)]
pub enum MoneyRequest {
    /// Go on after a pause; a cap is raised by as much as it was at first.
    GoOn,
    /// End the turn that waits.
    End,
    /// Sums of the ledger.
    Report(CostQuery),
    /// The model's answer instead of the cached one.
    AskAfresh,
    /// What the answer cache holds.
    ReportAnswers,
    SetAnswers(AnswerMode),
    ClearAnswers,
}

/// News about money.
#[derive(Clone, Debug, PartialEq)]
pub enum MoneyNews {
    /// All caps, after something was spent.
    Caps(Vec<CapState>),
    Report(Box<CostReport>),
    Answers(Box<AnswerStats>),
}

/// What sums are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostQuery {
    pub group: CostGroup,
    pub scope: CostScope,
}

/// By what sums are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CostGroup {
    Session,
    Day,
    Project,
    #[default]
    Model,
    Agent,
    Tool,
    /// One row a request, the newest first.
    Request,
}

/// Which rows of the ledger count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum CostScope {
    /// This session.
    #[default]
    Session,
    /// This project.
    Project,
    All,
}

/// Sums of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct CostReport {
    pub query: CostQuery,
    /// Dearest first, or newest first where time orders them.
    pub rows: Vec<CostRow>,
    pub total: CostRow,
    /// What could not be read.
    pub damaged: u64,
}

/// One sum.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CostRow {
    pub name: String,
    pub requests: u64,
    pub calls: u64,
    #[serde(flatten)]
    pub usage: Usage,
    /// Requests whose price is unknown.
    pub unpriced: u64,
    /// Dollars of those whose price is known.
    pub dollars: f64,
    pub duration_ms: u64,
    /// For a tool: tokens of its results when they were read, again and again, and the cached part of them.
    pub carried: u64,
    pub carried_cached: u64,
}

impl CostRow {
    /// Dollars; none when the price of a part is unknown.
    pub fn cost(&self) -> Cost {
        (self.unpriced == 0).then_some(self.dollars)
    }
}

impl Body {
    /// What the record says was paid to a provider.
    pub fn paid(&self) -> Option<(Usage, Cost)> {
        match self {
            Self::Responded(note) => Some((note.usage, note.cost)),
            Self::Classified(note) => Some((note.usage, note.cost)),
            Self::Team(TeamBody::AgentSpent(spent)) => Some((spent.usage, spent.cost)),
            Self::Money(MoneyBody::Lost { usage, cost, .. }) => Some((*usage, *cost)),
            Self::Money(MoneyBody::Spent(spent)) => match &spent.on {
                SpentOn::Request(spent) => Some((spent.usage, spent.cost)),
                SpentOn::Call(_) => None,
            },
            _ => None,
        }
    }
}

impl Usage {
    /// All tokens, in and out.
    pub fn total(&self) -> u64 {
        self.prompt() + self.output
    }
}

impl CapScope {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Run => "run",
            Self::Session => "session",
            Self::Day => "day",
            Self::Project => "project",
        }
    }
}

impl CapState {
    /// Nothing more may be spent under it.
    pub fn is_used_up(&self) -> bool {
        match self.cap.limit {
            // Sums of decimal prices are a hair off in binary.
            Limit::Dollars(limit) => self.dollars + 1e-9 >= limit,
            Limit::Tokens(limit) => self.tokens >= limit,
        }
    }

    /// The part that is used, 0 and up.
    pub fn share(&self) -> f64 {
        match self.cap.limit {
            Limit::Dollars(limit) => self.dollars / limit.max(1e-9),
            Limit::Tokens(limit) => self.tokens as f64 / limit.max(1) as f64,
        }
    }
}

impl CostGroup {
    /// All of them, in the order of the pane.
    pub const ALL: [Self; 7] =
        [Self::Model, Self::Tool, Self::Agent, Self::Session, Self::Day, Self::Project, Self::Request];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Day => "day",
            Self::Project => "project",
            Self::Model => "model",
            Self::Agent => "agent",
            Self::Tool => "tool",
            Self::Request => "request",
        }
    }
}
