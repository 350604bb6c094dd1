//! Draws the browser: the filter, the rows in view, and beside or below them the preview.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::picker::inside;
use super::{Sessions, facts};
use crate::theme::{Meaning, Theme};
use crate::widgets::list;
use crate::widgets::popup::{self, Frame};

/// From this width on the preview stands beside the list.
const WIDE: u16 = 100;
/// From this height on it stands below, on a narrower screen.
const HIGH: u16 = 16;

impl Sessions {
    /// Divides the area into filter, list and preview.
    pub(super) fn place(&mut self, area: Rect) {
        self.frame = area;
        let inner = inside(area);
        let head = 1.min(inner.height);
        let body = Rect { y: inner.y + head, height: inner.height - head, ..inner };
        (self.rows, self.side) = if inner.width >= WIDE {
            let left = inner.width * 3 / 5;
            (Rect { width: left, ..body }, Rect { x: body.x + left, width: inner.width - left, ..body })
        } else if inner.height >= HIGH {
            let top = body.height * 3 / 5;
            (Rect { height: top, ..body }, Rect { y: body.y + top, height: body.height - top, ..body })
        } else {
            (body, Rect::default())
        };
    }

    /// Draws where the last settle put it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        if !self.open || self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return None;
        }
        let scope = if self.all { "all projects" } else { "this project" };
        let title = format!("Sessions of {scope} · {}", self.sieve.len());
        let other = if self.all { "this project" } else { "all projects" };
        let foot = format!("Enter resume · Ctrl+A {other} · Esc close");
        let inner = popup::draw(self.frame, buf, theme, &Frame { title: &title, foot: &foot });
        let cursor = self.sieve.draw_filter(theme, Rect { height: inner.height.min(1), ..inner }, buf);
        let item = |row: usize| {
            let found = self.sieve.found(row);
            let summary = found.and_then(|(index, _)| self.summaries.get(*index));
            list::Item {
                text: summary.map(|summary| self.name(summary)).unwrap_or_default().into(),
                marks: found.map(|(_, marks)| marks.as_slice()).unwrap_or_default().into(),
                detail: summary.map(|summary| facts(summary, self.now, self.rows.width)).unwrap_or_default().into(),
            }
        };
        list::draw(self.sieve.state(), self.sieve.len(), item, (self.rows, buf), theme);
        if self.sieve.len() == 0 {
            let words = match (self.listed, self.sieve.filter().is_empty()) {
                (false, _) => "Looking …",
                (true, true) => "No session yet",
                (true, false) => "Nothing fits; Ctrl+U clears the filter",
            };
            buf.set_stringn(self.rows.x, self.rows.y, words, self.rows.width.into(), theme.style(Meaning::Muted));
        }
        self.draw_preview(theme, buf);
        cursor
    }

    fn draw_preview(&self, theme: &Theme, buf: &mut Buffer) {
        let side = self.side;
        if side.is_empty() {
            return;
        }
        let beside = side.x > self.rows.x;
        let line = theme.style(Meaning::Border);
        let text = if beside {
            for place in side.rows() {
                buf.set_stringn(place.x, place.y, "│", 1, line);
            }
            Rect { x: side.x + 1, width: side.width - 1, ..side }
        } else {
            buf.set_stringn(side.x, side.y, "─".repeat(side.width.into()), side.width.into(), line);
            Rect { y: side.y + 1, height: side.height - 1, ..side }
        };
        let rows = self.shown_preview().map(super::Preview::rows).unwrap_or_default();
        let skip = rows.len().saturating_sub(usize::from(text.height));
        for (place, row) in text.rows().zip(rows.iter().skip(skip)) {
            buf.set_line(place.x, place.y, row, place.width);
        }
    }
}
