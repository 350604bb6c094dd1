//! Which rows of which entries are on the screen.
//!
//! The place is kept as an entry and a row in it, never as a count of rows from the top: so entries that
//! are not on the screen need no lines, however long the session is.

/// Where the top of the view is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The end is in view and stays so.
    #[default]
    End,
    /// This row of this entry is the top row.
    At { cell: usize, row: usize },
}

/// One row on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub cell: usize,
    pub row: usize,
}

/// The view, as the last [`Viewport::fill`] found it.
#[derive(Debug, Default)]
pub(super) struct Viewport {
    pub anchor: Anchor,
    /// Rows to move by at the next fill; negative is up.
    pending: i64,
    /// An entry that must come into view at the next fill.
    reveal: Option<usize>,
    pub slots: Vec<Slot>,
    /// Rows above the first slot, when everything fits.
    pub height: usize,
}

impl Viewport {
    /// Moves the view by rows.
    pub fn scroll(&mut self, rows: i64) {
        self.pending = self.pending.saturating_add(rows);
    }

    pub fn to_end(&mut self) {
        *self = Self { anchor: Anchor::End, pending: 0, reveal: None, slots: std::mem::take(&mut self.slots), ..*self };
    }

    pub fn to_start(&mut self) {
        self.pending = 0;
        self.anchor = Anchor::At { cell: 0, row: 0 };
    }

    /// Brings an entry into view.
    pub fn reveal(&mut self, cell: usize) {
        self.reveal = Some(cell);
    }

    pub fn follows(&self) -> bool {
        self.anchor == Anchor::End && self.pending >= 0
    }

    /// Finds the rows on screen. `rows` lays an entry out and tells its height.
    pub fn fill(&mut self, count: usize, height: usize, rows: &mut dyn FnMut(usize) -> usize) {
        self.height = height;
        let pending = std::mem::take(&mut self.pending);
        let mut top = match self.anchor {
            Anchor::End => back_from_end(count, height, rows),
            Anchor::At { cell, row } if cell < count => (cell, row.min(rows(cell).saturating_sub(1))),
            Anchor::At { .. } => back_from_end(count, height, rows),
        };
        if pending < 0 {
            top = up(top, pending.unsigned_abs() as usize, rows);
            self.anchor = Anchor::At { cell: top.0, row: top.1 };
        } else if pending > 0 && self.anchor != Anchor::End {
            top = down(top, pending as usize, count, rows);
            self.anchor = Anchor::At { cell: top.0, row: top.1 };
        }
        if let Some(cell) = self.reveal.take().filter(|cell| *cell < count) {
            top = self.revealed(top, cell, height, rows);
        }
        self.take_slots(top, count, height, rows);
        if self.slots.len() < height {
            // The end is in view: from here on it is followed.
            let top = back_from_end(count, height, rows);
            self.take_slots(top, count, height, rows);
            self.anchor = Anchor::End;
        } else if let Anchor::At { .. } = self.anchor {
            self.anchor = Anchor::At { cell: top.0, row: top.1 };
            let last = self.slots.last().copied();
            let at_end = last.is_some_and(|slot| slot.row + 1 == rows(slot.cell) && rest_is_empty(slot.cell, count, rows));
            if at_end && pending > 0 {
                self.anchor = Anchor::End;
            }
        }
    }

    fn revealed(&mut self, top: (usize, usize), cell: usize, height: usize, rows: &mut dyn FnMut(usize) -> usize) -> (usize, usize) {
        if (cell, 0) < top {
            self.anchor = Anchor::At { cell, row: 0 };
            return (cell, 0);
        }
        let mut below = 0;
        for index in top.0..cell {
            below += rows(index);
            if below > height + top.1 {
                break;
            }
        }
        let first_row = below.saturating_sub(top.1);
        if first_row + 2 <= height {
            return top;
        }
        let row = rows(cell);
        let top = up((cell, 0), height.saturating_sub(row.min(height)), rows);
        self.anchor = Anchor::At { cell: top.0, row: top.1 };
        top
    }

    fn take_slots(&mut self, top: (usize, usize), count: usize, height: usize, rows: &mut dyn FnMut(usize) -> usize) {
        self.slots.clear();
        let mut skip = top.1;
        for cell in top.0..count {
            let all = rows(cell);
            let room = height - self.slots.len();
            self.slots.extend((skip..all).take(room).map(|row| Slot { cell, row }));
            skip = 0;
            if self.slots.len() >= height {
                break;
            }
        }
    }
}

fn back_from_end(count: usize, height: usize, rows: &mut dyn FnMut(usize) -> usize) -> (usize, usize) {
    let mut have = 0;
    for cell in (0..count).rev() {
        have += rows(cell);
        if have >= height {
            return (cell, have - height);
        }
    }
    (0, 0)
}

fn up(top: (usize, usize), by: usize, rows: &mut dyn FnMut(usize) -> usize) -> (usize, usize) {
    let (mut cell, mut row) = top;
    let mut left = by;
    while left > row {
        if cell == 0 {
            return (0, 0);
        }
        left -= row;
        cell -= 1;
        row = rows(cell);
    }
    (cell, row - left)
}

fn down(top: (usize, usize), by: usize, count: usize, rows: &mut dyn FnMut(usize) -> usize) -> (usize, usize) {
    let (mut cell, mut row) = top;
    let mut left = by;
    while cell < count {
        let all = rows(cell);
        if row + left < all {
            return (cell, row + left);
        }
        left -= all.saturating_sub(row);
        row = 0;
        cell += 1;
    }
    (count.saturating_sub(1), 0)
}

fn rest_is_empty(cell: usize, count: usize, rows: &mut dyn FnMut(usize) -> usize) -> bool {
    (cell + 1..count).take(64).all(|next| rows(next) == 0)
}

#[cfg(test)]
mod tests;
