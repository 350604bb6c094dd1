//! `/mcp`: every tool server with its state, its source, what it offers and what that costs; connected again, switched
//! on and off, agreed to, logged in to from here.

mod details;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::picker::inside;
use crate::base::text;
use crate::domain::{Act, Event, Live, Request, ServerNews, ServerRequest, ServerState, ServerStatus};
use crate::theme::{Meaning, Theme};
use crate::usage;
use crate::widgets::popup::{self, Frame};

/// Input of the pane. While it is open it takes every key.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(KeyEvent),
    /// A click, in cells of the screen.
    Click(Position),
    /// The wheel, in rows.
    Wheel(i16),
}

/// The open pane.
#[derive(Debug, Default)]
pub struct Servers {
    /// None until the engine has answered.
    list: Option<Vec<ServerStatus>>,
    /// The chosen server by its name, so that news do not move the choice.
    chosen: String,
    /// The details of the chosen server are open, scrolled by so many rows.
    open: Option<usize>,
    rows: Vec<Line<'static>>,
    top: usize,
    frame: Rect,
    inner: Rect,
}

impl Servers {
    /// An open pane, and what to ask the engine.
    pub fn open() -> (Self, Vec<Act>) {
        (Self::default(), vec![send(ServerRequest::Report)])
    }

    /// Takes in news.
    pub fn hear(&mut self, event: &Event) {
        if let Event::Live(Live::Server(ServerNews::Status(list))) = event {
            self.list = Some(list.clone());
            if self.at().is_none() {
                self.chosen = list.first().map(|server| server.name.clone()).unwrap_or_default();
            }
        }
    }

    fn servers(&self) -> &[ServerStatus] {
        self.list.as_deref().unwrap_or_default()
    }

    fn at(&self) -> Option<usize> {
        self.servers().iter().position(|server| server.name == self.chosen)
    }

    fn server(&self) -> Option<&ServerStatus> {
        self.servers().get(self.at()?)
    }

    /// Takes one message. The flag tells that the pane is to be closed.
    pub fn update(&mut self, msg: Msg) -> (Vec<Act>, bool) {
        match msg {
            Msg::Key(key) => self.key(&key),
            Msg::Wheel(rows) => {
                self.by(isize::from(rows));
                (Vec::new(), false)
            }
            Msg::Click(at) => {
                if self.open.is_none() && self.inner.contains(at) {
                    self.choose(self.top + usize::from(at.y - self.inner.y));
                }
                (Vec::new(), false)
            }
        }
    }

    fn key(&mut self, key: &KeyEvent) -> (Vec<Act>, bool) {
        let page = isize::try_from(self.inner.height.max(2) - 1).unwrap_or(1);
        match key.code {
            KeyCode::Esc | KeyCode::Left | KeyCode::Char('h') if self.open.is_some() => self.open = None,
            KeyCode::Esc | KeyCode::Char('q') => return (Vec::new(), true),
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l') if self.server().is_some() => self.open = Some(0),
            KeyCode::Up | KeyCode::Char('k') => self.by(-1),
            KeyCode::Down | KeyCode::Char('j') => self.by(1),
            KeyCode::PageUp => self.by(-page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.by(page),
            KeyCode::Home => self.by(isize::MIN / 2),
            KeyCode::End => self.by(isize::MAX / 2),
            KeyCode::Char(letter) => return (self.order(letter), false),
            _ => {}
        }
        (Vec::new(), false)
    }

    fn order(&self, letter: char) -> Vec<Act> {
        let Some(server) = self.server() else { return Vec::new() };
        let name = server.name.clone();
        let request = match letter {
            'r' => ServerRequest::Reconnect(name),
            'e' => ServerRequest::Switch { server: name, on: matches!(server.state, ServerState::Off { .. }) },
            'a' => ServerRequest::Login(name),
            'o' => ServerRequest::Logout(name),
            'y' if server.tools.iter().any(|tool| !tool.change.is_empty()) => ServerRequest::Agree(name),
            _ => return Vec::new(),
        };
        vec![send(request)]
    }

    fn by(&mut self, rows: isize) {
        if let Some(scroll) = &mut self.open {
            let last = self.rows.len().saturating_sub(usize::from(self.inner.height));
            *scroll = scroll.saturating_add_signed(rows).min(last);
        } else {
            let last = self.servers().len().saturating_sub(1);
            let at = match (rows, self.at().unwrap_or(0)) {
                (-1, 0) => last,
                (1, at) if at == last => 0,
                (rows, at) => at.saturating_add_signed(rows).min(last),
            };
            self.choose(at);
        }
    }

    fn choose(&mut self, at: usize) {
        if let Some(server) = self.servers().get(at) {
            self.chosen = server.name.clone();
        }
    }

    /// Divides the area and derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        self.frame = area;
        self.inner = inside(area);
        let height = usize::from(self.inner.height);
        self.rows = match (self.open, self.server()) {
            (Some(_), Some(server)) => details::rows(server, theme, self.inner.width),
            _ => Vec::new(),
        };
        if self.open.is_some() {
            self.by(0);
            return;
        }
        let at = self.at().unwrap_or(0);
        self.top = self.top.min(at).max((at + 1).saturating_sub(height));
    }

    /// Draws where the last settle put it.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return;
        }
        let title = match (self.open, self.server()) {
            (Some(_), Some(server)) => format!("Tool server {}", server.name),
            _ => format!("Tool servers · {}", self.servers().len()),
        };
        let foot = match (self.open, self.server()) {
            (Some(_), _) => "↑↓ read · r connect again · y agree to changes · Esc back",
            (None, Some(_)) => "Enter details · r reconnect · e on, off · a log in · o log out · Esc",
            (None, None) => "Esc close",
        };
        popup::draw(self.frame, buf, theme, &Frame { title: &title, foot });
        if let Some(scroll) = self.open {
            for (place, row) in self.inner.rows().zip(self.rows.iter().skip(scroll)) {
                buf.set_line(place.x, place.y, row, place.width);
            }
            return;
        }
        if self.servers().is_empty() {
            let words = if self.list.is_none() {
                "Looking …"
            } else {
                "No tool servers are set. latigo mcp add sets one up, or .mcp.json in the project."
            };
            buf.set_stringn(self.inner.x, self.inner.y, words, self.inner.width.into(), theme.style(Meaning::Muted));
        }
        for (place, server) in self.inner.rows().zip(self.servers().iter().skip(self.top)) {
            let chosen = server.name == self.chosen;
            if chosen {
                buf.set_style(place, theme.style(Meaning::Selection));
            }
            buf.set_line(place.x, place.y, &row(server, chosen, theme, place.width), place.width);
        }
    }
}

fn send(request: ServerRequest) -> Act {
    Act::Send(Request::Server(request))
}

/// The sign and the look of a state.
pub fn sign(state: &ServerState) -> (&'static str, Meaning) {
    match state {
        ServerState::Ready => ("●", Meaning::Success),
        ServerState::Waiting | ServerState::Connecting => ("◌", Meaning::Running),
        ServerState::Retrying { .. } => ("↻", Meaning::Warning),
        ServerState::Failed { .. } => ("✗", Meaning::Error),
        ServerState::NeedsLogin => ("⚿", Meaning::Warning),
        ServerState::Off { .. } => ("⊘", Meaning::Muted),
    }
}

/// Tokens of the tools that stand in every request, and of those that are found by search.
fn costs(server: &ServerStatus) -> (u64, u64) {
    let sum = |loaded: bool| {
        usage::estimate(server.tools.iter().filter(|tool| tool.loaded == loaded).map(|tool| tool.bytes).sum())
    };
    (sum(true), sum(false))
}

fn row(server: &ServerStatus, chosen: bool, theme: &Theme, width: u16) -> Line<'static> {
    let (sign, meaning) = sign(&server.state);
    let plain = |meaning| theme.style(if chosen { Meaning::Selection } else { meaning });
    let name = text::clip(&text::sanitize_line(&server.name), 22).into_owned();
    let (loaded, searched) = costs(server);
    let mut tail = format!("{:3} tools", server.tools.len());
    if loaded > 0 {
        tail = format!("{tail} · {} tokens in each request", text::human_tokens(loaded));
    } else if searched > 0 {
        tail.push_str(" · found by search");
    }
    let changed = server.tools.iter().filter(|tool| !tool.change.is_empty()).count();
    if changed > 0 {
        tail = format!("⚠ {changed} changed · {tail}");
    }
    let state = match &server.state {
        ServerState::Failed { reason } | ServerState::Retrying { reason, .. } => {
            format!("{}: {reason}", server.state.word())
        }
        ServerState::Off { why } => format!("off: {why}"),
        ServerState::Ready => tail,
        state => state.word().to_owned(),
    };
    let room = usize::from(width).saturating_sub(28);
    Line::from(vec![
        Span::styled(format!("{}{sign} ", if chosen { "›" } else { " " }), plain(meaning)),
        Span::styled(format!("{name:24} "), plain(Meaning::Text)),
        Span::styled(
            text::clip(&text::sanitize_line(&state), room).into_owned(),
            plain(if changed > 0 { Meaning::Warning } else { Meaning::Muted }),
        ),
    ])
}

#[cfg(test)]
mod tests;
