//! Keys and clicks of the browser, and what they do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;

use super::field::Field;
use super::menu::{Deed, Menu, Said};
use super::search::Search;
use super::{Asking, Face, Goto, Sessions, Spot};
use crate::domain::{Act, FilesRequest, LibraryRequest, Request};

/// Characters of a title.
const TITLE: usize = 200;
/// Tags of one session.
const TAGS: usize = 16;

impl Sessions {
    pub(super) fn key(&mut self, key: &KeyEvent) -> Vec<Act> {
        if let Some(menu) = &mut self.menu {
            let said = menu.key(key);
            return self.after_menu(said);
        }
        if self.asking.is_some() {
            return self.answer(key);
        }
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('f') if ctrl => self.turn(),
            KeyCode::Esc => self.escape(),
            _ if matches!(self.face, Face::Search(_)) => self.search_key(key),
            _ => self.list_key(key, ctrl),
        }
    }

    /// Shows the other face, with what was typed.
    fn turn(&mut self) -> Vec<Act> {
        self.told = None;
        match std::mem::take(&mut self.face) {
            Face::List => self.face = Face::Search(Search::new(self.sieve.filter(), 0)),
            Face::Search(search) => self.sieve.set_filter(search.query.text().to_owned()),
        }
        Vec::new()
    }

    /// Out of the search into the list, then out of the browser.
    fn escape(&mut self) -> Vec<Act> {
        match self.face {
            Face::Search(_) => self.face = Face::List,
            Face::List => self.close(),
        }
        Vec::new()
    }

    fn search_key(&mut self, key: &KeyEvent) -> Vec<Act> {
        let now = self.now;
        let Face::Search(search) = &mut self.face else { return Vec::new() };
        if key.code == KeyCode::Enter {
            return self.open_hit();
        }
        search.key(key, now);
        Vec::new()
    }

    /// Opens the session at the hit; one of another project is only looked at.
    fn open_hit(&mut self) -> Vec<Act> {
        let Face::Search(search) = &self.face else { return Vec::new() };
        let Some(hit) = search.chosen() else { return Vec::new() };
        let (session, seq, agent) = (hit.session, hit.seq, hit.agent.clone());
        if hit.project == self.here.project {
            let spot = agent.map_or(Spot::Record(seq), Spot::Agent);
            self.goto = Some(Goto::Open { session, spot });
            let known = self.here.session == Some(session);
            self.close();
            return if known { Vec::new() } else { vec![Act::Send(Request::Resume(session))] };
        }
        // The numbers of an agent's log are its own.
        let seq = agent.is_none().then_some(seq);
        self.goto = Some(Goto::Timeline { session, seq });
        Vec::new()
    }

    fn list_key(&mut self, key: &KeyEvent, ctrl: bool) -> Vec<Act> {
        match key.code {
            KeyCode::Enter => return self.resume(),
            KeyCode::Tab if self.chosen().is_some() => self.menu = Some(Menu::default()),
            KeyCode::Char('a') if ctrl => {
                self.shape.all = !self.shape.all;
                self.listed = false;
                return vec![self.list()];
            }
            KeyCode::Char('s') if ctrl => {
                self.shape.sort = self.shape.sort.next();
                self.rearrange();
            }
            KeyCode::Char('b') if ctrl => {
                self.shape.tree = !self.shape.tree;
                self.rearrange();
            }
            KeyCode::Char('r') if ctrl => return self.act(Deed::Rename),
            KeyCode::Char('t') if ctrl => return self.act(Deed::Tags),
            KeyCode::Char('d') if ctrl => return self.act(Deed::Trash),
            KeyCode::Delete => return self.act(Deed::Trash),
            KeyCode::Char('y') if ctrl => return self.untrash(),
            _ => {
                self.sieve.key(key, self.places.rows.height);
            }
        }
        Vec::new()
    }

    fn rearrange(&mut self) {
        let summaries = std::mem::take(&mut self.summaries);
        // The choice is told by the order that was; it goes to the top of the new one.
        self.arrange(summaries);
    }

    fn after_menu(&mut self, said: Said) -> Vec<Act> {
        match said {
            Said::Nothing => return Vec::new(),
            Said::Close => self.menu = None,
            Said::Do(deed) => {
                self.menu = None;
                return self.act(deed);
            }
        }
        Vec::new()
    }

    /// Does something with the chosen session.
    fn act(&mut self, deed: Deed) -> Vec<Act> {
        let Some(summary) = self.chosen().cloned() else { return Vec::new() };
        self.told = None;
        match deed {
            Deed::Resume => return self.resume(),
            Deed::Timeline => self.goto = Some(Goto::Timeline { session: summary.id, seq: None }),
            Deed::Rename => self.asking = Some(Asking::Title(summary.id, Field::new(summary.title))),
            Deed::Tags => self.asking = Some(Asking::Tags(summary.id, Field::new(summary.tags.join(" ")))),
            Deed::Pin => return Self::ask_library(LibraryRequest::Pin { id: summary.id, on: !summary.pinned }),
            Deed::Export(form) => {
                return Self::ask_library(LibraryRequest::Export { id: Some(summary.id), form, path: None });
            }
            Deed::Fork => return vec![Act::Send(Request::Files(FilesRequest::ForkOf(summary.id)))],
            Deed::Trash => {
                self.trashed = Some(summary.id);
                return Self::ask_library(LibraryRequest::Trash(summary.id));
            }
        }
        Vec::new()
    }

    /// Brings back what was put away last.
    fn untrash(&mut self) -> Vec<Act> {
        self.trashed.take().map(|id| Self::ask_library(LibraryRequest::Restore(id))).unwrap_or_default()
    }

    /// A key for the line that asks for a title or tags.
    fn answer(&mut self, key: &KeyEvent) -> Vec<Act> {
        match key.code {
            KeyCode::Esc => self.asking = None,
            KeyCode::Enter => return self.asking.take().map(answered).unwrap_or_default(),
            _ => {
                if let Some(Asking::Title(_, field) | Asking::Tags(_, field)) = &mut self.asking {
                    field.key(key);
                }
            }
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, text: &str) {
        let now = self.now;
        match (&mut self.asking, &mut self.face) {
            (Some(Asking::Title(_, field) | Asking::Tags(_, field)), _) => field.paste(text),
            (None, Face::Search(search)) => search.paste(text, now),
            (None, Face::List) => self.sieve.paste(text),
        }
    }

    pub(super) fn wheel(&mut self, rows: i16) {
        match (&mut self.menu, &mut self.face) {
            (Some(menu), _) => menu.by(rows.signum().into()),
            (None, Face::Search(search)) => search.by(rows.signum().into()),
            (None, Face::List) if self.places.rows.height > 0 => self.sieve.by(rows.into()),
            (None, Face::List) => {}
        }
    }

    pub(super) fn click(&mut self, at: Position) -> Vec<Act> {
        if let Some(menu) = &mut self.menu {
            let said = menu.click(at);
            return self.after_menu(said);
        }
        if self.asking.is_some() {
            return Vec::new();
        }
        if let Some(acts) = self.click_head(at) {
            return acts;
        }
        match &mut self.face {
            Face::Search(search) => {
                if search.click(at) {
                    return self.open_hit();
                }
            }
            Face::List => {
                let before = self.chosen().map(|summary| summary.id);
                let hit = self.sieve.click(self.places.rows, at).is_some();
                if hit && self.chosen().map(|summary| summary.id) == before {
                    return self.resume();
                }
            }
        }
        Vec::new()
    }

    /// The words at the right of the filter can be clicked.
    fn click_head(&mut self, at: Position) -> Option<Vec<Act>> {
        if at.y != self.places.head.y || self.places.head.is_empty() {
            return None;
        }
        let (key, _) = self.head_words().into_iter().find(|(_, place)| place.contains(at))?;
        Some(self.key(&KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL)))
    }
}

/// What was typed about a session, for the engine.
fn answered(asking: Asking) -> Vec<Act> {
    match asking {
        Asking::Title(id, field) => {
            let words: Vec<&str> = field.text().split_whitespace().collect();
            let title: String = words.join(" ").chars().take(TITLE).collect();
            if title.is_empty() { Vec::new() } else { Sessions::ask_library(LibraryRequest::Rename { id, title }) }
        }
        Asking::Tags(id, field) => {
            let split = field.text().split([' ', ',']).map(|tag| tag.trim_start_matches('#').trim());
            let mut tags: Vec<String> = Vec::new();
            for tag in split.filter(|tag| !tag.is_empty()).take(TAGS) {
                if !tags.iter().any(|known| known == tag) {
                    tags.push(tag.to_owned());
                }
            }
            Sessions::ask_library(LibraryRequest::Tag { id, tags })
        }
    }
}
