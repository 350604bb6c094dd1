//! `/mcp`: the tool servers, and orders to one of them.

use crate::commands::{Command, Outcome, Show};
use crate::domain::{Notice, Request, ServerRequest};

pub(super) static COMMAND: Command = Command {
    name: "mcp",
    aliases: &[],
    summary: "Tool servers: state, tools, costs",
    argument_hint: Some("[order server]"),
    while_busy: true,
    run: |arguments, _| {
        let mut words = arguments.split_whitespace();
        let (order, name) = (words.next(), words.next().unwrap_or_default().to_owned());
        let request = match order {
            None => return Outcome::show(Show::Servers),
            Some(_) if name.is_empty() => None,
            Some("reconnect") => Some(ServerRequest::Reconnect(name)),
            Some("enable") => Some(ServerRequest::Switch { server: name, on: true }),
            Some("disable") => Some(ServerRequest::Switch { server: name, on: false }),
            Some(_) => None,
        };
        match request {
            Some(request) => Outcome::send(Request::Server(request)),
            None => Outcome::notice(Notice::warning("/mcp takes reconnect, enable or disable and a server's name")),
        }
    },
};
