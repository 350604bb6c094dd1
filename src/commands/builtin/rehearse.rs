//! `/rehearse`: the offline rehearsal with a scripted model, in a session of its own.

use crate::commands::{Command, Outcome};
use crate::domain::Request;

pub(super) static COMMAND: Command = Command {
    name: "rehearse",
    aliases: &[],
    summary: "Play the offline rehearsal with a scripted model",
    argument_hint: None,
    while_busy: false,
    run: |_, _| Outcome::send(Request::Rehearse),
};
