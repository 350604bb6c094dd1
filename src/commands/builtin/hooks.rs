//! `/hooks`: which hooks are set, where they stand, and what they did. The engine knows them.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "hooks",
    aliases: &[],
    summary: "Hooks, their last runs, and trying one on an event",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Hooks),
};
