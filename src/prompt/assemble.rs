//! Puts prefix and history together into a canonical request and sets its cache breakpoints.

use std::sync::Arc;

use crate::domain::{CanonicalRequest, Hash, Mark, ModelInfo, ModelRef, Sampling, Segment, SegmentKind, Ttl};

/// What a request is made of.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    pub prefix: &'a [Arc<Segment>],
    pub history: &'a [Arc<Segment>],
    pub model: &'a ModelRef,
    pub info: &'a Arc<ModelInfo>,
    pub sampling: Sampling,
    pub session_key: &'a str,
    /// Segments of the request before this one; the cache has an entry there.
    pub previous_len: Option<usize>,
}

/// Seals a request.
pub fn assemble(draft: &Draft<'_>) -> CanonicalRequest {
    let mut segments = Vec::with_capacity(draft.prefix.len() + draft.history.len());
    segments.extend_from_slice(draft.prefix);
    segments.extend_from_slice(draft.history);
    let marks = marks(&segments, draft.previous_len);
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

/// At most four breakpoints: after the tools, after the fixed prefix, after the last segment of the
/// request before, and at the end. The third one matters when an answer brought more than 20 blocks:
/// a provider looks back only so far from a mark for an entry that it wrote earlier.
fn marks(segments: &[Arc<Segment>], previous_len: Option<usize>) -> Vec<Mark> {
    let last_of = |wanted: fn(SegmentKind) -> bool| segments.iter().rposition(|segment| wanted(segment.kind));
    let candidates = [
        last_of(|kind| kind == SegmentKind::Tool),
        last_of(|kind| kind != SegmentKind::Message),
        previous_len.and_then(|len| len.checked_sub(1)).filter(|index| *index < segments.len()),
        segments.len().checked_sub(1),
    ];
    let mut marks: Vec<Mark> = Vec::with_capacity(candidates.len());
    for segment in candidates.into_iter().flatten() {
        if marks.last().is_none_or(|mark| mark.segment < segment) {
            marks.push(Mark { segment, ttl: Ttl::FiveMinutes });
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{Message, ToolSpec};

    fn segments(messages: usize) -> Vec<Arc<Segment>> {
        let spec = ToolSpec { name: "Read".into(), description: String::new(), input_schema: json!({}) };
        let mut all = vec![Segment::tool(Arc::new(spec)), Segment::system("system", "s")];
        all.extend((0..messages).map(|n| Segment::message("you", Arc::new(Message::user(n.to_string())))));
        all.into_iter().map(Arc::new).collect()
    }

    fn places(marks: &[Mark]) -> Vec<usize> {
        marks.iter().map(|mark| mark.segment).collect()
    }

    #[test]
    fn marks_stand_after_tools_prefix_previous_tail_and_end() {
        assert_eq!(places(&marks(&segments(5), Some(5))), [0, 1, 4, 6]);
    }

    #[test]
    fn marks_never_repeat_or_go_back() {
        assert_eq!(places(&marks(&segments(1), None)), [0, 1, 2]);
        assert_eq!(places(&marks(&segments(1), Some(3))), [0, 1, 2]);
        // After a compaction the request before may have been longer than this one.
        assert_eq!(places(&marks(&segments(1), Some(40))), [0, 1, 2]);
    }
}
