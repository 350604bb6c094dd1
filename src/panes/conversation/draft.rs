//! The summary of the conversation while the model writes it: shown muted, because it is no answer.
//!
//! What becomes of it is told by the records: it ends as the body of a mark.

use super::cell::{Cell, Kind};
use super::fold::Fold;
use crate::domain::{DeltaKind, RequestNote};
use crate::theme::Meaning;

/// A summary under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft {
    request: u32,
    /// The block that holds its text.
    block: Option<u32>,
    /// The entry that shows it.
    cell: usize,
}

impl Fold {
    /// A request leaves; one for a summary opens a draft.
    pub(super) fn request_sent(&mut self, note: &RequestNote) {
        self.sent_again();
        if note.summary {
            let cell = match self.draft.take() {
                Some(draft) => draft.cell,
                None => self.push(Kind::Draft(String::new())),
            };
            self.set_draft(cell, String::clear);
            self.draft = Some(Draft { request: note.request, block: None, cell });
        }
    }

    fn set_draft(&mut self, cell: usize, change: impl FnOnce(&mut String)) {
        if let Some(cell) = self.cells.get_mut(cell)
            && let Kind::Draft(text) = &mut cell.kind
        {
            change(text);
            cell.version += 1;
        }
    }

    /// The draft of a summary that did not come to its end stays, folded, so that nothing shown is lost.
    pub(super) fn settle_draft(&mut self) {
        let Some(cell) = self.draft.take().and_then(|draft| self.cells.get_mut(draft.cell)) else { return };
        if let Kind::Draft(draft) = &mut cell.kind {
            let body = std::mem::take(draft);
            let text = "no summary was made; the conversation is as it was".to_owned();
            let body = (!body.trim().is_empty()).then_some(body);
            cell.kind = Kind::Mark { text, body, meaning: Meaning::Warning };
            cell.layout = None;
        }
    }

    /// Takes what streams for a summary. False when it belongs to an answer.
    pub(super) fn drafts(&mut self, at: (u32, u32), kind: Option<&DeltaKind>, text: &str) -> bool {
        let Some(draft) = self.draft.as_mut().filter(|draft| draft.request == at.0) else { return false };
        if kind == Some(&DeltaKind::Text) {
            draft.block = Some(at.1);
        }
        let cell = draft.cell;
        // Thinking about a summary is not part of it.
        if draft.block == Some(at.1) {
            self.set_draft(cell, |draft| draft.push_str(text));
        }
        true
    }

    /// The mark of a compaction takes the place of its draft.
    pub(super) fn summarised(&mut self, mark: Kind) {
        match self.draft.take().and_then(|draft| self.cells.get_mut(draft.cell)) {
            Some(cell) => *cell = Cell::new(mark),
            None => {
                self.push(mark);
            }
        }
    }
}
