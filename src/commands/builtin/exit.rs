//! `/exit`: leave the program.

use crate::commands::{Command, Outcome};
use crate::domain::Act;

pub(super) static COMMAND: Command = Command {
    name: "exit",
    aliases: &["quit", "q"],
    summary: "Leave",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome { acts: vec![Act::Quit], show: None },
};
