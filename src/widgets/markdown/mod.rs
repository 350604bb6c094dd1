//! Markdown to lines: what the model writes, at any width, while it is still being written.
//!
//! [`render`] takes a whole text. [`MarkdownCell`] takes it piece by piece and does again only what is open.
//! HTML is shown as it stands, images by their description; links show where they lead.

mod cell;
mod fence;
mod inline;
mod margin;
mod paint;
mod place;

use ratatui::text::Line;

pub use cell::MarkdownCell;

use crate::theme::Theme;

/// The lines of a Markdown text, none wider than `width` columns.
pub fn render(source: &str, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut cell = MarkdownCell::default();
    cell.push(source);
    cell.settle(width, theme);
    cell.into_lines()
}
