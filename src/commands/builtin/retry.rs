//! `/retry`: send a failed request again without waiting for the back-off.

use crate::commands::{Command, Outcome};
use crate::domain::{Notice, Request};

pub(super) static COMMAND: Command = Command {
    name: "retry",
    aliases: &[],
    summary: "Do not wait, try the failed request again now",
    argument_hint: None,
    while_busy: true,
    run: |_, facts| {
        if facts.retrying {
            Outcome::send(Request::RetryNow)
        } else {
            Outcome::notice(Notice::info("No request waits to be tried again"))
        }
    },
};
