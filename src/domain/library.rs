//! The library: what is kept of sessions besides their conversation, and what a face may do with them.
//!
//! Marks of the person (pins, tags) are records in the session's own log, so that nothing about a session
//! stands anywhere else.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Branches, ModelRef, Notice, Record, SessionId, Usage};

/// Records about a session as a thing on the shelf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LibraryBody {
    /// It stands before all others in lists, or no longer.
    Pinned { on: bool },
    /// All its tags, replacing those before.
    Tagged { tags: Vec<String> },
    /// The branch of the repository when the session was opened.
    OnBranch { branch: String },
    /// It was made from another program's session file.
    Imported { program: String, from: PathBuf, session: String },
    /// Stands in the place of the records before it, for a face that gets only the newest of a long log. It is never
    /// written.
    Earlier(Box<Earlier>),
}

/// What records come to that a face did not get.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Earlier {
    pub records: u64,
    /// Bytes of the log before the records that follow.
    pub bytes: u64,
    /// Prompts of the person.
    pub prompts: u32,
    /// What was spent, by model; without one where it is not known.
    pub spent: Vec<EarlierSpent>,
    pub branches: Branches,
}

/// What one model cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EarlierSpent {
    pub model: Option<ModelRef>,
    pub usage: Usage,
    pub requests: u32,
    /// Those among them whose price is unknown.
    pub unpriced: u32,
    /// Dollars of the others.
    pub dollars: f64,
}

/// What a face asks of the library.
#[derive(Clone, Debug, PartialEq)]
pub enum LibraryRequest {
    Rename {
        id: SessionId,
        title: String,
    },
    Pin {
        id: SessionId,
        on: bool,
    },
    Tag {
        id: SessionId,
        tags: Vec<String>,
    },
    /// Move it to the trash, from where it can be had back.
    Trash(SessionId),
    Restore(SessionId),
    /// Write it to a file, named by us when none is given; none for the session that is open.
    Export {
        id: Option<SessionId>,
        form: ExportForm,
        path: Option<PathBuf>,
    },
    /// Search all sessions. Answers carry the number, so that an old one is not taken for a new one.
    Search {
        query: String,
        number: u32,
    },
    /// The records of a session, for going through them; none for the session that is open. Of a long one a part,
    /// near the record of that number or at the end.
    Timeline {
        id: Option<SessionId>,
        near: Option<u64>,
    },
    /// The records of the open session before that number, as many as are read at once; back to the record `back_to`,
    /// if that is named.
    Earlier {
        before: u64,
        back_to: Option<u64>,
    },
}

/// Forms of an exported session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportForm {
    #[default]
    Markdown,
    /// One JSON object with all records.
    Json,
    /// One page that needs nothing else.
    Html,
    /// The lines that `--output-format stream-json` prints.
    StreamJson,
}

/// Answers and news of the library.
#[derive(Clone, Debug)]
pub enum LibraryNews {
    /// Something was done or could not be; the lists may have changed.
    Done(Notice),
    Found(Box<Found>),
    /// Of a long log a part; what is left out before it is told by a record [`LibraryBody::Earlier`].
    Timeline {
        id: SessionId,
        records: Vec<Arc<Record>>,
        /// There are more behind them.
        more: bool,
    },
    /// Answer to [`LibraryRequest::Earlier`]: what stands in the place of those before, then the records.
    Earlier {
        id: SessionId,
        before: u64,
        records: Vec<Arc<Record>>,
    },
}

/// What a search brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub number: u32,
    pub query: String,
    /// The newest first.
    pub hits: Vec<Hit>,
    /// There are more than these.
    pub more: bool,
    /// The index is still being brought up to date: bytes that are read, and all.
    pub reading: Option<(u64, u64)>,
    /// The query cannot be understood, or the index cannot be had.
    pub problem: Option<String>,
}

/// One place where a search found something.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub session: SessionId,
    /// The sub-agent of the session in whose log it stands.
    pub agent: Option<String>,
    pub title: String,
    pub project: PathBuf,
    /// Number of the record.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at: u64,
    pub kind: HitKind,
    /// The tool, for calls and results.
    pub tool: Option<String>,
    /// What stands around it: `(found, text)`, joined one passage. Foreign text.
    pub passage: Vec<(bool, String)>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    Title,
    Prompt,
    Answer,
    /// What a tool was asked.
    Call,
    /// What a tool answered.
    Result,
    /// Changed lines of a file.
    Diff,
    /// A command that the person ran.
    Shell,
    /// A summary made by a compaction.
    Summary,
}

impl HitKind {
    /// All kinds, in the order of their numbers on disk.
    pub const ALL: [Self; 8] =
        [Self::Title, Self::Prompt, Self::Answer, Self::Call, Self::Result, Self::Diff, Self::Shell, Self::Summary];

    /// The word for it, also in the filter `in:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Prompt => "prompt",
            Self::Answer => "answer",
            Self::Call => "call",
            Self::Result => "result",
            Self::Diff => "diff",
            Self::Shell => "shell",
            Self::Summary => "summary",
        }
    }
}

impl ExportForm {
    /// The form of that name or file extension.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "markdown" | "md" => Self::Markdown,
            "json" => Self::Json,
            "html" | "htm" => Self::Html,
            "stream-json" | "jsonl" => Self::StreamJson,
            _ => return None,
        })
    }

    /// The extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Html => "html",
            Self::StreamJson => "jsonl",
        }
    }
}
