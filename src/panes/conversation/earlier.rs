//! What of a long session is not read: the mark that says so, asking for it, and putting it in its place.
//!
//! Entries and calls are named by their places, so everything that names one moves along when others come before it.

use std::sync::Arc;

use super::Conversation;
use super::cell::{Kind, set_aside};
use super::fold::Fold;
use crate::base::text;
use crate::domain::{Act, Earlier, Event, FacePlace, LibraryRequest, Record, Request};
use crate::panes::facts::Facts;
use crate::theme::Meaning;

/// Bytes of the log that are read for whoever scrolls or searches up; the timeline goes further, part by part.
const MOST: u64 = 256 << 20;

/// Where the records begin that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    /// The number of the first of them.
    pub before: u64,
    /// The entry that stands for those before.
    pub cell: usize,
    /// Bytes of the log before them, now and when the session was opened.
    pub bytes: u64,
    pub opened: u64,
    /// Somebody looks at it; they are asked for.
    pub wanted: bool,
    pub asked: bool,
}

/// An entry by what does not change when others are read: the record, and which of its entries it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub place: FacePlace,
}

impl Unread {
    /// So much was read that the rest is left to the timeline.
    fn is_enough(&self) -> bool {
        self.opened.saturating_sub(self.bytes) > MOST
    }
}

impl Fold {
    /// What follows is the end of a long session.
    pub(super) fn begin_after(&mut self, before: u64, earlier: &Earlier) {
        self.branches = earlier.branches.clone();
        let how = if self.bare { "are left out" } else { "are read when you scroll up" };
        let (events, bytes) = (earlier.records, text::human_bytes(earlier.bytes));
        let text = format!("{events} events before this ({bytes}) {how}");
        let cell = self.push(Kind::Mark { text, body: None, meaning: Meaning::Muted });
        if let Some(mark) = self.cells.get_mut(cell) {
            // It stays, whatever is taken back.
            mark.born = None;
        }
        let bytes = earlier.bytes;
        self.unread = Some(Unread { before, cell, bytes, opened: bytes, wanted: false, asked: false });
    }

    /// Puts entries, of so many calls, in the place of the mark. The result is by how much those behind it moved.
    fn put_before(&mut self, older: Self, calls: usize) -> usize {
        let Some(unread) = self.unread.take() else { return 0 };
        let (at, more) = (unread.cell, older.cells.len().saturating_sub(1));
        let behind = |cell: usize| if cell > at { cell + more } else { cell };
        for cell in &mut self.cells {
            if let Kind::Call(call) = &mut cell.kind {
                *call += calls;
            }
        }
        self.open.iter_mut().for_each(|(_, _, cell)| *cell = behind(*cell));
        let known = std::mem::take(&mut self.calls).into_iter().map(|cell| cell.map(behind));
        self.calls = older.calls.iter().map(|cell| cell.map(|cell| cell + at)).collect();
        self.calls.resize(calls, None);
        self.calls.extend(known);
        self.retry = self.retry.map(behind);
        self.shell = self.shell.map(behind);
        let opened = unread.opened;
        self.unread = older.unread.map(|unread| Unread { cell: unread.cell + at, opened, ..unread });
        self.cells.splice(at..=at, older.cells);
        set_aside(&mut self.cells, &self.branches.aside());
        more
    }
}

impl Conversation {
    /// Whether earlier records should be asked for.
    pub fn wants_earlier(&self) -> bool {
        self.fold.unread.is_some_and(|unread| unread.wanted && !unread.asked && !unread.is_enough())
    }

    /// Asks for them.
    pub fn ask_earlier(&mut self) -> Vec<Act> {
        let back_to = self.wanted.map(|spot| spot.place.record);
        if !self.wants_earlier() {
            return Vec::new();
        }
        let Some(unread) = self.fold.unread.as_mut() else { return Vec::new() };
        unread.asked = true;
        vec![Act::Send(Request::Library(LibraryRequest::Earlier { before: unread.before, back_to }))]
    }

    /// The record of that number was read, or belongs to what was.
    pub fn has_read(&self, seq: u64) -> bool {
        self.fold.unread.is_none_or(|unread| unread.before <= seq)
    }

    /// Whoever sees the mark wants to see what was before it.
    pub(super) fn look_up(&mut self) {
        let first = self.view.slots.first().map(|slot| slot.cell);
        let follows = self.view.follows();
        if let Some(unread) = &mut self.fold.unread {
            unread.wanted |= !follows && first.is_some_and(|first| first <= unread.cell);
        }
    }

    /// Wants what was earlier, for a search that came to the mark. False when nothing is missing.
    pub(super) fn want_earlier(&mut self) -> bool {
        let unread = self.fold.unread.as_mut().filter(|unread| !unread.is_enough());
        unread.map(|unread| unread.wanted = true).is_some()
    }

    /// Puts what was read in the place of the mark; the view stays where it is.
    pub(super) fn prepend(&mut self, before: u64, records: &[Arc<Record>]) {
        let Some(unread) = self.fold.unread.filter(|unread| unread.before == before) else { return };
        let (mut older, mut facts) = (if self.fold.bare { Fold::bare() } else { Fold::default() }, Facts::default());
        for record in records {
            facts.hear(&Event::Recorded(Arc::clone(record)));
            older.record(record, &facts);
        }
        older.nothing_runs();
        let more = self.fold.put_before(older, facts.calls.list().len());
        let behind = |cell: usize| if cell > unread.cell { cell + more } else { cell };
        self.selected = self.selected.map(behind);
        self.seen = behind(self.seen);
        self.laid.iter_mut().for_each(|cell| *cell = behind(*cell));
        self.laid.retain(|cell| !(unread.cell..=unread.cell + more).contains(cell));
        if let Some(find) = &mut self.find {
            find.at = find.at.map(|(cell, row)| (behind(cell), row));
        }
        if let Some((cell, row)) = self.view.place() {
            // Whoever looked at the mark looks at what follows it, with what was read above.
            let at_mark = cell <= unread.cell;
            self.view.go_to(if at_mark { (unread.cell + more + 1, 0) } else { (behind(cell), row) });
            if at_mark {
                self.view.scroll(-1);
            }
        }
        self.view.slots.clear();
        if let Some(spot) = self.wanted.take() {
            self.return_to(spot.place);
        }
    }

    /// The entry and row at the top of the view; none while it follows the end.
    pub fn place(&self) -> Option<FacePlace> {
        let (cell, row) = self.view.place()?;
        let record = self.fold.cells.get(cell)?.seq;
        let same = self.fold.cells.iter().take(cell).rev().take_while(|cell| cell.seq == record);
        Some(FacePlace { record, entry: same.count() as u64, row: row as u64 })
    }

    /// Goes back to such a place.
    pub fn return_to(&mut self, place: FacePlace) {
        if !self.has_read(place.record) {
            if let Some(unread) = self.fold.unread.as_mut().filter(|unread| !unread.asked) {
                unread.wanted = true;
                self.wanted = Some(Spot { place });
            }
            return;
        }
        let cells = &self.fold.cells;
        // Cells are in the order of their records.
        let first = cells.partition_point(|cell| cell.seq < place.record);
        let last = cells.partition_point(|cell| cell.seq <= place.record).saturating_sub(1).max(first);
        let cell = (first + place.entry as usize).min(last).min(cells.len().saturating_sub(1));
        self.view.go_to((cell, place.row as usize));
    }
}

#[cfg(test)]
mod tests;
