//! `/fork`: goes on in a copy of this session, or of another one by its id.

use crate::commands::{Command, Outcome};
use crate::domain::{FilesRequest, Notice, Request, SessionId};

pub(super) static COMMAND: Command = Command {
    name: "fork",
    aliases: &["branch"],
    summary: "Go on in a copy of this session",
    argument_hint: Some("[id]"),
    while_busy: false,
    run: |arguments, _| match (arguments, arguments.parse::<SessionId>()) {
        ("", _) => Outcome::send(Request::Files(FilesRequest::Fork { before: None })),
        (_, Ok(id)) => Outcome::send(Request::Files(FilesRequest::ForkOf(id))),
        (_, Err(_)) => Outcome::notice(
            Notice::warning("A session is copied by its whole id")
                .hint("/resume shows the sessions; /fork alone copies this one"),
        ),
    },
};
