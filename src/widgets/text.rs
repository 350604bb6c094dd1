//! A block of plain text that keeps its source and its rows for one width.

use ratatui::style::Style;
use ratatui::text::Line;

use super::wrap::{Break, Indent, wrap};
use crate::base::text::sanitize;

/// Rows of a plain text, sanitised and wrapped. Each newline begins a row; an empty text has one empty row.
pub fn lines(text: &str, width: u16, style: Style, at: Break) -> Vec<Line<'static>> {
    let clean = sanitize(text);
    clean.split('\n').flat_map(|row| wrap([(row, style)], width.into(), &Indent::default(), at)).collect()
}

/// Text with its rows cached per width and style.
#[derive(Clone, Debug, Default)]
pub struct TextBlock {
    source: String,
    rows: Vec<Line<'static>>,
    key: Option<(u16, Style)>,
}

impl TextBlock {
    /// A block without rows; [`TextBlock::settle`] makes them.
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), rows: Vec::new(), key: None }
    }

    /// The text as it came, not sanitised.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Adds text at the end; the rows are made again at the next [`TextBlock::settle`].
    pub fn push(&mut self, text: &str) {
        self.source.push_str(text);
        self.key = None;
    }

    /// Makes the rows for this width, unless they are there.
    pub fn settle(&mut self, width: u16, style: Style) {
        if self.key != Some((width, style)) {
            self.rows = lines(&self.source, width, style, Break::Words);
            self.key = Some((width, style));
        }
    }

    /// The rows of the last [`TextBlock::settle`].
    pub fn rows(&self) -> &[Line<'static>] {
        &self.rows
    }

    /// Gives the rows back to memory; the source stays.
    pub fn forget(&mut self) {
        self.rows = Vec::new();
        self.key = None;
    }
}
