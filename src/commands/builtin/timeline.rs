//! `/timeline`: the session event by event, as it was at each.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "timeline",
    aliases: &["scrub"],
    summary: "Go through this session event by event",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Timeline),
};
