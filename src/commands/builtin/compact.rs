//! `/compact`: replace the conversation by a summary for the model.

use crate::commands::{Command, Outcome};
use crate::domain::Request;

pub(super) static COMMAND: Command = Command {
    name: "compact",
    aliases: &["compress", "summarize"],
    summary: "Summarise the conversation to free context",
    argument_hint: Some("[what to keep in view]"),
    while_busy: false,
    run: |arguments, _| {
        let focus = (!arguments.is_empty()).then(|| arguments.to_owned());
        Outcome::send(Request::Compact { focus })
    },
};
