//! `/config`: every setting, rule, instruction and command with its file and line.

use crate::commands::{Command, Outcome, Show};
use crate::domain::PageKind;

pub(super) static COMMAND: Command = Command {
    name: "config",
    aliases: &["settings", "where"],
    summary: "Where every setting comes from",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Page(PageKind::Config)),
};
