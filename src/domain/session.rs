//! Sessions as they are listed: an id and what one line of the browser needs.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The id of a session: a UUID (version 7), made by us, never from text that can climb out of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub uuid::Uuid);

/// One line of the session browser.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionSummary {
    pub id: SessionId,
    /// The title that was given, or the start of the first prompt.
    pub title: String,
    pub project: PathBuf,
    pub model: Option<String>,
    /// Milliseconds since 1970.
    pub started: u64,
    pub updated: u64,
    /// Prompts of the person.
    pub turns: u32,
    /// Dollars, where every price was known.
    pub cost: Option<f64>,
    /// Tokens in and out, all requests together.
    pub tokens: u64,
    /// Bytes of its log.
    pub bytes: u64,
    /// The start of the first prompt.
    pub prompt: String,
    /// The branch of the repository when it was opened last.
    pub branch: Option<String>,
    pub pinned: bool,
    pub tags: Vec<String>,
    pub state: SessionState,
    /// The session that it was forked from.
    pub parent: Option<SessionId>,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionState {
    /// Its last turn came to its end.
    #[default]
    Rests,
    /// It is the one that is open here.
    Here,
    /// Another process has it open.
    Open,
    /// Its last turn was stopped, or the program ended in the middle of it.
    Interrupted,
    /// Its last turn failed.
    Failed,
    /// Lines of its log cannot be read.
    Damaged,
}

impl SessionState {
    /// One word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rests => "at rest",
            Self::Here => "open here",
            Self::Open => "open elsewhere",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Damaged => "damaged",
        }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for SessionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        uuid::Uuid::parse_str(text).map(Self)
    }
}
