//! `/inspect`: the next request as it would be sent. The engine takes it apart; the pane waits for it.

use crate::commands::{Command, Outcome, Show};
use crate::domain::{ContextRequest, Request};

pub(super) static COMMAND: Command = Command {
    name: "inspect",
    aliases: &["request"],
    summary: "The next request, taken apart",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::send(Request::Context(ContextRequest::Inspect)).and_show(Show::Inspect),
};
