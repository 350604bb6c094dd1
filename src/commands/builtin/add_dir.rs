//! `/add-dir`: another folder belongs to the session.

use crate::commands::{Command, Outcome};
use crate::domain::{HookRequest, Notice, Request};

pub(super) static COMMAND: Command = Command {
    name: "add-dir",
    aliases: &[],
    summary: "Let another folder belong to this session",
    argument_hint: Some("<folder>"),
    while_busy: true,
    run: |arguments, _| match arguments.trim() {
        "" => Outcome::notice(Notice::info("Name the folder: /add-dir ../other")),
        folder => Outcome::send(Request::Hook(HookRequest::AddFolder(folder.into()))),
    },
};
