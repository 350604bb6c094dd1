//! The questions of the session, so that a rule can be tried on what was asked before.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use super::past::{Asked, QUESTIONS};
use crate::domain::{Access, ToolCall};
use crate::tools::{self, Place, Tool};

/// One call that the person was asked about, and from where.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) call: ToolCall,
    pub(super) access: Access,
    pub(super) cwd: PathBuf,
}

/// The newest questions, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Questions {
    list: VecDeque<Question>,
}

impl Questions {
    /// The questions of a session that goes on.
    pub(super) fn of(asked: &Asked, tools: &[Arc<dyn Tool>], place: &Place) -> Self {
        let mut questions = Self::default();
        let mut place = place.clone();
        for (call, cwd) in &asked.list {
            if let Some(cwd) = cwd {
                place.cwd.clone_from(cwd);
            }
            questions.note(call, tools::named(tools, &call.name), &place);
        }
        questions
    }

    /// Remembers a question, once for each call.
    pub(super) fn note(&mut self, call: &ToolCall, tool: Option<&Arc<dyn Tool>>, place: &Place) {
        if self.list.iter().any(|question| question.call.id == call.id) {
            return;
        }
        let Some(access) = tool.and_then(|tool| tool.access(&call.input, place).ok()) else { return };
        if self.list.len() >= QUESTIONS {
            self.list.pop_front();
        }
        self.list.push_back(Question { call: call.clone(), access, cwd: place.cwd.clone() });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Question> {
        self.list.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}
