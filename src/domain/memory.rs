//! Text that the user keeps for the model or for himself: instruction files and command files.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Whose instructions a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryScope {
    Managed,
    User,
    Project,
    Local,
}

/// One instruction file that was read, such as CLAUDE.md or AGENTS.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryFile {
    pub scope: MemoryScope,
    pub path: PathBuf,
    /// The text with imports put in and block comments taken out.
    pub text: String,
}

/// A Markdown file that is a slash command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandFile {
    /// What is typed after the slash; sub-folders are joined by colons.
    pub name: String,
    pub description: String,
    pub argument_hint: Option<String>,
    pub path: PathBuf,
    /// `project` or `user`.
    pub source: String,
    /// The body with its place-holders.
    pub body: String,
}
