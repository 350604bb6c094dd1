//! `/cost`: money and tokens of this session.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "cost",
    aliases: &["usage", "stats"],
    summary: "Money and tokens of this session",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Cost),
};
