//! `/init`: the model looks around and writes a first CLAUDE.md; the gate asks about the file as ever.

use crate::commands::{Command, Outcome};
use crate::domain::{Input, Request};

pub(super) static COMMAND: Command = Command {
    name: "init",
    aliases: &[],
    summary: "Write a first CLAUDE.md for this project",
    argument_hint: Some("[what matters]"),
    while_busy: false,
    run: |what, _| {
        let mut text = include_str!("../../../assets/prompt/init.md").trim_end().to_owned();
        if !what.is_empty() {
            text.push_str("\n\nThe user adds: ");
            text.push_str(what);
        }
        Outcome::send(Request::Prompt(Input { text, images: Vec::new() }))
    },
};
