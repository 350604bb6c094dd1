//! `/context`: what fills the context window. The engine counts; the pane waits for its report.

use crate::commands::{Command, Outcome, Show};
use crate::domain::Request;

pub(super) static COMMAND: Command = Command {
    name: "context",
    aliases: &[],
    summary: "What fills the context window",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::send(Request::ReportContext).and_show(Show::Context),
};
