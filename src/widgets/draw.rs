//! Puts lines into cells.
//!
//! ratatui's own `Line::render` steps from span to span by the width of each whole span, which is less than the
//! cells it fills where characters join (Arabic lam-alef, half-width sound marks), so neighbours would overlap.
//! `Buffer::set_line` counts the cells, as everything in this room does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Draws one line into the first row of `area`.
pub fn line(line: &Line<'_>, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if !area.is_empty() {
        buffer.set_line(area.x, area.y, line, area.width);
    }
}

/// Draws lines from the top of `area`, as many as fit.
pub fn lines<'l>(lines: impl IntoIterator<Item = &'l Line<'static>>, area: Rect, buffer: &mut Buffer) {
    let rows = area.intersection(buffer.area).rows();
    lines.into_iter().zip(rows).for_each(|(content, row)| line(content, row, buffer));
}
