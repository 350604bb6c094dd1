//! The grammar of what has to do with sessions and traffic: searching, recording, replaying, judging.

use std::path::PathBuf;

use clap::ValueEnum;

use super::eval::EvalOrder;
use super::model::ModelWish;
use super::replay::ReplayOrder;
use crate::config::Traffic;

/// Recording and replaying what is said to the model.
#[derive(Debug, clap::Args)]
pub struct Tape {
    /// Write what is said to the model and what it answers to a new file
    #[arg(long, value_name = "FILE", conflicts_with = "replay", hide_short_help = true)]
    pub record: Option<PathBuf>,

    /// Answer from such a file instead of a model; leaves no session
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub replay: Option<PathBuf>,

    /// real, or recorded: take what tools came to from the file as well
    #[arg(long, value_name = "HOW", value_enum, default_value_t, requires = "replay", hide_short_help = true)]
    pub replay_tools: ReplayTools,
}

/// Where outcomes of tools come from in a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReplayTools {
    #[default]
    Real,
    Recorded,
}

/// What to search for.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Wanted {
    /// Words, "a phrase", project: tool: file: model: in: after: before: date:, and behind -- also -without
    #[arg(required = true)]
    pub query: Vec<String>,

    /// One JSON object
    #[arg(long)]
    pub json: bool,

    /// The most hits, the newest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

/// Which model a subcommand asks.
#[derive(Debug, clap::Args)]
pub struct Whom {
    /// The model's id, or `provider/id`
    #[arg(short, long)]
    pub model: Option<String>,

    /// anthropic, openai, openai-responses or ollama
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,

    #[command(flatten)]
    pub tape: Tape,
}

impl Whom {
    /// Something was said about the model.
    pub fn is_named(&self) -> bool {
        self.model.is_some() || self.provider.is_some() || self.tape.record.is_some() || self.tape.replay.is_some()
    }
}

/// A session that is asked for again.
#[derive(Debug, clap::Args)]
pub struct Asked {
    /// Its id, the start of it or its title
    pub session: String,

    #[command(flatten)]
    pub whom: Whom,

    /// A file with another system text
    #[arg(long, value_name = "FILE")]
    pub system: Option<PathBuf>,

    /// The most steps, from the first on
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub steps: usize,

    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// Sessions that are judged.
#[derive(Debug, clap::Args)]
pub struct Judged {
    /// Ids, titles, or files of sessions
    #[arg(required = true, value_name = "SESSION")]
    pub sessions: Vec<String>,

    /// Criteria of your own (TOML: [[criterion]] name, question)
    #[arg(long, value_name = "FILE")]
    pub rubric: Option<PathBuf>,

    /// How often each is judged
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub runs: u32,

    #[command(flatten)]
    pub whom: Whom,

    /// Write the scores to a new file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

impl From<Tape> for Traffic {
    fn from(tape: Tape) -> Self {
        let tools_recorded = tape.replay_tools == ReplayTools::Recorded;
        Self { record: tape.record, replay: tape.replay, tools_recorded }
    }
}

impl From<Whom> for ModelWish {
    fn from(whom: Whom) -> Self {
        Self { model: whom.model, provider: whom.provider, traffic: whom.tape.into() }
    }
}

impl From<Asked> for ReplayOrder {
    fn from(asked: Asked) -> Self {
        let Asked { session, whom, system, steps, json } = asked;
        Self { session, wish: whom.into(), system, steps, json }
    }
}

impl From<Judged> for EvalOrder {
    fn from(judged: Judged) -> Self {
        let Judged { sessions, rubric, runs, whom, output, json } = judged;
        Self { sessions, rubric, runs, wish: whom.into(), output, json }
    }
}
