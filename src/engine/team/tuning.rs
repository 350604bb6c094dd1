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
    /// Where plans are kept; none for beside the session's log.
    pub plans: Option<std::path::PathBuf>,
    /// Where worktrees of agents are made; none for nowhere.
    pub worktrees: Option<std::path::PathBuf>,
    /// What they start from.
    pub base: crate::team::Base,
    /// What they are given besides.
    pub outfit: crate::team::Outfit,
    /// Offer the task tools in the place of TodoWrite.
    pub tasks: bool,
}

impl Default for TeamTuning {
    fn default() -> Self {
        Self {
            depth: 3,
            at_once: 20,
            stall_ms: 600_000,
            result_chars: 32_000,
            model: None,
            small: None,
            plans: None,
            worktrees: None,
            base: crate::team::Base::default(),
            outfit: crate::team::Outfit::default(),
            tasks: false,
        }
    }
}
