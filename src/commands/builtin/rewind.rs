//! `/rewind`: the steps of the session, to go back to one.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "rewind",
    aliases: &["checkpoint"],
    summary: "Go back: files, conversation or both",
    argument_hint: None,
    while_busy: false,
    run: |_, _| Outcome::show(Show::Rewind),
};
