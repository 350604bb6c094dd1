//! Reads settings in layers and hands each room its own part.
//!
//! Reading never fails: what is broken is a notice with file and line, and the rest is used. Writing is
//! done by [`save_rule`], [`save_setting`] and [`Trust::trust`] alone, and never over a file that could
//! not be read.

mod claims;
mod document;
mod dotenv;
mod environment;
mod folder;
mod gather;
mod hooks;
mod known;
mod languages;
mod layers;
mod lead;
mod model;
mod origins;
mod plugged;
mod plugins;
mod project;
mod rehearsal;
mod rules;
mod save;
mod save_plugin;
mod save_server;
mod served;
mod server;
mod servers;
mod setup;
mod shelf;
mod team;
mod themes;
mod traffic;
mod trust;
mod vectors;
mod web;
mod wish;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::base::dirs::Dirs;
use crate::base::secrets::Redactor;
use crate::domain::{Effort, FolderClaims, Mode, Notice, RuleSource};
use crate::usage::ModelTable;

pub use environment::child_env;
pub use folder::{FolderGround, folder};
pub use gather::context::ContextSettings;
pub use model::ModelChoice;
pub use origins::{Origin, OriginState, effective, unknown_key};
pub use plugins::{Plugins, shelf as plugin_shelf};
pub use project::project_root;
pub use rules::{Rules, rule_text, rules};
pub use save::{Places, edit_rule, remove_rule, save_rule, save_setting};
pub use save_plugin::{save_market, save_plugin_option, save_plugin_secret, save_plugin_switch};
pub use save_server::{forget_server_choices, save_server, save_server_switch};
pub use served::ask_server;
pub use servers::{OWN as SERVER_FILE, server_grounds};
pub use setup::{Start, listing, plugins, setup};
pub use shelf::memory_store;
pub use themes::themes;
pub use traffic::Traffic;
pub use trust::{Standing, Trust};
pub use wish::CatalogWish;

/// Where the person is and what he asked for.
#[derive(Clone)]
pub struct ConfigInput<'a> {
    pub home: &'a Path,
    /// The start folder, absolute.
    pub cwd: &'a Path,
    /// The variables of the process.
    pub env: BTreeMap<String, String>,
    pub flags: Flags,
    pub dirs: &'a Dirs,
    /// The administrator's file; none for where the system keeps it.
    pub managed: Option<PathBuf>,
}

/// What the command line says. It has no `Debug`: settings given as JSON may hold keys.
#[derive(Clone, Default)]
pub struct Flags {
    /// `--settings`: a file, or the JSON itself.
    pub settings: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub fallback: Vec<String>,
    pub effort: Option<Effort>,
    pub mode: Option<Mode>,
    /// `--allowed-tools` and `--disallowed-tools`, one rule each.
    pub allow: Vec<String>,
    pub deny: Vec<String>,
    /// `--add-dir`.
    pub directories: Vec<String>,
    /// `--plugin-dir`.
    pub plugins: Vec<String>,
    /// `--agent`: what the session runs as.
    pub agent: Option<String>,
    /// `--agents`: JSON.
    pub agents: Option<String>,
    /// Trust the folder for this run.
    pub trust: bool,
    /// Count the folder as not trusted, whatever was answered earlier.
    pub distrust: bool,
    /// `--mcp-config`: files, or the JSON itself.
    pub mcp_config: Vec<String>,
    /// Only the servers of `--mcp-config`.
    pub strict_mcp: bool,
    /// Setup hooks run, for this reason: `init` or `maintenance`.
    pub setup: Option<&'static str>,
    /// Why settings may not choose bypassPermissions here.
    pub no_bypass: Option<String>,
}

/// Whether a rule forbids, asks or allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    Deny,
    Ask,
    Allow,
}

/// One permission rule as it stands in a file or a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleEntry {
    pub tier: Tier,
    pub text: String,
    pub source: RuleSource,
    /// The folder that `/x` in a path pattern starts at.
    pub anchor: PathBuf,
}

/// How the screen behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UiSettings {
    pub reduced_motion: bool,
    pub screen_reader: bool,
    pub mouse: bool,
    pub syntax_colors: bool,
    /// Set the terminal's title.
    pub title: bool,
    /// Ring the bell or notify when the person is waited for.
    pub notify: bool,
    /// `@` leaves out what git ignores.
    pub respect_gitignore: bool,
}

/// Bounds of what runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Milliseconds that a command may take when the call does not say, and at most.
    pub command_ms: u64,
    pub command_max_ms: u64,
    /// Characters of a command's output that reach the model.
    pub result_chars: usize,
    /// Times that a failed request is sent again.
    pub retries: u32,
    /// Model requests in one turn; none for the engine's own cap.
    pub max_turns: Option<u32>,
    /// Tokens that an answer may have; none for the model's own limit.
    pub max_output: Option<u32>,
    /// Tokens of context that a model at Ollama is loaded with; none to decide by the model.
    pub ollama_context: Option<u32>,
    /// Milliseconds that the classifier of the mode auto may take.
    pub classifier_ms: u64,
    /// How the context is kept within its room.
    pub context: ContextSettings,
}

/// Modes that have to be allowed before they can be entered in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub bypass: bool,
    pub auto: bool,
}

/// What single capabilities are told, each by its own type.
#[derive(Clone)]
pub struct Capabilities {
    /// How commands are kept in.
    pub sandbox: crate::sandbox::Wish,
    /// Hooks and the event bus.
    pub hooks: crate::hooks::Config,
    /// Tool servers.
    pub servers: crate::engine::ServerPlan,
    /// Language servers.
    pub languages: crate::engine::LanguagePlan,
    /// By what the web is searched.
    pub search: web::SearchChoice,
    /// Whose embeddings the answer cache uses; none for those that come with the program.
    pub vectors: Option<vectors::VectorChoice>,
}

/// Everything that settings, variables and flags say together.
#[derive(Clone)]
pub struct Settings {
    /// The repository's root, or the start folder.
    pub project: PathBuf,
    /// The person trusts this folder, or it brings nothing that needs it. Until then all that it brings waits.
    pub trusted: bool,
    /// What the folder brings.
    pub folder: FolderClaims,
    /// None while no model is configured.
    pub model: Option<ModelChoice>,
    /// All models that are known, the user's own among them.
    pub models: ModelTable,
    pub effort: Option<Effort>,
    /// None where nothing says whether the model should think.
    pub thinking: Option<bool>,
    /// Rules of flags and files, the strongest file first.
    pub rules: Vec<RuleEntry>,
    pub mode: Mode,
    pub allowed: Allowed,
    /// Folders beside the project that belong to the work.
    pub directories: Vec<PathBuf>,
    pub theme: Option<String>,
    pub ui: UiSettings,
    pub bounds: Bounds,
    pub money: MoneySettings,
    /// The whole environment of child processes, without our keys.
    pub child_env: BTreeMap<String, String>,
    pub capabilities: Capabilities,
    /// Memory, skills, styles, plugins.
    pub catalog: CatalogWish,
    /// Our keys, to be kept out of everything that is written.
    pub secrets: Redactor,
    pub notices: Vec<Notice>,
}

/// What the settings say of money.
#[derive(Clone, Debug)]
pub struct MoneySettings {
    /// Where spending stops.
    pub purse: crate::engine::Purse,
    /// Results with uniform rows go to the model as TOON.
    pub toon: bool,
    /// A model names each session after its first turn.
    pub titles: bool,
    /// The answer cache, without its file.
    pub answers: crate::recall::Setting,
}

/// Reads everything there is to read.
pub fn load(input: ConfigInput<'_>) -> Settings {
    gather::gather(&input)
}

impl Default for UiSettings {
    fn default() -> Self {
        Self {
            reduced_motion: false,
            screen_reader: false,
            mouse: true,
            syntax_colors: true,
            title: true,
            notify: true,
            respect_gitignore: true,
        }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            command_ms: 120_000,
            command_max_ms: 600_000,
            result_chars: 30_000,
            retries: 10,
            max_turns: None,
            max_output: None,
            ollama_context: None,
            classifier_ms: 10_000,
            context: ContextSettings::default(),
        }
    }
}

impl fmt::Debug for Settings {
    /// The environment may hold secrets and is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("project", &self.project)
            .field("trusted", &self.trusted)
            .field("model", &self.model)
            .field("mode", &self.mode)
            .field("rules", &self.rules)
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
