//! `/diff`: what the session changed, by step and in all.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "diff",
    aliases: &[],
    summary: "What this session changed",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Changes),
};
