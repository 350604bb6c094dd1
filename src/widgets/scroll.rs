//! Where a long list of cells is looked at. Heights are asked for only near the view, so a conversation of
//! thousands of cells costs what is on the screen.

use std::ops::Range;

/// What a move needs to know: the rows of the view, the number of cells, and the height of a cell in rows.
pub struct Extent<'m> {
    pub height: usize,
    pub cells: usize,
    pub measure: &'m mut dyn FnMut(usize) -> usize,
}

/// The place that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Anchor {
    /// The end stays in view while the text grows.
    #[default]
    End,
    /// This row of this cell is the first in view.
    Top { cell: usize, row: usize },
}

/// A scroll position. It follows the end until it is moved up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Scroll {
    anchor: Anchor,
}

impl Scroll {
    /// Whether the view follows the end.
    pub fn is_following(self) -> bool {
        self.anchor == Anchor::End
    }

    /// Goes to the end and stays there.
    pub fn follow(&mut self) {
        self.anchor = Anchor::End;
    }

    /// Goes to the beginning.
    pub fn to_start(&mut self) {
        self.anchor = Anchor::Top { cell: 0, row: 0 };
    }

    /// The cell and row at the top of the view; none while it follows the end.
    pub fn anchor(self) -> Option<(usize, usize)> {
        match self.anchor {
            Anchor::End => None,
            Anchor::Top { cell, row } => Some((cell, row)),
        }
    }

    /// Puts a row of a cell at the top of the view.
    pub fn to(&mut self, cell: usize, row: usize) {
        self.anchor = Anchor::Top { cell, row };
    }

    /// The first cell in view and its first visible row.
    pub fn top(self, extent: &mut Extent<'_>) -> (usize, usize) {
        match self.anchor {
            Anchor::End => top_of_end(extent),
            Anchor::Top { cell, row } => clamp(extent, cell, row),
        }
    }

    /// Moves by rows: up when negative. At the end it follows again.
    pub fn by(&mut self, rows: isize, extent: &mut Extent<'_>) {
        let (cell, row) = self.top(extent);
        if rows < 0 {
            let (cell, row) = up(extent, (cell, row), rows.unsigned_abs());
            self.anchor = Anchor::Top { cell, row };
            // A text that fits whole has nowhere to go. Asked only at the top: else far cells would be measured.
            if (cell, row) == (0, 0) && fits(extent, (0, 0)) {
                self.anchor = Anchor::End;
            }
        } else if rows > 0 && self.anchor != Anchor::End {
            let (cell, row) = down(extent, (cell, row), rows as usize);
            self.anchor = if fits(extent, (cell, row)) { Anchor::End } else { Anchor::Top { cell, row } };
        }
    }

    /// Moves by pages, two rows of the old page kept in view.
    pub fn page(&mut self, pages: isize, extent: &mut Extent<'_>) {
        let step = extent.height.saturating_sub(2).max(1) as isize;
        self.by(pages.saturating_mul(step), extent);
    }

    /// What is in view: cells with the rows of them to draw, from the top. At most `height` rows in all.
    pub fn visible(
        self,
        height: usize,
        cells: usize,
        mut measure: impl FnMut(usize) -> usize,
    ) -> Vec<(usize, Range<usize>)> {
        let mut extent = Extent { height, cells, measure: &mut measure };
        let (first, row) = self.top(&mut extent);
        let mut seen = Vec::new();
        let mut left = height;
        let mut from = row;
        for cell in first..cells {
            if left == 0 {
                break;
            }
            let rows = (extent.measure)(cell);
            let until = rows.min(from.saturating_add(left));
            if from < until {
                seen.push((cell, from..until));
                left -= until - from;
            }
            from = 0;
        }
        seen
    }
}

/// The top of the view when the last row of the last cell is its last row.
fn top_of_end(extent: &mut Extent<'_>) -> (usize, usize) {
    let mut left = extent.height;
    for cell in (0..extent.cells).rev() {
        let rows = (extent.measure)(cell);
        if rows >= left {
            return (cell, rows - left);
        }
        left -= rows;
    }
    (0, 0)
}

/// A top that exists: inside its cell, and not so far down that rows of the view stay empty.
fn clamp(extent: &mut Extent<'_>, cell: usize, row: usize) -> (usize, usize) {
    if cell >= extent.cells {
        return top_of_end(extent);
    }
    // A new width can make a cell lower than the row that was at the top.
    let row = row.min((extent.measure)(cell).saturating_sub(1));
    if fits(extent, (cell, row)) { top_of_end(extent) } else { (cell, row) }
}

/// Whether everything from here on fits into the view.
fn fits(extent: &mut Extent<'_>, (first, row): (usize, usize)) -> bool {
    let mut rows = 0;
    for cell in first..extent.cells {
        rows += (extent.measure)(cell);
        if rows - row.min(rows) > extent.height {
            return false;
        }
    }
    rows - row.min(rows) <= extent.height
}

fn up(extent: &mut Extent<'_>, (mut cell, mut row): (usize, usize), mut by: usize) -> (usize, usize) {
    while by > row {
        if cell == 0 {
            return (0, 0);
        }
        by -= row;
        cell -= 1;
        row = (extent.measure)(cell);
    }
    (cell, row - by)
}

fn down(extent: &mut Extent<'_>, (mut cell, mut row): (usize, usize), mut by: usize) -> (usize, usize) {
    while cell < extent.cells {
        let rest = (extent.measure)(cell).saturating_sub(row);
        if by < rest {
            return (cell, row + by);
        }
        by -= rest;
        row = 0;
        cell += 1;
    }
    (cell, 0)
}
