//! The async driver: runs the agent's effects with the hands and reports events.
//!
//! One task owns everything that lasts; whatever takes time runs beside it and reports through one
//! bounded channel. The engine decides nothing: the machine decides, the gate judges, the hands act. It
//! draws nothing and knows no face: it hears [`Request`]s and sends [`Event`]s.

mod branch;
mod calls;
mod catalog;
mod classify;
mod confine;
mod context;
mod driver;
mod effects;
mod files;
mod folder;
mod gate;
mod hooks;
mod inspect;
mod jobs;
mod journal;
mod languages;
mod library;
mod memories;
mod money;
mod naming;
mod network;
mod opening;
mod parts;
mod past;
mod pen;
mod person;
mod pieces;
mod prompts;
mod questions;
mod recall;
mod report;
mod requests;
mod rows;
mod rules;
mod saving;
mod servers;
mod steps;
mod streams;
mod team;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use crate::agent;
use crate::base::clock::SharedClock;
use crate::base::ids::SharedIds;
use crate::base::secrets::Redactor;
use crate::domain::{
    AgentFile, Cap, CommandFile, Effort, Event, FolderClaims, MemoryFile, Mode, ModelInfo, ModelRef, Notice, Request,
    RuleSource, RuleTier, SaveScope, Segment,
};
use crate::policy::RuleText;
use crate::provider::Provider;
use crate::session::Store;
use crate::tools::{Limits, Place, Tool};
use crate::usage::ModelTable;

pub use catalog::{
    AutoMemory, Nested, NestedSkills, PluginCost, SaveSetting, Scan, Scanned, Shelf, StatusLine, inventory,
    plugin_costs, without_keys as rows_without_keys,
};
pub use confine::Sandbox;
pub use languages::{KeepConsent, LanguagePlan};
pub use library::LibraryTuning;
pub use money::Together;
pub use servers::{Admits, OutsideCall, SearchMode, ServerPlan, open_counter};
pub use team::{AGENT_WORD, AgentSpec, AgentWord, Child, TeamTuning, agent_source, as_agent, servers_with};

/// Events that may wait for a slow face before the engine waits for it.
const EVENTS: usize = 1024;
/// Requests that may wait for the engine.
const REQUESTS: usize = 64;

/// Makes the provider of a model, or says why it cannot.
pub type Connect = Arc<dyn Fn(&ModelRef) -> Result<Arc<dyn Provider>, String> + Send + Sync>;
/// Changes a permission rule in a settings file and tells which.
pub type EditRule = Arc<dyn Fn(RuleEdit<'_>) -> Result<PathBuf, String> + Send + Sync>;
/// Sets up the rehearsal: copies the sample project and makes its stage.
pub type Rehearse = Arc<dyn Fn() -> Result<Stage, String> + Send + Sync>;

/// What the start folder would bring, and how the person's answer to it is taken in force.
#[derive(Clone)]
pub struct Folder {
    /// To be asked about at the start.
    pub ask: Option<FolderClaims>,
    /// Looks at the folder again; the flag tells whether it is trusted.
    pub survey: Arc<dyn Fn() -> (FolderClaims, bool) + Send + Sync>,
    /// Trusts the folder with that content, remembers it, and makes the stage anew.
    pub accept: Accept,
    /// Reads the settings again.
    pub reload: Arc<dyn Fn() -> Reloaded + Send + Sync>,
}

/// What counts anew when a settings file changes while a session is open.
#[derive(Clone, Debug)]
pub struct Reloaded {
    pub rules: Vec<RuleText>,
    pub hooks: Arc<crate::hooks::Config>,
    pub trusted: bool,
    /// What is wrong with the files.
    pub notices: Vec<Notice>,
}

/// Takes a yes to a folder's content and makes the stage anew. The error is a sentence for the person.
pub type Accept = Arc<dyn Fn(String) -> BoxFuture<'static, Result<(Stage, Vec<Notice>), String>> + Send + Sync>;

/// A change of the rules in a settings file.
#[derive(Clone, Copy, Debug)]
pub enum RuleEdit<'a> {
    Save {
        scope: SaveScope,
        tier: RuleTier,
        rule: &'a str,
    },
    /// From the file that the rule was read from.
    Remove {
        source: &'a RuleSource,
        tier: RuleTier,
        rule: &'a str,
    },
}

/// What an engine is made of.
pub struct Setup {
    pub clock: SharedClock,
    pub ids: SharedIds,
    pub store: Store,
    pub stage: Stage,
    pub rehearse: Rehearse,
    pub tools: Vec<Arc<dyn Tool>>,
    pub table: ModelTable,
    pub agent: agent::Settings,
    pub open: Open,
    /// What is to be told first, such as a broken settings file.
    pub notices: Vec<Notice>,
    pub limits: Limits,
    pub tuning: Tuning,
    pub home: PathBuf,
    /// Somebody is there to be asked.
    pub interactive: bool,
    /// No other engine runs in this process, so that whatever still runs at the end was started by this one.
    pub alone: bool,
    /// Our keys, which are written and told nowhere.
    pub secrets: Redactor,
    pub sandbox: Sandbox,
    /// None where there is nothing to trust, such as in a rehearsal.
    pub folder: Option<Folder>,
    /// The version of the program, for the log.
    pub version: &'static str,
}

/// What the settings say of single capabilities: one field a capability, so that each hands its own part on.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// Milliseconds that the classifier of the mode auto may take.
    pub classifier_ms: u64,
    pub money: Purse,
    /// Results with uniform rows go to the model as TOON.
    pub toon: bool,
    /// The answer cache.
    pub recall: crate::recall::Setting,
    pub library: LibraryTuning,
    pub team: TeamTuning,
}

/// Where spending stops or is looked at.
#[derive(Clone, Debug)]
pub struct Purse {
    pub caps: Vec<Cap>,
    /// The same call with the same result, or the same error, so often: the turn pauses. 0 is never.
    pub repeats: u32,
    /// So many steps that bring nothing new. 0 is never.
    pub idle_steps: u32,
    /// Where a row for each request of the run is written.
    pub report: Option<PathBuf>,
    /// What an engine and its sub-agents count together.
    pub shared: Together,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            classifier_ms: 10_000,
            money: Purse::default(),
            toon: true,
            recall: crate::recall::Setting::default(),
            library: LibraryTuning::default(),
            team: TeamTuning::default(),
        }
    }
}

impl Default for Purse {
    fn default() -> Self {
        Self { caps: Vec::new(), repeats: 3, idle_steps: 40, report: None, shared: Together::default() }
    }
}

/// Where and with what a session plays: the person's own project, or the rehearsal's copy.
#[derive(Clone)]
pub struct Stage {
    pub place: Place,
    pub model: Option<(ModelRef, Arc<ModelInfo>)>,
    pub effort: Option<Effort>,
    /// The model was named on the command line, so a resumed session does not bring its own.
    pub model_forced: bool,
    pub connect: Connect,
    pub rules: Vec<RuleText>,
    pub edit_rule: EditRule,
    pub mode: Mode,
    /// Modes that the person can cycle through.
    pub modes: Vec<Mode>,
    pub trusted: bool,
    pub memory: Vec<MemoryFile>,
    pub commands: Vec<CommandFile>,
    /// Kinds of sub-agents.
    pub agents: Vec<AgentFile>,
    /// What else commands, skills and memory need.
    pub shelf: Arc<Shelf>,
    /// The whole environment of child processes.
    pub env: Arc<BTreeMap<String, String>>,
    /// Hooks of all settings files, those that wait for trust among them, and the event bus.
    pub hooks: Arc<crate::hooks::Config>,
    /// Tool servers.
    pub servers: Arc<ServerPlan>,
    /// Language servers.
    pub languages: Arc<LanguagePlan>,
    pub rehearsal: bool,
    /// This is a sub-agent's.
    pub child: Option<Arc<Child>>,
}

/// Which session to open at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    New,
    /// The newest of this project.
    Latest,
    /// By id, start of an id, or title.
    Named(String),
    /// A copy of that one.
    Fork(Box<Open>),
}

/// Tools, system text and memory as a session of this setup would send them first.
pub fn prefix_of(setup: &Setup) -> Vec<Arc<Segment>> {
    opening::prefix(setup, &setup.stage)
}

/// Starts an engine on the current tokio runtime.
pub fn start(setup: Setup) -> (mpsc::Sender<Request>, mpsc::Receiver<Event>) {
    let (requests, heard) = mpsc::channel(REQUESTS);
    let (tell, events) = mpsc::channel(EVENTS);
    tokio::spawn(driver::run(setup, heard, tell));
    (requests, events)
}
