//! `/theme`: the list of themes, or another theme at once.

use crate::commands::{Command, Facts, Outcome, Show};
use crate::domain::{Act, Notice};

pub(super) static COMMAND: Command = Command {
    name: "theme",
    aliases: &[],
    summary: "Choose the colours",
    argument_hint: Some("[name]"),
    while_busy: true,
    run,
};

fn run(arguments: &str, facts: &Facts<'_>) -> Outcome {
    if arguments.is_empty() {
        return Outcome::show(Show::Theme);
    }
    match facts.themes.iter().find(|theme| theme.eq_ignore_ascii_case(arguments)) {
        Some(theme) => Outcome { acts: vec![Act::SaveTheme(theme.clone())], show: Some(Show::UseTheme(theme.clone())) },
        None => Outcome::notice(
            Notice::error(format!("There is no theme `{arguments}`"))
                .hint(format!("Choose one of {}", facts.themes.join(", "))),
        ),
    }
}
