//! `/help`: the overlay with keys and commands.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "help",
    aliases: &[],
    summary: "Keys and commands",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Help),
};
