//! `latigo mcp`: tool servers put into the lists, taken out, tried, logged in to; and Latigo itself as a server.

mod lists;
mod serve;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use crate::shell::{Exit, Printer};

/// Tool servers of this run.
#[derive(Debug, clap::Args)]
pub struct Servers {
    /// Tool servers (MCP) from files or JSON texts
    #[arg(long, value_name = "FILE|JSON", num_args = 1.., hide_short_help = true)]
    pub mcp_config: Vec<String>,

    /// Only those servers, none of the settings
    #[arg(long, hide_short_help = true)]
    pub strict_mcp_config: bool,
}

/// What to do with tool servers.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum McpCommand {
    /// Set up a server: a program after `--`, or an address
    Add {
        name: String,
        /// The program, or the address
        target: String,
        /// Arguments of the program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
        /// How it is reached
        #[arg(short, long, value_enum, default_value_t)]
        transport: Transport,
        /// For whom it is set up
        #[arg(short, long, value_enum, default_value_t)]
        scope: Scope,
        /// A variable of the program's environment
        #[arg(short, long, value_name = "NAME=VALUE")]
        env: Vec<String>,
        /// A header of each request
        #[arg(short = 'H', long, value_name = "NAME: VALUE")]
        header: Vec<String>,
    },
    /// Set up a server by its entry as JSON
    AddJson {
        name: String,
        json: String,
        #[arg(short, long, value_enum, default_value_t)]
        scope: Scope,
    },
    /// All servers, each tried
    List,
    /// Everything about one server
    Get { name: String },
    /// Take a server out of the lists
    Remove {
        name: String,
        /// Only from this list
        #[arg(short, long, value_enum)]
        scope: Option<Scope>,
    },
    /// Log in to a server
    Login { name: String },
    /// Forget the login to a server
    Logout { name: String },
    /// Latigo's own tools as a server, over standard input and output
    Serve,
    /// Forget which servers of this project were switched on or off
    ResetProjectChoices,
}

/// Whose list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// Yours, in this project
    #[default]
    Local,
    /// All who work on the project: .mcp.json
    Project,
    /// Yours, everywhere
    User,
}

/// Ways to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    #[default]
    Stdio,
    Http,
    Sse,
}

/// Where the lists are.
struct Places {
    project: PathBuf,
    /// The file of our own.
    own: PathBuf,
}

/// Does it.
pub fn run(command: McpCommand, printer: &mut Printer) -> Exit {
    let done = match command {
        McpCommand::Serve => return serve::serve(printer),
        McpCommand::List => lists::list(printer),
        McpCommand::Get { name } => lists::get(&name, printer),
        McpCommand::Login { name } => lists::login(&name, printer),
        McpCommand::Logout { name } => lists::logout(&name, printer),
        McpCommand::Add { name, target, args, transport, scope, env, header } => {
            lists::entry(transport, target, args, &env, &header)
                .and_then(|entry| lists::add(&name, &entry, scope, printer))
        }
        McpCommand::AddJson { name, json, scope } => serde_json::from_str(&json)
            .map_err(|error| format!("the entry is no JSON: {error}"))
            .and_then(|entry| lists::add(&name, &entry, scope, printer)),
        McpCommand::Remove { name, scope } => lists::remove(&name, scope, printer),
        McpCommand::ResetProjectChoices => lists::reset(printer),
    };
    match done {
        Ok(()) => printer.exit(Exit::Done),
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
    }
}
