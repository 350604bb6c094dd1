//! Rows to choose from, the chosen one always in view.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::draw;
use super::fuzzy::pieces;
use super::row::sides;
use super::wrap::clip_line;
use crate::base::text::{sanitize_line, width as columns};
use crate::theme::{Meaning, Theme};

/// One row.
#[derive(Clone, Debug, Default)]
pub struct Item<'a> {
    pub text: Cow<'a, str>,
    /// Clusters that a search found, as `fuzzy::rank` returns them.
    pub marks: Cow<'a, [u32]>,
    /// At the right edge, muted; left out where the row is narrow.
    pub detail: Cow<'a, str>,
}

/// Which row is chosen and which is the first in view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListState {
    selected: usize,
    top: usize,
}

impl ListState {
    /// The chosen row.
    pub fn selected(self) -> usize {
        self.selected
    }

    /// The first row in view after the last [`ListState::settle`].
    pub fn top(self) -> usize {
        self.top
    }

    /// Chooses a row; [`ListState::settle`] brings it into view.
    pub fn select(&mut self, row: usize) {
        self.selected = row;
    }

    /// Moves the choice, round at both ends when it goes by one step.
    pub fn by(&mut self, rows: isize, len: usize) {
        let last = len.saturating_sub(1);
        self.selected = match (rows, self.selected.min(last)) {
            (-1, 0) => last,
            (1, row) if row == last => 0,
            (rows, row) => row.saturating_add_signed(rows).min(last),
        };
    }

    /// Keeps the choice inside the list and in view. To be called before drawing.
    pub fn settle(&mut self, len: usize, height: u16) {
        let height = usize::from(height).max(1);
        self.selected = self.selected.min(len.saturating_sub(1));
        self.top = self.top.min(len.saturating_sub(height)).min(self.selected);
        if self.selected >= self.top + height {
            self.top = self.selected + 1 - height;
        }
    }

    /// The list row under a screen row, for the mouse.
    pub fn row_at(self, area: Rect, y: u16, len: usize) -> Option<usize> {
        let row = self.top + usize::from(y.checked_sub(area.y).filter(|dy| *dy < area.height)?);
        (row < len).then_some(row)
    }
}

/// Draws the rows in view; `item` is asked only for these.
pub fn draw<'a>(
    state: ListState,
    len: usize,
    item: impl Fn(usize) -> Item<'a>,
    (area, buffer): (Rect, &mut Buffer),
    theme: &Theme,
) {
    let area = area.intersection(buffer.area);
    for (y, row) in (area.top()..area.bottom()).zip(state.top..len) {
        let place = Rect { y, height: 1, ..area };
        let chosen = row == state.selected;
        if chosen {
            buffer.set_style(place, theme.style(Meaning::Selection));
        }
        draw::line(&line(&item(row), chosen, area.width, theme), place, buffer);
    }
}

/// One row as a line of at most `width` columns, with a sign before the chosen one.
pub fn line(item: &Item<'_>, chosen: bool, width: u16, theme: &Theme) -> Line<'static> {
    let style = theme.style(if chosen { Meaning::Selection } else { Meaning::Text });
    let sign = (if chosen { "› " } else { "  " }.to_owned(), style);
    let text: Vec<_> = std::iter::once(sign).chain(pieces(&item.text, &item.marks, style, theme)).collect();
    let left = clip_line(text.iter().map(|(text, style)| (text.as_str(), *style)), width.into());
    let detail = sanitize_line(&item.detail);
    // The detail gives way first: the name is what is chosen by.
    if detail.is_empty() || columns(&detail) * 2 > usize::from(width) {
        return left;
    }
    let muted = if chosen { style } else { theme.style(Meaning::Muted) };
    sides(&left, &Line::from(Span::styled(detail, muted)), width)
}
