//! Names, a filter that is typed, and the choice among what fits: the core of every list that is searched.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

use crate::base::text;
use crate::theme::{Meaning, Theme};
use crate::widgets::fuzzy;
use crate::widgets::list::ListState;

/// Characters that a filter takes.
const MOST: usize = 200;

/// A list of names that is narrowed by typing.
#[derive(Debug, Default)]
pub(in crate::panes) struct Sieve {
    names: Vec<String>,
    filter: String,
    /// What fits, best first: the index of the name and the clusters that matched.
    found: Vec<(usize, Vec<u32>)>,
    state: ListState,
}

impl Sieve {
    /// Other names; the filter stays and the choice goes to the first row.
    pub(in crate::panes) fn set_names(&mut self, names: Vec<String>) {
        self.names = names;
        self.search(false);
    }

    pub(in crate::panes) fn filter(&self) -> &str {
        &self.filter
    }

    pub(in crate::panes) fn set_filter(&mut self, filter: String) {
        self.filter = filter;
        self.search(false);
    }

    /// Rows that fit.
    pub(in crate::panes) fn len(&self) -> usize {
        self.found.len()
    }

    /// The name behind a row, and what of it matched.
    pub(in crate::panes) fn found(&self, row: usize) -> Option<&(usize, Vec<u32>)> {
        self.found.get(row)
    }

    /// The index of the chosen name.
    pub(in crate::panes) fn selected(&self) -> Option<usize> {
        self.found.get(self.state.selected()).map(|(index, _)| *index)
    }

    /// Chooses a name, if it fits.
    pub(in crate::panes) fn select(&mut self, index: usize) {
        if let Some(row) = self.found.iter().position(|(found, _)| *found == index) {
            self.state.select(row);
        }
    }

    pub(in crate::panes) fn state(&self) -> ListState {
        self.state
    }

    pub(in crate::panes) fn settle(&mut self, height: u16) {
        self.state.settle(self.found.len(), height);
    }

    pub(in crate::panes) fn by(&mut self, rows: isize) {
        self.state.by(rows, self.found.len());
    }

    /// The name under the mouse, which becomes the choice.
    pub(in crate::panes) fn click(&mut self, rows: Rect, position: Position) -> Option<usize> {
        if !rows.contains(position) {
            return None;
        }
        let row = self.state.row_at(rows, position.y, self.found.len())?;
        self.state.select(row);
        self.selected()
    }

    pub(in crate::panes) fn paste(&mut self, text: &str) {
        let line: String = text.chars().take(MOST).map(|letter| if letter == '\n' { ' ' } else { letter }).collect();
        self.filter.push_str(&line);
        self.search(true);
    }

    /// Takes a key that moves or types; `page` is the rows of a page.
    pub(in crate::panes) fn key(&mut self, key: &KeyEvent, page: u16) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let page = isize::from(page.saturating_sub(1).max(2) as i16);
        match key.code {
            KeyCode::Up => self.by(-1),
            KeyCode::Down => self.by(1),
            KeyCode::Char('p' | 'k') if ctrl => self.by(-1),
            KeyCode::Char('n' | 'j') if ctrl => self.by(1),
            KeyCode::PageUp => self.by(-page),
            KeyCode::PageDown => self.by(page),
            KeyCode::Home => self.state.select(0),
            KeyCode::End => self.state.select(self.found.len().saturating_sub(1)),
            KeyCode::Backspace if !self.filter.is_empty() => {
                self.filter.pop();
                self.search(false);
            }
            KeyCode::Char('u') if ctrl => self.set_filter(String::new()),
            KeyCode::Char('w') if ctrl => {
                let kept = self.filter.trim_end().rfind(' ').map_or(0, |blank| blank + 1);
                self.filter.truncate(kept);
                self.search(false);
            }
            KeyCode::Char(letter) if ctrl == alt && self.filter.len() < MOST => {
                self.filter.push(letter);
                self.search(true);
            }
            _ => return false,
        }
        true
    }

    /// Finds what fits. A longer filter can only fit fewer names, so it looks at those that fitted before.
    fn search(&mut self, longer: bool) {
        self.state = ListState::default();
        // In these forms of the query more letters may fit more names.
        let narrows = longer && !self.filter.contains(['!', '^', '$', '\'', '\\']);
        if narrows {
            let mut rows: Vec<usize> = self.found.iter().map(|(index, _)| *index).collect();
            rows.sort_unstable();
            let names: Vec<&str> = rows.iter().filter_map(|index| self.names.get(*index)).map(String::as_str).collect();
            let ranked = fuzzy::rank(&self.filter, &names, names.len());
            self.found =
                ranked.into_iter().filter_map(|(row, marks)| rows.get(row).map(|index| (*index, marks))).collect();
        } else {
            self.found = fuzzy::rank(&self.filter, &self.names, self.names.len());
        }
    }

    /// Draws the row with the filter. Returns where the cursor belongs.
    pub(in crate::panes) fn draw_filter(&self, theme: &Theme, place: Rect, buf: &mut Buffer) -> Option<Position> {
        let width = usize::from(place.width);
        buf.set_stringn(place.x, place.y, "❯ ", width, theme.style(Meaning::Accent));
        let room = width.checked_sub(3)?;
        let shown = text::sanitize_line(&self.filter);
        // The end is what is being typed.
        let mut tail = shown.as_ref();
        while text::width(tail) > room {
            let skip = tail.chars().next().map_or(1, char::len_utf8);
            tail = tail.get(skip..).unwrap_or_default();
        }
        buf.set_stringn(place.x + 2, place.y, tail, room, theme.style(Meaning::Text));
        Some(Position::new(place.x + 2 + text::width(tail) as u16, place.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(sieve: &mut Sieve, text: &str) {
        for letter in text.chars() {
            sieve.key(&KeyEvent::from(KeyCode::Char(letter)), 5);
        }
    }

    #[test]
    fn narrowing_finds_what_a_new_search_finds() {
        let mut sieve = Sieve::default();
        sieve.set_names((0..500).map(|number| format!("session {number} about parsers")).collect());
        typed(&mut sieve, "4 par");
        let narrowed = sieve.found.clone();
        sieve.set_filter("4 par".to_owned());
        assert_eq!(sieve.found, narrowed);
        sieve.key(&KeyEvent::from(KeyCode::Backspace), 5);
        assert!(sieve.len() >= narrowed.len());
    }

    #[test]
    fn the_choice_survives_only_as_a_row_that_exists() {
        let mut sieve = Sieve::default();
        sieve.set_names(vec!["a".to_owned(), "b".to_owned()]);
        sieve.select(1);
        assert_eq!(sieve.selected(), Some(1));
        typed(&mut sieve, "zz");
        assert_eq!(sieve.selected(), None);
        sieve.key(&KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL), 5);
        assert_eq!(sieve.selected(), Some(0));
    }
}
