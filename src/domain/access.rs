//! What a call would touch, as far as the tool that would do it can say: the input of the gate.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ToolMarks;

/// The kind of thing that a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Touches nothing outside the session (a todo list).
    Internal,
    /// Reads files or lists folders.
    Read,
    /// Creates or changes files.
    Edit,
    /// Runs a shell command; the gate analyses it itself.
    Execute,
    /// Talks to a host.
    Fetch,
    /// Calls a tool of an MCP server.
    External,
    /// Loads instructions that bring allow rules of their own.
    Grant,
    /// Keeps, changes or forgets what outlives the session.
    Remember,
}

/// What one call would touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub action: Action,
    /// Paths as the tool would open them: absolute, dots removed, links not yet resolved.
    pub paths: Vec<PathUse>,
    /// The command, for [`Action::Execute`].
    pub command: Option<String>,
    /// The host, for [`Action::Fetch`].
    pub host: Option<String>,
    /// What the tool says of itself, for [`Action::External`].
    #[serde(default)]
    pub marks: ToolMarks,
}

/// One path and what is done with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathUse {
    pub path: PathBuf,
    pub mode: PathMode,
}

/// How a path is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathMode {
    Read,
    Write,
}

/// What the disk says of one path, gathered by the engine so that the gate stays a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFact {
    /// The path with every link followed; for a new file the deepest existing parent is resolved.
    pub resolved: PathBuf,
    /// Each link that was met on the way, as named.
    pub links: Vec<PathBuf>,
    pub exists: bool,
}

/// Facts by the path as the tool or the command named it (absolute).
pub type PathFacts = BTreeMap<PathBuf, PathFact>;

impl Access {
    /// An access of the given kind that names nothing.
    pub fn of(action: Action) -> Self {
        Self { action, paths: Vec::new(), command: None, host: None, marks: ToolMarks::default() }
    }

    /// Reads one path.
    pub fn read(path: PathBuf) -> Self {
        Self { paths: vec![PathUse { path, mode: PathMode::Read }], ..Self::of(Action::Read) }
    }

    /// Writes one path.
    pub fn edit(path: PathBuf) -> Self {
        Self { paths: vec![PathUse { path, mode: PathMode::Write }], ..Self::of(Action::Edit) }
    }

    /// Calls a tool of a server.
    pub fn external(marks: ToolMarks) -> Self {
        Self { marks, ..Self::of(Action::External) }
    }

    /// Talks to a host.
    pub fn fetch(host: impl Into<String>) -> Self {
        Self { host: Some(host.into()), ..Self::of(Action::Fetch) }
    }

    /// Why a call that leaves the program needs permission.
    pub fn outside(&self) -> &'static str {
        match self.action {
            Action::Fetch => "it talks to a host outside",
            Action::Remember => "what it keeps is told in later sessions, too",
            _ if self.marks.destroys => "it runs a tool of a server, which says that it may destroy something",
            _ => "it runs a tool outside of Latigo",
        }
    }

    /// Runs a command.
    pub fn execute(command: impl Into<String>) -> Self {
        Self { command: Some(command.into()), ..Self::of(Action::Execute) }
    }
}
