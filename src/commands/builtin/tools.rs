//! `/tools`: the tools that the model is offered.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "tools",
    aliases: &[],
    summary: "Tools that the model is offered",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Tools),
};
