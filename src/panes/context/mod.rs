//! What has to do with the context and has keys of its own: what fills it, the next request taken apart, the draft of
//! a summary, the price of a change, and a text to read.

mod draft;
mod grid;
mod inspect;
mod items;
mod price;
mod reader;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use crate::domain::{Act, ContextNews, ContextRequest, Event, Live, Report, Request};
use crate::panes::said::Said;
use crate::theme::Theme;
use crate::widgets::popup;

pub use draft::Draft;
pub use inspect::Inspector;
pub use items::Items;
pub use price::Price;
pub use reader::Reader;

/// What comes of it.
#[derive(Debug, Default, PartialEq)]
pub struct Reply {
    pub acts: Vec<Act>,
    pub close: bool,
}

/// One of them.
#[derive(Debug)]
pub enum Panel {
    Items(Items),
    Inspect(Inspector),
    Draft(Box<Draft>),
    Price(Price),
    Reader(Reader),
}

impl Panel {
    /// The panel that news open by themselves.
    pub fn of(news: &ContextNews) -> Option<Self> {
        match news {
            ContextNews::Draft(draft) => Some(Self::Draft(Box::new(Draft::new((**draft).clone())))),
            ContextNews::Price(question) => Some(Self::Price(Price::new((**question).clone()))),
            ContextNews::Break { label, shown, .. } => {
                Some(Self::Reader(Reader::new(format!("what broke the cache: {label}"), shown.clone())))
            }
            ContextNews::Item { label, text } => Some(Self::Reader(Reader::text(label.clone(), text.clone()))),
            ContextNews::Inspected(_) => None,
        }
    }

    /// Takes in what the engine says.
    pub fn hear(&mut self, event: &Event) {
        match (self, event) {
            (Self::Items(items), Event::Live(Live::Report(report))) => {
                if let Report::Context(report) = &**report {
                    items.set(report.clone());
                }
            }
            (Self::Inspect(inspector), Event::Live(Live::Context(ContextNews::Inspected(inspection)))) => {
                inspector.set((**inspection).clone());
            }
            _ => {}
        }
    }

    /// Takes one message.
    pub fn update(&mut self, said: Said) -> Reply {
        match self {
            Self::Items(items) => items.update(said),
            Self::Inspect(inspector) => inspector.update(said),
            Self::Draft(draft) => draft.update(said),
            Self::Price(price) => price.update(said),
            Self::Reader(reader) => reader.update(said),
        }
    }

    /// Derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        match self {
            Self::Items(items) => items.settle(area),
            Self::Inspect(inspector) => inspector.settle(area, theme),
            Self::Draft(draft) => draft.settle(area),
            Self::Price(price) => price.settle(area),
            Self::Reader(reader) => reader.settle(area, theme),
        }
    }

    /// Draws it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        match self {
            Self::Items(items) => items.view(theme, buf),
            Self::Inspect(inspector) => inspector.view(theme, buf),
            Self::Draft(draft) => return draft.view(theme, buf),
            Self::Price(price) => price.view(theme, buf),
            Self::Reader(reader) => reader.view(theme, buf),
        }
        None
    }
}

impl Reply {
    fn closed() -> Self {
        Self { acts: Vec::new(), close: true }
    }

    fn close_with(request: ContextRequest) -> Self {
        Self { acts: vec![ask(request)], close: true }
    }

    fn send(requests: Vec<Request>) -> Self {
        Self { acts: requests.into_iter().map(Act::Send).collect(), close: false }
    }
}

fn ask(request: ContextRequest) -> Act {
    Act::Send(Request::Context(request))
}

/// The content of a framed panel, a column free at both sides.
fn inside(area: Rect, (theme, buf): (&Theme, &mut Buffer), frame: &popup::Frame<'_>) -> Rect {
    let inner = popup::draw(area, buf, theme, frame);
    if inner.width > 4 { Rect { x: inner.x + 1, width: inner.width - 2, ..inner } } else { inner }
}

/// Moves a first row by keys that every list knows. None for other keys.
fn scrolled(key: &KeyEvent, top: usize, height: usize) -> Option<usize> {
    use ratatui::crossterm::event::KeyCode;
    let half = (height / 2).max(1);
    Some(match key.code {
        KeyCode::Char('j') | KeyCode::Down => top + 1,
        KeyCode::Char('k') | KeyCode::Up => top.saturating_sub(1),
        KeyCode::Char(' ') | KeyCode::PageDown => top + half,
        KeyCode::PageUp => top.saturating_sub(half),
        KeyCode::Char('g') | KeyCode::Home => 0,
        KeyCode::Char('G') | KeyCode::End => usize::MAX,
        _ => return None,
    })
}
