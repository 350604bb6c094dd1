//! `/title`: the name of this session in the browser.

use crate::commands::{Command, Outcome};
use crate::domain::{Notice, Request};

pub(super) static COMMAND: Command = Command {
    name: "title",
    aliases: &["rename"],
    summary: "Name this conversation",
    argument_hint: Some("<title>"),
    while_busy: true,
    run: |arguments, _| {
        // A title is one row in the browser and in the terminal's own title.
        let title: Vec<&str> = arguments.split_whitespace().collect();
        if title.is_empty() {
            return Outcome::notice(Notice::info("A title must follow").hint("/title the parser bug"));
        }
        Outcome::send(Request::SetTitle(title.join(" ").chars().take(200).collect()))
    },
};
