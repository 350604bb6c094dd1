//! A one-row text field: for the rule that is saved and the comment to the model.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::base::text;

/// Bytes that a field takes.
const MOST: usize = 16 << 10;

/// Text with a cursor between two clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::panes) struct Field {
    text: String,
    cursor: usize,
}

impl Field {
    pub(in crate::panes) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let cursor = text.len();
        Self { text, cursor }
    }

    pub(in crate::panes) fn text(&self) -> &str {
        &self.text
    }

    pub(in crate::panes) fn insert(&mut self, text: &str) {
        if self.text.len() + text.len() <= MOST {
            self.text.insert_str(self.cursor, text);
            self.cursor += text.len();
        }
    }

    /// Takes a key; false when it has no use for it.
    pub(in crate::panes) fn key(&mut self, key: &KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char(letter) if ctrl == alt => self.insert(letter.encode_utf8(&mut [0; 4])),
            KeyCode::Char('a') if ctrl => self.cursor = 0,
            KeyCode::Char('e') if ctrl => self.cursor = self.text.len(),
            KeyCode::Char('b') if ctrl => self.cursor = self.left(),
            KeyCode::Char('f') if ctrl => self.cursor = self.right(),
            KeyCode::Char('k') if ctrl => self.text.truncate(self.cursor),
            KeyCode::Char('u') if ctrl => self.delete_from(0),
            KeyCode::Char('w') if ctrl => self.delete_from(self.word_left()),
            KeyCode::Char('h') if ctrl => self.delete_from(self.left()),
            KeyCode::Char('b') if alt => self.cursor = self.word_left(),
            KeyCode::Backspace if alt || ctrl => self.delete_from(self.word_left()),
            KeyCode::Backspace => self.delete_from(self.left()),
            KeyCode::Delete => {
                let end = self.right();
                self.text.replace_range(self.cursor..end, "");
            }
            KeyCode::Left => self.cursor = self.left(),
            KeyCode::Right => self.cursor = self.right(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn delete_from(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    fn left(&self) -> usize {
        let mut cursor = GraphemeCursor::new(self.cursor, self.text.len(), true);
        cursor.prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    fn right(&self) -> usize {
        let mut cursor = GraphemeCursor::new(self.cursor, self.text.len(), true);
        cursor.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len())
    }

    fn word_left(&self) -> usize {
        let before = self.text.get(..self.cursor).unwrap_or_default().trim_end();
        before.rfind(char::is_whitespace).map_or(0, |blank| {
            blank + before.get(blank..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        })
    }

    /// What fits into `room` columns around the cursor, sanitised, and the cursor's column in it.
    pub(in crate::panes) fn window(&self, room: usize) -> (String, usize) {
        let room = room.max(1);
        let mut shown: Vec<(String, usize)> = Vec::new();
        let mut used = 0;
        // From the cursor to the left as far as there is room, then on to the right.
        for cluster in self.text.get(..self.cursor).unwrap_or_default().graphemes(true).rev() {
            let drawn = text::sanitize_line(cluster).into_owned();
            let wide = text::width(&drawn);
            if used + wide >= room {
                break;
            }
            used += wide;
            shown.push((drawn, wide));
        }
        let mut out: String = shown.iter().rev().map(|(drawn, _)| drawn.as_str()).collect();
        let column = used;
        for cluster in self.text.get(self.cursor..).unwrap_or_default().graphemes(true) {
            let drawn = text::sanitize_line(cluster);
            used += text::width(&drawn);
            if used > room {
                break;
            }
            out.push_str(&drawn);
        }
        (out, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_edits_by_clusters_and_words() {
        let mut field = Field::new("Bash(cargo tést:*)");
        let press = |field: &mut Field, code, modifiers| assert!(field.key(&KeyEvent::new(code, modifiers)));
        press(&mut field, KeyCode::Char('w'), KeyModifiers::CONTROL);
        assert_eq!(field.text(), "Bash(cargo ");
        press(&mut field, KeyCode::Char('👩'), KeyModifiers::NONE);
        press(&mut field, KeyCode::Left, KeyModifiers::NONE);
        press(&mut field, KeyCode::Delete, KeyModifiers::NONE);
        assert_eq!(field.text(), "Bash(cargo ");
        press(&mut field, KeyCode::Home, KeyModifiers::NONE);
        press(&mut field, KeyCode::Char('k'), KeyModifiers::CONTROL);
        assert_eq!(field.text(), "");
        assert!(!field.key(&KeyEvent::from(KeyCode::Tab)));
    }

    #[test]
    fn the_window_follows_the_cursor() {
        let mut field = Field::new("0123456789");
        assert_eq!(field.window(5), ("6789".to_owned(), 4));
        field.cursor = 0;
        assert_eq!(field.window(5), ("01234".to_owned(), 0));
        assert_eq!(Field::new("a\u{202e}b").window(20).0, "a\\u{202e}b");
    }
}
