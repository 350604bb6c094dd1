//! `/resume`: the session browser, or one session by its id.

use crate::commands::{Command, Outcome, Show};
use crate::domain::{Request, SessionId};

pub(super) static COMMAND: Command = Command {
    name: "resume",
    aliases: &["sessions", "continue"],
    summary: "Open an earlier conversation",
    argument_hint: Some("[id or text]"),
    while_busy: false,
    run: |arguments, _| match arguments.parse::<SessionId>() {
        Ok(id) => Outcome::send(Request::Resume(id)),
        Err(_) => Outcome::show(Show::Sessions { filter: arguments.to_owned() }),
    },
};
