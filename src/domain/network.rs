//! Hosts that confined commands want to reach: what the person is asked.

use super::AgentQuestion;

/// News about questions of the sandbox's proxy. They are answered like those of agents, by the name in them.
#[derive(Clone, Debug)]
pub enum NetworkNews {
    /// A confined command waits for a host that no rule is about.
    Asks(Box<AgentQuestion>),
    /// Nobody waits for it any more.
    Gone { ask: u32 },
}

impl NetworkNews {
    /// The name under which these questions stand among those of agents.
    pub const ASKER: &'static str = "network";

    /// The same where the proxy that asks is that of an agent in a process of its own.
    pub fn asker_of(agent: &str) -> String {
        format!("{}:{agent}", Self::ASKER)
    }

    /// The agent in whose process the proxy stands that asks by this name; none for the session's own, and for names of
    /// agents.
    pub fn agent_of(asker: &str) -> Option<&str> {
        asker.strip_prefix(Self::ASKER)?.strip_prefix(':')
    }

    /// Whether a question by this name is about a host.
    pub fn is_asker(name: &str) -> bool {
        name == Self::ASKER || Self::agent_of(name).is_some()
    }
}
