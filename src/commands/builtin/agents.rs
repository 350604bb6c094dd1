//! `/agents`: the sub-agents of the session and the kinds that there are.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "agents",
    aliases: &[],
    summary: "Sub-agents: what each does, costs and says; stop one",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Agents),
};
