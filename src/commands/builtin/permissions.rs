//! `/permissions`: the rules, where they stand, and what they would have saved.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "permissions",
    aliases: &["allowed-tools"],
    summary: "Permission rules: browse, try, add, remove",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Permissions),
};
