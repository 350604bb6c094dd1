//! What is remembered of a request: the names and sizes of its segments, and where its marks stood. It can be made
//! from the log alone, so that a resumed session still knows what a provider's cache may hold.

use std::sync::{Arc, OnceLock};

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
    /// Names of leading prefixes that are known from the request before, and all of them once somebody asked.
    #[serde(skip)]
    begun: Vec<Hash>,
    #[serde(skip)]
    named: OnceLock<Vec<Hash>>,
}

/// What a log tells of the request that follows another.
#[derive(Clone, Copy, Debug)]
pub struct Next<'a> {
    pub model: &'a ModelRef,
    pub effort: Option<Effort>,
    pub thinking: bool,
    /// Leading segments that stay.
    pub kept: usize,
    /// Segments that follow them.
    pub added: &'a [SegmentNote],
    pub marks: &'a [Mark],
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
            begun: Vec::new(),
            named: OnceLock::new(),
        }
    }

    /// The request that follows this one in the log. It takes over what it shares with it, so that a long log is
    /// read in one go.
    #[must_use]
    pub fn then(mut self, next: Next<'_>) -> Self {
        let same = self.model == *next.model;
        let asked_same = same && self.effort == next.effort && self.thinking == next.thinking;
        let fixed = if same { self.prefix_len().min(next.kept) } else { 0 };
        let mut begun = self.named.take().unwrap_or(self.begun);
        begun.truncate(if asked_same { next.kept } else { fixed });
        self.traces.truncate(next.kept);
        self.traces.extend(next.added.iter().map(|note| Trace { note: note.clone(), segment: None }));
        Self {
            model: next.model.clone(),
            effort: next.effort,
            thinking: next.thinking,
            marks: next.marks.to_vec(),
            traces: self.traces,
            begun,
            named: OnceLock::new(),
        }
    }

    /// The request before the first.
    pub fn empty(model: ModelRef) -> Self {
        Self {
            model,
            effort: None,
            thinking: false,
            marks: Vec::new(),
            traces: Vec::new(),
            begun: Vec::new(),
            named: OnceLock::new(),
        }
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
    pub(super) fn names(&self) -> &[Hash] {
        self.named.get_or_init(|| {
            let first = self.prefix_len();
            let asked = Hash::of(format!("{:?} {}", self.effort, self.thinking).as_bytes());
            let mut names = self.begun.clone();
            let mut name = names.last().copied().unwrap_or_else(|| Hash::of(self.model.to_string().as_bytes()));
            for (index, trace) in self.traces.iter().enumerate().skip(names.len()) {
                if index == first {
                    name = name.chain(asked);
                }
                name = name.chain(trace.note.hash);
                names.push(name);
            }
            names
        })
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
