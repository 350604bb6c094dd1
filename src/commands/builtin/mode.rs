//! `/mode`: the permission mode, shown or set.

use crate::commands::{Command, Facts, Outcome};
use crate::domain::{Mode, Notice, Request};

pub(super) static COMMAND: Command = Command {
    name: "mode",
    aliases: &[],
    summary: "Permission mode: acceptEdits, plan, auto, dontAsk",
    argument_hint: Some("[name]"),
    while_busy: true,
    run,
};

fn run(arguments: &str, facts: &Facts<'_>) -> Outcome {
    if arguments.is_empty() {
        let names: Vec<&str> = facts.modes.iter().map(|mode| mode.name()).collect();
        let notice = Notice::info(format!("The permission mode is {}", facts.mode));
        return Outcome::notice(notice.hint(format!("Shift+Tab goes through {}", names.join(", "))));
    }
    match named(arguments) {
        Ok(mode) if may_be_set(mode, facts) => Outcome::send(Request::SetMode(mode)),
        Ok(mode) => Outcome::notice(
            Notice::error(format!("The mode {mode} is not available in this session"))
                .hint("It has to be enabled when the program starts."),
        ),
        Err(text) => Outcome::notice(Notice::error(text)),
    }
}

/// Modes are typed by hand here, so case does not matter.
fn named(text: &str) -> Result<Mode, String> {
    const MODES: [Mode; 6] =
        [Mode::Default, Mode::AcceptEdits, Mode::Plan, Mode::Auto, Mode::DontAsk, Mode::BypassPermissions];
    match MODES.into_iter().find(|mode| mode.name().eq_ignore_ascii_case(text)) {
        Some(mode) => Ok(mode),
        None => text.parse(),
    }
}

/// What loosens the gate beyond edits is offered only where the start allowed it.
fn may_be_set(mode: Mode, facts: &Facts<'_>) -> bool {
    matches!(mode, Mode::Default | Mode::AcceptEdits | Mode::Plan | Mode::DontAsk) || facts.modes.contains(&mode)
}
