//! `/cache`: what the provider's cache served and what broke it, and the answers that are kept here.

use crate::commands::{Command, Outcome, Show};
use crate::domain::{Act, AnswerMode, MoneyRequest, Notice, Request};

pub(super) static COMMAND: Command = Command {
    name: "cache",
    aliases: &[],
    summary: "The provider's cache, and answers kept here",
    argument_hint: Some("[mode]"),
    while_busy: true,
    run: |argument, _| match (argument, AnswerMode::named(argument)) {
        ("", _) => {
            let acts = vec![Act::Send(Request::Money(MoneyRequest::ReportAnswers))];
            Outcome { acts, show: Some(Show::Cache) }
        }
        ("clear", _) => Outcome::send(Request::Money(MoneyRequest::ClearAnswers)),
        (_, Some(mode)) => Outcome::send(Request::Money(MoneyRequest::SetAnswers(mode))),
        _ => Outcome::notice(Notice::warning("/cache takes off, exact, semantic or clear")),
    },
};
