//! The agent that the session itself runs as (`--agent`, or the setting `agent`): what of its file holds for a session,
//! and what is told to hold for a sub-agent only.

use std::sync::Arc;

use super::Settings;
use crate::domain::{AgentFile, Isolation, Mode, Notice};
use crate::engine::{self, ServerPlan};
use crate::hooks;

/// What its file adds to the settings.
pub(super) struct Brings {
    pub(super) hooks: hooks::Config,
    pub(super) servers: ServerPlan,
}

/// The agent that is named.
pub(super) fn lead(settings: &Settings, agents: &[AgentFile], notices: &mut Vec<Notice>) -> Option<Arc<AgentFile>> {
    let name = settings.catalog.agent.as_deref()?;
    let found = agents.iter().find(|agent| agent.name == name);
    let found = found.or_else(|| agents.iter().find(|agent| agent.name.eq_ignore_ascii_case(name)));
    let Some(found) = found else {
        let names: Vec<&str> = agents.iter().map(|agent| agent.name.as_str()).collect();
        let notice = Notice::warning(format!("There is no agent `{name}`; the session runs as usual."));
        notices.push(notice.hint(format!("There are: {}", names.join(", "))));
        return None;
    };
    let idle = [
        (!found.tools.skills.is_empty(), "skills"),
        (found.way.memory.is_some(), "memory"),
        (found.way.isolation != Isolation::Context, "isolation"),
        (found.way.background, "background"),
    ];
    let idle: Vec<&str> = idle.iter().filter(|(set, _)| *set).map(|(_, key)| *key).collect();
    if !idle.is_empty() {
        let text =
            format!("The agent {} runs the session; its {} count for a sub-agent only.", found.name, idle.join(", "));
        notices.push(Notice::info(text));
    }
    Some(Arc::new(found.clone()))
}

/// The mode in which its session starts. What the person chose comes first, and what needs the person's word stays out.
pub(super) fn mode(settings: &Settings, lead: &AgentFile, notices: &mut Vec<Notice>) -> Mode {
    let wanted = if lead.way.read_only { Some(Mode::Plan) } else { lead.way.mode };
    let Some(wanted) = wanted.filter(|wanted| *wanted != settings.mode) else { return settings.mode };
    let why = match wanted {
        Mode::BypassPermissions | Mode::Auto => "no file can choose that mode",
        _ if settings.mode != Mode::Default => "you chose another",
        _ => return wanted,
    };
    let text = format!("The permissionMode {wanted} of the agent {} does not count: {why}.", lead.name);
    notices.push(Notice::info(text));
    settings.mode
}

/// Hooks and servers of the settings, with those that it brings.
pub(super) fn brings(settings: &Settings, lead: Option<&AgentFile>, notices: &mut Vec<Notice>) -> Brings {
    let capabilities = &settings.capabilities;
    let (mut hooks, servers) = (capabilities.hooks.clone(), capabilities.servers.clone());
    let Some(lead) = lead else { return Brings { hooks, servers } };
    let source = engine::agent_source(lead);
    let mut problems = Vec::new();
    if let Some(value) = &lead.hooks {
        let (brought, told) = hooks::brought(value, &source);
        hooks.hooks.extend(brought);
        problems.extend(told);
    }
    for name in &lead.tools.servers {
        if !servers.servers.iter().any(|server| server.name == *name) {
            problems.push(format!("there is no server `{name}` in the settings"));
        }
    }
    let given = (servers.servers.clone(), &lead.tools);
    let (servers, told) = engine::servers_with(&servers, &settings.child_env, given, &source);
    problems.extend(told);
    let file = lead.path.as_ref().map(|path| format!(" ({})", path.display())).unwrap_or_default();
    for problem in problems {
        notices.push(Notice::warning(format!("The agent {}{file}: {problem}.", lead.name)));
    }
    Brings { hooks, servers }
}
