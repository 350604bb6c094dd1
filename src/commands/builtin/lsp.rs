//! `/lsp`: the language servers, and orders to one of them.

use crate::commands::{Command, Outcome, Show};
use crate::domain::{LanguageRequest, Notice, Request};

pub(super) static COMMAND: Command = Command {
    name: "lsp",
    aliases: &[],
    summary: "Language servers: state, problems",
    argument_hint: Some("[order server]"),
    while_busy: true,
    run: |arguments, _| {
        let mut words = arguments.split_whitespace();
        let (order, name) = (words.next(), words.next().unwrap_or_default().to_owned());
        let request = match order {
            None => return Outcome::show(Show::Languages),
            Some(_) if name.is_empty() => None,
            Some("start" | "restart") => Some(LanguageRequest::Start(name)),
            Some("stop") => Some(LanguageRequest::Stop(name)),
            Some(_) => None,
        };
        match request {
            Some(request) => Outcome::send(Request::Language(request)),
            None => Outcome::notice(Notice::warning("/lsp takes start, restart or stop and a server's name")),
        }
    },
};
