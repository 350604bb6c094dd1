//! `/plugin`: the plugins that are there, what each costs, on and off.

use crate::commands::{Command, Outcome, Show};
use crate::domain::PageKind;

pub(super) static COMMAND: Command = Command {
    name: "plugin",
    aliases: &["plugins"],
    summary: "Plugins: what they bring and cost",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Page(PageKind::Plugins)),
};
