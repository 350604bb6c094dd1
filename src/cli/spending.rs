//! The command line's grammar of money: caps, sums, cached answers, TOON.

use clap::{ArgAction, Subcommand};

use crate::domain::{Cap, CapScope, CostGroup, Limit};

/// What is to be measured.
#[derive(Debug, clap::Args)]
pub struct Measured {
    /// What to measure
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(super::bench::names()))]
    pub name: String,

    /// A workload of your own instead of the one built in
    #[arg(long, value_name = "FILE")]
    pub input: Option<std::path::PathBuf>,

    /// Ask the configured model too, and take what it counts (costs money)
    #[arg(long)]
    pub live: bool,

    #[command(flatten)]
    pub whom: super::asked::Whom,

    /// One JSON object
    #[arg(long)]
    pub json: bool,
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

fn safe(text: &str) -> Result<bool, String> {
    match text {
        "safe" => Ok(true),
        "off" => Ok(false),
        _ => Err("it is off or safe".to_owned()),
    }
}

pub(super) fn group(text: &str) -> Result<CostGroup, String> {
    let names = || CostGroup::ALL.iter().map(|group| group.name()).collect::<Vec<_>>().join(", ");
    CostGroup::ALL.into_iter().find(|group| group.name() == text).ok_or_else(|| format!("it is one of {}", names()))
}

fn dollars(text: &str) -> Result<f64, String> {
    let amount: f64 = text.trim_start_matches('$').parse().map_err(|_| format!("`{text}` is no amount of dollars"))?;
    if amount > 0.0 && amount.is_finite() { Ok(amount) } else { Err("the cap must be above 0".to_owned()) }
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
