//! Searching in the conversation: what is looked for, where the view goes, what is marked.
//!
//! Entries are searched by their source, so that what is off the screen costs no layout; the row is found when the
//! entry has been laid out.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::cell::{Cell, Kind};
use super::words::prompt_text;
use crate::base::text;
use crate::domain::Body;
use crate::panes::facts::Facts;
use crate::theme::{Meaning, Theme};

/// Characters that are looked for.
const MOST: usize = 200;

/// A search in the conversation.
#[derive(Debug, Default)]
pub(super) struct Find {
    /// It is being typed.
    pub typing: bool,
    needle: String,
    /// The row that was found: entry, row in its lines.
    pub at: Option<(usize, usize)>,
    /// Moves to be made at the next settle.
    pub step: isize,
    /// Nothing was found, or it began anew.
    pub told: &'static str,
}

impl Find {
    /// One that is about to be typed.
    pub fn begun() -> Self {
        Self { typing: true, ..Self::default() }
    }

    /// Takes a key while it is being typed. False when the search is given up.
    pub fn key(&mut self, key: &KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return false,
            KeyCode::Enter => {
                self.typing = false;
                return !self.needle.is_empty();
            }
            KeyCode::Backspace if self.needle.is_empty() => return false,
            KeyCode::Backspace => drop(self.needle.pop()),
            KeyCode::Char('u') if ctrl => self.needle.clear(),
            KeyCode::Char(letter) if !ctrl && self.needle.len() < MOST => self.needle.push(letter),
            _ => return true,
        }
        // What is typed is looked for from where it was begun, backwards: the newest is what is remembered.
        self.at = None;
        self.step = -1;
        true
    }

    /// The text as it is looked for; capitals in it make it strict about case.
    fn wanted(&self) -> Option<(&str, bool)> {
        let strict = self.needle.chars().any(char::is_uppercase);
        (!self.needle.trim().is_empty()).then_some((self.needle.as_str(), strict))
    }

    /// The text holds what is looked for.
    pub fn fits(&self, text: &str) -> bool {
        match self.wanted() {
            Some((needle, true)) => text.contains(needle),
            Some((needle, false)) => text.to_lowercase().contains(&needle.to_lowercase()),
            None => false,
        }
    }

    /// The row of the view that the search takes: what is looked for, and what came of it.
    pub fn view(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let place = Rect { y: area.bottom() - 1, height: 1, ..area };
        let shown = text::sanitize_line(&self.needle);
        let keys = if self.typing { "Enter" } else { "n N next, Esc ends" };
        let caret = if self.typing { "▏" } else { "" };
        let line = format!("/{shown}{caret}");
        let blank = " ".repeat(place.width.into());
        buf.set_stringn(place.x, place.y, blank, place.width.into(), theme.style(Meaning::Surface));
        buf.set_stringn(place.x, place.y, &line, place.width.into(), theme.style(Meaning::Accent));
        let x = place.x + (text::width(&line) as u16).min(place.width.saturating_sub(1));
        let told = format!("  {}  {keys}", self.told);
        let room = place.right().saturating_sub(x + 1);
        buf.set_stringn(x + 1, place.y, told, room.into(), theme.style(Meaning::Muted));
    }

    /// Marks what is looked for in the rows that were drawn.
    pub fn mark(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let Some((needle, strict)) = self.wanted() else { return };
        let needle: Vec<String> = text::clusters(needle).map(|(cluster, _)| folded(cluster, strict)).collect();
        let style = theme.style(Meaning::Match);
        for y in area.rows().map(|row| row.y) {
            let mut cells: Vec<(u16, String)> = Vec::new();
            let mut x = area.x;
            while x < area.right() {
                let symbol = buf.cell((x, y)).map(|cell| cell.symbol().to_owned()).unwrap_or_default();
                cells.push((x, folded(&symbol, strict)));
                x += text::width(&symbol).max(1) as u16;
            }
            for window in cells.windows(needle.len()).filter(|window| window.iter().map(|(_, c)| c).eq(&needle)) {
                for (x, symbol) in window {
                    let place = Rect { x: *x, y, width: text::width(symbol).max(1) as u16, height: 1 };
                    buf.set_style(place.intersection(area), style);
                }
            }
        }
    }

    /// The first row of these lines, from the end when going up, that holds it; none when only the source does.
    pub fn row(&self, lines: &[Line<'static>], beyond: Option<usize>) -> Option<usize> {
        let fits = |index: &usize| lines.get(*index).is_some_and(|line| self.fits(&line.to_string()));
        match (beyond, self.step < 0) {
            (None, false) => (0..lines.len()).find(fits),
            (None, true) => (0..lines.len()).rev().find(fits),
            (Some(row), false) => (row + 1..lines.len()).find(fits),
            (Some(row), true) => (0..row.min(lines.len())).rev().find(fits),
        }
    }
}

fn folded(cluster: &str, strict: bool) -> String {
    if strict { cluster.to_owned() } else { cluster.to_lowercase() }
}

/// What an entry says, as it can be searched.
pub(super) fn holds(find: &Find, cell: &Cell, facts: &Facts) -> bool {
    match &cell.kind {
        Kind::Prompt(record) => find.fits(&prompt_text(record).0),
        Kind::Text(source) | Kind::Thinking(source) => find.fits(source.as_str()),
        Kind::Call(index) => facts.calls.at(*index).is_some_and(|call| {
            let result = match call.done.as_ref().map(|done| &done.body) {
                Some(Body::CallDone { result, summary, .. }) => find.fits(summary) || find.fits(&result.joined()),
                _ => false,
            };
            result || find.fits(&call.name) || find.fits(&call.title)
        }),
        Kind::Shell(run) => find.fits(&run.command) || find.fits(&run.output),
        Kind::Notice(notice) => find.fits(&notice.text),
        Kind::Mark { text, body, .. } => find.fits(text) || body.as_deref().is_some_and(|body| find.fits(body)),
        Kind::Welcome | Kind::Retry(_) | Kind::Draft(_) | Kind::Hidden => false,
    }
}
