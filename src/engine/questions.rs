//! The questions of the session, so that a rule can be tried on what was asked before.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{Access, Body, Record, ToolCall};
use crate::tools::{self, Place, Tool};

/// Questions that are kept.
const KEPT: usize = 100;

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
    pub(super) fn of(records: &[Record], tools: &[Arc<dyn Tool>], place: &Place) -> Self {
        let mut questions = Self::default();
        let mut place = place.clone();
        let mut calls: HashMap<&str, &ToolCall> = HashMap::new();
        for record in records {
            if let Body::Responded(note) = &record.body {
                calls.extend(note.message.calls().map(|call| (call.id.as_str(), call)));
            }
        }
        for record in records {
            match &record.body {
                Body::SessionStarted { cwd, .. } | Body::Resumed { cwd, .. } | Body::CwdSet { cwd } => {
                    place.cwd.clone_from(cwd);
                }
                Body::Asked { call_id, .. } => {
                    if let Some(call) = calls.get(call_id.as_str()) {
                        let tool = tools::named(tools, &call.name);
                        questions.note(call, tool, &place);
                    }
                }
                _ => {}
            }
        }
        questions
    }

    /// Remembers a question, once for each call.
    pub(super) fn note(&mut self, call: &ToolCall, tool: Option<&Arc<dyn Tool>>, place: &Place) {
        if self.list.iter().any(|question| question.call.id == call.id) {
            return;
        }
        let Some(access) = tool.and_then(|tool| tool.access(&call.input, place).ok()) else { return };
        if self.list.len() >= KEPT {
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
