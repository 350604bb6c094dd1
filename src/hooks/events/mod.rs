//! The events by family: what a hook is told, and what its answers decide. One file a family.
//!
//! Deciding is a function of the runs. The engine acts on it, and the gate still has the last word.

pub mod agent;
pub mod model;
pub mod news;
pub mod permission;
pub mod place;
pub mod prompt;
pub mod server;
pub mod session;
pub mod task;
pub mod tool;
pub mod turn;

use super::{Event, Ran};

/// What every family takes from the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Common {
    /// For the model, with who says it.
    pub context: Vec<(String, String)>,
    /// For the person.
    pub warnings: Vec<String>,
    /// Hooks that failed, one sentence each.
    pub failures: Vec<String>,
    /// Everything stops, for this reason.
    pub halt: Option<String>,
}

/// Gathers what does not depend on the event.
pub fn common(runs: &[Ran]) -> Common {
    let mut common = Common::default();
    for ran in runs {
        let answer = &ran.answer;
        if let Some(text) = &answer.context {
            common.context.push((format!("{} hook {}", ran.event.name(), ran.who()), text.clone()));
        }
        if let Some(text) = &answer.warning {
            common.warnings.push(format!("{} hook {}: {text}", ran.event.name(), ran.who()));
        }
        if let Some(text) = &answer.failure {
            common.failures.push(format!("{} hook error, {}: {text}", ran.event.name(), ran.who()));
        }
        if let Some(text) = answer.halt.as_ref().filter(|_| common.halt.is_none()) {
            let reason = if text.is_empty() { "no reason was given" } else { text };
            common.halt = Some(format!("{} says: {reason}", ran.who()));
        }
    }
    common
}

/// The first block among the answers: who, and why.
pub fn blocked(runs: &[Ran]) -> Option<(String, String)> {
    runs.iter().find_map(|ran| Some((ran.who(), ran.answer.block.clone()?)))
}

/// What one run changes, in a line for the trace.
pub(super) fn effect(ran: &Ran) -> String {
    let answer = &ran.answer;
    let mut parts = Vec::new();
    if let Some(halt) = &answer.halt {
        parts.push(format!("stops everything: {halt}"));
    }
    if let Some(block) = &answer.block {
        parts.push(format!("blocks: {block}"));
    }
    parts.extend(match ran.event {
        Event::PreToolUse => tool::effect(answer),
        Event::PermissionRequest => permission::effect(answer),
        Event::PostToolUse => tool::effect_after(answer),
        Event::SessionStart | Event::UserPromptSubmit => session::effect(answer),
        Event::PermissionDenied if permission::may_retry(std::slice::from_ref(ran)) => {
            vec!["lets the model try again".to_owned()]
        }
        _ => Vec::new(),
    });
    if let Some(context) = &answer.context {
        parts.push(format!("tells the model {} characters", context.chars().count()));
    }
    if answer.warning.is_some() {
        parts.push("warns".to_owned());
    }
    if let Some(failure) = &answer.failure {
        parts.push(format!("failed: {failure}"));
    }
    if parts.is_empty() { "changes nothing".to_owned() } else { parts.join("; ").chars().take(400).collect() }
}
