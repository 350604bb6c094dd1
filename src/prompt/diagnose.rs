//! What the provider's cache should serve, and which segment ended the shared prefix when it cannot.

use std::sync::Arc;

use crate::domain::{BreakCause, CacheBreak, CanonicalRequest, Effort, Hash, ModelRef, Segment, SegmentKind};

/// What is remembered of a sent request to judge the next one by.
#[derive(Clone, Debug)]
pub struct Shape {
    pub model: ModelRef,
    pub effort: Option<Effort>,
    segments: Vec<Arc<Segment>>,
    marks: Vec<usize>,
}

impl Shape {
    /// Remembers a request.
    pub fn of(request: &CanonicalRequest) -> Self {
        Self {
            model: request.model.clone(),
            effort: request.sampling.effort,
            segments: request.segments.clone(),
            marks: request.marks.iter().map(|mark| mark.segment).collect(),
        }
    }

    /// Segments of the request.
    pub fn len(&self) -> usize {
        self.segments.len()
    }

    /// Whether it had none.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// How many leading segments the two share.
    pub fn shared(&self, request: &CanonicalRequest) -> usize {
        let same = |(a, b): &(&Arc<Segment>, &Arc<Segment>)| Arc::ptr_eq(a, b) || a.hash == b.hash;
        self.segments.iter().zip(&request.segments).take_while(same).count()
    }
}

/// Bytes of the prompt that a cache filled by `before` should serve for `request`.
pub fn expected_read(before: &Shape, request: &CanonicalRequest) -> u64 {
    if before.model != request.model {
        return 0;
    }
    let shared = before.shared(request);
    let end = before.marks.iter().rev().find(|mark| **mark < shared).map_or(0, |mark| mark + 1);
    bytes(&request.segments[..end.min(request.segments.len())])
}

/// Says what keeps `request` from reading all of `before`, if anything does. The `tokens` of the answer
/// are bytes still; the caller knows how bytes become tokens and money.
pub fn diagnose(before: &Shape, request: &CanonicalRequest, compacted: bool) -> Option<CacheBreak> {
    let lost = |from: usize| bytes(&before.segments[from.min(before.segments.len())..]);
    if before.model != request.model {
        return Some(broken(BreakCause::Model, Some(request.model.id.clone()), lost(0)));
    }
    let shared = before.shared(request);
    if shared < before.len() {
        let segment = before.segments.get(shared)?;
        let cause = match segment.kind {
            SegmentKind::Tool => BreakCause::Tools,
            SegmentKind::System => BreakCause::System,
            SegmentKind::Memory => BreakCause::Memory,
            SegmentKind::Message if compacted => BreakCause::Compaction,
            SegmentKind::Message => BreakCause::History,
        };
        return Some(broken(cause, Some(segment.label.clone()), lost(shared)));
    }
    if before.effort != request.sampling.effort {
        let messages = before.segments.iter().position(|segment| segment.kind == SegmentKind::Message);
        return Some(broken(BreakCause::Effort, None, lost(messages.unwrap_or(before.len()))));
    }
    None
}

fn broken(cause: BreakCause, segment: Option<String>, tokens: u64) -> CacheBreak {
    CacheBreak { cause, segment, tokens, cost: None }
}

fn bytes(segments: &[Arc<Segment>]) -> u64 {
    segments.iter().map(|segment| u64::from(segment.bytes)).sum()
}

/// The name of a request's segments, for the log.
impl From<&Shape> for Hash {
    fn from(shape: &Shape) -> Self {
        super::prefix_hash(&shape.segments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Message, ModelInfo, Sampling, Wire};
    use crate::prompt::{Draft, assemble};

    fn request(system: &str, messages: &[&str], model: &str) -> CanonicalRequest {
        let prefix = [Arc::new(Segment::system("system prompt", system))];
        let history: Vec<_> =
            messages.iter().map(|text| Arc::new(Segment::message("you", Arc::new(Message::user(*text))))).collect();
        assemble(&Draft {
            prefix: &prefix,
            history: &history,
            model: &ModelRef::new(Wire::Anthropic, model),
            info: &Arc::new(ModelInfo::unknown(model)),
            sampling: Sampling { max_output: 1, effort: None, thinking: false },
            session_key: "k",
            previous_len: None,
        })
    }

    #[test]
    fn growth_at_the_end_breaks_nothing() {
        let before = Shape::of(&request("s", &["a"], "m"));
        let next = request("s", &["a", "b"], "m");
        assert_eq!(diagnose(&before, &next, false), None);
        assert_eq!(expected_read(&before, &next), bytes(&next.segments[..2]));
    }

    #[test]
    fn the_first_changed_segment_is_named() {
        let before = Shape::of(&request("s", &["a", "b"], "m"));
        let system = diagnose(&before, &request("t", &["a", "b"], "m"), false).unwrap();
        assert_eq!((system.cause, system.segment.as_deref()), (BreakCause::System, Some("system prompt")));
        let history = diagnose(&before, &request("s", &["a", "x"], "m"), false).unwrap();
        assert_eq!(history.cause, BreakCause::History);
        let model = diagnose(&before, &request("s", &["a", "b"], "n"), false).unwrap();
        assert_eq!(model.cause, BreakCause::Model);
        let compaction = diagnose(&before, &request("s", &["sum"], "m"), true).unwrap();
        assert_eq!(compaction.cause, BreakCause::Compaction);
    }
}
