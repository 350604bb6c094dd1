//! Which rows of which entries are on the screen.
//!
//! Moves are noted when a key asks for them and made at the next fill, when entries can be measured. Only
//! entries near the screen are ever measured, however long the session is.

use crate::widgets::scroll::{Extent, Scroll};

/// One row on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub cell: usize,
    pub row: usize,
}

/// The view, as the last [`Viewport::fill`] found it.
#[derive(Debug, Default)]
pub(super) struct Viewport {
    scroll: Scroll,
    /// Rows to move by at the next fill; negative is up.
    pending: isize,
    /// An entry that must come into view at the next fill.
    reveal: Option<usize>,
    pub slots: Vec<Slot>,
    pub height: usize,
}

impl Viewport {
    /// Moves the view by rows.
    pub fn scroll(&mut self, rows: isize) {
        self.pending = self.pending.saturating_add(rows);
    }

    /// Goes to the end and follows it.
    pub fn go_to_end(&mut self) {
        self.pending = 0;
        self.reveal = None;
        self.scroll.follow();
    }

    /// Goes to the first row.
    pub fn go_to_start(&mut self) {
        self.pending = 0;
        self.scroll.to_start();
    }

    /// Where the view stands; none while it follows the end.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.scroll.anchor()
    }

    /// Puts a row of an entry at the top.
    pub fn go_to(&mut self, (cell, row): (usize, usize)) {
        self.pending = 0;
        self.scroll.to(cell, row);
    }

    /// Brings an entry into view.
    pub fn reveal(&mut self, cell: usize) {
        self.reveal = Some(cell);
    }

    /// Puts a row of an entry into the upper part of the view.
    pub fn show(&mut self, cell: usize, row: usize) {
        self.reveal = None;
        self.scroll.to(cell, row);
        self.pending = -(self.height as isize / 4);
    }

    /// The end is in view and stays so.
    pub fn follows(&self) -> bool {
        self.scroll.is_following() && self.pending >= 0
    }

    /// Finds the rows on screen. `rows` lays an entry out and tells its height.
    pub fn fill(&mut self, count: usize, height: usize, rows: &mut dyn FnMut(usize) -> usize) {
        self.height = height;
        let pending = std::mem::take(&mut self.pending);
        if pending != 0 {
            self.scroll.by(pending, &mut Extent { height, cells: count, measure: rows });
        }
        self.take_slots(count, height, rows);
        if let Some(cell) = self.reveal.take().filter(|cell| *cell < count)
            && self.move_to(cell, count, height, rows)
        {
            self.take_slots(count, height, rows);
        }
    }

    /// Moves no more than is needed to show an entry; false when it is in view already.
    fn move_to(&mut self, cell: usize, count: usize, height: usize, rows: &mut dyn FnMut(usize) -> usize) -> bool {
        let (Some(first), Some(last)) = (self.slots.first().copied(), self.slots.last().copied()) else { return false };
        let whole = (cell, 0) >= (first.cell, first.row)
            && (cell < last.cell || last.cell == cell && last.row + 1 == rows(cell));
        if whole {
            return false;
        }
        let below = cell >= last.cell;
        self.scroll.to(cell, 0);
        if below {
            let back = height.saturating_sub(rows(cell).max(1)) as isize;
            self.scroll.by(-back, &mut Extent { height, cells: count, measure: rows });
        }
        true
    }

    fn take_slots(&mut self, count: usize, height: usize, rows: &mut dyn FnMut(usize) -> usize) {
        self.slots.clear();
        for (cell, range) in self.scroll.visible(height, count, rows) {
            self.slots.extend(range.map(|row| Slot { cell, row }));
        }
    }
}

#[cfg(test)]
mod tests;
