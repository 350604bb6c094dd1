//! `/skills`: commands and skills with their source and what each costs.

use crate::commands::{Command, Outcome, Show};
use crate::domain::PageKind;

pub(super) static COMMAND: Command = Command {
    name: "skills",
    aliases: &["reload-skills"],
    summary: "Commands and skills: source and tokens",
    argument_hint: None,
    while_busy: true,
    run: |_, _| Outcome::show(Show::Page(PageKind::Skills)),
};
