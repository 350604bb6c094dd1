//! Which records a conversation consists of after going back and forth: the log as a tree with one end in use.
//!
//! Records that follow each other are one run, so that a log of millions of records is told by a few of them.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{Body, FilesBody, Record};

/// The tree of the records of one log. A record follows the one before it, unless it moves the conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branches {
    runs: Vec<Run>,
    /// Records so far.
    count: u64,
}

/// Records that follow each other, with numbers that do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    /// The place of its first record in the log, and that record's number.
    first: u64,
    seq: u64,
    count: u64,
    /// The place of the record that the first one follows.
    follows: Option<u64>,
    /// The end of the conversation when the first one was written; another one for a move.
    found: Option<u64>,
}

/// The records that are part of the conversation, by their places in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(Vec<RangeInclusive<u64>>);

/// The records that are not part of the conversation, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside(Vec<RangeInclusive<u64>>);

impl Branches {
    /// Takes in the next record. True when the conversation became another one by it.
    pub fn see(&mut self, record: &Record) -> bool {
        let moved = match &record.body {
            Body::Files(FilesBody::Moved(step)) => step.conversation,
            _ => None,
        };
        self.add(record.seq, moved)
    }

    /// The same for a record of which only this is known.
    pub fn add(&mut self, seq: u64, moved: Option<u64>) -> bool {
        let place = self.count;
        let head = place.checked_sub(1);
        let target = moved.and_then(|moved| self.place_of(moved)).map(|target| self.found(target));
        self.count += 1;
        match self.runs.last_mut() {
            Some(run) if target.is_none() && run.seq.checked_add(run.count) == Some(seq) => run.count += 1,
            _ => {
                let follows = target.unwrap_or(head);
                self.runs.push(Run { first: place, seq, count: 1, follows, found: head });
            }
        }
        target.is_some()
    }

    /// Records that were taken in.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// None was.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The conversation was moved at some time, so that not every record counts.
    pub fn any(&self) -> bool {
        self.runs.iter().any(|run| run.follows != run.found)
    }

    /// As it was when only so many records were there.
    #[must_use]
    pub fn until(&self, count: u64) -> Self {
        let mut runs: Vec<Run> = self.runs.iter().take_while(|run| run.first < count).copied().collect();
        if let Some(last) = runs.last_mut() {
            last.count = last.count.min(count - last.first);
        }
        Self { runs, count: self.count.min(count) }
    }

    /// The records that are part of the conversation.
    pub fn line(&self) -> Line {
        let mut ranges = Vec::new();
        let mut at = self.count.checked_sub(1);
        while let Some(place) = at {
            let Some(run) = self.run_at(place) else { break };
            ranges.push(run.first..=place);
            at = run.follows.filter(|before| *before < run.first);
        }
        ranges.reverse();
        Line(ranges)
    }

    /// The numbers of the records that are not part of the conversation.
    pub fn aside(&self) -> Aside {
        if !self.any() {
            return Aside::default();
        }
        let line = self.line();
        let mut aside: Vec<RangeInclusive<u64>> = Vec::new();
        for run in &self.runs {
            // A line leaves a run once and comes back to it never, so that what is aside is its end.
            let kept = line.0.iter().find(|range| *range.start() == run.first);
            let kept = kept.map_or(0, |range| range.end().saturating_sub(run.first).saturating_add(1));
            if kept < run.count {
                aside.push(run.seq.saturating_add(kept)..=run.seq.saturating_add(run.count - 1));
            }
        }
        Aside(aside)
    }

    fn run_at(&self, place: u64) -> Option<&Run> {
        let after = self.runs.partition_point(|run| run.first <= place);
        self.runs.get(after.checked_sub(1)?)
    }

    /// The place of the newest record of that number.
    fn place_of(&self, seq: u64) -> Option<u64> {
        let within = |run: &Run| seq.checked_sub(run.seq).filter(|after| *after < run.count);
        self.runs.iter().rev().find_map(|run| run.first.checked_add(within(run)?))
    }

    /// The end of the conversation when the record at that place was written.
    fn found(&self, place: u64) -> Option<u64> {
        match self.run_at(place) {
            Some(run) if run.first == place => run.found,
            _ => place.checked_sub(1),
        }
    }
}

impl Line {
    /// The record at that place of the log is part of the conversation.
    pub fn holds(&self, place: u64) -> bool {
        let after = self.0.partition_point(|range| *range.start() <= place);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|range| range.contains(&place))
    }
}

impl Aside {
    /// The record of that number is not part of the conversation.
    pub fn contains(&self, seq: u64) -> bool {
        self.0.iter().any(|range| range.contains(&seq))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(steps: &[(u64, Option<u64>)]) -> Vec<u64> {
        let mut branches = Branches::default();
        for (count, (seq, moved)) in (0..).zip(steps) {
            let before = branches.clone();
            branches.add(*seq, *moved);
            assert_eq!(branches.until(count), before);
        }
        let line = branches.line();
        let on: Vec<u64> = (0..).zip(steps).filter(|(place, _)| line.holds(*place)).map(|(_, (seq, _))| *seq).collect();
        let aside = branches.aside();
        assert!(steps.iter().all(|(seq, _)| on.contains(seq) != aside.contains(*seq)), "{branches:?}");
        on
    }

    #[test]
    fn going_back_and_forth_leaves_one_line() {
        let steps = [(0, None), (1, None), (2, None), (3, None)];
        assert_eq!(path(&steps), [0, 1, 2, 3]);
        // Back to before 2, on with another, then back to how it stood before that move.
        assert_eq!(path(&[&steps[..], &[(4, Some(2)), (5, None)]].concat()), [0, 1, 4, 5]);
        assert_eq!(path(&[&steps[..], &[(4, Some(2)), (5, None), (6, Some(4))]].concat()), [0, 1, 2, 3, 6]);
        // Back to the very beginning, and a move to a record that is not there.
        assert_eq!(path(&[&steps[..], &[(4, Some(0))]].concat()), [4]);
        assert_eq!(path(&[&steps[..], &[(4, Some(77))]].concat()), [0, 1, 2, 3, 4]);
    }

    /// The same, one node a record.
    fn plainly(steps: &[(u64, Option<u64>)]) -> Vec<u64> {
        let mut nodes: Vec<(u64, Option<usize>, Option<usize>)> = Vec::new();
        for (seq, moved) in steps {
            let head = nodes.len().checked_sub(1);
            let target = moved.and_then(|moved| nodes.iter().rposition(|node| node.0 == moved)).map(|at| nodes[at].2);
            nodes.push((*seq, target.unwrap_or(head), head));
        }
        let mut on = Vec::new();
        let mut at = nodes.len().checked_sub(1);
        while let Some(place) = at {
            on.push(nodes[place].0);
            at = nodes[place].1;
        }
        on.reverse();
        on
    }

    proptest! {
        #[test]
        fn runs_say_what_single_records_would(steps in prop::collection::vec((1u64..3, prop::option::weighted(0.2, 0u64..40)), 0..40)) {
            let mut seq = 0;
            let steps: Vec<(u64, Option<u64>)> = steps.into_iter().map(|(gap, moved)| { seq += gap; (seq, moved) }).collect();
            prop_assert_eq!(path(&steps), plainly(&steps));
        }
    }
}
