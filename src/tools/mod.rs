//! What the model may call: one file and one description each.
//!
//! A tool says what it would touch, then, once the gate allowed it, does it. It never draws (it returns
//! [`Shown`](crate::domain::Shown)) and never asks: what it may do was decided before it runs.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

mod support;
mod web_search;

pub use agent::{AgentInput, list_kinds, read as read_agent};
pub use ask_user_question::read as read_questions;
pub use bash::{offer_escape, shell_command, wants_out};
pub use exit_plan_mode::read as read_plan;
pub use memory::{MemoryCall, read as read_memory};
pub use send_message::read as read_message;
pub use support::board::Board;
pub use support::change::rewrite;
pub use support::diff::{compare, without_hunk};
pub use support::input::{parse as read_input, spec as describe};
pub use support::jobs::{Job, JobNews, Jobs};
pub use support::parts::Preview;
pub use support::reads::{FileStamp, ReadLedger, ReadState};
pub use support::spill::keep;
pub use web_search::{WebHit, WebQuery, WebResults, WebSearch, WebSearcher, by_brave, by_searxng};

use crate::base::paths;
pub use crate::domain::present_name as today;
use crate::domain::{Access, Terms, ToolOutcome, ToolSpec};
use crate::sandbox::Cage;

/// Declares the modules of the tools and lists the tools: a new tool is one line here, its file, and its
/// description in `assets/tools`. The order is that of the request, so it is part of the cached prefix.
macro_rules! tools {
    ($($module:ident :: $tool:ident),* $(,)?) => {
        $(mod $module;)*

        /// All tools, in the order in which a model is told of them.
        pub fn registry() -> Vec<Arc<dyn Tool>> {
            vec![$(Arc::new($module::$tool)),*]
        }

        /// The names of the modules above, for the test that looks for forgotten files.
        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

tools! {
    agent::Agent,
    ask_user_question::AskUserQuestion,
    bash::Bash,
    bash_output::BashOutput,
    edit::Edit,
    enter_plan_mode::EnterPlanMode,
    exit_plan_mode::ExitPlanMode,
    glob::Glob,
    grep::Grep,
    kill_shell::KillShell,
    ls::Ls,
    memory::Memory,
    multi_edit::MultiEdit,
    notebook_edit::NotebookEdit,
    read::Read,
    send_message::SendMessage,
    skill::Skill,
    task_create::TaskCreate,
    task_get::TaskGet,
    task_list::TaskList,
    task_update::TaskUpdate,
    todo_write::TodoWrite,
    web_fetch::WebFetch,
    write::Write,
}

/// The tool that answers to a name, older names included.
pub fn named<'a>(tools: &'a [Arc<dyn Tool>], name: &str) -> Option<&'a Arc<dyn Tool>> {
    let find = |name: &str| tools.iter().find(|tool| tool.spec().name == name);
    find(name).or_else(|| find(today(name)))
}

/// The tools that are made with something of the settings, for the same test.
#[cfg(test)]
const MADE: &[&str] = &["web_search"];

/// One tool. The engine calls it; implementations are stateless, what lasts is in [`ToolContext`].
pub trait Tool: Send + Sync + Debug {
    /// What the model is told; made once at start.
    fn spec(&self) -> ToolSpec;

    /// What this call would touch. An error is a text for the model: the input is not valid.
    fn access(&self, input: &Value, place: &Place) -> Result<Access, String>;

    /// Does it. Failures are outcomes; it returns soon after `context.cancel` fires.
    fn run(&self, input: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome>;
}

/// Where a call stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The shell's folder; relative paths start here.
    pub cwd: PathBuf,
    /// The session's own root.
    pub project: PathBuf,
    /// Further folders that belong to the session.
    pub added: Vec<PathBuf>,
}

/// What lasts between calls, and the ways to the outside, for one call.
#[derive(Clone, Debug)]
pub struct ToolContext {
    pub call_id: String,
    pub place: Place,
    /// Live output for the person. A full channel means "wait": the engine coalesces what it gets.
    pub output: mpsc::Sender<String>,
    pub cancel: CancellationToken,
    /// Which files the session has read, for read-before-edit and changed-on-disk checks.
    pub reads: Arc<ReadLedger>,
    /// The whole environment of a child process; nothing is inherited besides.
    pub env: Arc<BTreeMap<String, String>>,
    /// The folder (0700) in which whole outputs are kept, one file a call.
    pub outputs: PathBuf,
    pub limits: Limits,
    /// What keeps a command in; none where it runs with the rights of the person.
    pub cage: Option<Arc<Cage>>,
    /// Commands of the session that run.
    pub jobs: Arc<Jobs>,
    /// Fires when the person puts the call into the background.
    pub detach: CancellationToken,
    /// Somebody is there who could type to a command.
    pub attended: bool,
    /// The tasks of the session.
    pub board: Arc<Board>,
    /// The one of `jobs` that the call runs.
    pub job: Option<Arc<Job>>,
    /// What was settled about this call.
    pub terms: Terms,
}

impl ToolContext {
    /// Where a path of the call lies: where it lay when it was decided about. What nobody decided about is looked up.
    pub fn real(&self, path: &Path) -> PathBuf {
        self.terms.places.get(path).cloned().unwrap_or_else(|| paths::facts(path).0)
    }
}

/// Bounds of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters of a result that reach the model.
    pub result_chars: usize,
    /// Bytes of one output that are kept on disk; what follows is counted and dropped.
    pub output_bytes: u64,
    /// Milliseconds that a command may take when the call does not say.
    pub command_ms: u64,
    /// The most that a call may ask for.
    pub command_max_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { result_chars: 30_000, output_bytes: 64 << 20, command_ms: 120_000, command_max_ms: 600_000 }
    }
}

/// The change that a call of Edit, MultiEdit, NotebookEdit or Write would make by what is on disk now, for the permission
/// question. None for other tools and for a call that would fail.
pub fn preview(name: &str, input: &Value, place: &Place) -> Option<Preview> {
    let real = |path: &Path| paths::facts(path).0;
    let plan = match name {
        "Edit" => edit::plan(input, place, (&real, None)),
        "MultiEdit" => multi_edit::plan(input, place, (&real, None)),
        "NotebookEdit" => notebook_edit::plan(input, place, (&real, None)),
        "Write" => write::plan(input, place, (&real, None)),
        _ => return None,
    };
    plan.ok().map(|plan| Preview::new(plan, &place.project))
}

#[cfg(test)]
mod tests;
