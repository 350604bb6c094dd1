//! The command line's grammar. Names and short forms are those that users of other agents know.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::asked::{Asked, Judged, Tape, Wanted};
use crate::domain::{Cap, CapScope, CostGroup, Limit, Mode};
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

    /// Further folders that belong to the session
    #[arg(long, value_name = "FOLDER", num_args = 1..)]
    pub add_dir: Vec<std::path::PathBuf>,

    #[command(flatten)]
    pub caps: Caps,

    #[command(flatten)]
    pub servers: Servers,

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

/// Which session to open.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Go on with the newest session of this project
    #[arg(short = 'c', long = "continue", conflicts_with = "resume")]
    pub go_on: bool,

    /// Go on with a session by its id; without one, choose
    #[arg(short, long, value_name = "ID", num_args = 0..=1, default_missing_value = "")]
    pub resume: Option<String>,
}

/// Where a turn ends by itself.
#[derive(Debug, clap::Args)]
pub struct Caps {
    /// The most requests in one turn
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_turns: Option<u32>,

    /// Stop before the next request when this run has cost so many dollars
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub max_budget_usd: Option<f64>,

    /// The same in tokens, input and output together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_budget_tokens: Option<u64>,

    /// Write a row for each request to a file, CSV or .json
    #[arg(long, value_name = "FILE")]
    pub report: Option<std::path::PathBuf>,
}

impl Caps {
    /// As caps on this run.
    pub fn budget(&self) -> Vec<Cap> {
        let limits = [self.max_budget_usd.map(Limit::Dollars), self.max_budget_tokens.map(Limit::Tokens)];
        limits.into_iter().flatten().map(|limit| Cap { scope: CapScope::Run, limit, hard: true }).collect()
    }
}

/// Tool servers of this run.
#[derive(Debug, clap::Args)]
pub struct Servers {
    /// Tool servers (MCP) from files or JSON texts
    #[arg(long, value_name = "FILE|JSON", num_args = 1..)]
    pub mcp_config: Vec<String>,

    /// Only those servers, none of the settings
    #[arg(long, hide_short_help = true)]
    pub strict_mcp_config: bool,
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
        #[arg(long, value_name = "WHAT", value_parser = group, default_value = "model")]
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
    Bench {
        /// What to measure
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(super::bench::names()))]
        name: String,

        /// A workload of your own instead of the one built in
        #[arg(long, value_name = "FILE")]
        input: Option<std::path::PathBuf>,

        /// One JSON object
        #[arg(long)]
        json: bool,
    },
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
}

/// What to do with cached answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum CacheCommand {
    /// Questions, the newest first
    List,
    /// Hits, misses and savings of each tier
    Stats,
    /// Take all out
    Clear,
}

/// Which way. TOON is that of version 3.3 of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ToonCommand {
    /// JSON on standard input becomes TOON
    Encode {
        /// Between the values of a row: comma, tab or pipe
        #[arg(long, value_name = "NAME", value_parser = super::toon::delimiter, default_value = "comma")]
        delimiter: char,

        /// Spaces of one level
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16), default_value_t = 2)]
        indent: u8,

        /// Chains of objects with one key become dotted keys: off or safe
        #[arg(long, alias = "keyFolding", value_name = "MODE", value_parser = safe, default_value = "off")]
        #[arg(action = ArgAction::Set)]
        key_folding: bool,

        /// Parts of a dotted key at most
        #[arg(long, alias = "flattenDepth", value_name = "N")]
        flatten_depth: Option<usize>,
    },
    /// TOON on standard input becomes JSON
    Decode {
        /// Counts and indentation must be right, which is the default; --strict=false takes what can be read
        #[arg(long, value_name = "YES", num_args = 0..=1, default_value_t = true, default_missing_value = "true")]
        #[arg(action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
        strict: bool,

        /// The same as --strict=false
        #[arg(long, conflicts_with = "strict")]
        no_strict: bool,

        /// Spaces of one level
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16), default_value_t = 2)]
        indent: u8,

        /// Dotted keys become objects: off or safe
        #[arg(long, alias = "expandPaths", value_name = "MODE", value_parser = safe, default_value = "off")]
        #[arg(action = ArgAction::Set)]
        expand_paths: bool,

        /// It stands in the text itself
        #[arg(long, hide = true)]
        delimiter: Option<String>,
    },
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

fn safe(text: &str) -> Result<bool, String> {
    match text {
        "safe" => Ok(true),
        "off" => Ok(false),
        _ => Err("it is off or safe".to_owned()),
    }
}

fn group(text: &str) -> Result<CostGroup, String> {
    let names = || CostGroup::ALL.iter().map(|group| group.name()).collect::<Vec<_>>().join(", ");
    CostGroup::ALL.into_iter().find(|group| group.name() == text).ok_or_else(|| format!("it is one of {}", names()))
}

fn dollars(text: &str) -> Result<f64, String> {
    let amount: f64 = text.trim_start_matches('$').parse().map_err(|_| format!("`{text}` is no amount of dollars"))?;
    if amount > 0.0 && amount.is_finite() { Ok(amount) } else { Err("the cap must be above 0".to_owned()) }
}

fn mode(text: &str) -> Result<Mode, String> {
    text.parse()
}
