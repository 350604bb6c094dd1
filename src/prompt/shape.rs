//! What is remembered of a request: the names and sizes of its segments, and where its marks stood. It can be made
//! from the log alone, so that a resumed session still knows what a provider's cache may hold.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{CanonicalRequest, Effort, Hash, Mark, ModelRef, Segment, SegmentKind, SegmentNote};

/// A request without its texts, as far as a cache is concerned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shape {
    pub model: ModelRef,
    pub effort: Option<Effort>,
    pub thinking: bool,
    pub marks: Vec<Mark>,
    pub(super) traces: Vec<Trace>,
}

/// One segment of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Trace {
    pub(super) note: SegmentNote,
    /// None when it is known from the log.
    #[serde(skip)]
    pub(super) segment: Option<Arc<Segment>>,
}

/// Tokens and blocks of a prefix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) tokens: u64,
    pub(super) blocks: u64,
}

/// How a segment stands in the log.
pub fn note_of(segment: &Segment) -> SegmentNote {
    SegmentNote {
        kind: segment.kind,
        label: segment.label.clone(),
        hash: segment.hash,
        bytes: segment.bytes,
        tokens: segment.tokens,
        blocks: segment.blocks,
    }
}

impl Shape {
    /// Remembers a request.
    pub fn of(request: &CanonicalRequest) -> Self {
        let trace = |segment: &Arc<Segment>| Trace { note: note_of(segment), segment: Some(Arc::clone(segment)) };
        Self {
            model: request.model.clone(),
            effort: request.sampling.effort,
            thinking: request.sampling.thinking,
            marks: request.marks.clone(),
            traces: request.segments.iter().map(trace).collect(),
        }
    }

    /// The request that follows this one in the log: `kept` leading segments stay, `added` follow them.
    #[must_use]
    pub fn then(&self, model: ModelRef, kept: usize, added: &[SegmentNote], marks: &[Mark]) -> Self {
        let mut traces: Vec<Trace> = self.traces.iter().take(kept).cloned().collect();
        traces.extend(added.iter().map(|note| Trace { note: note.clone(), segment: None }));
        Self { model, effort: self.effort, thinking: self.thinking, marks: marks.to_vec(), traces }
    }

    /// The request before the first.
    pub fn empty(model: ModelRef) -> Self {
        Self { model, effort: None, thinking: false, marks: Vec::new(), traces: Vec::new() }
    }

    /// Segments of the request.
    pub fn len(&self) -> usize {
        self.traces.len()
    }

    /// Whether it had none.
    pub fn is_empty(&self) -> bool {
        self.traces.is_empty()
    }

    /// How many leading segments the two share.
    pub fn shared(&self, other: &Self) -> usize {
        self.traces.iter().zip(&other.traces).take_while(|(a, b)| a.note.hash == b.note.hash).count()
    }

    /// Estimated tokens of the first segments.
    pub fn tokens(&self, segments: usize) -> u64 {
        self.traces.iter().take(segments).map(Trace::tokens).sum()
    }

    /// Kind and name of every segment.
    pub fn labels(&self) -> Vec<(SegmentKind, String)> {
        self.traces.iter().map(|trace| (trace.note.kind, trace.note.label.clone())).collect()
    }

    /// Segments before the first message.
    pub fn prefix_len(&self) -> usize {
        self.traces.iter().position(|trace| trace.note.kind == SegmentKind::Message).unwrap_or(self.len())
    }

    /// The sizes of all prefixes.
    pub(super) fn sizes(&self) -> Vec<Size> {
        let ends = self.traces.iter().scan(Size::default(), |end, trace| {
            end.tokens += trace.tokens();
            end.blocks += u64::from(trace.note.blocks.max(1));
            Some(*end)
        });
        ends.collect()
    }

    /// The names of all prefixes. What is asked beside the text belongs to the name of everything that follows the
    /// fixed part.
    pub(super) fn names(&self) -> Vec<Hash> {
        let first = self.prefix_len();
        let asked = Hash::of(format!("{:?} {}", self.effort, self.thinking).as_bytes());
        let seed = Hash::of(self.model.to_string().as_bytes());
        let links = self.traces.iter().enumerate().scan(seed, |name, (index, trace)| {
            if index == first {
                *name = name.chain(asked);
            }
            *name = name.chain(trace.note.hash);
            Some(*name)
        });
        links.collect()
    }
}

impl Trace {
    fn tokens(&self) -> u64 {
        // Logs of earlier versions tell only bytes.
        match self.note.tokens {
            0 => crate::usage::estimate(u64::from(self.note.bytes)),
            tokens => u64::from(tokens),
        }
    }
}
