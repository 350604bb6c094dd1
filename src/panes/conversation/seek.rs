//! Going to a place in the conversation: to a record, or to what is looked for.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::draw::Frame;
use super::find::{Find, holds};
use super::{Conversation, lay_out};
use crate::panes::facts::Facts;

impl Conversation {
    /// Brings the entry of a record into view, at the top.
    pub fn go_to(&mut self, seq: u64, facts: &Facts) {
        let done = facts.calls.list().iter().position(|call| call.done.as_ref().is_some_and(|done| done.seq == seq));
        let call = done.and_then(|call| self.fold.cell_of_call(call));
        let cells = &self.fold.cells;
        let before = || (0..cells.len()).rev().find(|index| cells.get(*index).is_some_and(|cell| cell.seq <= seq));
        if let Some(cell) = call.or_else(before) {
            self.selected = Some(cell);
            self.view.show(cell, 0);
        }
    }

    /// Begins to look for something.
    pub fn find(&mut self) {
        self.find = Some(Find::begun());
    }

    /// This key is the search's.
    pub fn finds_with(&self, key: &KeyEvent) -> bool {
        match &self.find {
            None => false,
            Some(find) if find.typing => true,
            Some(_) => {
                let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
                plain && matches!(key.code, KeyCode::Char('n' | 'N') | KeyCode::Esc)
            }
        }
    }

    pub(super) fn find_key(&mut self, key: &KeyEvent) {
        let Some(find) = &mut self.find else { return };
        if find.typing {
            if !find.key(key) {
                self.find = None;
            }
            return;
        }
        match key.code {
            KeyCode::Char('n') => find.step = 1,
            KeyCode::Char('N') => find.step = -1,
            _ => self.find = None,
        }
    }

    /// Makes the move that a key asked for. True when the view has to be filled again.
    pub(super) fn seek(&mut self, width: u16, frame: &Frame<'_>) -> bool {
        if self.find.as_ref().is_none_or(|find| find.step == 0) {
            return false;
        }
        let Some(mut find) = self.find.take() else { return false };
        let found = self.search(&find, width, frame);
        if find.step < 0 && found.is_none_or(|(.., again)| again) && self.want_earlier() {
            // It goes on when that has come.
            find.told = "reading what was earlier …";
            self.find = Some(find);
            return false;
        }
        if let Some((cell, row, again)) = found {
            let gap = self.fold.cells.get(cell).and_then(|cell| cell.layout.as_ref()).map_or(0, |layout| layout.gap);
            find.at = Some((cell, row));
            find.told = if again { "began anew" } else { "" };
            self.view.show(cell, row + gap);
        } else {
            find.told = "not found";
        }
        find.step = 0;
        self.find = Some(find);
        found.is_some()
    }

    /// The next place in the direction of the step, and whether it lies beyond the end.
    fn search(&mut self, find: &Find, width: u16, frame: &Frame<'_>) -> Option<(usize, usize, bool)> {
        let count = self.fold.cells.len();
        let up = find.step < 0;
        let last = self.view.slots.last().map_or(count, |slot| slot.cell + 1).min(count);
        let (first, beyond) = match find.at {
            Some((cell, row)) => (cell, Some(row)),
            None => (if up { last.saturating_sub(1) } else { last }, None),
        };
        if let Some(row) = beyond.and_then(|row| self.row_in(first, find, Some(row), (width, frame))) {
            return Some((first, row, false));
        }
        let skip = usize::from(beyond.is_some());
        for step in skip..=count {
            let (cell, again) = if up {
                ((first + count - step % count.max(1)) % count.max(1), step > first)
            } else {
                ((first + step) % count.max(1), first + step >= count)
            };
            let fits = self.fold.cells.get(cell).is_some_and(|cell| holds(find, cell, frame.facts));
            if fits && let Some(row) = self.row_in(cell, find, None, (width, frame)) {
                return Some((cell, row, again));
            }
        }
        None
    }

    /// The row of an entry; it is unfolded when it is folded away.
    fn row_in(&mut self, index: usize, find: &Find, beyond: Option<usize>, at: (u16, &Frame<'_>)) -> Option<usize> {
        let lines = |this: &mut Self| {
            lay_out((&mut this.fold, &mut this.laid), this.details, index, at);
            let layout = this.fold.cells.get(index)?.layout.as_ref()?;
            find.row(layout.lines.as_slice(), beyond)
        };
        if let Some(row) = lines(self) {
            return Some(row);
        }
        if beyond.is_some() {
            return None;
        }
        let cell = self.fold.cells.get_mut(index).filter(|cell| cell.is_foldable())?;
        let before = cell.unfolded.replace(true);
        let row = lines(self);
        if row.is_none()
            && let Some(cell) = self.fold.cells.get_mut(index)
        {
            // A wrapped line hides it; the entry as a whole is the place then.
            cell.unfolded = before;
            return Some(0);
        }
        row
    }
}
