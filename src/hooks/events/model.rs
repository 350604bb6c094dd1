//! Another model is chosen: PreModelSwitch, PostModelSwitch.

use serde_json::json;

use super::super::{Event, Firing, Ran};

/// A switch, as hooks are told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch<'a> {
    pub from: Option<&'a str>,
    pub to: &'a str,
    /// `command`, or `auto` when nobody asked for it.
    pub source: &'static str,
    pub context_tokens: u64,
}

/// The person asks for another model.
pub fn before(switch: &Switch<'_>) -> Firing {
    Firing::new(Event::PreModelSwitch, Some(switch.to), fields(switch))
}

/// Another model is in use.
pub fn after(switch: &Switch<'_>) -> Firing {
    Firing::new(Event::PostModelSwitch, Some(switch.to), fields(switch))
}

fn fields(switch: &Switch<'_>) -> serde_json::Value {
    json!({
        "from_model": switch.from,
        "to_model": switch.to,
        "requested_model": switch.to,
        "source": switch.source,
        "context_tokens": switch.context_tokens,
    })
}

/// Who refuses the switch, and why. Where a hook wants the person to be asked he has just said what he wants.
pub fn refused(runs: &[Ran]) -> Option<(String, String)> {
    super::blocked(runs).or_else(|| {
        let no = |ran: &&Ran| ran.answer.text("permissionDecision") == Some("deny");
        let ran = runs.iter().find(no)?;
        let reason = ran.answer.text("permissionDecisionReason").unwrap_or("no reason was given");
        Some((ran.who(), reason.to_owned()))
    })
}
