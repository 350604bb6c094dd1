//! Rows made of small parts: tabs, hints of keys, a left and a right side.

use ratatui::text::{Line, Span};

use super::wrap::{clip_line, line_width};
use crate::base::text::{sanitize_line, width as columns};
use crate::theme::{Meaning, Theme};

/// A row of tabs, the active one marked by brackets and style. Tabs that do not fit are cut with `…`.
pub fn tabs(names: &[&str], active: usize, width: u16, theme: &Theme) -> Line<'static> {
    let mut parts = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let name = sanitize_line(name);
        let (text, meaning) = if at == active {
            (format!("[{name}]"), Meaning::Selection)
        } else {
            (format!(" {name} "), Meaning::Muted)
        };
        parts.push((text, theme.style(meaning)));
    }
    clip_line(parts.iter().map(|(text, style)| (text.as_str(), *style)), width.into())
}

/// Hints such as `Esc close · Enter run`: whole hints as long as they fit, the first ones first.
pub fn hints(hints: &[(&str, &str)], width: u16, theme: &Theme) -> Line<'static> {
    let mut spans = Vec::new();
    let mut used = 0;
    for (key, what) in hints {
        let (key, what) = (sanitize_line(key).into_owned(), format!(" {}", sanitize_line(what)));
        let gap = if spans.is_empty() { "" } else { " · " };
        let wide = columns(gap) + columns(&key) + columns(&what);
        if used + wide > usize::from(width) {
            break;
        }
        used += wide;
        spans.push(Span::styled(gap, theme.style(Meaning::Muted)));
        spans.push(Span::styled(key, theme.style(Meaning::Key)));
        spans.push(Span::styled(what, theme.style(Meaning::Muted)));
    }
    Line::from(spans)
}

/// One row with `left` at the left and `right` at the right edge. The left side gives way.
pub fn sides(left: &Line<'_>, right: &Line<'_>, width: u16) -> Line<'static> {
    let width = usize::from(width);
    let pieces = |line: &Line<'_>| -> Vec<_> { line.spans.iter().map(|s| (s.content.to_string(), s.style)).collect() };
    let cut = |line: &Line<'_>, room: usize| {
        clip_line(pieces(line).iter().map(|(text, style)| (text.as_str(), *style)), room)
    };
    let right = cut(right, width);
    let room = width - line_width(&right);
    let mut row = cut(left, room.saturating_sub(usize::from(room < width)));
    let gap = room - line_width(&row);
    row.spans.push(Span::raw(" ".repeat(gap)));
    row.spans.extend(right.spans);
    row
}
