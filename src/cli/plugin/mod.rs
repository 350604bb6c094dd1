//! `latigo plugin`: plugins listed, looked at, checked, switched, taken in from folders; and markets that are folders.

mod check;
mod install;
mod lists;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::permissions::ground::Ground;
use crate::catalog::OptionKind;
use crate::config::{self, Places};
use crate::domain::SaveScope;
use crate::shell::{Exit, Printer};

/// Bytes that a value from standard input may have.
const VALUE: u64 = 64 * 1024;

/// What to do with plugins.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum PluginCommand {
    /// All plugins that are here, with what each costs in every request
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Everything about one plugin
    Show {
        name: String,

        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Check a plugin or a market in a folder; exit code 1 when something in it cannot be used
    #[command(visible_alias = "check")]
    Validate {
        #[arg(value_name = "FOLDER", default_value = ".")]
        folder: PathBuf,
    },
    /// Switch a plugin on
    Enable {
        name: String,
        #[arg(short, long, value_enum, default_value_t)]
        scope: Scope,
    },
    /// Switch a plugin off
    Disable {
        name: String,
        #[arg(short, long, value_enum, default_value_t)]
        scope: Scope,
    },
    /// Take a plugin in: from a folder, or NAME@MARKET from a market
    Install {
        #[arg(value_name = "FOLDER|NAME@MARKET")]
        from: String,

        /// In the place of the one that is there
        #[arg(long)]
        force: bool,
    },
    /// Take a plugin out that was installed
    #[command(visible_alias = "remove")]
    Uninstall { name: String },
    /// What a plugin wants to know of you: list, show, set (`-` reads the value from standard input)
    Config {
        name: String,
        key: Option<String>,
        value: Option<String>,

        /// Forget the value
        #[arg(long, requires = "key", conflicts_with = "value")]
        unset: bool,
    },
    /// Folders that list plugins
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Marketplace {
        #[command(subcommand)]
        what: MarketCommand,
    },
}

/// What to do with markets.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum MarketCommand {
    /// Use a market that lies in a folder
    Add { folder: PathBuf },
    /// All markets, each with its plugins
    List,
    /// Use a market no more; what was installed from it stays
    Remove { name: String },
}

/// Whose settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// Yours, everywhere
    #[default]
    User,
    /// All who work on the project
    Project,
    /// Yours, in this project
    Local,
}

impl Scope {
    fn of_settings(self) -> SaveScope {
        match self {
            Self::User => SaveScope::User,
            Self::Project => SaveScope::Project,
            Self::Local => SaveScope::Local,
        }
    }
}

/// What is printed, and the exit code.
type Answer = Result<(String, Exit), String>;

/// Does it.
pub(super) fn run(what: PluginCommand, out: &mut Printer) -> Exit {
    match Ground::survey().and_then(|ground| answer(what, &ground)) {
        Ok((text, exit)) => {
            out.text(&text);
            out.exit(exit)
        }
        Err(problem) => {
            out.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
    }
}

fn answer(what: PluginCommand, ground: &Ground) -> Answer {
    let done = |text: String| Ok((text, Exit::Done));
    match what {
        PluginCommand::List { json } => done(lists::list(ground, json)),
        PluginCommand::Show { name, json } => lists::show(ground, &name, json).and_then(done),
        PluginCommand::Validate { folder } => check::check(&ground.cwd.join(folder)),
        PluginCommand::Enable { name, scope } => switch(ground, &name, true, scope).and_then(done),
        PluginCommand::Disable { name, scope } => switch(ground, &name, false, scope).and_then(done),
        PluginCommand::Install { from, force } => install::install(ground, &from, force).and_then(done),
        PluginCommand::Uninstall { name } => install::uninstall(ground, &name).and_then(done),
        PluginCommand::Config { name, key: None, .. } => lists::options(ground, &name).and_then(done),
        PluginCommand::Config { name, key: Some(key), value, unset } => {
            set(ground, (&name, &key), value, unset).and_then(done)
        }
        PluginCommand::Marketplace { what: MarketCommand::Add { folder } } => {
            install::add_market(ground, &folder).and_then(done)
        }
        PluginCommand::Marketplace { what: MarketCommand::List } => done(lists::markets(ground)),
        PluginCommand::Marketplace { what: MarketCommand::Remove { name } } => {
            let (file, known) = config::save_market(&ground.dirs.config, &name, None)?;
            let none = || format!("no market `{name}` stands in {}", file.display());
            known.then(|| format!("{name} is used no more ({})\n", file.display())).ok_or_else(none).and_then(done)
        }
    }
}

fn switch(ground: &Ground, name: &str, on: bool, scope: Scope) -> Result<String, String> {
    let settings = config::load(ground.input());
    let plugin = lists::find(&settings, name);
    // One that is switched off by another file, or that lies in a market and was never on, is not listed yet.
    let key = match (&plugin, name.split_once('@')) {
        (Ok(plugin), _) => plugin.id(),
        (Err(_), Some((_, market))) if settings.catalog.plugins.markets.contains_key(market) => name.to_owned(),
        (Err(problem), _) => return Err(problem.clone()),
    };
    let places = Places { project: &settings.project, config: &ground.dirs.config };
    let file = config::save_plugin_switch(scope.of_settings(), &key, Some(on), places)?;
    let now = config::load(ground.input());
    let word = if on { "on" } else { "off" };
    let mut text = format!("{key} is {word} from the next start on ({})\n", file.display());
    if let Ok(plugin) = lists::find(&now, name)
        && plugin.enabled != on
    {
        text.push_str("But another settings file says otherwise: latigo config list shows which.\n");
    }
    Ok(text)
}

/// Shows, sets or forgets a value that a plugin wants.
fn set(ground: &Ground, (name, key): (&str, &str), value: Option<String>, unset: bool) -> Result<String, String> {
    let settings = config::load(ground.input());
    let plugin = lists::find(&settings, name)?;
    let Some(option) = plugin.options.iter().find(|option| option.key == key) else {
        let keys: Vec<&str> = plugin.options.iter().map(|option| option.key.as_str()).collect();
        return Err(format!("{name} has no value `{key}`; it has: {}", keys.join(", ")));
    };
    if !unset && value.is_none() {
        return Ok(lists::option_line(option));
    }
    let from_input = value.as_deref() == Some("-");
    if option.sensitive && !unset && !from_input {
        return Err(format!(
            "`{key}` is a secret, and others can read the command line: latigo plugin config {name} {key} - < FILE"
        ));
    }
    let value = if from_input { Some(read_value()?) } else { value };
    let (plugin, data, config) = (plugin.name.clone(), &ground.dirs.data, &ground.dirs.config);
    let file = if option.sensitive {
        config::save_plugin_secret(data, &plugin, key, value.as_deref())?
    } else {
        let typed = value.map(|text| {
            let wrong = || format!("`{key}` is {}", option.kind.words());
            option.kind.value(&text).ok_or_else(wrong)
        });
        config::save_plugin_option(config, &plugin, key, typed.transpose()?.as_ref())?
    };
    let done = if unset { "is not set any more" } else { "is set" };
    let hint = match option.kind {
        OptionKind::Directory | OptionKind::File if !unset => " (a path; it is not looked for)",
        _ => "",
    };
    Ok(format!("{key} of {plugin} {done}{hint} ({})\n", file.display()))
}

fn read_value() -> Result<String, String> {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::io::stdin().take(VALUE).read_to_string(&mut text);
    read.map_err(|error| format!("standard input: {error}"))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests;
