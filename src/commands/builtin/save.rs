//! `/save`: the conversation as a Markdown file.

use std::path::PathBuf;

use crate::commands::{Command, Outcome};
use crate::domain::Request;

pub(super) static COMMAND: Command = Command {
    name: "save",
    aliases: &[],
    summary: "Write the conversation to a Markdown file",
    argument_hint: Some("[file]"),
    while_busy: true,
    run: |arguments, _| {
        let file = (!arguments.is_empty()).then(|| PathBuf::from(arguments));
        Outcome::send(Request::Save(file))
    },
};
