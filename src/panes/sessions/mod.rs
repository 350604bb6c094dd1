//! The session browser: all conversations of this project or of all, searched by typing, with a preview.
//!
//! It lists what the engine told it; opening a session is the engine's part.

mod preview;
mod view;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

use self::preview::Preview;
use super::picker::Sieve;
use crate::base::text;
use crate::domain::{Act, Event, Live, Request, SessionId, SessionScope, SessionSummary};
use crate::theme::Theme;

/// Milliseconds that the choice must rest before its preview is asked for.
const REST_MS: u64 = 80;

/// Input of the browser. While it is open it takes every key.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(KeyEvent),
    Paste(String),
    /// A click, in cells of the screen.
    Click(Position),
    /// The wheel, in rows.
    Wheel(i16),
    /// Time passed; see [`Sessions::next_tick`].
    Tick,
}

/// The browser's state; empty and small while it is closed.
#[derive(Debug, Default)]
pub struct Sessions {
    open: bool,
    /// All projects instead of this one.
    all: bool,
    /// The engine has answered.
    listed: bool,
    summaries: Vec<SessionSummary>,
    sieve: Sieve,
    /// When the choice moved, while its preview was not asked for yet.
    moved: Option<u64>,
    preview: Option<Preview>,
    /// The time that ages are counted from.
    now: u64,
    frame: Rect,
    rows: Rect,
    side: Rect,
}

impl Sessions {
    /// Opens the browser with a text in its filter and asks for the list.
    pub fn open(&mut self, filter: &str, now: u64) -> Vec<Act> {
        *self = Self { open: true, now, ..Self::default() };
        self.sieve.set_filter(filter.split_whitespace().collect::<Vec<_>>().join(" "));
        vec![self.list()]
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Closes the browser and lets the list go.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    fn list(&self) -> Act {
        Act::Send(Request::ListSessions(if self.all { SessionScope::All } else { SessionScope::Project }))
    }

    fn chosen(&self) -> Option<&SessionSummary> {
        self.summaries.get(self.sieve.selected()?)
    }

    /// Takes in the answers of the engine. A session that opens closes the browser.
    pub fn hear(&mut self, event: &Event) {
        if !self.open {
            return;
        }
        match event {
            Event::Opened { .. } => self.close(),
            Event::Live(Live::Sessions(summaries)) => {
                let chosen = self.chosen().map(|summary| summary.id);
                self.listed = true;
                self.summaries.clone_from(summaries);
                self.sieve.set_names(self.summaries.iter().map(|summary| self.name(summary)).collect());
                let at = self.summaries.iter().position(|summary| Some(summary.id) == chosen);
                self.sieve.select(at.unwrap_or(0));
                self.moved = Some(self.now);
            }
            Event::Live(Live::Preview { id, records }) if self.chosen().is_some_and(|summary| summary.id == *id) => {
                self.preview = Some(Preview::new(*id, records));
            }
            _ => {}
        }
    }

    /// What is searched and shown: the title, and the project when it may be any.
    fn name(&self, summary: &SessionSummary) -> String {
        let title = if summary.title.trim().is_empty() { "(no title)" } else { summary.title.trim() };
        let project = summary.project.file_name().filter(|_| self.all);
        match project {
            Some(project) => format!("{title}  {}", project.to_string_lossy()),
            None => title.to_owned(),
        }
    }

    /// Takes one message. `now` in milliseconds.
    pub fn update(&mut self, msg: Msg, now: u64) -> Vec<Act> {
        self.now = now;
        let before = self.chosen().map(|summary| summary.id);
        match msg {
            Msg::Key(key) => {
                if let Some(acts) = self.key(&key) {
                    return acts;
                }
            }
            Msg::Paste(text) => self.sieve.paste(&text),
            Msg::Wheel(rows) if self.rows.height > 0 => self.sieve.by(isize::from(rows)),
            Msg::Click(position) => {
                if self.sieve.click(self.rows, position).is_some() && self.chosen().map(|summary| summary.id) == before
                {
                    return self.resume();
                }
            }
            Msg::Wheel(_) | Msg::Tick => {}
        }
        if self.chosen().map(|summary| summary.id) != before {
            self.moved = Some(now);
        }
        self.ask_preview(now)
    }

    /// Asks for the preview once the choice has rested, so that a held arrow key asks for one and not for all.
    fn ask_preview(&mut self, now: u64) -> Vec<Act> {
        let Some(moved) = self.moved.filter(|moved| now >= moved + REST_MS) else { return Vec::new() };
        self.moved = None;
        let shown = self.preview.as_ref().map(|preview| preview.id);
        match self.chosen().map(|summary| summary.id) {
            Some(id) if Some(id) != shown && moved <= now && !self.side.is_empty() => {
                vec![Act::Send(Request::PreviewSession(id))]
            }
            _ => Vec::new(),
        }
    }

    /// Milliseconds until the browser wants a [`Msg::Tick`]; none when nothing waits.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        self.moved.filter(|_| self.open).map(|moved| (moved + REST_MS).saturating_sub(now))
    }

    fn key(&mut self, key: &KeyEvent) -> Option<Vec<Act>> {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => {
                self.close();
                return Some(Vec::new());
            }
            KeyCode::Enter => return Some(self.resume()),
            KeyCode::Char('a') if ctrl => {
                self.all = !self.all;
                self.listed = false;
                return Some(vec![self.list()]);
            }
            _ => {
                self.sieve.key(key, self.rows.height);
            }
        }
        None
    }

    fn resume(&mut self) -> Vec<Act> {
        let Some(id) = self.chosen().map(|summary| summary.id) else { return Vec::new() };
        self.close();
        vec![Act::Send(Request::Resume(id))]
    }

    /// Derives what the next draw needs; the browser fills `area`.
    pub fn settle(&mut self, area: Rect, theme: &Theme, now: u64) {
        self.now = now;
        self.place(area);
        self.sieve.settle(self.rows.height);
        let chosen = self.chosen().map(|summary| summary.id);
        if let Some(preview) = self.preview.as_mut().filter(|preview| Some(preview.id) == chosen) {
            preview.settle(self.side.width.saturating_sub(1), self.side.height, theme);
        }
    }

    /// Whose preview is in view.
    fn shown_preview(&self) -> Option<&Preview> {
        let chosen: Option<SessionId> = self.chosen().map(|summary| summary.id);
        self.preview.as_ref().filter(|preview| Some(preview.id) == chosen)
    }
}

/// How long ago, in one unit: `now`, `5 m`, `3 h`, `2 d`, `6 w`.
fn age(then: u64, now: u64) -> String {
    let minutes = now.saturating_sub(then) / 60_000;
    match minutes {
        0 => "now".to_owned(),
        1..60 => format!("{minutes} m"),
        60..1_440 => format!("{} h", minutes / 60),
        1_440..20_160 => format!("{} d", minutes / 1_440),
        _ => format!("{} w", minutes / 10_080),
    }
}

/// What stands at the right of a row, as much as there is room for.
fn facts(summary: &SessionSummary, now: u64, width: u16) -> String {
    let age = age(summary.updated, now);
    if width < 60 {
        return age;
    }
    let turns = if summary.turns == 1 { "1 turn".to_owned() } else { format!("{} turns", summary.turns) };
    let cost = summary.cost.map_or_else(|| "-".to_owned(), text::human_cost);
    format!("{turns}  {cost:>7}  {:>6}  {age:>4}", text::human_tokens(summary.tokens))
}

#[cfg(test)]
mod tests;
