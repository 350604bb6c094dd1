//! What can be done with a session: a small list over the browser.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::domain::ExportForm;
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Resume,
    Timeline,
    Fork,
    Rename,
    Pin,
    Tags,
    Export(ExportForm),
    Trash,
}

/// Key, what it does, words.
const DEEDS: &[(char, Deed, &str)] = &[
    ('o', Deed::Resume, "Open"),
    ('v', Deed::Timeline, "Go through it event by event"),
    ('f', Deed::Fork, "Go on in a copy (fork)"),
    ('r', Deed::Rename, "Rename"),
    ('p', Deed::Pin, "Pin or unpin"),
    ('t', Deed::Tags, "Tags"),
    ('m', Deed::Export(ExportForm::Markdown), "Export as Markdown"),
    ('h', Deed::Export(ExportForm::Html), "Export as a page (HTML)"),
    ('j', Deed::Export(ExportForm::Json), "Export as JSON"),
    ('s', Deed::Export(ExportForm::StreamJson), "Export as stream-json"),
    ('d', Deed::Trash, "Delete (into the trash)"),
];

/// The open list.
#[derive(Debug, Default)]
pub(super) struct Menu {
    selected: usize,
    rows: Rect,
    frame: Rect,
}

/// What came of a key or a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    Close,
    Do(Deed),
}

impl Menu {
    pub(super) fn key(&mut self, key: &KeyEvent) -> Said {
        match key.code {
            KeyCode::Esc | KeyCode::Tab | KeyCode::Char('q') => return Said::Close,
            KeyCode::Up => self.by(-1),
            KeyCode::Down => self.by(1),
            KeyCode::Enter => return DEEDS.get(self.selected).map_or(Said::Nothing, |(_, deed, _)| Said::Do(*deed)),
            KeyCode::Char(letter) => {
                let deed = DEEDS.iter().find(|(key, ..)| *key == letter);
                return deed.map_or(Said::Nothing, |(_, deed, _)| Said::Do(*deed));
            }
            _ => {}
        }
        Said::Nothing
    }

    pub(super) fn by(&mut self, rows: isize) {
        self.selected = self.selected.saturating_add_signed(rows).min(DEEDS.len() - 1);
    }

    pub(super) fn click(&mut self, at: Position) -> Said {
        if !self.frame.contains(at) {
            return Said::Close;
        }
        let row = at.y.checked_sub(self.rows.y).map(usize::from);
        row.and_then(|row| DEEDS.get(row)).map_or(Said::Nothing, |(_, deed, _)| Said::Do(*deed))
    }

    pub(super) fn settle(&mut self, area: Rect) {
        self.frame = popup::centered(area, 40, DEEDS.len() as u16 + 2);
        self.rows = super::super::picker::inside(self.frame);
    }

    pub(super) fn view(&self, theme: &Theme, buf: &mut Buffer) {
        popup::draw(self.frame, buf, theme, &Frame { title: "This session", foot: "letter or Enter · Esc close" });
        for ((index, (key, _, words)), y) in DEEDS.iter().enumerate().zip(self.rows.y..self.rows.bottom()) {
            let style = theme.style(if index == self.selected { Meaning::Selection } else { Meaning::Text });
            let key = Span::styled(format!(" {key} "), style.patch(theme.style(Meaning::Key)));
            buf.set_style(Rect { y, height: 1, ..self.rows }, style);
            let line = Line::from(vec![key, Span::styled(format!(" {words}"), style)]);
            buf.set_line(self.rows.x, y, &line, self.rows.width);
        }
    }
}
