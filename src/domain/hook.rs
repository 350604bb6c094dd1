//! Hooks as data: what is configured, and what came of each run.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::RuleSource;

/// One run of one hook, as it stands in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HookRun {
    /// The event that it ran for: `PreToolUse` …
    pub event: String,
    /// The hook as its settings name it: a command, an address, the start of a question.
    pub hook: String,
    pub source: RuleSource,
    /// The call that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    pub duration_ms: u64,
    /// Exit code of a command, status of an HTTP answer.
    pub exit: Option<i32>,
    /// It could not start, took too long, or answered what cannot be read.
    pub failed: bool,
    /// What it changed, in one line.
    pub outcome: String,
    /// What it was told and what it said, both bounded.
    pub input: String,
    pub output: String,
}

/// One hook of the settings, for the list that `/hooks` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookEntry {
    pub event: String,
    /// What it waits for among the events of that name; `*` for all.
    pub matcher: String,
    /// `command`, `http`, `prompt` …
    pub kind: String,
    pub hook: String,
    pub source: RuleSource,
    pub state: HookState,
}

/// Whether a hook runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookState {
    Runs,
    /// It came with a folder that the person does not trust yet.
    WaitsForTrust,
    /// It is switched off or cannot be used, for this reason.
    Off(String),
}

/// What a face asks of hooks.
#[derive(Clone, Debug, PartialEq)]
pub enum HookRequest {
    /// The list.
    Report,
    /// Run a hook on an event that is on record. What it says is shown and has no effect.
    Try(Box<HookTrial>),
    /// A folder belongs to the session from now on.
    AddFolder(PathBuf),
    /// Say when the hooks of the start have run.
    TellBegun,
}

/// A hook, and the event that it is tried on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookTrial {
    pub event: String,
    pub hook: String,
    pub source: RuleSource,
    /// What it is told: the input of a run that is on record.
    pub input: String,
}

/// News of hooks that are not on record.
#[derive(Clone, Debug, PartialEq)]
pub enum HookNews {
    /// What came of a trial.
    Tried(Box<HookRun>),
    /// It could not be tried, for this reason.
    Untried(String),
    /// A hook gives another text to be shown for an answer of the model; the transcript stays as it is.
    Displayed { original: String, text: String },
    /// The hooks of the start have run.
    Begun,
}
