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
}
