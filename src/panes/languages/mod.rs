//! `/lsp`: every language server with its state, its files and what it finds wrong; started, started anew and stopped
//! from here.

mod details;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::roster::{self, Heard, Named, Roster, Words};
use crate::domain::{Act, Event, LanguageNews, LanguageRequest, LanguageState, LanguageStatus, Live, Request};
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};

/// The open pane.
#[derive(Debug, Default)]
pub struct Languages {
    list: Roster<LanguageStatus>,
}

impl Named for LanguageStatus {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Languages {
    /// An open pane, and what to ask the engine.
    pub fn open() -> (Self, Vec<Act>) {
        (Self::default(), vec![send(LanguageRequest::Report)])
    }

    /// Takes in news.
    pub fn hear(&mut self, event: &Event) {
        if let Event::Live(Live::Language(LanguageNews::Status(list))) = event {
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
        match letter {
            's' | 'r' => vec![send(LanguageRequest::Start(server.name.clone()))],
            'x' => vec![send(LanguageRequest::Stop(server.name.clone()))],
            _ => Vec::new(),
        }
    }

    /// Divides the area and derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        self.list.settle(area, |server, width| details::rows(server, theme, width));
    }

    /// Draws where the last settle put it.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let title = match self.list.opened() {
            Some(server) => format!("Language server {}", server.name),
            None => format!("Language servers · {}", self.list.all().len()),
        };
        let foot = match (self.list.opened(), self.list.current()) {
            (Some(_), _) => "↑↓ read · s start, start anew · x stop · Esc back",
            (None, Some(_)) => "Enter details · s start, start anew · x stop · Esc close",
            (None, None) => "Esc close",
        };
        let empty = "None is installed or set. lspServers in the settings names one.";
        let words = Words { title: &title, foot, empty };
        self.list.view(theme, buf, &words, |server, chosen, width| row(server, (theme, chosen, width)))
    }
}

fn send(request: LanguageRequest) -> Act {
    Act::Send(Request::Language(request))
}

/// The sign and the look of a state.
fn sign(state: &LanguageState) -> (&'static str, Meaning) {
    match state {
        LanguageState::Ready => ("●", Meaning::Success),
        LanguageState::Asleep => ("○", Meaning::Muted),
        LanguageState::Unasked => ("?", Meaning::Warning),
        LanguageState::Starting => ("◌", Meaning::Running),
        LanguageState::Retrying { .. } => ("↻", Meaning::Warning),
        LanguageState::Failed { .. } => ("✗", Meaning::Error),
        LanguageState::Off { .. } => ("⊘", Meaning::Muted),
    }
}

/// How a server stands, in one line.
fn state(server: &LanguageStatus) -> String {
    let endings = server.extensions.join(" ");
    match &server.state {
        LanguageState::Failed { reason } | LanguageState::Retrying { reason, .. } => {
            format!("{}: {reason}", server.state.word())
        }
        LanguageState::Off { why } => format!("off: {why}"),
        LanguageState::Unasked => format!("needs your yes (s): it may run code of the project · {endings}"),
        LanguageState::Asleep => format!("asleep until one of its files is at hand · {endings}"),
        LanguageState::Starting => format!("starting · {endings}"),
        LanguageState::Ready => {
            let (errors, warnings) = server.counts();
            let busy = server.busy.first().map(|title| format!(" · {title} …")).unwrap_or_default();
            let files = count(server.open, "file");
            format!("{}, {} · {files} open · {endings}{busy}", count(errors, "error"), count(warnings, "warning"))
        }
    }
}

fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

fn row(server: &LanguageStatus, look: (&Theme, bool, u16)) -> Line<'static> {
    let meaning = if server.counts().0 > 0 { Meaning::Warning } else { Meaning::Muted };
    roster::row(sign(&server.state), (&server.name, &state(server), meaning), look)
}

#[cfg(test)]
mod tests;
