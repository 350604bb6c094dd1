//! What was sent from the prompt or chosen in the palette: prompts, shell commands, slash commands.

use super::sheet::{Sheet, What};
use super::{Model, dialogs, layers::Layer};
use crate::commands::{self, Outcome, Parsed, Show};
use crate::domain::{Act, Input, ModelRef, Notice, Request};
use crate::panes::composer::Submission;
use crate::theme::Theme;

/// Something was sent from the prompt.
pub(super) fn submitted(model: &mut Model, submission: Submission) -> Vec<Act> {
    match submission {
        Submission::Prompt(_) if model.facts.offers_rehearsal() => {
            if let Submission::Prompt(input) = submission {
                // What was typed must not be lost while there is nobody to send it to.
                model.composer.set_text(&input.text);
            }
            let notice = Notice::warning("No model is configured, so nothing was sent")
                .hint("set ANTHROPIC_API_KEY, OPENAI_API_KEY, LLM_API_BASE or OLLAMA_HOST and start again; /rehearse shows the offline rehearsal");
            tell(model, &notice);
            Vec::new()
        }
        Submission::Prompt(input) => vec![Act::Send(Request::Prompt(input))],
        Submission::Shell(command) => vec![Act::Send(Request::Shell(command))],
        Submission::Command(line) => command(model, &line),
    }
}

/// A line that starts with a slash.
pub(super) fn command(model: &mut Model, line: &str) -> Vec<Act> {
    let files = model.facts.info.as_ref().map(|info| info.commands.clone()).unwrap_or_default();
    match commands::parse(line, &files) {
        Parsed::BuiltIn(command, _) if model.facts.is_busy() && !command.while_busy => {
            model.composer.set_text(line);
            let notice = Notice::warning(format!("/{} has to wait until the turn is over", command.name))
                .hint("Esc stops the turn");
            tell(model, &notice);
            Vec::new()
        }
        Parsed::BuiltIn(command, arguments) => {
            let outcome = with_facts(model, |facts| (command.run)(arguments, facts));
            take(model, outcome)
        }
        Parsed::File(name, arguments) => {
            vec![Act::Send(Request::RunCommand { name: name.to_owned(), arguments: arguments.to_owned() })]
        }
        Parsed::Unknown { word, nearest } => {
            let notice = commands::unknown(word, nearest.as_deref());
            model.composer.set_text(line);
            tell(model, &notice);
            Vec::new()
        }
        Parsed::NotACommand => {
            vec![Act::Send(Request::Prompt(Input { text: line.to_owned(), images: Vec::new() }))]
        }
    }
}

/// Lends the commands what they may know.
fn with_facts<T>(model: &Model, run: impl FnOnce(&commands::Facts<'_>) -> T) -> T {
    let models: Vec<ModelRef> = model.answers.models.iter().map(|(model, _)| model.clone()).collect();
    let facts = commands::Facts {
        models: &models,
        model: model.facts.model.as_ref(),
        themes: &model.look.names,
        mode: model.facts.mode,
        modes: model.facts.info.as_ref().map(|info| info.modes.as_slice()).unwrap_or_default(),
        busy: model.facts.is_busy(),
        retrying: model.facts.retry.is_some(),
        has_plan: model.facts.work.plan.is_some(),
    };
    run(&facts)
}

/// What came of a command.
pub(super) fn take(model: &mut Model, outcome: Outcome) -> Vec<Act> {
    let mut acts = outcome.acts;
    match outcome.show {
        None => {}
        Some(Show::Notice(notice)) => tell(model, &notice),
        Some(Show::UseTheme(name)) => use_theme(model, &name),
        Some(Show::Cache) => sheet(model, What::Cache),
        Some(Show::Tools) => sheet(model, What::Tools),
        Some(Show::Tasks) => sheet(model, What::Todos),
        Some(other) => acts.extend(dialogs::open(model, other)),
    }
    acts
}

/// A line for the person in the conversation.
pub(super) fn tell(model: &mut Model, notice: &Notice) {
    model.conversation.tell(notice);
}

/// Switches the theme at once.
pub(super) fn use_theme(model: &mut Model, name: &str) {
    let (theme, problems) = Theme::load(name, &model.look.user);
    model.look.theme = theme.for_depth(model.look.depth);
    model.look.chosen = true;
    for problem in problems {
        tell(model, &Notice::warning(problem.to_string()));
    }
}

fn sheet(model: &mut Model, what: What) {
    model.layers.push(Layer::Sheet(Sheet::new(what)));
}
