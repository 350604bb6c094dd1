//! A list to choose from in a box: models, themes. What the entries are is the app's business; moving the
//! choice is told, so that a theme can be tried on before it is taken.

mod sieve;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};

pub(in crate::panes) use self::sieve::Sieve;
use crate::base::text;
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::list;
use crate::widgets::popup::{self, Frame};

/// The box is not larger than this.
const WIDEST: u16 = 76;
const HIGHEST: u16 = 20;

/// One line of the list. Both texts may be foreign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    /// At the right edge: a price, a key.
    pub detail: String,
    /// It is the one in use.
    pub current: bool,
}

/// What came of a message; numbers count the entries as they were given.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Nothing,
    /// The choice moved here.
    Preview(usize),
    Chosen(usize),
    Cancelled,
}

/// An open list.
#[derive(Debug)]
pub struct Picker {
    title: String,
    entries: Vec<Entry>,
    sieve: Sieve,
    frame: Rect,
    rows: Rect,
}

impl Picker {
    /// A list with the choice on the entry in use.
    pub fn new(title: impl Into<String>, entries: Vec<Entry>) -> Self {
        let mut picker = Self {
            title: title.into(),
            entries: Vec::new(),
            sieve: Sieve::default(),
            frame: Rect::default(),
            rows: Rect::default(),
        };
        picker.set_entries(entries);
        picker
    }

    /// Other entries, such as models that were found meanwhile; what was typed stays.
    pub fn set_entries(&mut self, entries: Vec<Entry>) {
        let chosen = self.sieve.selected().and_then(|index| self.entries.get(index)).map(|entry| entry.name.clone());
        let at = match chosen {
            Some(name) => entries.iter().position(|entry| entry.name == name),
            None => entries.iter().position(|entry| entry.current),
        };
        self.sieve.set_names(entries.iter().map(|entry| entry.name.clone()).collect());
        self.entries = entries;
        self.sieve.select(at.unwrap_or(0));
    }

    /// The entry with the choice.
    pub fn selected(&self) -> Option<usize> {
        self.sieve.selected()
    }

    pub fn update(&mut self, said: Said) -> Outcome {
        let before = self.sieve.selected();
        match said {
            Said::Key(key) => match key.code {
                KeyCode::Esc => return Outcome::Cancelled,
                KeyCode::Enter => return before.map_or(Outcome::Nothing, Outcome::Chosen),
                _ => {
                    self.sieve.key(&key, self.rows.height);
                }
            },
            Said::Paste(text) => self.sieve.paste(&text),
            Said::Wheel(rows) => self.sieve.by(isize::from(rows)),
            Said::Click(position) => {
                if !self.frame.contains(position) {
                    return Outcome::Cancelled;
                }
                return self.sieve.click(self.rows, position).map_or(Outcome::Nothing, Outcome::Chosen);
            }
        }
        match self.sieve.selected() {
            Some(now) if Some(now) != before => Outcome::Preview(now),
            _ => Outcome::Nothing,
        }
    }

    /// Derives what the next draw needs; the box stands in the middle of `area`.
    pub fn settle(&mut self, area: Rect) {
        // The height follows the entries and not what fits the filter, so that the box stands still.
        let height = (self.entries.len() as u16).saturating_add(3).clamp(6, HIGHEST);
        self.frame = popup::centered(area, WIDEST, height);
        let inner = inside(self.frame);
        let head = 1.min(inner.height.saturating_sub(1));
        self.rows = Rect { y: inner.y + head, height: inner.height - head, ..inner };
        self.sieve.settle(self.rows.height);
    }

    /// Draws the box where the last settle put it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return None;
        }
        let foot = "type to filter · Enter choose · Esc close";
        let inner = popup::draw(self.frame, buf, theme, &Frame { title: &self.title, foot });
        let cursor = self.sieve.draw_filter(theme, Rect { height: 1, ..inner }, buf);
        let item = |row: usize| {
            let found = self.sieve.found(row);
            let entry = found.and_then(|(index, _)| self.entries.get(*index));
            let detail = entry.map(|entry| match (entry.current, entry.detail.is_empty()) {
                (true, true) => "in use".to_owned(),
                (true, false) => format!("{} · in use", entry.detail),
                (false, _) => entry.detail.clone(),
            });
            list::Item {
                text: entry.map(|entry| entry.name.as_str()).unwrap_or_default().into(),
                marks: found.map(|(_, marks)| marks.as_slice()).unwrap_or_default().into(),
                detail: detail.unwrap_or_default().into(),
            }
        };
        list::draw(self.sieve.state(), self.sieve.len(), item, (self.rows, buf), theme);
        if self.sieve.len() == 0 {
            let words = text::clip("Nothing fits", usize::from(self.rows.width));
            buf.set_stringn(self.rows.x, self.rows.y, words, self.rows.width.into(), theme.style(Meaning::Muted));
        }
        cursor
    }
}

/// What `popup::draw` leaves of a box.
pub(in crate::panes) fn inside(frame: Rect) -> Rect {
    if frame.width < 4 || frame.height < 3 {
        frame
    } else {
        Rect { x: frame.x + 1, y: frame.y + 1, width: frame.width - 2, height: frame.height - 2 }
    }
}

#[cfg(test)]
mod tests;
