//! The answers that a question offers.

use super::question::Question;
use crate::domain::NetworkNews;

/// The answers that are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Once,
    Session,
    Always,
    No,
    Comment,
    /// Some parts of a change.
    Parts,
}

impl Question {
    /// A confined command waits for a host.
    pub(super) fn is_about_a_host(&self) -> bool {
        self.agent_id().is_some_and(NetworkNews::is_asker)
    }

    pub(super) fn choices(&self) -> Vec<Choice> {
        if self.is_about_a_host() {
            // A host stays as it was answered for the session, so a yes for once would not be true.
            let always = self.suggestion().map(|_| Choice::Always);
            return [Choice::Once].into_iter().chain(always).chain([Choice::No]).collect();
        }
        let mut choices = vec![Choice::Once];
        if self.suggestion().is_some() {
            choices.extend([Choice::Session, Choice::Always]);
        }
        choices.extend([Choice::No, Choice::Comment]);
        if self.parts.is_some() {
            choices.push(Choice::Parts);
        }
        choices
    }
}
