//! `/undo`: takes the newest step back, files and conversation.

use crate::commands::{Command, Outcome};
use crate::domain::{FilesRequest, Request};

pub(super) static COMMAND: Command = Command {
    name: "undo",
    aliases: &[],
    summary: "Take back the last step",
    argument_hint: None,
    while_busy: false,
    run: |_, _| Outcome::send(Request::Files(FilesRequest::Undo)),
};
