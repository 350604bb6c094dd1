//! `/mcp`: every tool server with its state, its source, what it offers and what that costs; connected again, switched
//! on and off, agreed to, logged in to from here.

mod details;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::roster::{self, Heard, Named, Roster, Words};
use crate::base::text;
use crate::domain::{Act, Event, Live, Request, ServerNews, ServerRequest, ServerState, ServerStatus};
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::usage;

/// The open pane.
#[derive(Debug, Default)]
pub struct Servers {
    list: Roster<ServerStatus>,
}

impl Named for ServerStatus {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Servers {
    /// An open pane, and what to ask the engine.
    pub fn open() -> (Self, Vec<Act>) {
        (Self::default(), vec![send(ServerRequest::Report)])
    }

    /// Takes in news.
    pub fn hear(&mut self, event: &Event) {
        if let Event::Live(Live::Server(ServerNews::Status(list))) = event {
            self.list.set(list.clone());
        }
    }

    /// Takes one message. The flag tells that the pane is to be closed.
    pub fn update(&mut self, said: Said) -> (Vec<Act>, bool) {
        match self.list.update(said) {
            Heard::Letter(letter) => (self.order(letter), false),
            heard => (Vec::new(), heard == Heard::Close),
        }
    }

    fn order(&self, letter: char) -> Vec<Act> {
        let Some(server) = self.list.current() else { return Vec::new() };
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

    /// Divides the area and derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        self.list.settle(area, |server, width| details::rows(server, theme, width));
    }

    /// Draws where the last settle put it.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let title = match self.list.opened() {
            Some(server) => format!("Tool server {}", server.name),
            None => format!("Tool servers · {}", self.list.all().len()),
        };
        let foot = match (self.list.opened(), self.list.current()) {
            (Some(_), _) => "↑↓ read · r connect again · y agree to changes · Esc back",
            (None, Some(_)) => "Enter details · r reconnect · e on, off · a log in · o log out · Esc",
            (None, None) => "Esc close",
        };
        let empty = "No tool servers are set. latigo mcp add sets one up, or .mcp.json in the project.";
        let words = Words { title: &title, foot, empty };
        self.list.view(theme, buf, &words, |server, chosen, width| row(server, (theme, chosen, width)))
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

fn row(server: &ServerStatus, look: (&Theme, bool, u16)) -> Line<'static> {
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
    let meaning = if changed > 0 { Meaning::Warning } else { Meaning::Muted };
    roster::row(sign(&server.state), (&server.name, &state, meaning), look)
}

#[cfg(test)]
mod tests;
