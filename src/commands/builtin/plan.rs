//! `/plan`: the plan of the session, shown again; with a task, plan mode and the task at once.

use crate::commands::{Command, Facts, Outcome, Show};
use crate::domain::{Act, Input, Mode, Request};

pub(super) static COMMAND: Command = Command {
    name: "plan",
    aliases: &[],
    summary: "Show the plan, or plan a task first",
    argument_hint: Some("[task]"),
    while_busy: true,
    run,
};

fn run(arguments: &str, facts: &Facts<'_>) -> Outcome {
    if arguments.is_empty() {
        return if facts.has_plan { Outcome::show(Show::Plan) } else { Outcome::send(Request::SetMode(Mode::Plan)) };
    }
    let prompt = Request::Prompt(Input { text: arguments.to_owned(), images: Vec::new() });
    Outcome { acts: vec![Act::Send(Request::SetMode(Mode::Plan)), Act::Send(prompt)], show: None }
}
