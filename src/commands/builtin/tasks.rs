//! `/tasks`: what is to be done, with what waits for what.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "tasks",
    aliases: &["todos"],
    summary: "What is to be done, and what waits for what",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Tasks),
};
