//! Instruction files: text that the user keeps for the model.

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
