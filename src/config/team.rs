//! What variables say of sub-agents and tasks. The names are those of Claude Code.

use std::collections::BTreeMap;

use super::Settings;
use crate::domain::Wire;
use crate::engine::TeamTuning;
use crate::team::Base;

/// The small model of the server that Anthropic runs itself; other servers may not have it.
const SMALL: &str = "haiku";
const OWN_SERVER: &str = "api.anthropic.com";

/// Reads them; what cannot be read is as if it were not set.
pub(super) fn tuning(settings: &Settings) -> TeamTuning {
    let usual = TeamTuning::default();
    let env = &settings.child_env;
    TeamTuning {
        depth: number(env, "CLAUDE_CODE_MAX_SUBAGENT_SPAWN_DEPTH").map_or(usual.depth, |depth| depth as u32),
        at_once: number(env, "CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS").map_or(usual.at_once, |most| most as usize),
        stall_ms: number(env, "CLAUDE_ASYNC_AGENT_STALL_TIMEOUT_MS").unwrap_or(usual.stall_ms),
        result_chars: number(env, "TASK_MAX_OUTPUT_LENGTH").map_or(usual.result_chars, |most| most as usize),
        model: text(env, "CLAUDE_CODE_SUBAGENT_MODEL"),
        small: small(settings),
        plans: settings.catalog.plans.clone(),
        base: if settings.catalog.worktrees_from_head { Base::Head } else { Base::Fresh },
        outfit: settings.catalog.outfit.clone(),
        tasks: text(env, "CLAUDE_CODE_ENABLE_TASKS").is_some_and(|value| matches!(value.as_str(), "1" | "true")),
        ..usual
    }
}

fn small(settings: &Settings) -> Option<String> {
    let choice = settings.model.as_ref()?;
    let own = choice.wire == Wire::Anthropic && choice.base_url.contains(OWN_SERVER);
    own.then(|| SMALL.to_owned())
}

fn text(env: &BTreeMap<String, String>, name: &str) -> Option<String> {
    env.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn number(env: &BTreeMap<String, String>, name: &str) -> Option<u64> {
    text(env, name)?.parse().ok().filter(|value| *value > 0)
}
