//! Sub-agents: their definitions, what happens with them, and what a face may ask about them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Cost, Effort, JobBody, JobNote, JobRequest, Mode, ModelRef, PersonBody, PersonRequest, Task, ToolCall,
    Usage, Verdict,
};

/// One kind of sub-agent: built in, or a file in an `agents` folder (format of Claude Code).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgentFile {
    /// What `subagent_type` names.
    pub name: String,
    /// When to use it, for the model.
    pub description: String,
    /// The system text that stands in the place of our own.
    pub prompt: String,
    /// `built-in`, `project`, `user` or the name of a plugin.
    pub source: String,
    /// None where it is built in.
    pub path: Option<PathBuf>,
    pub tools: AgentTools,
    pub model: AgentModel,
    pub way: AgentWay,
    /// One of red, blue, green, yellow, purple, orange, pink, cyan.
    pub color: Option<String>,
    /// The first prompt when a whole session runs as this agent.
    pub initial_prompt: Option<String>,
    /// Hooks that hold while it runs, as they stand in the file.
    pub hooks: Option<serde_json::Value>,
    /// The line that its name stands in.
    pub line: Option<u32>,
    /// Files, and built-in agents, of the same name that it takes the place of.
    pub overrides: Vec<PathBuf>,
}

/// What it can use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentTools {
    /// None for all of the parent's.
    pub allowed: Option<Vec<String>>,
    /// Taken away first.
    pub denied: Vec<String>,
    /// Skills whose bodies it is given at the start.
    pub skills: Vec<String>,
    /// Servers of the session by name; with these or with own ones no others are given.
    pub servers: Vec<String>,
    /// Servers that are started for this agent alone: name and definition, as they stand in the file.
    pub own_servers: Vec<(String, serde_json::Value)>,
}

/// Who answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgentModel {
    /// A short name or an id; none to inherit.
    pub model: Option<String>,
    pub effort: Option<Effort>,
    /// Requests that it may make.
    pub max_turns: Option<u32>,
    /// A cheaper model will do, where one is known.
    pub cheap: bool,
}

/// How it runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgentWay {
    pub mode: Option<Mode>,
    /// Nothing may change, whatever the mode; the gate enforces it.
    pub read_only: bool,
    pub background: bool,
    pub isolation: Isolation,
    /// It is not told the instruction files.
    pub without_memory: bool,
    /// Where it keeps a memory of its own: `user`, `project` or `local`.
    pub memory: Option<String>,
}

/// What keeps an agent apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// A conversation of its own in this process.
    #[default]
    Context,
    /// A worktree of the repository too.
    Worktree,
    /// A process of its own, which answers with one line of JSON.
    Process,
}

impl std::str::FromStr for Isolation {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name.trim() {
            "none" | "context" => Ok(Self::Context),
            "worktree" => Ok(Self::Worktree),
            "process" => Ok(Self::Process),
            "remote" => Err("isolation `remote` needs a service that Latigo does not have; worktree or process".into()),
            other => Err(format!("there is no isolation `{other}`; worktree or process")),
        }
    }
}

/// What happened with sub-agents, in the log of the session that they belong to. Their own conversations stand in
/// logs beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeamBody {
    AgentStarted(Box<AgentStart>),
    /// A request of an agent was answered.
    AgentSpent(AgentSpent),
    /// The person is asked about a call of an agent.
    AgentAsked(Box<AgentQuestion>),
    /// The person answered, or the question is gone.
    AgentDecided {
        agent: String,
        ask: u32,
        answer: Option<Answer>,
    },
    AgentEnded(AgentEnd),
    /// A dialog with the person.
    Person(PersonBody),
    /// A command of the background.
    Job(JobBody),
    /// The whole list of tasks, after it changed.
    TasksSet {
        tasks: Vec<Task>,
    },
}

/// An agent begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentStart {
    pub agent: String,
    /// The call that asked for it.
    pub call_id: String,
    /// The agent whose call that was; none for the session itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The name of its definition.
    pub kind: String,
    /// What it is to do, in a few words.
    pub task: String,
    /// By which it can be called later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub model: ModelRef,
    pub background: bool,
    pub isolation: Isolation,
    /// The log of its conversation.
    pub log: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

/// What one answered request of an agent cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentSpent {
    pub agent: String,
    /// Of its own conversation.
    #[serde(default)]
    pub turn: u32,
    pub request: u32,
    pub model: ModelRef,
    pub usage: Usage,
    pub estimated: bool,
    pub cost: Cost,
    pub duration_ms: u64,
}

/// A call of an agent that the person is asked about. Its numbers are those of the agent's own log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentQuestion {
    pub agent: String,
    /// The agent in words: `Explore · find the parser`.
    pub who: String,
    pub ask: u32,
    pub call: ToolCall,
    pub verdict: Verdict,
}

/// An agent is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentEnd {
    pub agent: String,
    pub outcome: AgentOutcome,
    /// What the parent hears, or why it failed; cut.
    pub text: String,
    pub requests: u32,
    pub calls: u32,
    pub duration_ms: u64,
    /// Where its changes are left, when it worked in a worktree and changed something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<PathBuf>,
}

/// How an agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentOutcome {
    Done,
    Failed,
    /// The person or its parent stopped it.
    Stopped,
    /// The cap on its requests.
    TurnCap,
}

/// What a living agent does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentProgress {
    pub agent: String,
    pub state: AgentState,
    /// Its last event in words: `Read src/lib.rs`.
    pub last: String,
    /// When that was, in milliseconds since 1970.
    pub at: u64,
    pub calls: u32,
}

impl AgentProgress {
    /// Of an agent that has done nothing yet.
    pub fn begins(agent: &str) -> Self {
        Self { agent: agent.to_owned(), state: AgentState::default(), last: "begins".to_owned(), at: 0, calls: 0 }
    }
}

/// What it waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AgentState {
    /// The model has it.
    #[default]
    Thinking,
    /// A call runs.
    Working,
    /// The person is asked.
    Asking,
    /// A request failed and is sent again.
    Retrying,
}

/// What a face asks about sub-agents.
#[derive(Clone, Debug, PartialEq)]
pub enum TeamRequest {
    /// The answer to a question of an agent.
    Answer { agent: String, ask: u32, answer: Answer },
    /// Stop one agent; the others and the turn go on.
    Kill { agent: String },
    /// Stop all that run in the background.
    KillAll,
    /// Show its conversation from now on, with all of it so far; none to stop.
    Watch { agent: Option<String> },
    /// To a dialog.
    Person(PersonRequest),
    /// About commands that run.
    Job(JobRequest),
    /// To an agent: what it is to do.
    Begin { text: String },
    /// To an agent: the rules in force, after they changed.
    Inherit(RulesInForce),
}

/// All rules as they were written, for a child. Opaque outside the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesInForce(pub Vec<(super::RuleTier, String, super::RuleSource, PathBuf)>);

/// News about sub-agents that need not be on record.
#[derive(Clone, Debug)]
pub enum TeamNews {
    Progress(AgentProgress),
    /// Of commands that run.
    Job(JobNote),
    /// Answer to [`TeamRequest::Watch`]: the conversation so far.
    Watched {
        agent: String,
        records: Vec<std::sync::Arc<super::Record>>,
    },
    /// From a child to its minder: the call that the person is about to be asked about.
    Asks(Box<ToolCall>),
    /// The same from a child that is a process of its own: its last words.
    Said(String),
    /// The conversation goes on.
    Record {
        agent: String,
        record: std::sync::Arc<super::Record>,
    },
}
