//! `/trust`: what the folder brings, and whether it counts.

use crate::commands::{Command, Outcome};
use crate::domain::Request;

pub(super) static COMMAND: Command = Command {
    name: "trust",
    aliases: &[],
    summary: "What this folder brings, and whether it is trusted",
    argument_hint: None,
    while_busy: false,
    run: |_, _| Outcome::send(Request::ShowFolder),
};
