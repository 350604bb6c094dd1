//! The session browser: all conversations of this project or of all, narrowed by typing, with a preview; and the
//! search through what was said in them.
//!
//! It lists what the engine told it; whatever is done to a session is the engine's part.

mod field;
mod keys;
mod menu;
mod order;
mod preview;
mod row;
mod search;
mod view;

use std::path::PathBuf;

use ratatui::layout::Rect;

use self::field::Field;
use self::menu::Menu;
use self::order::Sort;
use self::preview::Preview;
use self::row::{age, facts, sign};
use self::search::Search;
use super::picker::Sieve;
use crate::domain::{
    Act, Event, LibraryNews, LibraryRequest, Live, Notice, Request, SessionId, SessionScope, SessionSummary,
};
use crate::panes::said::Said;
use crate::theme::Theme;

/// Milliseconds that the choice must rest before its preview is asked for.
const REST_MS: u64 = 80;

/// Where the browser was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Here {
    pub session: Option<SessionId>,
    pub project: PathBuf,
}

/// A place that the app is asked to bring into view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goto {
    /// When that session is open.
    Open { session: SessionId, spot: Spot },
    /// On the timeline of a session that is not opened.
    Timeline { session: SessionId, seq: Option<u64> },
}

/// A place in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The number of a record of the conversation.
    Record(u64),
    /// The conversation of a sub-agent.
    Agent(String),
}

/// What is shown.
#[derive(Debug, Default)]
enum Face {
    #[default]
    List,
    Search(Search),
}

/// What is typed about the chosen session.
#[derive(Debug)]
enum Asking {
    Title(SessionId, Field),
    Tags(SessionId, Field),
}

/// How the list is made.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// All projects instead of this one.
    all: bool,
    sort: Sort,
    /// Branches stand below what they come from.
    tree: bool,
}

/// Rectangles of the last settle.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    frame: Rect,
    head: Rect,
    rows: Rect,
    side: Rect,
}

/// The browser's state; empty and small while it is closed.
#[derive(Debug)]
pub struct Sessions {
    open: bool,
    here: Here,
    shape: Shape,
    /// The engine has answered.
    listed: bool,
    summaries: Vec<SessionSummary>,
    /// Levels in the tree of branches, one for each session.
    levels: Vec<usize>,
    sieve: Sieve,
    face: Face,
    asking: Option<Asking>,
    menu: Option<Menu>,
    /// What the last deed came to.
    told: Option<Notice>,
    /// The session that was put away last.
    trashed: Option<SessionId>,
    goto: Option<Goto>,
    /// When the choice moved, while its preview was not asked for yet.
    moved: Option<u64>,
    preview: Option<Preview>,
    /// The time that ages are counted from.
    now: u64,
    places: Places,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            open: false,
            here: Here::default(),
            shape: Shape { all: false, sort: Sort::Used, tree: true },
            listed: false,
            summaries: Vec::new(),
            levels: Vec::new(),
            sieve: Sieve::default(),
            face: Face::List,
            asking: None,
            menu: None,
            told: None,
            trashed: None,
            goto: None,
            moved: None,
            preview: None,
            now: 0,
            places: Places::default(),
        }
    }
}

impl Sessions {
    /// Opens the browser with a text in its filter and asks for the list.
    pub fn open(&mut self, filter: &str, here: Here, now: u64) -> Vec<Act> {
        *self = Self { open: true, here, now, ..Self::default() };
        self.sieve.set_filter(filter.split_whitespace().collect::<Vec<_>>().join(" "));
        vec![self.list()]
    }

    /// Opens the search with a query. The list behind it is asked for too.
    pub fn open_search(&mut self, query: &str, here: Here, now: u64) -> Vec<Act> {
        let mut acts = self.open("", here, now);
        let mut search = Search::new(query, 0);
        acts.extend(search.ask(now));
        self.face = Face::Search(search);
        acts
    }

    /// The first session is open now.
    pub fn set_here(&mut self, here: Here) {
        self.here = here;
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Closes the browser and lets the list go.
    pub fn close(&mut self) {
        let goto = self.goto.take();
        *self = Self { goto, ..Self::default() };
    }

    /// What the app is asked to bring into view, once.
    pub fn take_goto(&mut self) -> Option<Goto> {
        self.goto.take()
    }

    fn scope(&self) -> SessionScope {
        if self.shape.all { SessionScope::All } else { SessionScope::Project }
    }

    fn list(&self) -> Act {
        Act::Send(Request::ListSessions(self.scope()))
    }

    fn chosen(&self) -> Option<&SessionSummary> {
        self.summaries.get(self.sieve.selected()?)
    }

    /// Takes in the answers of the engine. A session that opens closes the browser.
    pub fn hear(&mut self, event: &Event) -> Vec<Act> {
        if !self.open {
            return Vec::new();
        }
        match event {
            Event::Opened { .. } => self.close(),
            Event::Live(Live::Sessions(scope, summaries)) if *scope == self.scope() => {
                self.listed = true;
                self.arrange(summaries.clone());
                self.moved = Some(self.now);
            }
            Event::Live(Live::Preview { id, records }) if self.chosen().is_some_and(|summary| summary.id == *id) => {
                self.preview = Some(Preview::new(*id, records));
            }
            Event::Live(Live::Library(LibraryNews::Done(notice))) => {
                self.told = Some(notice.clone());
                return vec![self.list()];
            }
            Event::Live(Live::Library(LibraryNews::Found(found))) => {
                if let Face::Search(search) = &mut self.face {
                    search.hear(found);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// Puts the sessions in order; the choice stays on its session.
    fn arrange(&mut self, mut summaries: Vec<SessionSummary>) {
        let chosen = self.chosen().map(|summary| summary.id);
        self.shape.sort.sort(&mut summaries);
        self.levels = if self.shape.tree { order::tree(&mut summaries) } else { vec![0; summaries.len()] };
        self.summaries = summaries;
        let names = self.summaries.iter().zip(&self.levels).map(|(summary, level)| self.name(summary, *level));
        let names = names.collect();
        self.sieve.set_names(names);
        let at = self.summaries.iter().position(|summary| Some(summary.id) == chosen);
        self.sieve.select(at.unwrap_or(0));
    }

    /// What is searched and shown: sign, title, tags, branch, the project when it may be any, and the first prompt.
    fn name(&self, summary: &SessionSummary, level: usize) -> String {
        let mut name = "  ".repeat(level.saturating_sub(1));
        name.push_str(if level > 0 { "└ " } else { "" });
        name.push_str(sign(summary));
        let title = if summary.title.trim().is_empty() { "(no title)" } else { summary.title.trim() };
        name.push_str(title);
        for tag in &summary.tags {
            name.push_str(" #");
            name.push_str(tag);
        }
        if let Some(project) = summary.project.file_name().filter(|_| self.shape.all) {
            name.push_str("  ");
            name.push_str(&project.to_string_lossy());
        }
        if let Some(branch) = &summary.branch {
            name.push_str("  ");
            name.push_str(branch);
        }
        let known = summary.prompt.starts_with(title.trim_end_matches('…')) || summary.prompt.is_empty();
        if !known {
            name.push_str("  · ");
            name.push_str(&summary.prompt);
        }
        name
    }

    /// Takes one message. `now` in milliseconds.
    pub fn update(&mut self, said: Said, now: u64) -> Vec<Act> {
        self.now = now;
        let before = self.chosen().map(|summary| summary.id);
        let acts = match said {
            Said::Key(key) => self.key(&key),
            Said::Paste(text) => {
                self.paste(&text);
                Vec::new()
            }
            Said::Wheel(rows) => {
                self.wheel(rows);
                Vec::new()
            }
            Said::Click(position) => self.click(position),
        };
        if self.chosen().map(|summary| summary.id) != before {
            self.moved = Some(now);
        }
        acts.into_iter().chain(self.tick(now)).collect()
    }

    /// Time went by: what waited for a rest is asked for.
    pub fn tick(&mut self, now: u64) -> Vec<Act> {
        self.now = now;
        let mut acts = match &mut self.face {
            Face::Search(search) => Vec::from_iter(search.ask(now)),
            Face::List => Vec::new(),
        };
        acts.extend(self.ask_preview(now));
        acts
    }

    /// Asks for the preview once the choice has rested, so that a held arrow key asks for one and not for all.
    fn ask_preview(&mut self, now: u64) -> Vec<Act> {
        let Some(moved) = self.moved.filter(|moved| now >= moved + REST_MS) else { return Vec::new() };
        self.moved = None;
        let shown = self.preview.as_ref().map(|preview| preview.id);
        match self.chosen().map(|summary| summary.id) {
            Some(id) if Some(id) != shown && moved <= now && !self.places.side.is_empty() => {
                vec![Act::Send(Request::PreviewSession(id))]
            }
            _ => Vec::new(),
        }
    }

    /// Milliseconds until the browser wants a [`Self::tick`]; none when nothing waits.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        let search = match &self.face {
            Face::Search(search) => search.next_tick(now),
            Face::List => None,
        };
        let preview = self.moved.map(|moved| (moved + REST_MS).saturating_sub(now));
        [search, preview].into_iter().flatten().min().filter(|_| self.open)
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
        let Places { rows, side, frame, .. } = self.places;
        self.sieve.settle(rows.height);
        if let Some(menu) = &mut self.menu {
            menu.settle(frame);
        }
        if let Face::Search(search) = &mut self.face {
            let body =
                Rect { width: frame.width.saturating_sub(2), height: rows.height + side_below(rows, side), ..rows };
            search.settle(body);
        }
        let Some(summary) = self.chosen().cloned() else { return };
        if let Some(preview) = self.preview.as_mut().filter(|preview| preview.id == summary.id) {
            let below = side.x <= rows.x;
            let size = (side.width - u16::from(!below).min(side.width), side.height.saturating_sub(below.into()));
            preview.settle(&summary, size, theme);
        }
    }

    /// Whose preview is in view.
    fn shown_preview(&self) -> Option<&Preview> {
        let chosen: Option<SessionId> = self.chosen().map(|summary| summary.id);
        self.preview.as_ref().filter(|preview| Some(preview.id) == chosen)
    }

    fn ask_library(request: LibraryRequest) -> Vec<Act> {
        vec![Act::Send(Request::Library(request))]
    }
}

/// Rows of the preview when it stands below the list.
fn side_below(rows: Rect, side: Rect) -> u16 {
    if side.y >= rows.bottom() && !side.is_empty() { side.height } else { 0 }
}

#[cfg(test)]
mod tests;
