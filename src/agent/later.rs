//! Changes that break the prefix and wait for the next compaction, which pays for the prefix anyway.

use std::sync::Arc;

use super::machine::Machine;
use crate::domain::{Body, CompactionStage, ContextBody, Effort, ModelInfo, ModelRef, Segment};

/// Changes that wait at the same time.
const MOST: usize = 16;

/// One such change.
#[derive(Clone, Debug)]
pub enum Later {
    Model { model: ModelRef, info: Arc<ModelInfo>, effort: Option<Effort> },
    Prefix { prefix: Vec<Arc<Segment>>, why: String },
}

impl Machine {
    pub(super) fn on_later(&mut self, later: Later) {
        // The newest of a kind counts.
        self.later.retain(|waiting| !same_kind(waiting, &later));
        if self.later.len() < MOST {
            self.record(Body::Context(ContextBody::Deferred { what: later.words(), on: true }));
            self.later.push(later);
        }
    }

    /// Something was put on record: a compaction is the moment that the changes wait for.
    pub(super) fn after_record(&mut self, body: &Body) {
        let compacted = match body {
            Body::Compacted { .. } => true,
            Body::Context(ContextBody::Shrunk(note)) => note.stage == CompactionStage::Collapse,
            _ => false,
        };
        if !compacted {
            return;
        }
        for later in std::mem::take(&mut self.later) {
            self.record(Body::Context(ContextBody::Deferred { what: later.words(), on: false }));
            match later {
                Later::Model { model, info, effort } => {
                    self.record(Body::ModelSet { model: model.clone(), effort });
                    self.model = Some((model, info));
                }
                Later::Prefix { prefix, why } => self.set_prefix(prefix, &why),
            }
        }
    }
}

impl Later {
    fn words(&self) -> String {
        match self {
            Self::Model { model, effort, .. } => {
                let effort = effort.map(|effort| format!(", effort {}", effort.name())).unwrap_or_default();
                format!("switch to {}{effort}", model.id)
            }
            Self::Prefix { why, .. } => why.clone(),
        }
    }
}

fn same_kind(a: &Later, b: &Later) -> bool {
    matches!((a, b), (Later::Model { .. }, Later::Model { .. }) | (Later::Prefix { .. }, Later::Prefix { .. }))
}
