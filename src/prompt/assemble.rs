//! Puts prefix and history together into a canonical request and sets its cache breakpoints.

use std::sync::Arc;

use super::marks::{Anchors, place};
use crate::domain::{CanonicalRequest, Hash, ModelInfo, ModelRef, Sampling, Segment};

/// What a request is made of.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    pub prefix: &'a [Arc<Segment>],
    pub history: &'a [Arc<Segment>],
    pub model: &'a ModelRef,
    pub info: &'a Arc<ModelInfo>,
    pub sampling: Sampling,
    pub session_key: &'a str,
    pub anchors: Anchors,
}

/// Seals a request.
pub fn assemble(draft: &Draft<'_>) -> CanonicalRequest {
    let mut segments = Vec::with_capacity(draft.prefix.len() + draft.history.len());
    segments.extend_from_slice(draft.prefix);
    segments.extend_from_slice(draft.history);
    let marks = place(&segments, &draft.anchors);
    CanonicalRequest {
        model: draft.model.clone(),
        info: Arc::clone(draft.info),
        segments,
        marks,
        sampling: draft.sampling,
        session_key: draft.session_key.to_owned(),
    }
}

/// The name of all segments together, in order.
pub fn prefix_hash(segments: &[Arc<Segment>]) -> Hash {
    segments.iter().fold(Hash::EMPTY, |hash, segment| hash.chain(segment.hash))
}
