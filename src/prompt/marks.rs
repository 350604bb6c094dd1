//! Where cache breakpoints stand, and how long what they keep shall live.
//!
//! A provider takes four. Two are always worth it: the end, which the next request reads, and the end of the fixed
//! part, which outlives everything else. The others go where something can still be read when a part before them or
//! behind them changes: after what a compaction left (the next one keeps it), where the request before ended (when
//! more blocks came since than a read looks back), after the system text, after the tools.

use std::sync::Arc;

use super::forecast::LOOK_BACK;
use crate::domain::{Mark, Segment, SegmentKind, Ttl};

/// Marks that a request may have.
const MOST: usize = 4;
/// Blocks kept in hand: a wire may send more blocks than a message holds.
const SPARE: u64 = 2;

/// How long entries live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lives {
    /// Tools, system text, instructions.
    pub fixed: Ttl,
    /// The conversation.
    pub tail: Ttl,
}

impl Default for Lives {
    fn default() -> Self {
        Self { fixed: Ttl::FiveMinutes, tail: Ttl::FiveMinutes }
    }
}

/// What the places of marks depend on beside the segments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anchors {
    pub lives: Lives,
    /// Segments of the last answered request that still stand unchanged: an entry ends there.
    pub answered: Option<usize>,
    /// Segments, prefix included, behind which the next compaction begins to change things: the folded part, the
    /// part whose results are cut.
    pub stable: [Option<usize>; 2],
    /// Tokens below which a prefix is not kept, in the measure of [`Segment::tokens`].
    pub minimum: u64,
}

/// The marks of a request, in order; one-hour marks come before five-minute ones.
pub(super) fn place(segments: &[Arc<Segment>], anchors: &Anchors) -> Vec<Mark> {
    let last_of = |wanted: &dyn Fn(SegmentKind) -> bool| segments.iter().rposition(|segment| wanted(segment.kind));
    let Some(end) = segments.len().checked_sub(1) else { return Vec::new() };
    let fixed = last_of(&|kind| kind != SegmentKind::Message);
    let by_index = |count: Option<usize>| count.and_then(|count| count.checked_sub(1)).filter(|index| *index < end);
    let answered = by_index(anchors.answered).filter(|index| far(segments, *index, end));
    let candidates = [
        Some(end),
        fixed,
        answered,
        by_index(anchors.stable[0]),
        by_index(anchors.stable[1]),
        last_of(&|kind| kind == SegmentKind::System),
        last_of(&|kind| kind == SegmentKind::Tool),
    ];
    let mut places: Vec<usize> = Vec::with_capacity(MOST);
    for index in candidates.into_iter().flatten() {
        let worth = index == end || tokens(segments, index) >= anchors.minimum;
        if worth && places.len() < MOST && !places.contains(&index) {
            places.push(index);
        }
    }
    places.sort_unstable();
    // What lives shorter may not come first.
    let tail = anchors.lives.tail.min(anchors.lives.fixed);
    let ttl = |index: usize| if fixed.is_some_and(|fixed| index <= fixed) { anchors.lives.fixed } else { tail };
    places.into_iter().map(|segment| Mark { segment, ttl: ttl(segment) }).collect()
}

/// A read from `end` would not look back as far as `index`.
fn far(segments: &[Arc<Segment>], index: usize, end: usize) -> bool {
    let between = segments.get(index + 1..=end).unwrap_or_default();
    between.iter().map(|segment| u64::from(segment.blocks)).sum::<u64>() + SPARE >= LOOK_BACK
}

fn tokens(segments: &[Arc<Segment>], index: usize) -> u64 {
    segments.iter().take(index + 1).map(|segment| u64::from(segment.tokens)).sum()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::{Block, Message, Role, ToolSpec};

    fn segments(messages: &[usize]) -> Vec<Arc<Segment>> {
        let spec = ToolSpec { name: "Read".into(), description: String::new(), input_schema: json!({}) };
        let mut all =
            vec![Segment::tool(Arc::new(spec)), Segment::system("system", "s"), Segment::memory("CLAUDE.md", "m")];
        all.extend(messages.iter().map(|blocks| {
            let block = |n| Block::Text { text: format!("{n}") };
            let message = Message { role: Role::User, blocks: (0..*blocks).map(block).collect(), by: None };
            Segment::message("you", Arc::new(message))
        }));
        all.into_iter().map(Arc::new).collect()
    }

    fn places(messages: &[usize], anchors: &Anchors) -> Vec<usize> {
        place(&segments(messages), anchors).iter().map(|mark| mark.segment).collect()
    }

    #[test]
    fn marks_stand_after_tools_system_memory_and_at_the_end() {
        let near = Anchors { answered: Some(5), ..Anchors::default() };
        assert_eq!(places(&[1, 1, 1], &near), [0, 1, 2, 5]);
    }

    #[test]
    fn an_entry_out_of_sight_gets_a_mark_and_so_does_what_compaction_left() {
        let far = Anchors { answered: Some(5), ..Anchors::default() };
        assert_eq!(places(&[1, 1, 9, 9], &far), [1, 2, 4, 6]);
        let settled = Anchors { answered: Some(6), stable: [Some(4), None], ..Anchors::default() };
        assert_eq!(places(&[1, 1, 1, 30], &settled), [2, 3, 5, 6]);
    }

    #[test]
    fn what_is_too_short_gets_none_and_what_lives_long_comes_first() {
        let all = segments(&[1]);
        let anchors = Anchors { minimum: 1_000, ..Anchors::default() };
        assert_eq!(place(&all, &anchors).len(), 1);
        let lives = Lives { fixed: Ttl::OneHour, tail: Ttl::FiveMinutes };
        let ttls: Vec<Ttl> =
            place(&all, &Anchors { lives, ..Anchors::default() }).iter().map(|mark| mark.ttl).collect();
        assert_eq!(ttls, [Ttl::OneHour, Ttl::OneHour, Ttl::OneHour, Ttl::FiveMinutes]);
        let odd = Lives { fixed: Ttl::FiveMinutes, tail: Ttl::OneHour };
        assert!(
            place(&all, &Anchors { lives: odd, ..Anchors::default() }).iter().all(|mark| mark.ttl == Ttl::FiveMinutes)
        );
    }

    proptest! {
        /// Whatever a request looks like: at most four marks, in order, none twice, one at the end, long lives first.
        #[test]
        fn marks_obey_the_provider(messages in prop::collection::vec(1usize..40, 0..30), answered in 0usize..40, settled in 0usize..40, hour in any::<bool>(), minimum in 0u64..200) {
            let lives = Lives { fixed: if hour { Ttl::OneHour } else { Ttl::FiveMinutes }, tail: Ttl::OneHour };
            let all = segments(&messages);
            let marks = place(&all, &Anchors { lives, answered: Some(answered), stable: [Some(settled), Some(answered / 2)], minimum });
            prop_assert!(marks.len() <= MOST && !marks.is_empty());
            prop_assert_eq!(marks.last().map(|mark| mark.segment), Some(all.len() - 1));
            prop_assert!(marks.windows(2).all(|pair| pair[0].segment < pair[1].segment && pair[0].ttl >= pair[1].ttl));
        }
    }
}
