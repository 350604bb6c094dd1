//! Going back and forth in the log: the conversation as it stands elsewhere, and what lasts across it.

use super::conversation::Conversation;
use super::machine::Machine;
use crate::domain::Body;

impl Machine {
    /// Goes on from another place of the same log. While a turn runs nothing is moved.
    pub(super) fn adopt(&mut self, conversation: Conversation) {
        if self.turn.is_some() {
            return;
        }
        self.conversation = conversation;
    }
}

impl Conversation {
    /// A record that the conversation went back from: only what lasts of it counts. Numbers are never given
    /// out twice, and choices of the person stay.
    pub(super) fn pass_by(&mut self, body: &Body) {
        match body {
            Body::Prompted { turn, .. } => self.counts.turn = self.counts.turn.max(*turn),
            Body::RequestSent(note) => self.counts.request = self.counts.request.max(note.request),
            Body::Asked { .. } | Body::QueueSet { .. } | Body::ModeSet { .. } | Body::ModelSet { .. } => {
                self.apply(body);
            }
            _ => {}
        }
    }
}
