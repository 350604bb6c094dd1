//! Language servers (LSP) as the program speaks of them: how each stands, and what it finds wrong in files.
//!
//! Messages, names and log lines of servers are foreign text.

use std::path::PathBuf;

/// How a language server stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LanguageState {
    /// It is started when a file of its kind is read or changed.
    Asleep,
    /// It is installed here, but nobody has said that it may run in this project.
    Unasked,
    Starting,
    Ready,
    /// It ended and is started again in so many milliseconds.
    Retrying {
        reason: String,
        in_ms: u64,
    },
    Failed {
        reason: String,
    },
    /// The person or a setting switched it off.
    Off {
        why: String,
    },
}

/// Everything that is shown of one language server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageStatus {
    pub name: String,
    pub state: LanguageState,
    /// Scope and file, such as `project .claude/settings.json:3`, or `installed`.
    pub source: String,
    /// The command line.
    pub command: String,
    /// Endings of its files, with the dot.
    pub extensions: Vec<String>,
    /// What it calls itself, with its version.
    pub about: String,
    pub pid: Option<u32>,
    /// Files that it was told of.
    pub open: usize,
    /// Times that it was started again after it ended by itself.
    pub restarts: u32,
    /// What it is busy with, in its own words.
    pub busy: Vec<String>,
    /// Everything that it finds wrong now, worst first.
    pub problems: Vec<LanguageProblem>,
    /// The newest lines of its standard error and its log messages.
    pub log: Vec<String>,
}

/// How bad a problem is. The order is from bad to harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Information,
    Hint,
}

/// Something that a language server finds wrong in a file (a diagnostic).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageProblem {
    pub path: PathBuf,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in the units of the server.
    pub column: u32,
    pub severity: Severity,
    /// Who found it, such as `rustc`, and its code, such as `E0308`; either may be empty.
    pub source: String,
    pub code: String,
    pub message: String,
}

/// What the face asks about language servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LanguageRequest {
    /// How all stand.
    Report,
    /// Start it now; for one that was not asked for it is the person's yes for this project.
    Start(String),
    /// End it for this session.
    Stop(String),
}

/// News of language servers.
#[derive(Clone, Debug)]
pub enum LanguageNews {
    /// All of them, after a change and as the answer to `Report`.
    Status(Vec<LanguageStatus>),
}

impl LanguageState {
    /// One or two words.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asleep => "asleep",
            Self::Unasked => "needs your yes",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Retrying { .. } => "retrying",
            Self::Failed { .. } => "failed",
            Self::Off { .. } => "off",
        }
    }
}

impl Severity {
    /// The word for it in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
            Self::Hint => "hint",
        }
    }
}

impl LanguageStatus {
    /// Errors and warnings.
    pub fn counts(&self) -> (usize, usize) {
        let count = |wanted| self.problems.iter().filter(|problem| problem.severity == wanted).count();
        (count(Severity::Error), count(Severity::Warning))
    }
}
