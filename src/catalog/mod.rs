//! Markdown with front matter: command files and memory files.
//!
//! It reads what the user and the project keep for the model and for the slash menu. It runs nothing and
//! writes nothing; whether a project's files may be used is decided by trust, not here.

mod agents;
mod commands;
mod expand;
mod front;
mod imports;
mod markdown;
mod memory;

pub use agents::{agent_folders, agents, agents_in, built_in};
pub use commands::commands;
pub use expand::expand;
pub use memory::memory;
