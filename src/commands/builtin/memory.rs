//! `/memory`: which instructions the model reads, in which order, and why others are not read.

use crate::commands::{Command, Outcome, Show};
use crate::domain::PageKind;

pub(super) static COMMAND: Command = Command {
    name: "memory",
    aliases: &[],
    summary: "Instructions: files, order, tokens",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Page(PageKind::Memory)),
};
