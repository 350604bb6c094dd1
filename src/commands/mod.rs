//! Slash commands: what they are called, what they do, how they are completed.
//!
//! A command is a value that returns acts and perhaps names a pane; it neither draws nor acts itself.
//! Adding one is one file in `builtin/` and one line in its registry.

mod builtin;
mod complete;
mod facts;
mod parse;

pub use builtin::all;
pub use complete::{Completion, CompletionKind, complete};
pub use facts::{Facts, Outcome, Show};
pub use parse::{Parsed, nearest, parse, unknown};

/// One built-in slash command.
#[derive(Debug)]
pub struct Command {
    /// What is typed after the slash.
    pub name: &'static str,
    /// Other names that do the same.
    pub aliases: &'static [&'static str],
    /// One line for help and completion.
    pub summary: &'static str,
    /// What may follow the name, as help shows it: `[name]`.
    pub argument_hint: Option<&'static str>,
    /// It may run while a turn runs, because it does not change the conversation.
    pub while_busy: bool,
    /// What it does with what was typed after its name (trimmed).
    pub run: fn(&str, &Facts<'_>) -> Outcome,
}

impl Command {
    /// The command has this name or alias.
    pub fn answers_to(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }
}

/// The built-in command of that name or alias.
pub fn find(word: &str) -> Option<&'static Command> {
    all().iter().copied().find(|command| command.answers_to(word))
}
