//! Plugins as far as commands and skills need them.

use std::path::PathBuf;

/// A plugin that is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plugin {
    pub name: String,
    pub root: PathBuf,
    /// Folders of skills, and single skill folders.
    pub skills: Vec<PathBuf>,
    /// Folders of command files, and single files.
    pub commands: Vec<PathBuf>,
}

impl Plugin {
    /// How its things are labelled.
    pub fn source(&self) -> String {
        format!("plugin {}", self.name)
    }
}
