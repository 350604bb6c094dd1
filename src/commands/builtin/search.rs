//! `/search`: through everything that was said and done in all sessions.

use crate::commands::{Command, Outcome, Show};

pub(super) static COMMAND: Command = Command {
    name: "search",
    aliases: &["find"],
    summary: "Search in all sessions and projects",
    argument_hint: Some("[words and filters]"),
    while_busy: true,
    run: |arguments, _| Outcome::show(Show::Search { query: arguments.to_owned() }),
};
