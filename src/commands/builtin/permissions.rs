//! `/permissions`: the mode, the rules and where they stand.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "permissions",
    aliases: &["allowed-tools"],
    summary: "Permission mode and rules",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Permissions),
};
