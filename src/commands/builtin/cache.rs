//! `/cache`: what the provider's cache served, and what broke it.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "cache",
    aliases: &[],
    summary: "Hit rate of the provider's cache, and what broke it",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Cache),
};
