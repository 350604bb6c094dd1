//! `/compact`: replace the conversation by a summary for the model, or bring back what was replaced.

use crate::commands::{Command, Outcome};
use crate::domain::{ContextRequest, Request};

pub(super) static COMMAND: Command = Command {
    name: "compact",
    aliases: &["compress", "summarize"],
    summary: "Summarise the conversation, or bring it back",
    argument_hint: Some("[focus | undo]"),
    while_busy: false,
    run: |arguments, _| {
        if arguments == "undo" {
            return Outcome::send(Request::Context(ContextRequest::Undo));
        }
        let focus = (!arguments.is_empty()).then(|| arguments.to_owned());
        Outcome::send(Request::Compact { focus })
    },
};
