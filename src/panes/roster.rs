//! A list of named things with the details of each: the body of the panes of tool servers and language servers.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::picker::inside;
use crate::base::text;
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};

/// Something that has a name of its own in the list.
pub trait Named {
    fn name(&self) -> &str;
}

/// What came of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    Nothing,
    /// The pane is to be closed.
    Close,
    /// A letter that means something to the pane itself.
    Letter(char),
}

/// The words around the list.
pub struct Words<'a> {
    pub title: &'a str,
    pub foot: &'a str,
    /// In place of an empty list.
    pub empty: &'a str,
}

/// The list.
#[derive(Debug)]
pub struct Roster<T> {
    /// None until the engine has answered.
    list: Option<Vec<T>>,
    /// The chosen one by its name, so that news do not move the choice.
    chosen: String,
    /// The details of the chosen one are open, scrolled by so many rows.
    open: Option<usize>,
    rows: Vec<Line<'static>>,
    top: usize,
    frame: Rect,
    inner: Rect,
}

impl<T> Default for Roster<T> {
    fn default() -> Self {
        Self {
            list: None,
            chosen: String::new(),
            open: None,
            rows: Vec::new(),
            top: 0,
            frame: Rect::default(),
            inner: Rect::default(),
        }
    }
}

impl<T: Named> Roster<T> {
    /// Takes in the list as it is now.
    pub fn set(&mut self, list: Vec<T>) {
        self.list = Some(list);
        if self.at().is_none() {
            self.chosen = self.all().first().map(|first| first.name().to_owned()).unwrap_or_default();
        }
    }

    pub fn all(&self) -> &[T] {
        self.list.as_deref().unwrap_or_default()
    }

    fn at(&self) -> Option<usize> {
        self.all().iter().position(|item| item.name() == self.chosen)
    }

    /// The chosen one.
    pub fn current(&self) -> Option<&T> {
        self.all().get(self.at()?)
    }

    /// The one whose details are open.
    pub fn opened(&self) -> Option<&T> {
        self.open.and_then(|_| self.current())
    }

    pub fn update(&mut self, said: Said) -> Heard {
        match said {
            Said::Key(key) => return self.key(&key),
            Said::Paste(_) => {}
            Said::Wheel(rows) => self.by(isize::from(rows)),
            Said::Click(at) => {
                if self.open.is_none() && self.inner.contains(at) {
                    self.choose(self.top + usize::from(at.y - self.inner.y));
                }
            }
        }
        Heard::Nothing
    }

    fn key(&mut self, key: &KeyEvent) -> Heard {
        let page = isize::try_from(self.inner.height.max(2) - 1).unwrap_or(1);
        match key.code {
            KeyCode::Esc | KeyCode::Left | KeyCode::Char('h') if self.open.is_some() => self.open = None,
            KeyCode::Esc | KeyCode::Char('q') => return Heard::Close,
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l') if self.current().is_some() => self.open = Some(0),
            KeyCode::Up | KeyCode::Char('k') => self.by(-1),
            KeyCode::Down | KeyCode::Char('j') => self.by(1),
            KeyCode::PageUp => self.by(-page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.by(page),
            KeyCode::Home => self.by(isize::MIN / 2),
            KeyCode::End => self.by(isize::MAX / 2),
            KeyCode::Char(letter) => return Heard::Letter(letter),
            _ => {}
        }
        Heard::Nothing
    }

    fn by(&mut self, rows: isize) {
        if let Some(scroll) = &mut self.open {
            let last = self.rows.len().saturating_sub(usize::from(self.inner.height));
            *scroll = scroll.saturating_add_signed(rows).min(last);
        } else {
            let last = self.all().len().saturating_sub(1);
            let at = match (rows, self.at().unwrap_or(0)) {
                (-1, 0) => last,
                (1, at) if at == last => 0,
                (rows, at) => at.saturating_add_signed(rows).min(last),
            };
            self.choose(at);
        }
    }

    fn choose(&mut self, at: usize) {
        if let Some(item) = self.all().get(at) {
            self.chosen = item.name().to_owned();
        }
    }

    /// Divides the area and derives what the next draw needs; `details` makes the rows of one.
    pub fn settle(&mut self, area: Rect, details: impl FnOnce(&T, u16) -> Vec<Line<'static>>) {
        self.frame = area;
        self.inner = inside(area);
        let height = usize::from(self.inner.height);
        self.rows = self.opened().map(|item| details(item, self.inner.width)).unwrap_or_default();
        if self.open.is_some() {
            self.by(0);
            return;
        }
        let at = self.at().unwrap_or(0);
        self.top = self.top.min(at).max((at + 1).saturating_sub(height));
    }

    /// Draws where the last settle put it; `row` makes the row of one, told whether it is chosen and its width. Nothing is
    /// typed here, so there is no place for the cursor.
    pub fn view(
        &self,
        theme: &Theme,
        buf: &mut Buffer,
        words: &Words<'_>,
        row: impl Fn(&T, bool, u16) -> Line<'static>,
    ) -> Option<Position> {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return None;
        }
        popup::draw(self.frame, buf, theme, &Frame { title: words.title, foot: words.foot });
        if let Some(scroll) = self.open {
            for (place, row) in self.inner.rows().zip(self.rows.iter().skip(scroll)) {
                buf.set_line(place.x, place.y, row, place.width);
            }
            return None;
        }
        if self.all().is_empty() {
            let words = if self.list.is_none() { "Looking …" } else { words.empty };
            buf.set_stringn(self.inner.x, self.inner.y, words, self.inner.width.into(), theme.style(Meaning::Muted));
        }
        for (place, item) in self.inner.rows().zip(self.all().iter().skip(self.top)) {
            let chosen = item.name() == self.chosen;
            if chosen {
                buf.set_style(place, theme.style(Meaning::Selection));
            }
            buf.set_line(place.x, place.y, &row(item, chosen, place.width), place.width);
        }
        None
    }
}

/// One row of the list: a sign, the name, how it stands.
pub fn row(
    (sign, meaning): (&str, Meaning),
    (name, state, state_meaning): (&str, &str, Meaning),
    (theme, chosen, width): (&Theme, bool, u16),
) -> Line<'static> {
    let plain = |meaning| theme.style(if chosen { Meaning::Selection } else { meaning });
    let name = text::clip(&text::sanitize_line(name), 22).into_owned();
    let room = usize::from(width).saturating_sub(28);
    Line::from(vec![
        Span::styled(format!("{}{sign} ", if chosen { "›" } else { " " }), plain(meaning)),
        Span::styled(format!("{name:24} "), plain(Meaning::Text)),
        Span::styled(text::clip(&text::sanitize_line(state), room).into_owned(), plain(state_meaning)),
    ])
}

/// Rows of details that are being made.
pub struct Page<'a> {
    pub rows: Vec<Line<'static>>,
    theme: &'a Theme,
    width: usize,
}

/// Rows of one description.
const ROWS: usize = 8;

impl<'a> Page<'a> {
    pub fn new(theme: &'a Theme, width: u16) -> Self {
        Self { rows: Vec::new(), theme, width: usize::from(width) }
    }

    /// A name and its value, wrapped.
    pub fn field(&mut self, name: &str, value: &str, meaning: Meaning) {
        let room = self.width.saturating_sub(9).max(1);
        for (index, part) in text::wrap_plain(&text::sanitize_line(value), room).into_iter().take(ROWS).enumerate() {
            let name = if index == 0 { name } else { "" };
            self.rows.push(Line::from(vec![
                Span::styled(format!("{name:8} "), self.theme.style(Meaning::Muted)),
                Span::styled(part, self.theme.style(meaning)),
            ]));
        }
    }

    /// A heading with a number, when there is anything below it.
    pub fn heading(&mut self, name: &str, count: usize) {
        if count > 0 {
            self.rows.push(Line::default());
            self.rows.push(Line::styled(format!("{name} · {count}"), self.theme.style(Meaning::Heading)));
        }
    }

    /// Words of somebody else, wrapped.
    pub fn wrapped(&mut self, indent: usize, words: &str, meaning: Meaning) {
        let room = self.width.saturating_sub(indent).max(1);
        let lines = words.lines().flat_map(|line| text::wrap_plain(&text::sanitize_line(line), room));
        for part in lines.take(ROWS) {
            self.rows.push(Line::styled(format!("{:indent$}{part}", ""), self.theme.style(meaning)));
        }
    }

    /// A name and the first of its words, in one row.
    pub fn item(&mut self, name: &str, words: &str) {
        let name = text::clip(&text::sanitize_line(name), self.width.saturating_sub(2)).into_owned();
        let room = self.width.saturating_sub(text::width(&name) + 4);
        let first = words.lines().next().unwrap_or_default();
        let words = text::clip(&text::sanitize_line(first), room).into_owned();
        self.rows.push(Line::from(vec![
            Span::styled(format!("  {name}  "), self.theme.style(Meaning::Text)),
            Span::styled(words, self.theme.style(Meaning::Muted)),
        ]));
    }
}
