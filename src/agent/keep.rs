//! Messages in a snapshot: sealed as they were, so that nothing is weighed again.

use std::sync::Arc;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::{Hash, Message, Segment, SegmentBody, SegmentKind};

/// A message with its seal.
#[derive(Serialize, Deserialize)]
struct Kept {
    label: String,
    message: Arc<Message>,
    hash: Hash,
    bytes: u32,
    tokens: u32,
    blocks: u32,
}

pub(super) fn serialize<S: Serializer>(history: &[Arc<Segment>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(history.iter().filter_map(|segment| {
        let message = Arc::clone(segment.as_message()?);
        let Segment { label, hash, bytes, tokens, blocks, .. } = &**segment;
        Some(Kept { label: label.clone(), message, hash: *hash, bytes: *bytes, tokens: *tokens, blocks: *blocks })
    }))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arc<Segment>>, D::Error> {
    let kept = Vec::<Kept>::deserialize(deserializer)?;
    let sealed = |Kept { label, message, hash, bytes, tokens, blocks }: Kept| {
        let body = SegmentBody::Message(message);
        Segment { kind: SegmentKind::Message, label, body, hash, bytes, tokens, blocks }
    };
    if kept.iter().any(|kept| kept.label.len() > 256) {
        return Err(D::Error::custom("no message is called like that"));
    }
    Ok(kept.into_iter().map(|kept| Arc::new(sealed(kept))).collect())
}
