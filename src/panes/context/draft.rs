//! The draft of a summary: the person reads it, edits it, and accepts it or not. Nothing is replaced before.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use tui_textarea::{CursorMove, TextArea};

use super::{Reply, inside};
use crate::base::text;
use crate::domain::{ContextRequest, SummaryDraft};
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::popup;

/// Rows above the text.
const HEAD: u16 = 3;

/// The open draft.
#[derive(Debug)]
pub struct Draft {
    told: SummaryDraft,
    area: TextArea<'static>,
    frame: Rect,
    width: usize,
    /// Rows of the text at that width: line, first byte, last byte.
    rows: Vec<(usize, usize, usize)>,
    top: usize,
}

impl Draft {
    pub fn new(draft: SummaryDraft) -> Self {
        let lines = draft.summary.lines().map(|line| text::sanitize_line(line).into_owned()).collect();
        let mut area = TextArea::new(lines);
        area.move_cursor(CursorMove::Top);
        let mut new = Self { told: draft, area, frame: Rect::ZERO, width: 76, rows: Vec::new(), top: 0 };
        new.lay_out();
        new
    }

    pub(super) fn update(&mut self, said: Said) -> Reply {
        match said {
            Said::Key(key) => return self.key(key),
            Said::Paste(text) => {
                self.area.insert_str(text::sanitize(&text));
                self.lay_out();
            }
            Said::Wheel(rows) => self.step(rows.into()),
            Said::Click(_) => {}
        }
        Reply::default()
    }

    /// Wraps the text anew.
    fn lay_out(&mut self) {
        let lines = self.area.lines().iter().enumerate();
        self.rows = lines.flat_map(|(line, text)| rows_of(line, text, self.width)).collect();
    }

    fn key(&mut self, key: KeyEvent) -> Reply {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Reply::close_with(ContextRequest::Discard),
            KeyCode::Char('s') if ctrl => {
                let summary = self.area.lines().join("\n");
                if !summary.trim().is_empty() {
                    return Reply::close_with(ContextRequest::Accept { summary });
                }
            }
            KeyCode::Char('z') if ctrl => {
                self.area.undo();
                self.lay_out();
            }
            KeyCode::PageDown => self.step(self.room() as isize),
            KeyCode::PageUp => self.step(-(self.room() as isize)),
            KeyCode::Up => self.step(-1),
            KeyCode::Down => self.step(1),
            _ => self.edit(key),
        }
        Reply::default()
    }

    fn edit(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Char(letter) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
                self.area.insert_char(letter);
            }
            KeyCode::Enter => self.area.insert_newline(),
            KeyCode::Backspace => {
                self.area.delete_char();
            }
            KeyCode::Delete => {
                self.area.delete_next_char();
            }
            KeyCode::Left => self.area.move_cursor(CursorMove::Back),
            KeyCode::Right => self.area.move_cursor(CursorMove::Forward),
            KeyCode::Home => self.area.move_cursor(CursorMove::Head),
            KeyCode::End => self.area.move_cursor(CursorMove::End),
            _ => {}
        }
        self.lay_out();
    }

    /// Moves the cursor by rows as they are seen.
    fn step(&mut self, rows: isize) {
        let (row, column) = self.seen();
        let row = row.saturating_add_signed(rows).min(self.rows.len().saturating_sub(1));
        let Some((line, start, end)) = self.rows.get(row).copied() else { return };
        let text = self.area.lines().get(line).cloned().unwrap_or_default();
        let piece = text.get(start..end).unwrap_or_default();
        let before = text.get(..start).map_or(0, |head| head.chars().count());
        let within = piece.chars().count().min(column);
        self.area.move_cursor(CursorMove::Jump(line as u16, (before + within) as u16));
    }

    /// Row and column (in characters) of the cursor as it is seen.
    fn seen(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        let (line, column) = (cursor.0, cursor.1);
        let text = self.area.lines().get(line).map(String::as_str).unwrap_or_default();
        let byte = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        let row = self.rows.iter().rposition(|(l, start, _)| *l == line && *start <= byte).unwrap_or(0);
        let start = self.rows.get(row).map_or(0, |(_, start, _)| *start);
        (row, text.get(start..byte).map_or(0, |head| head.chars().count()))
    }

    fn room(&self) -> usize {
        usize::from(self.frame.height.saturating_sub(2 + HEAD)).max(1)
    }

    pub(super) fn settle(&mut self, area: Rect) {
        self.frame = area;
        self.width = usize::from(area.width.saturating_sub(4)).max(1);
        self.lay_out();
        let (row, _) = self.seen();
        self.top = self.top.min(row).max((row + 1).saturating_sub(self.room()));
    }

    pub(super) fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let frame = popup::Frame { title: "summary, a draft", foot: "edit it · Ctrl+S accept · Esc throw it away" };
        let inner = inside(self.frame, (theme, buf), &frame);
        let SummaryDraft { messages, results, tokens_before, tokens_after, gathered, .. } = &self.told;
        let (before, after) = (text::human_tokens(*tokens_before), text::human_tokens(*tokens_after));
        let by = if *gathered { "gathered without the model" } else { "by the model, with what was said beside it" };
        let head = [
            (
                format!("It takes the place of {messages} messages and {results} results: {before} → {after} tokens."),
                Meaning::Text,
            ),
            (format!("Written {by}. What is pinned stays; /compact undo brings all back."), Meaning::Muted),
        ];
        for ((words, meaning), place) in head.iter().zip(inner.rows()) {
            buf.set_stringn(
                place.x,
                place.y,
                text::clip(words, place.width.into()),
                place.width.into(),
                theme.style(*meaning),
            );
        }
        let body = Rect { y: inner.y + HEAD.min(inner.height), height: inner.height.saturating_sub(HEAD), ..inner };
        for ((line, start, end), place) in self.rows.iter().skip(self.top).zip(body.rows()) {
            let piece = self.area.lines().get(*line).and_then(|text| text.get(*start..*end)).unwrap_or_default();
            let meaning = if *start == 0 && piece.starts_with('#') { Meaning::Heading } else { Meaning::Text };
            buf.set_stringn(place.x, place.y, text::sanitize_line(piece), place.width.into(), theme.style(meaning));
        }
        let (row, column) = self.seen();
        let y = row.checked_sub(self.top).filter(|y| *y < usize::from(body.height))? as u16;
        let (line, start, _) = self.rows.get(row).copied()?;
        let head: String = self.area.lines().get(line)?.get(start..)?.chars().take(column).collect();
        Some(Position::new((body.x + text::width(&head) as u16).min(body.right().saturating_sub(1)), body.y + y))
    }
}

/// The rows of a line: broken at blanks where there are any.
fn rows_of(line: usize, source: &str, width: usize) -> Vec<(usize, usize, usize)> {
    let mut rows = Vec::new();
    let (mut start, mut blank, mut columns, mut at) = (0, None, 0, 0);
    for (cluster, wide) in text::clusters(source) {
        if columns + wide > width {
            let end = blank.filter(|blank| *blank > start).unwrap_or(at);
            rows.push((line, start, end));
            columns = text::width(source.get(end..at).unwrap_or_default());
            (start, blank) = (end, None);
        }
        columns += wide;
        at += cluster.len();
        if cluster == " " {
            blank = Some(at);
        }
    }
    rows.push((line, start, source.len()));
    rows
}
