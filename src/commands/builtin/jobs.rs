//! `/jobs`: commands that run, with their output; stop one, or type to it.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "jobs",
    aliases: &["bashes"],
    summary: "Commands that run: output, stop, type to one",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Jobs),
};
