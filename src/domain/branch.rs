//! Which records a conversation consists of after going back and forth: the log as a tree with one end in use.

use std::collections::BTreeMap;

use super::{Body, FilesBody, Record};

/// The tree of the records of one log. A record follows the one before it, unless it moves the conversation.
#[derive(Clone, Debug, Default)]
pub struct Branches {
    nodes: Vec<Node>,
    places: BTreeMap<u64, u32>,
    head: Option<u32>,
    moves: u32,
}

/// One record.
#[derive(Clone, Copy, Debug)]
struct Node {
    seq: u64,
    /// The place of the record that it follows.
    follows: Option<u32>,
    /// The end of the conversation when it was written; another one for a move.
    found: Option<u32>,
}

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
        let target = moved.and_then(|moved| self.places.get(&moved)).and_then(|place| self.nodes.get(*place as usize));
        let jumps = target.is_some();
        let (found, follows) = (self.head, target.map_or(self.head, |node| node.found));
        let place = self.nodes.len() as u32;
        self.nodes.push(Node { seq, follows, found });
        self.places.insert(seq, place);
        self.head = Some(place);
        self.moves += u32::from(jumps);
        jumps
    }

    /// The conversation was moved at some time, so that not every record counts.
    pub fn any(&self) -> bool {
        self.moves > 0
    }

    /// For each record in the order of the log whether it is part of the conversation.
    pub fn path(&self) -> Vec<bool> {
        let mut path = vec![false; self.nodes.len()];
        let mut at = self.head;
        while let Some(place) = at {
            if let Some(on) = path.get_mut(place as usize) {
                *on = true;
            }
            at = self.nodes.get(place as usize).and_then(|node| node.follows);
        }
        path
    }

    /// The numbers of the records that are not part of the conversation.
    pub fn aside(&self) -> std::collections::HashSet<u64> {
        if !self.any() {
            return std::collections::HashSet::new();
        }
        self.nodes.iter().zip(self.path()).filter(|(_, on)| !on).map(|(node, _)| node.seq).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(steps: &[(u64, Option<u64>)]) -> Vec<u64> {
        let mut branches = Branches::default();
        for (seq, moved) in steps {
            branches.add(*seq, *moved);
        }
        steps.iter().zip(branches.path()).filter(|(_, on)| *on).map(|((seq, _), _)| *seq).collect()
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
}
