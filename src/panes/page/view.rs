//! Draws a page: the filter, one row a thing, and below them what is known of the chosen one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::picker::inside;
use super::{PagePane, name};
use crate::base::text;
use crate::domain::{PageAct, PageRow};
use crate::theme::{Meaning, Theme};
use crate::widgets::list;
use crate::widgets::popup::{self, Frame};

/// Rows below the list: a border, the place, and what is said of the row.
const DETAIL: u16 = 8;

impl PagePane {
    /// Divides the area and derives what the next draw needs.
    pub fn settle(&mut self, area: Rect) {
        self.frame = area;
        let inner = inside(area);
        let head = 1.min(inner.height);
        let filter = 1.min(inner.height - head);
        let detail = DETAIL.min((inner.height - head - filter) / 2);
        self.head = Rect { height: head, ..inner };
        self.filter = Rect { y: inner.y + head, height: filter, ..inner };
        let top = inner.y + head + filter;
        self.rows = Rect { y: top, height: inner.bottom() - top - detail, ..inner };
        self.detail = Rect { y: self.rows.bottom(), height: detail, ..inner };
        self.sieve.settle(self.rows.height);
    }

    /// Draws where the last settle put it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return None;
        }
        popup::draw(self.frame, buf, theme, &Frame { title: self.kind.title(), foot: &self.foot() });
        if self.filter.is_empty() {
            return None;
        }
        let head = self.page.as_ref().map_or("Looking …", |page| page.head.as_str());
        let head = text::sanitize_line(head);
        let head = text::clip(&head, self.head.width.into());
        buf.set_stringn(self.head.x, self.head.y, &head, self.head.width.into(), theme.style(Meaning::Muted));
        let cursor = self.sieve.draw_filter(theme, self.filter, buf);
        let rows = self.page.as_ref().map(|page| page.rows.as_slice()).unwrap_or_default();
        let item = |at: usize| {
            let found = self.sieve.found(at);
            let row = found.and_then(|(index, _)| rows.get(*index));
            list::Item {
                text: row.map(name).unwrap_or_default().into(),
                marks: found.map(|(_, marks)| marks.as_slice()).unwrap_or_default().into(),
                detail: row.map(|row| row.value.as_str()).unwrap_or_default().into(),
            }
        };
        list::draw(self.sieve.state(), self.sieve.len(), item, (self.rows, buf), theme);
        if self.sieve.len() == 0 && self.page.is_some() {
            let words =
                if rows.is_empty() { "There is nothing here" } else { "Nothing fits; Ctrl+U clears the filter" };
            buf.set_stringn(self.rows.x, self.rows.y, words, self.rows.width.into(), theme.style(Meaning::Muted));
        }
        self.draw_detail(theme, buf);
        cursor
    }

    fn foot(&self) -> String {
        if self.doomed.is_some() {
            return "press again to drop it · any other key keeps it".to_owned();
        }
        let row = self.chosen();
        let enter = match row.and_then(|row| row.act.as_ref()) {
            Some(PageAct::Open(_) | PageAct::Rewrite { .. }) => "Enter edit · ",
            Some(PageAct::Choose(_)) => "Enter choose · ",
            None => "",
        };
        let drop = if row.is_some_and(|row| row.drop.is_some()) { "Del drop · " } else { "" };
        format!("{enter}{drop}Ctrl+R look again · Esc close")
    }

    fn draw_detail(&self, theme: &Theme, buf: &mut Buffer) {
        let mut rows = self.detail.rows();
        let Some(border) = rows.next() else { return };
        let style = theme.style(Meaning::Border);
        buf.set_stringn(border.x, border.y, "─".repeat(border.width.into()), border.width.into(), style);
        let Some(row) = self.chosen() else { return };
        for (place, (words, meaning)) in rows.zip(self.details(row)) {
            buf.set_stringn(place.x, place.y, &words, place.width.into(), theme.style(meaning));
        }
    }

    fn details(&self, row: &PageRow) -> Vec<(String, Meaning)> {
        let width = usize::from(self.detail.width).max(1);
        let mut lines = Vec::new();
        if !row.place.is_empty() {
            // The end of a path tells more than its start.
            let place = text::sanitize_line(&row.place);
            let over = text::width(&place).saturating_sub(width);
            let place = if over == 0 {
                place.into_owned()
            } else {
                format!("…{}", place.chars().skip(over + 1).collect::<String>())
            };
            lines.push((place, Meaning::Muted));
        }
        for note in row.notes.iter().filter(|note| !note.is_empty()) {
            let note = text::sanitize_line(note);
            lines.extend(text::wrap_plain(&note, width).into_iter().map(|line| (line, Meaning::Text)));
        }
        lines
    }
}
