//! Draws the browser: the filter, the rows in view, and beside or below them the preview.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::picker::inside;
use super::{Asking, Face, Places, Sessions, facts};
use crate::base::text;
use crate::domain::NoticeLevel;
use crate::theme::{Meaning, Theme};
use crate::widgets::list;
use crate::widgets::popup::{self, Frame};

/// From this width on the preview stands beside the list.
const WIDE: u16 = 100;
/// From this height on it stands below, on a narrower screen.
const HIGH: u16 = 16;
/// From this width on the filter leaves room for words that can be clicked.
const WORDS: u16 = 60;

impl Sessions {
    /// Divides the area into filter, list and preview.
    pub(super) fn place(&mut self, area: Rect) {
        let inner = inside(area);
        let head = Rect { height: inner.height.min(1), ..inner };
        let body = Rect { y: inner.y + head.height, height: inner.height - head.height, ..inner };
        let (rows, side) = if inner.width >= WIDE {
            let left = inner.width * 3 / 5;
            (Rect { width: left, ..body }, Rect { x: body.x + left, width: inner.width - left, ..body })
        } else if inner.height >= HIGH {
            let top = body.height * 3 / 5;
            (Rect { height: top, ..body }, Rect { y: body.y + top, height: body.height - top, ..body })
        } else {
            (body, Rect::default())
        };
        self.places = Places { frame: area, head, rows, side };
    }

    /// The words right of the filter: the letter of their Ctrl key, and where they stand.
    pub(super) fn head_words(&self) -> Vec<(char, Rect)> {
        let head = self.places.head;
        if head.width < WORDS {
            return Vec::new();
        }
        let mut right = head.right();
        let mut places = Vec::new();
        for (key, words) in self.words().into_iter().rev() {
            let width = text::width(&words) as u16 + 2;
            right = right.saturating_sub(width).max(head.x);
            places.push((key, Rect { x: right, width, ..head }));
        }
        places
    }

    fn words(&self) -> Vec<(char, String)> {
        let scope = if self.shape.all { "all projects" } else { "this project" };
        match self.face {
            Face::Search(_) => vec![('f', "list".to_owned())],
            Face::List => vec![
                ('f', "search text".to_owned()),
                ('s', format!("by {}", self.shape.sort.name())),
                ('a', scope.to_owned()),
            ],
        }
    }

    /// Draws where the last settle put it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let frame = self.places.frame;
        if !self.open || frame.is_empty() || frame.intersection(buf.area) != frame {
            return None;
        }
        popup::draw(frame, buf, theme, &Frame { title: &self.title(), foot: &self.foot(frame.width) });
        let cursor = self.view_head(theme, buf);
        match &self.face {
            Face::Search(search) => search.view(theme, self.now, buf),
            Face::List => {
                self.view_list(theme, buf);
                self.draw_preview(theme, buf);
            }
        }
        let asked = self.view_asking(theme, buf);
        if let Some(menu) = &self.menu {
            menu.view(theme, buf);
            return None;
        }
        if self.asking.is_some() { asked } else { cursor }
    }

    fn title(&self) -> String {
        match &self.face {
            Face::Search(search) => search.title(),
            Face::List => {
                let scope = if self.shape.all { "all projects" } else { "this project" };
                format!("Sessions of {scope} · {}", self.sieve.len())
            }
        }
    }

    /// Keys, or what the last deed came to.
    fn foot(&self, width: u16) -> String {
        if let Some(notice) = &self.told {
            let sign = match notice.level {
                NoticeLevel::Info => "i",
                NoticeLevel::Warning => "!",
                NoticeLevel::Error => "✗",
            };
            let undo = if self.trashed.is_some() { " · Ctrl+Y brings it back" } else { "" };
            return format!("{sign} {}{undo}", notice.text);
        }
        let wide = width >= WIDE;
        match &self.face {
            Face::Search(_) => "Enter open at the place · Ctrl+F list · Esc back".to_owned(),
            Face::List if wide => "Enter open · Tab more · Ctrl+F search text · Ctrl+A projects · Ctrl+S sort · Ctrl+B branches · Ctrl+R rename · Ctrl+D delete · Esc close".to_owned(),
            Face::List => "Enter open · Tab more · Ctrl+F text · Ctrl+A projects · Ctrl+S sort · Esc".to_owned(),
        }
    }

    fn view_head(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let head = self.places.head;
        let words = self.head_words();
        let left = words.iter().map(|(_, place)| place.x).min().unwrap_or(head.right());
        let place = Rect { width: left - head.x, ..head };
        let cursor = match &self.face {
            Face::Search(search) => search.query.view("⌕ ", theme, place, buf),
            Face::List => self.sieve.draw_filter(theme, place, buf),
        };
        for ((_, place), (_, words)) in words.iter().zip(self.words().iter().rev()) {
            buf.set_stringn(place.x + 1, place.y, words, place.width.into(), theme.style(Meaning::Muted));
        }
        cursor
    }

    fn view_list(&self, theme: &Theme, buf: &mut Buffer) {
        let rows = self.places.rows;
        let item = |row: usize| {
            let found = self.sieve.found(row);
            let summary = found.and_then(|(index, _)| Some((self.summaries.get(*index)?, *self.levels.get(*index)?)));
            list::Item {
                text: summary.map(|(summary, level)| self.name(summary, level)).unwrap_or_default().into(),
                marks: found.map(|(_, marks)| marks.as_slice()).unwrap_or_default().into(),
                detail: summary.map(|(summary, _)| facts(summary, self.now, rows.width)).unwrap_or_default().into(),
            }
        };
        list::draw(self.sieve.state(), self.sieve.len(), item, (rows, buf), theme);
        if self.sieve.len() == 0 {
            let words = match (self.listed, self.sieve.filter().is_empty()) {
                (false, _) => "Looking …",
                (true, true) => "No session yet",
                (true, false) => "Nothing fits; Ctrl+U clears the filter, Ctrl+F searches what was said",
            };
            buf.set_stringn(rows.x, rows.y, words, rows.width.into(), theme.style(Meaning::Muted));
        }
    }

    /// The line that asks for a title or tags, over the last row.
    fn view_asking(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let (label, field) = match self.asking.as_ref()? {
            Asking::Title(_, field) => ("Title: ", field),
            Asking::Tags(_, field) => ("Tags: ", field),
        };
        let inner = inside(self.places.frame);
        let place = Rect { y: inner.bottom().saturating_sub(1), height: inner.height.min(1), ..inner };
        let blank = " ".repeat(place.width.into());
        buf.set_stringn(place.x, place.y, blank, place.width.into(), theme.style(Meaning::Surface));
        field.view(label, theme, place, buf)
    }

    fn draw_preview(&self, theme: &Theme, buf: &mut Buffer) {
        let Places { side, rows, .. } = self.places;
        if side.is_empty() {
            return;
        }
        let beside = side.x > rows.x;
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
        for (row, y) in rows.iter().zip(text.y..text.bottom()) {
            buf.set_line(text.x, y, row, text.width);
        }
    }
}
