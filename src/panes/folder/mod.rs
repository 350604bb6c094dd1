//! The question whether a folder is trusted: everything that it would bring, with the text of what runs.
//!
//! The safe answer has the focus, keys count only after a dead time, and a yes is taken only when the end of the
//! list was in view.

mod rows;
mod view;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::permission::DEAD_MS;
use crate::domain::{Act, FolderAnswer, FolderClaims, Request};
use crate::panes::said::Said;
use crate::theme::Theme;

/// The question's keys, for help.
pub const KEYS: &[(&str, &str)] = &[
    ("1  t", "Trust this folder"),
    ("2  w  Esc", "Go on without what it brings"),
    ("3  q", "Quit"),
    ("PgUp, PgDn, Home, End", "Read what it brings"),
];

/// The answers that are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Trust,
    Without,
    Quit,
}

const CHOICES: [Choice; 3] = [Choice::Trust, Choice::Without, Choice::Quit];

/// An open question.
#[derive(Debug)]
pub struct FolderQuestion {
    claims: FolderClaims,
    appeared: u64,
    focus: usize,
    rows: Vec<Line<'static>>,
    made_for: Option<(u16, u64)>,
    scroll: usize,
    end_seen: bool,
    frame: Rect,
    content: Rect,
    rule: Rect,
    answers: Rect,
}

impl FolderQuestion {
    /// A question that appears now, in milliseconds.
    pub fn new(claims: FolderClaims, now: u64) -> Self {
        Self {
            claims,
            appeared: now,
            focus: 1,
            rows: Vec::new(),
            made_for: None,
            scroll: 0,
            end_seen: false,
            frame: Rect::default(),
            content: Rect::default(),
            rule: Rect::default(),
            answers: Rect::default(),
        }
    }

    /// Milliseconds until keys count; none when they do.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        let armed = self.appeared + DEAD_MS;
        (now < armed).then(|| armed - now)
    }

    /// Takes one message. The flag tells that the question is answered.
    pub fn update(&mut self, said: Said, now: u64) -> (Vec<Act>, bool) {
        let choice = match said {
            Said::Wheel(rows) => {
                self.scroll_by(isize::from(rows));
                None
            }
            Said::Paste(_) => None,
            _ if self.next_tick(now).is_some() => None,
            Said::Click(at) => self.choice_at(at),
            Said::Key(key) => self.key(&key),
        };
        choice.map_or((Vec::new(), false), |choice| self.choose(choice))
    }

    fn key(&mut self, key: &KeyEvent) -> Option<Choice> {
        let held = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => return Some(Choice::Without),
            KeyCode::Enter => return CHOICES.get(self.focus).copied(),
            KeyCode::Up => self.focus = (self.focus + CHOICES.len() - 1) % CHOICES.len(),
            KeyCode::Down | KeyCode::Tab => self.focus = (self.focus + 1) % CHOICES.len(),
            KeyCode::PageDown | KeyCode::Char(' ') => self.page(true),
            KeyCode::PageUp => self.page(false),
            KeyCode::Home => self.scroll = 0,
            KeyCode::End => self.scroll_by(isize::MAX),
            KeyCode::Char('j') if !held => self.scroll_by(1),
            KeyCode::Char('k') if !held => self.scroll_by(-1),
            KeyCode::Char('1' | 't') if !held => return Some(Choice::Trust),
            KeyCode::Char('2' | 'w') if !held => return Some(Choice::Without),
            KeyCode::Char('3' | 'q') if !held => return Some(Choice::Quit),
            _ => {}
        }
        None
    }

    fn choose(&mut self, choice: Choice) -> (Vec<Act>, bool) {
        match choice {
            Choice::Trust if !self.may_trust() => {
                self.focus = 0;
                self.page(true);
                (Vec::new(), false)
            }
            Choice::Trust => (vec![Act::Send(Request::AnswerFolder(FolderAnswer::Trust))], true),
            Choice::Without => (vec![Act::Send(Request::AnswerFolder(FolderAnswer::Without))], true),
            Choice::Quit => (vec![Act::Quit], true),
        }
    }

    /// A yes is taken: all of it can be shown and was seen to its end.
    fn may_trust(&self) -> bool {
        self.end_seen && !self.claims.too_much
    }

    fn hidden_below(&self) -> usize {
        self.rows.len().saturating_sub(self.scroll + usize::from(self.content.height))
    }

    fn scroll_by(&mut self, rows: isize) {
        let last = self.rows.len().saturating_sub(usize::from(self.content.height));
        self.scroll = self.scroll.saturating_add_signed(rows).min(last);
    }

    fn page(&mut self, down: bool) {
        let rows = isize::try_from(self.content.height.saturating_sub(1).max(1)).unwrap_or(1);
        self.scroll_by(if down { rows } else { -rows });
    }

    fn choice_at(&self, at: Position) -> Option<Choice> {
        let row = at.y.checked_sub(self.answers.y)?;
        self.answers.contains(at).then(|| CHOICES.get(usize::from(row)).copied())?
    }

    /// Derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        self.place(area, theme);
        self.scroll_by(0);
        if self.content.height > 0 && self.hidden_below() == 0 {
            self.end_seen = true;
        }
    }
}

#[cfg(test)]
mod tests;
