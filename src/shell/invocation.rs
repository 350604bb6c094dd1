//! What the command line asked for, as plain values: `cli` fills it, the fronts and the joint read it.

use std::path::PathBuf;

use crate::config::Traffic;
use crate::domain::{Cap, Mode};

/// One start of the program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invocation {
    /// The first prompt.
    pub prompt: Option<String>,
    pub opening: Opening,
    /// Go on in a copy of that session.
    pub fork: bool,
    /// What stands above every settings file.
    pub overrides: Overrides,
    /// Leave when the hooks of the start have run.
    pub hooks_only: bool,
    /// Headless, in this form; none is the full screen.
    pub print: Option<OutputFormat>,
    pub verbose: bool,
    /// Play the offline rehearsal.
    pub rehearse: bool,
    /// Record or replay what is said to the model.
    pub traffic: Traffic,
}

/// Which session to open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    #[default]
    New,
    /// The newest session of this project.
    Continue,
    /// The session with this id (or the start of one); none opens the browser.
    Resume(Option<String>),
}

/// Flags that override settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    pub model: Option<String>,
    pub provider: Option<String>,
    pub mode: Option<Mode>,
    /// Allow rules in the settings' grammar.
    pub allow: Vec<String>,
    /// Deny rules in the settings' grammar.
    pub deny: Vec<String>,
    /// Folders that belong to the session besides the project, as typed.
    pub add_dirs: Vec<PathBuf>,
    /// Folders of plugins for this run, as typed.
    pub plugin_dirs: Vec<PathBuf>,
    /// The agent that the session runs as.
    pub agent: Option<String>,
    /// Kinds of sub-agents, as JSON.
    pub agents: Option<String>,
    /// The most model requests in one turn.
    pub max_turns: Option<u32>,
    /// Where spending stops in this run.
    pub caps: Vec<Cap>,
    /// The file that gets a row for each request.
    pub report: Option<PathBuf>,
    /// A settings file, or settings as JSON.
    pub settings: Option<String>,
    pub theme: Option<String>,
    /// Trust the folder for this run.
    pub trust: bool,
    /// Lists of tool servers: files, or the JSON itself.
    pub mcp_config: Vec<String>,
    /// Only those servers.
    pub strict_mcp: bool,
    /// Setup hooks run at the start, for this reason: `init` or `maintenance`.
    pub setup: Option<&'static str>,
    /// Why settings may not choose bypassPermissions here.
    pub no_bypass: Option<String>,
}

/// What a headless run prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// The text of the final answer.
    #[default]
    Text,
    /// One result object.
    Json,
    /// One object a line while it happens, the result last.
    StreamJson,
}
