//! `/clear`: a new session with an empty conversation; the old one stays in the browser.

use crate::commands::{Command, Outcome};
use crate::domain::Request;

pub(super) static COMMAND: Command = Command {
    name: "clear",
    aliases: &["new", "reset"],
    summary: "Start a new conversation; this one stays in /resume",
    argument_hint: None,
    while_busy: false,
    run: |_, _| Outcome::send(Request::Clear),
};
