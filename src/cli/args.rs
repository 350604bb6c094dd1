//! The command line's grammar. Names and short forms are those that users of other agents know.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::asked::{Asked, Judged, Tape, Wanted};
use super::spending::{CacheCommand, Caps, ToonCommand};
use crate::domain::{CostGroup, Mode};
use crate::shell::OutputFormat;

/// No colours of its own choice but bold and underline; the terminal's sixteen for the rest.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Cyan.on_default());

/// A full-screen coding agent for the terminal.
#[derive(Debug, Parser)]
#[command(name = "latigo", bin_name = "latigo", version, styles = STYLES)]
#[command(disable_version_flag = true, disable_help_subcommand = true, args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Models come from the environment: ANTHROPIC_API_KEY, OPENAI_API_KEY, LLM_API_BASE, OLLAMA_HOST.\n\
                        Exit codes: 0 done, 1 failure, 2 usage, 3 key, 4 denied, 5 money cap, 6 turn cap, 7 model, 130, 143."
)]
pub struct Args {
    /// The first prompt
    pub prompt: Option<String>,

    /// Print the answer and leave (so does a pipe)
    #[arg(short, long)]
    pub print: bool,

    /// Form of the printed answer
    #[arg(long, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    #[arg(help = "text, json or stream-json")]
    pub output_format: Format,

    /// Form of standard input
    #[arg(long, value_name = "FORM", value_enum, default_value_t, hide = true)]
    pub input_format: InputFormat,

    #[command(flatten)]
    pub which: Which,

    /// The model's id, or `provider/id`
    #[arg(short, long)]
    pub model: Option<String>,

    /// anthropic, openai, openai-responses or ollama
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,

    /// default, acceptEdits, plan, auto, dontAsk or bypassPermissions
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub permission_mode: Option<Mode>,

    #[command(flatten)]
    pub bold: Bold,

    /// Rules for calls that run unasked, such as "Bash(git log *)"
    #[arg(long = "allowed-tools", alias = "allowedTools", value_name = "RULE", num_args = 1..)]
    pub allowed_tools: Vec<String>,

    /// Rules for calls that never run
    #[arg(long = "disallowed-tools", alias = "disallowedTools", value_name = "RULE", num_args = 1..)]
    pub disallowed_tools: Vec<String>,

    #[command(flatten)]
    pub caps: Caps,

    #[command(flatten)]
    pub servers: super::mcp::Servers,

    #[command(flatten)]
    pub hooks: super::set_up::SetUp,

    /// A settings file, or settings as JSON
    #[arg(long, value_name = "FILE|JSON")]
    pub settings: Option<String>,

    #[command(flatten)]
    pub play: Play,

    /// Colours: dark, light, ansi, no-color or your own
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub theme: Option<String>,

    /// Tell more (with -p: the tools that run, on standard error)
    #[arg(long, hide_short_help = true)]
    pub verbose: bool,

    /// Print the version
    #[arg(short = 'v', short_alias = 'V', long, action = ArgAction::Version)]
    pub version: Option<bool>,

    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Which session to open, and with what.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Go on with the newest session of this project
    #[arg(short = 'c', long = "continue", conflicts_with = "resume")]
    pub go_on: bool,

    /// Go on with a session by its id or title; without one, choose
    #[arg(short, long, value_name = "ID", num_args = 0..=1, default_missing_value = "")]
    pub resume: Option<String>,

    /// Further folders that belong to the session
    #[arg(long, value_name = "FOLDER", num_args = 1..)]
    pub add_dir: Vec<std::path::PathBuf>,

    /// A plugin's folder for this run
    #[arg(long, value_name = "FOLDER")]
    pub plugin_dir: Vec<std::path::PathBuf>,

    /// The agent that the whole session runs as
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub agent: Option<String>,

    /// Kinds of sub-agents as JSON: {"name": {"description": …, "prompt": …}}
    #[arg(long, value_name = "JSON", hide_short_help = true)]
    pub agents: Option<String>,

    /// With one of these: in a copy of that session, which stays as it is
    #[arg(long, hide = true)]
    pub fork_session: bool,
}

/// What plays in the place of a model.
#[derive(Debug, clap::Args)]
pub struct Play {
    /// Play the offline rehearsal: no key, no network, all tools real
    #[arg(long)]
    pub rehearse: bool,

    #[command(flatten)]
    pub tape: Tape,
}

/// What the person takes on himself.
#[derive(Debug, clap::Args)]
pub struct Bold {
    /// Ask nothing: only for a container without secrets
    #[arg(long, conflicts_with = "permission_mode")]
    pub dangerously_skip_permissions: bool,

    /// Trust this folder for this run, with all that it brings
    #[arg(long)]
    pub trust: bool,
}

/// What else the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List, show, search, export and import sessions
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Sessions {
        #[command(subcommand)]
        what: Sessions,
    },
    /// Search everything that was said and done in all sessions
    Search(Wanted),
    /// Ask another model for each step of a session, and compare
    Replay(Asked),
    /// Let a model judge sessions by a rubric
    Eval(Judged),
    /// Say what works here, what is missing and how to get it
    Doctor {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say what would be decided on a call and why, or check the rules
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Permissions {
        #[command(subcommand)]
        what: PermissionsCommand,
    },
    /// Say what was spent: by model, tool, agent, session, day, project or request
    Cost {
        /// By what
        #[arg(long, value_name = "WHAT", value_parser = super::spending::group, default_value = "model")]
        by: CostGroup,

        /// Of one session, by its id or the start of it
        #[arg(long, value_name = "ID")]
        session: Option<String>,

        /// Of the project in this folder
        #[arg(long, conflicts_with = "session")]
        project: bool,

        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Measure what is saved, offline and the same every time
    Bench(super::spending::Measured),
    /// List cached answers, say what they saved, or clear them
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Cache {
        #[command(subcommand)]
        what: CacheCommand,
    },
    /// Turn JSON into TOON or back, as a filter
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Toon {
        #[command(subcommand)]
        what: ToonCommand,
    },
    /// Tool servers (MCP): set up, try, log in; or be one
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Mcp {
        #[command(subcommand)]
        what: super::McpCommand,
    },
    /// What is remembered across sessions: list, add, show, edit, forget, search
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Memory {
        #[command(subcommand)]
        what: super::MemoryCommand,
    },
    /// Plugins: list, check, switch on and off, take in from a folder
    #[command(subcommand_required = true, arg_required_else_help = true, visible_alias = "plugins")]
    Plugin {
        #[command(subcommand)]
        what: super::PluginCommand,
    },
    /// Say where settings come from, or change your own
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Config {
        #[command(subcommand)]
        what: ConfigCommand,
    },
    /// Print completions for a shell
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// What to do with sessions.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Sessions {
    /// Newest first
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,

        /// Of this project only
        #[arg(long, value_name = "FOLDER")]
        project: Option<PathBuf>,
    },
    /// One of them, by its id, the start of it or its title
    Show {
        id: String,

        /// All records as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// The same as `latigo search`
    Search(Wanted),
    /// Write one to a file or to standard output
    Export {
        id: String,

        /// markdown, html, json or stream-json; by the file's name when not given
        #[arg(long, value_name = "FORM")]
        format: Option<String>,

        /// The file; one that is there is never overwritten
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take in sessions and prompt history of Claude Code, or our own JSON export
    Import {
        /// Files or folders, such as ~/.claude
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Put one into the trash; without an id, list what lies there
    Trash { id: Option<String> },
    /// Bring one back from the trash
    Restore { id: String },
    /// Check the logs of one or of all; exit code 1 when something is damaged or missing
    Verify {
        id: Option<String>,

        /// One JSON object a file
        #[arg(long)]
        json: bool,
    },
    /// Find kept contents that nothing refers to any more; without --remove it only tells
    Gc {
        /// Remove them
        #[arg(long)]
        remove: bool,

        /// The sessions in the trash, too
        #[arg(long)]
        trash: bool,

        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

/// What to do with settings.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Every entry of every file, the strongest file first
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// The value in force
    Get { key: String },
    /// Every file that sets it, and which one wins
    Where { key: String },
    /// Set it in your own settings; the value is JSON, or else a text
    Set { key: String, value: String },
}

/// What to do with permissions. Nothing runs and no model is asked.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum PermissionsCommand {
    /// What would be decided on a command, and everything that was looked at
    Explain {
        /// The command; for other tools a path, an address or the input as JSON
        #[arg(required_unless_present = "jsonl")]
        call: Option<String>,

        /// Answer one JSON object a line on standard input with one on standard output
        #[arg(long, conflicts_with_all = ["call", "tool", "mode"])]
        jsonl: bool,

        /// Another tool than Bash, such as Read or Edit
        #[arg(long, value_name = "NAME")]
        tool: Option<String>,

        /// Judge as in this permission mode
        #[arg(long, value_name = "MODE", value_parser = mode)]
        mode: Option<Mode>,
    },
    /// Check all rule files; exit code 1 when a rule has no effect
    Lint,
}

/// Names of [`OutputFormat`] on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
    StreamJson,
}

/// Forms of standard input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    #[default]
    Text,
}

impl From<Format> for OutputFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
            Format::StreamJson => Self::StreamJson,
        }
    }
}

fn mode(text: &str) -> Result<Mode, String> {
    text.parse()
}
