//! Arguments and subcommands: what was typed becomes an [`Invocation`], or an answer at once.
//!
//! Nothing is read here that could be slow; settings are the business of `config`.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::{CommandFactory, Parser};

use crate::domain::Mode;
use crate::prompt::toon::{Reading, Style};
use crate::shell::{Exit, Invocation, Opening, Overrides, Printer};

mod args;
mod asked;
mod bench;
mod cache;
mod caution;
mod config;
mod cost;
mod doctor;
mod elsewhere;
mod eval;
mod helper;
mod mcp;
mod memory;
mod model;
mod permissions;
mod plugin;
mod replay;
mod rules;
mod sessions;
mod set_up;
mod spending;
mod store;
mod toon;

pub use args::ConfigCommand;
pub use args::Sessions;
use args::{Args, Command, PermissionsCommand};
pub use asked::Wanted;
pub use bench::BenchOrder;
pub use cache::CacheOrder;
pub use cost::CostOrder;
pub use eval::EvalOrder;
pub use helper::helper;
pub use mcp::McpCommand;
pub use memory::MemoryCommand;
pub use permissions::Permissions;
pub use plugin::PluginCommand;
pub use replay::ReplayOrder;
use spending::{CacheCommand, ToonCommand};
pub use toon::Toon;

/// Where the program's ends lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    pub stdin_is_terminal: bool,
    pub stdout_is_terminal: bool,
}

/// What the command line comes to.
#[derive(Debug, PartialEq)]
pub enum Order {
    /// Run an app.
    Run(Box<Invocation>),
    Sessions(Sessions),
    Search(Wanted),
    /// Ask another model what it would have done in a session.
    Replay(Box<ReplayOrder>),
    /// Let a model judge sessions.
    Eval(Box<EvalOrder>),
    /// Say what works; as JSON or for people.
    Doctor {
        json: bool,
    },
    Permissions(Permissions),
    /// The memory store.
    Memory(MemoryCommand),
    /// Plugins and markets.
    Plugin(PluginCommand),
    /// Say where settings come from.
    Config(ConfigCommand),
    Bench(BenchOrder),
    Cost(CostOrder),
    Cache(CacheOrder),
    Toon(Toon),
    /// Something about tool servers.
    Mcp(McpCommand),
    /// Print completions for this shell.
    Completions(clap_complete::Shell),
}

impl Ends {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self { stdin_is_terminal: io::stdin().is_terminal(), stdout_is_terminal: io::stdout().is_terminal() }
    }
}

/// The whole program.
pub fn main() -> Exit {
    if std::env::args_os().nth(1).is_some_and(|word| word == crate::engine::AGENT_WORD) {
        return crate::shell::run_agent();
    }
    let order = match parse(std::env::args_os(), Ends::of_process(), |name| std::env::var_os(name)) {
        Ok(order) => order,
        Err(error) => {
            // `--help` and `--version` are errors to the parser, but successes to the person.
            drop(error.print());
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    match order {
        Order::Run(invocation) => elsewhere::follow(crate::shell::run(*invocation), &mut Printer::standard()),
        Order::Sessions(what) => sessions::run(what, &mut Printer::standard()),
        Order::Search(wanted) => sessions::search(wanted, &mut Printer::standard()),
        Order::Replay(order) => replay::run(&order, &mut Printer::standard()),
        Order::Eval(order) => eval::run(&order, &mut Printer::standard()),
        Order::Doctor { json } => doctor::doctor(json, Ends::of_process().stdout_is_terminal, &mut Printer::standard()),
        Order::Permissions(what) => permissions::run(what, &mut Printer::standard()),
        Order::Toon(order) => toon::run(order, &mut Printer::standard()),
        Order::Cache(order) => cache::run(order, &mut Printer::standard()),
        Order::Cost(order) => cost::run(&order, &mut Printer::standard()),
        Order::Bench(order) => bench::run(&order, &mut Printer::standard()),
        Order::Mcp(what) => mcp::run(what, &mut Printer::standard()),
        Order::Memory(what) => memory::run(what, &mut Printer::standard()),
        Order::Plugin(what) => plugin::run(what, &mut Printer::standard()),
        Order::Config(what) => config::run(what, &mut Printer::standard()),
        Order::Completions(shell) => completions(shell),
    }
}

/// Reads a command line. The error prints itself.
pub fn parse(
    words: impl IntoIterator<Item = OsString>,
    ends: Ends,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Order, clap::Error> {
    let args = Args::try_parse_from(words)?;
    match args.command {
        Some(Command::Sessions { what }) => return Ok(Order::Sessions(what)),
        Some(Command::Search(wanted)) => return Ok(Order::Search(wanted)),
        Some(Command::Replay(asked)) => return Ok(Order::Replay(Box::new(asked.into()))),
        Some(Command::Eval(asked)) => return Ok(Order::Eval(Box::new(asked.into()))),
        Some(Command::Doctor { json }) => return Ok(Order::Doctor { json }),
        Some(Command::Permissions { what }) => return Ok(Order::Permissions(permissions_order(what))),
        Some(Command::Cache { what }) => {
            return Ok(Order::Cache(match what {
                CacheCommand::List => CacheOrder::List,
                CacheCommand::Stats => CacheOrder::Stats,
                CacheCommand::Clear => CacheOrder::Clear,
            }));
        }
        Some(Command::Toon { what }) => return Ok(Order::Toon(toon_order(what))),
        Some(Command::Cost { by, session, project, json }) => {
            return Ok(Order::Cost(CostOrder { group: by, session, project, json }));
        }
        Some(Command::Bench(spending::Measured { name, input, live, whom, json })) => {
            if !live && whom.is_named() {
                return Err(usage("a bench asks no model without --live"));
            }
            return Ok(Order::Bench(BenchOrder { name, input, json, live: live.then(|| whom.into()) }));
        }
        Some(Command::Mcp { what }) => return Ok(Order::Mcp(what)),
        Some(Command::Memory { what }) => return Ok(Order::Memory(what)),
        Some(Command::Plugin { what }) => return Ok(Order::Plugin(what)),
        Some(Command::Config { what }) => return Ok(Order::Config(what)),
        Some(Command::Completions { shell }) => return Ok(Order::Completions(shell)),
        None => {}
    }
    if let Some(nearest) = args.prompt.as_deref().and_then(meant_command) {
        let prompt = args.prompt.unwrap_or_default();
        return Err(usage(&format!(
            "there is no command `{prompt}`; did you mean `{nearest}`?\n\nTo send the word as a prompt: latigo -p {prompt}"
        )));
    }
    if args.which.fork_session && !args.which.go_on && args.which.resume.is_none() {
        return Err(usage("--fork-session needs --continue or --resume: which session is to be copied?"));
    }
    let bypass = args.bold.dangerously_skip_permissions || args.permission_mode == Some(Mode::BypassPermissions);
    let refusal = caution::refusal(variable);
    if bypass && let Some(reason) = refusal {
        return Err(usage(&reason));
    }
    let mut invocation = invocation(args, ends);
    invocation.overrides.no_bypass = refusal;
    Ok(Order::Run(Box::new(invocation)))
}

fn invocation(args: Args, ends: Ends) -> Invocation {
    let headless = args.print || !ends.stdin_is_terminal || !ends.stdout_is_terminal;
    let opening = match args.which.resume {
        Some(id) => Opening::Resume(Some(id).filter(|id| !id.is_empty())),
        None if args.which.go_on => Opening::Continue,
        None => Opening::New,
    };
    let mode = args.bold.dangerously_skip_permissions.then_some(Mode::BypassPermissions).or(args.permission_mode);
    Invocation {
        prompt: args.prompt.filter(|prompt| !prompt.trim().is_empty()),
        opening,
        fork: args.which.fork_session,
        overrides: Overrides {
            model: args.model,
            provider: args.provider,
            mode,
            allow: rules::split(&args.allowed_tools),
            deny: rules::split(&args.disallowed_tools),
            add_dirs: args.which.add_dir,
            plugin_dirs: args.which.plugin_dir,
            agent: args.which.agent,
            agents: args.which.agents,
            max_turns: args.caps.max_turns,
            caps: args.caps.budget(),
            report: args.caps.report,
            settings: args.settings,
            theme: args.theme,
            trust: args.bold.trust,
            mcp_config: args.servers.mcp_config,
            strict_mcp: args.servers.strict_mcp_config,
            setup: args.hooks.trigger(),
            no_bypass: None,
        },
        hooks_only: args.hooks.init_only,
        print: (headless || args.hooks.init_only).then(|| args.output_format.into()),
        verbose: args.verbose,
        rehearse: args.play.rehearse,
        traffic: args.play.tape.into(),
    }
}

fn toon_order(what: ToonCommand) -> Toon {
    match what {
        ToonCommand::Encode { delimiter, indent, key_folding, flatten_depth } => {
            let fold = if key_folding { flatten_depth.unwrap_or(usize::MAX) } else { 0 };
            Toon::Encode(Style { delimiter, indent: indent.into(), fold })
        }
        ToonCommand::Decode { strict, no_strict, indent, expand_paths, .. } => {
            Toon::Decode(Reading { strict: strict && !no_strict, indent: indent.into(), expand: expand_paths })
        }
    }
}

fn permissions_order(what: PermissionsCommand) -> Permissions {
    match what {
        PermissionsCommand::Explain { jsonl: true, .. } => Permissions::Lines,
        PermissionsCommand::Explain { call, tool, mode, .. } => {
            Permissions::Explain { tool, mode, call: call.unwrap_or_default() }
        }
        PermissionsCommand::Lint => Permissions::Lint,
    }
}

/// The subcommand that a single word was probably meant to be.
fn meant_command(prompt: &str) -> Option<String> {
    if prompt.len() < 4 || prompt.contains(char::is_whitespace) {
        return None;
    }
    let command = Args::command();
    let names = command.get_subcommands().map(|command| command.get_name().to_owned());
    names.filter(|name| strsim::damerau_levenshtein(name, prompt) <= 2).min()
}

fn usage(message: &str) -> clap::Error {
    Args::command().error(clap::error::ErrorKind::ValueValidation, message)
}

fn completions(shell: clap_complete::Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "latigo", &mut text);
    Printer::standard().text(&String::from_utf8_lossy(&text));
    Exit::Done
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use crate::shell::OutputFormat;

    const TERMINAL: Ends = Ends { stdin_is_terminal: true, stdout_is_terminal: true };

    fn read(line: &[&str], ends: Ends) -> Result<Invocation, clap::Error> {
        let words = std::iter::once("latigo").chain(line.iter().copied()).map(OsString::from);
        match parse(words, ends, |name| (name == "IS_SANDBOX").then(|| "1".into()))? {
            Order::Run(invocation) => Ok(*invocation),
            order => panic!("{order:?}"),
        }
    }

    fn error(line: &[&str]) -> String {
        read(line, TERMINAL).unwrap_err().to_string()
    }

    #[test]
    fn the_grammar_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn nothing_is_the_full_screen_and_pipes_are_headless() {
        assert_eq!(read(&[], TERMINAL).unwrap(), Invocation::default());
        let piped = Ends { stdin_is_terminal: false, ..TERMINAL };
        assert_eq!(read(&["explain"], piped).unwrap().print, Some(OutputFormat::Text));
        let redirected = Ends { stdout_is_terminal: false, ..TERMINAL };
        assert_eq!(read(&["explain"], redirected).unwrap().print, Some(OutputFormat::Text));
        let printed = read(&["-p", "x", "--output-format", "stream-json"], TERMINAL).unwrap();
        assert_eq!(printed.print, Some(OutputFormat::StreamJson));
        assert_eq!(printed.prompt.as_deref(), Some("x"));
    }

    #[test]
    fn sessions_are_new_newest_named_or_chosen() {
        let opening = |line: &[&str]| read(line, TERMINAL).unwrap().opening;
        assert_eq!(opening(&["-c"]), Opening::Continue);
        assert_eq!(opening(&["--continue"]), Opening::Continue);
        assert_eq!(opening(&["-r", "0193"]), Opening::Resume(Some("0193".to_owned())));
        assert_eq!(opening(&["--resume"]), Opening::Resume(None));
        assert!(error(&["-c", "-r", "x"]).contains("cannot be used with"));
    }

    #[test]
    fn flags_override_settings() {
        let line = [
            "--model",
            "m",
            "--provider",
            "openai",
            "--permission-mode",
            "plan",
            "--max-turns",
            "3",
            "--theme",
            "light",
            "--allowedTools",
            "Read,Edit",
            "Bash(git log *)",
            "--disallowed-tools",
            "Write",
            "--add-dir",
            "../b",
        ];
        let overrides = read(&line, TERMINAL).unwrap().overrides;
        assert_eq!(overrides.mode, Some(Mode::Plan));
        assert_eq!(overrides.allow, ["Read", "Edit", "Bash(git log *)"]);
        assert_eq!(overrides.deny, ["Write"]);
        assert_eq!((overrides.max_turns, overrides.theme.as_deref()), (Some(3), Some("light")));
        assert_eq!(overrides.add_dirs, [std::path::PathBuf::from("../b")]);
    }

    #[test]
    fn skipping_permissions_is_a_mode_and_needs_a_container_for_root() {
        let overrides = read(&["--dangerously-skip-permissions"], TERMINAL).unwrap().overrides;
        assert_eq!(overrides.mode, Some(Mode::BypassPermissions));
        assert!(error(&["--permission-mode", "planned"]).contains("acceptEdits"));
    }

    #[test]
    fn permissions_are_explained_and_checked() {
        let order = |line: &[&str]| {
            let words = ["latigo", "permissions"].iter().chain(line).map(OsString::from);
            parse(words, TERMINAL, |_| None)
        };
        assert_eq!(order(&["explain", "--jsonl"]).unwrap(), Order::Permissions(Permissions::Lines));
        assert_eq!(order(&["lint"]).unwrap(), Order::Permissions(Permissions::Lint));
        let explain = Permissions::Explain { tool: Some("Read".into()), mode: Some(Mode::Plan), call: "a b".into() };
        let line = ["explain", "--tool", "Read", "--mode", "plan", "a b"];
        assert_eq!(order(&line).unwrap(), Order::Permissions(explain));
        assert!(order(&["explain"]).is_err());
        assert!(order(&["explain", "--jsonl", "ls"]).is_err());
    }

    #[test]
    fn a_typo_names_the_nearest() {
        assert!(error(&["completion"]).contains("`completions`"));
        assert!(error(&["--modle", "x"]).contains("--model"));
        assert!(read(&["fix"], TERMINAL).is_ok());
        assert!(read(&["complete the task"], TERMINAL).is_ok());
    }

    #[test]
    fn help_fits_one_screen_and_the_version_has_three_names() {
        let help = Args::command().term_width(100).render_help().to_string();
        assert!(help.lines().count() <= 60, "{} lines\n{help}", help.lines().count());
        assert!(help.lines().all(|line| line.len() <= 110), "{help}");
        for flag in ["-v", "-V", "--version"] {
            let shown = read(&[flag], TERMINAL).unwrap_err();
            assert_eq!(shown.kind(), clap::error::ErrorKind::DisplayVersion);
            assert!(!shown.use_stderr());
        }
    }
}
