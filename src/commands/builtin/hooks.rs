//! `/hooks`: which hooks are set, where they stand, and what they did. The engine knows them.

use crate::commands::{Command, Outcome, Show};
use crate::domain::Request;

pub(super) static COMMAND: Command = Command {
    name: "hooks",
    aliases: &[],
    summary: "Hooks, where they stand, and their last runs",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::send(Request::ReportHooks).and_show(Show::Hooks),
};
