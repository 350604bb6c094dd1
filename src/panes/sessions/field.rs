//! One line of text that is typed at its end: a query, a title, tags.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

use crate::base::text;
use crate::theme::{Meaning, Theme};

/// Characters that it takes.
const MOST: usize = 500;

/// The text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    text: String,
}

impl Field {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn paste(&mut self, text: &str) {
        let room = MOST.saturating_sub(self.text.chars().count());
        self.text.extend(text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(room));
    }

    /// Takes a key that types. True when the text changed.
    pub(super) fn key(&mut self, key: &KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let before = self.text.len();
        match key.code {
            KeyCode::Backspace => drop(self.text.pop()),
            KeyCode::Char('u') if ctrl => self.text.clear(),
            KeyCode::Char('w') if ctrl => {
                let kept = self.text.trim_end().rfind(' ').map_or(0, |blank| blank + 1);
                self.text.truncate(kept);
            }
            KeyCode::Char(letter) if ctrl == alt && self.text.chars().count() < MOST => self.text.push(letter),
            _ => {}
        }
        self.text.len() != before
    }

    /// Draws it behind a label. Returns where the cursor belongs.
    pub(super) fn view(&self, label: &str, theme: &Theme, place: Rect, buf: &mut Buffer) -> Option<Position> {
        if place.is_empty() {
            return None;
        }
        let width = usize::from(place.width);
        buf.set_stringn(place.x, place.y, label, width, theme.style(Meaning::Accent));
        let used = text::width(label);
        let room = width.checked_sub(used + 1)?;
        let shown = text::sanitize_line(&self.text);
        // The end is what is being typed.
        let mut tail = shown.as_ref();
        while text::width(tail) > room {
            let skip = tail.chars().next().map_or(1, char::len_utf8);
            tail = tail.get(skip..).unwrap_or_default();
        }
        let x = place.x + used as u16;
        buf.set_stringn(x, place.y, tail, room, theme.style(Meaning::Text));
        Some(Position::new(x + text::width(tail) as u16, place.y))
    }
}
