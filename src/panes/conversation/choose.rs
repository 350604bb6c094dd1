//! Choosing an entry, folding and unfolding.

use super::{Conversation, cell};

impl Conversation {
    pub(super) fn select(&mut self, step: isize) {
        let range: Box<dyn Iterator<Item = usize>> = match (self.selected, step < 0) {
            (Some(from), true) => Box::new((0..from).rev()),
            (Some(from), false) => Box::new(from + 1..self.fold.cells.len()),
            (None, _) => {
                let last = self.view.slots.last().map_or(0, |slot| slot.cell + 1);
                Box::new((0..last.min(self.fold.cells.len())).rev())
            }
        };
        let mut range = range;
        let next = range.find(|index| self.fold.cells.get(*index).is_some_and(cell::Cell::is_foldable));
        if let Some(next) = next {
            self.selected = Some(next);
            self.view.reveal(next);
        }
    }

    pub(super) fn toggle(&mut self) {
        if self.selected.is_none() {
            self.select(-1);
        }
        if let Some(cell) = self.selected {
            self.fold_or_unfold(cell);
        }
    }

    fn fold_or_unfold(&mut self, index: usize) {
        let details = self.details;
        if let Some(cell) = self.fold.cells.get_mut(index).filter(|cell| cell.is_foldable()) {
            cell.unfolded = Some(!cell.unfolded.unwrap_or(details));
        }
    }

    pub(super) fn toggle_details(&mut self) {
        self.details = !self.details;
        for cell in &mut self.fold.cells {
            cell.unfolded = None;
        }
    }

    pub(super) fn click(&mut self, row: u16, column: u16, width: u16) {
        if !self.view.follows() && usize::from(row) + 1 == self.view.height && column + 12 >= width {
            self.view.go_to_end();
            return;
        }
        let Some(slot) = self.view.slots.get(usize::from(row)).copied() else { return };
        let gap = self.fold.cells.get(slot.cell).and_then(|cell| cell.layout.as_ref()).map_or(0, |layout| layout.gap);
        // Only the head of an entry folds it, so that a click into a long result does not close it.
        if slot.row == gap {
            self.fold_or_unfold(slot.cell);
        }
    }
}
