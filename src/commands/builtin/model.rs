//! `/model`: the list of models, or another model at once.

use crate::commands::{Command, Facts, Outcome, Show};
use crate::domain::{ModelRef, Notice, Request, Wire};

pub(super) static COMMAND: Command = Command {
    name: "model",
    aliases: &[],
    summary: "Choose the model",
    argument_hint: Some("[name]"),
    while_busy: true,
    run,
};

fn run(arguments: &str, facts: &Facts<'_>) -> Outcome {
    if arguments.is_empty() {
        return Outcome::send(Request::ListModels).and_show(Show::Model);
    }
    match choose(arguments, facts) {
        Ok(model) => Outcome::send(Request::SetModel { model, effort: None }),
        Err(notice) => Outcome::notice(notice),
    }
}

/// A known model by its id, its `provider/id`, or a part that only one has; else the name as typed on
/// the wire that is in use, because a server may know models that no table lists.
fn choose(name: &str, facts: &Facts<'_>) -> Result<ModelRef, Notice> {
    let exact = |model: &&ModelRef| model.id == name || model.to_string() == name;
    if let Some(model) = facts.models.iter().find(exact) {
        return Ok(model.clone());
    }
    let lower = name.to_lowercase();
    let partly: Vec<&ModelRef> =
        facts.models.iter().filter(|model| model.to_string().to_lowercase().contains(&lower)).collect();
    match (partly.as_slice(), facts.model) {
        ([only], _) => Ok((*only).clone()),
        ([_, _, ..], _) => {
            let some: Vec<&str> = partly.iter().take(4).map(|model| model.id.as_str()).collect();
            Err(Notice::error(format!("More than one model is called `{name}`: {}", some.join(", ")))
                .hint("Type more of the name, or choose with /model."))
        }
        ([], _) if name.contains(char::is_whitespace) => {
            Err(Notice::error(format!("There is no model `{name}`")).hint("Choose with /model."))
        }
        ([], current) => typed(name, current),
    }
}

/// A name that no table lists: with a provider in front of it, or for the provider in use.
fn typed(name: &str, current: Option<&ModelRef>) -> Result<ModelRef, Notice> {
    const WIRES: [Wire; 4] = [Wire::Anthropic, Wire::OpenaiChat, Wire::OpenaiResponses, Wire::Ollama];
    let by_wire = name
        .split_once('/')
        .and_then(|(wire, id)| WIRES.into_iter().find(|known| known.name() == wire).map(|wire| (wire, id)));
    match (by_wire, current) {
        (Some((wire, id)), _) if !id.is_empty() => Ok(ModelRef::new(wire, id)),
        (_, Some(current)) => Ok(ModelRef::new(current.wire, name)),
        _ => Err(Notice::error("No provider is configured, so a model cannot be chosen by name")
            .hint("Set ANTHROPIC_API_KEY or OPENAI_API_KEY, or start Ollama.")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn names_are_found_whole_by_part_or_taken_as_typed() {
        let models = [
            ModelRef::new(Wire::Anthropic, "claude-sonnet-4-6"),
            ModelRef::new(Wire::Anthropic, "claude-opus-4-6"),
            ModelRef::new(Wire::Ollama, "qwen3"),
        ];
        let facts = Facts { models: &models, model: models.first(), ..Facts::default() };
        assert_eq!(choose("claude-opus-4-6", &facts).unwrap(), models[1]);
        assert_eq!(choose("ollama/qwen3", &facts).unwrap(), models[2]);
        assert_eq!(choose("Sonnet", &facts).unwrap(), models[0]);
        assert!(choose("claude", &facts).unwrap_err().text.contains("More than one"));
        assert_eq!(choose("claude-next", &facts).unwrap(), ModelRef::new(Wire::Anthropic, "claude-next"));
        assert_eq!(choose("openai/gpt-x", &facts).unwrap(), ModelRef::new(Wire::OpenaiChat, "gpt-x"));
        assert!(choose("two words", &facts).is_err());
        assert!(choose("anything", &Facts::default()).is_err());
    }
}
