//! What the machine remembers of a log: a fold that can be put down in the middle and taken up again.

use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::watch::Watch;
use crate::domain::{Branches, ConversationLine, Record};

/// The conversation and the provider's cache, as far as records tell.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Recollection {
    pub(super) conversation: Conversation,
    pub(super) watch: Watch,
}

impl Recollection {
    /// Folds a whole log.
    pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record> + Clone) -> Self {
        let line = line_of(records.clone());
        let mut recollection = Self::default();
        for (place, record) in (0..).zip(records) {
            recollection.take(record, line.as_ref().is_none_or(|line| line.holds(place)));
        }
        recollection
    }

    /// Takes in the next record; `counts` tells whether it is part of the conversation or was taken back.
    pub fn take(&mut self, record: &Record, counts: bool) {
        self.conversation.take(&record.body, counts);
        self.watch.take(record);
    }

    /// The state that the records add up to.
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }
}

/// Which records are part of the conversation; none when all are.
pub(super) fn line_of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Option<ConversationLine> {
    let mut branches = Branches::default();
    for record in records {
        branches.see(record);
    }
    branches.any().then(|| branches.line())
}
