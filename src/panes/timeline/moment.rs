//! What a session was at one event: the same fold that runs while it is live, stopped there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{Answer, Body, Decision, Event, Record, Shown};
use crate::panes::conversation::Conversation;
use crate::panes::facts::Facts;

/// The state at one moment.
#[derive(Debug, Default)]
pub(super) struct Moment {
    pub facts: Facts,
    pub conversation: Conversation,
    /// Lines added and removed, by file.
    pub files: BTreeMap<String, (u64, u64)>,
    pub cwd: PathBuf,
    /// Rules that were added, and how the gate and the person decided: allowed, asked, denied.
    pub rules: Vec<String>,
    pub decisions: (u32, u32, u32),
    /// When the newest record was written, in milliseconds since 1970.
    pub at: u64,
}

impl Moment {
    /// The moment before anything happened.
    pub(super) fn start(records: &[Arc<Record>]) -> Self {
        let project = records.iter().find_map(|record| match &record.body {
            Body::SessionStarted { project, .. } => Some(project.clone()),
            _ => None,
        });
        Self {
            facts: Facts::of_project(&project.unwrap_or_default()),
            conversation: Conversation::bare(),
            ..Self::default()
        }
    }

    /// Takes in one more record, as the live face does.
    pub(super) fn hear(&mut self, record: &Arc<Record>) {
        let event = Event::Recorded(Arc::clone(record));
        self.facts.hear(&event);
        self.conversation.hear(&event, &self.facts);
        self.at = record.at;
        match &record.body {
            Body::SessionStarted { cwd, .. } | Body::Resumed { cwd, .. } | Body::CwdSet { cwd } => {
                self.cwd.clone_from(cwd);
            }
            Body::CallDone { shown: Shown::Diff(files), .. } => {
                for file in files {
                    let sums = self.files.entry(file.path.clone()).or_default();
                    sums.0 += u64::from(file.added);
                    sums.1 += u64::from(file.removed);
                }
            }
            Body::RuleAdded { rule, .. } => self.rules.push(rule.clone()),
            Body::Judged { verdict, .. } => match verdict.decision {
                Decision::Allow => self.decisions.0 += 1,
                Decision::Ask => self.decisions.1 += 1,
                Decision::Deny => self.decisions.2 += 1,
            },
            Body::Decided { answer: Answer::No { .. }, .. } => self.decisions.2 += 1,
            _ => {}
        }
    }
}

/// Pieces of an answer or output: what lies between two of them is no moment of its own.
pub(super) fn is_piece(record: &Record) -> bool {
    matches!(record.body, Body::Delta { .. } | Body::CallOutput { .. } | Body::BlockDone { .. })
}
