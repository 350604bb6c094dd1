//! Other words on the screen for what the model said, by the word of a hook. The transcript keeps the model's own.

use super::cell::{Kind, Source};
use super::fold::Fold;

impl Fold {
    /// Puts another text in the place of the newest one that is `original`.
    pub fn displayed(&mut self, original: &str, text: &str) {
        let said = |kind: &Kind| matches!(kind, Kind::Text(source) if source.as_str() == original);
        let Some(cell) = self.cells.iter_mut().rev().find(|cell| said(&cell.kind)) else { return };
        cell.kind = Kind::Text(Source::Stream(text.to_owned()));
        cell.layout = None;
        cell.version += 1;
    }
}
