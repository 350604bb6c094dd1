//! `/fresh`: the model's own answer, where a cache has answered.

use crate::commands::{Command, Outcome};
use crate::domain::{MoneyRequest, Request};

pub(super) static COMMAND: Command = Command {
    name: "fresh",
    aliases: &[],
    summary: "Ask the model what a cache has answered",
    argument_hint: None,
    while_busy: false,
    run: |_, _| Outcome::send(Request::Money(MoneyRequest::AskAfresh)),
};
