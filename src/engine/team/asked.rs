//! The questions that stand on an agent's behalf, as its minder knows them.

use std::collections::{HashMap, HashSet};

use crate::domain::TeamBody;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Its own: number and call.
    pub(super) own: HashMap<u32, String>,
    /// Those about calls that are not known yet.
    pub(super) early: Vec<(u32, String)>,
    /// Those of agents below it, and of its process about hosts: who asks, and the number.
    below: HashSet<(String, u32)>,
}

impl Asked {
    /// Nobody is asked, so silence says something.
    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.below.is_empty()
    }

    /// Something of the agents below it is on record.
    pub(super) fn hear_below(&mut self, body: &TeamBody) {
        match body {
            TeamBody::AgentAsked(question) => drop(self.below.insert((question.agent.clone(), question.ask))),
            TeamBody::AgentDecided { agent, ask, .. } => drop(self.below.remove(&(agent.clone(), *ask))),
            TeamBody::AgentEnded(end) => self.below.retain(|(agent, _)| *agent != end.agent),
            _ => {}
        }
    }

    /// It was decided.
    pub(super) fn decided(&mut self, ask: u32) {
        self.early.retain(|(early, _)| *early != ask);
        self.own.remove(&ask);
    }

    /// Takes out those about a call that has begun or ended.
    pub(super) fn take_of(&mut self, call_id: &str) -> Vec<u32> {
        let gone: Vec<u32> = self.own.iter().filter(|(_, id)| *id == call_id).map(|(ask, _)| *ask).collect();
        self.own.retain(|ask, _| !gone.contains(ask));
        gone
    }
}
