//! `/redo`: does again what was undone last.

use crate::commands::{Command, Outcome};
use crate::domain::{FilesRequest, Request};

pub(super) static COMMAND: Command = Command {
    name: "redo",
    aliases: &[],
    summary: "Do again what /undo took back",
    argument_hint: None,
    while_busy: false,
    run: |_, _| Outcome::send(Request::Files(FilesRequest::Redo)),
};
