//! What settings and variables say of sub-agents.

/// Bounds and choices of sub-agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamTuning {
    /// How deep agents may call agents: 1 for no agents of agents.
    pub depth: u32,
    /// Agents that may run at the same time.
    pub at_once: usize,
    /// Milliseconds without any event after which an agent is given up.
    pub stall_ms: u64,
    /// Characters of an agent's answer that reach its parent.
    pub result_chars: usize,
    /// The model of all agents, whatever they ask for.
    pub model: Option<String>,
    /// The model of agents for which a cheap one will do.
    pub small: Option<String>,
}

impl Default for TeamTuning {
    fn default() -> Self {
        Self { depth: 3, at_once: 20, stall_ms: 600_000, result_chars: 32_000, model: None, small: None }
    }
}
