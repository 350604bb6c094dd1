//! An answer from a cache in the place of the model's: it stands in the conversation like any other.

use std::sync::Arc;

use super::machine::Machine;
use super::turn::{Phase, Purpose};
use crate::domain::{
    Block, Body, CanonicalRequest, DeltaKind, Message, MoneyBody, ResponseNote, Served, StopReason, Usage,
};

impl Machine {
    /// The request that waits is the first of its turn, so that an answer to it is an answer to what was typed.
    pub fn is_first_request(&self) -> bool {
        self.turn.as_ref().is_some_and(|turn| {
            turn.steps == 0
                && turn.purpose == Purpose::Answer
                && turn.kept == 0
                && turn.pending.as_ref().is_some_and(|(_, number)| *number == 1)
        })
    }

    /// The request that is ready to leave.
    pub fn pending_request(&self) -> Option<Arc<CanonicalRequest>> {
        self.turn.as_ref()?.pending.as_ref().map(|(canonical, _)| Arc::clone(canonical))
    }

    pub(super) fn answer_from_cache(&mut self, served: Served, answer: String, now: u64) {
        let pending = self.turn.as_mut().and_then(|turn| turn.pending.take());
        let Some((canonical, _)) = pending else { return };
        let request = self.conversation.counts.request + 1;
        self.record(Body::Money(MoneyBody::Served(Box::new(Served { request, ..served }))));
        self.record(Body::Delta { request, block: 0, kind: Some(DeltaKind::Text), text: answer.clone() });
        let message = Message::assistant(vec![Block::Text { text: answer }], canonical.model.clone());
        self.record(Body::Responded(ResponseNote {
            request,
            message: Arc::new(message),
            stop: StopReason::EndTurn,
            // Nothing was sent; that it counts as estimated keeps it from being taken for a measure of the context.
            usage: Usage::default(),
            estimated: true,
            cost: Some(0.0),
            duration_ms: 0,
            cut: false,
        }));
        if let Some(turn) = &mut self.turn {
            turn.steps += 1;
            turn.phase = Phase::Calls;
        }
        self.finish(now);
    }
}
