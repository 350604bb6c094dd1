//! Going through a session event by event: what it was at each moment, step by step or played.
//!
//! The state is made by the fold that also runs live; going back folds again from the beginning.

mod moment;
mod view;
mod words;

use std::sync::Arc;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

use self::moment::{Moment, is_piece};
use crate::domain::Record;
use crate::domain::{
    Act, Body, Event, FilesRequest, LibraryBody, LibraryNews, LibraryRequest, Live, Request, SessionId,
};
use crate::panes::conversation::{self, Scene};
use crate::panes::said::Said;
use crate::theme::Theme;

/// How much faster than it was it is played.
const SPEEDS: [u64; 6] = [1, 2, 4, 8, 16, 64];
/// Bounds of the pause between two events while it plays, in milliseconds.
const PAUSE: (u64, u64) = (40, 2_000);

/// What the app has to do besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Nothing,
    Close,
}

/// The open timeline.
#[derive(Debug)]
pub struct Timeline {
    /// None for the session that is open.
    id: Option<SessionId>,
    records: Vec<Arc<Record>>,
    /// Places in the records that can be stopped at.
    stops: Vec<usize>,
    /// Which of them it stands at.
    at: usize,
    /// Records that the moment has heard.
    heard: usize,
    moment: Moment,
    /// The number of a record that it should begin at.
    wanted: Option<u64>,
    playing: Option<Playing>,
    speed: usize,
    /// The state takes the place of the conversation, where there is no room for both.
    state_shown: bool,
    loaded: bool,
    /// Of a long session only a part is here: the number of its first record, and whether there is more behind.
    begins_after: Option<u64>,
    more: bool,
    places: Places,
}

/// When the next event comes.
#[derive(Clone, Copy, Debug)]
struct Playing {
    next: u64,
}

/// Rectangles of the last settle.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    frame: Rect,
    talk: Rect,
    state: Rect,
    bar: Rect,
    line: Rect,
}

impl Timeline {
    /// Opens the timeline of a session (none for the one that is open here), at a record if one is named.
    pub fn open(id: Option<SessionId>, seq: Option<u64>) -> (Self, Vec<Act>) {
        let timeline = Self {
            id,
            records: Vec::new(),
            stops: Vec::new(),
            at: 0,
            heard: 0,
            moment: Moment::default(),
            wanted: seq,
            playing: None,
            speed: 2,
            state_shown: false,
            loaded: false,
            begins_after: None,
            more: false,
            places: Places::default(),
        };
        (timeline, vec![Act::Send(Request::Library(LibraryRequest::Timeline { id, near: seq }))])
    }

    /// Takes in the records when they come.
    pub fn hear(&mut self, event: &Event) {
        let Event::Live(Live::Library(LibraryNews::Timeline { id, records, more })) = event else { return };
        if self.loaded || self.id.is_some_and(|wanted| wanted != *id) {
            return;
        }
        self.loaded = true;
        self.id = Some(*id);
        self.records.clone_from(records);
        let head = records.iter().position(|record| matches!(record.body, Body::Library(LibraryBody::Earlier(_))));
        self.begins_after = head.and_then(|at| records.get(at)).map(|record| record.seq);
        (self.more, self.heard) = (*more, 0);
        // What stands in the place of earlier records is no moment of its own.
        let stops =
            records.iter().enumerate().skip(head.map_or(0, |at| at + 1)).filter(|(_, record)| !is_piece(record));
        self.stops = stops.map(|(index, _)| index).collect();
        self.moment = Moment::start(&self.records);
        let last = self.stops.len().saturating_sub(1);
        let wanted = self.wanted.and_then(|seq| {
            self.stops.iter().position(|index| self.records.get(*index).is_some_and(|record| record.seq >= seq))
        });
        self.go(wanted.unwrap_or(last));
    }

    /// Goes to a stop.
    fn go(&mut self, at: usize) {
        self.at = at.min(self.stops.len().saturating_sub(1));
    }

    fn by(&mut self, steps: isize) {
        self.playing = None;
        self.go(self.at.saturating_add_signed(steps));
    }

    /// Folds up to where it stands. Going back begins anew.
    fn fold(&mut self) {
        let until = self.stops.get(self.at).map_or(0, |index| index + 1);
        if until < self.heard {
            self.moment = Moment::start(&self.records);
            self.heard = 0;
        }
        for record in self.records.get(self.heard..until).unwrap_or_default() {
            self.moment.hear(record);
        }
        self.heard = self.heard.max(until);
    }

    /// The record that it stands at.
    fn record(&self) -> Option<&Arc<Record>> {
        self.records.get(*self.stops.get(self.at)?)
    }

    /// The stop at the next or the last prompt.
    fn prompt(&mut self, forward: bool) {
        self.playing = None;
        let is_prompt = |stop: &usize| {
            let record = self.stops.get(*stop).and_then(|index| self.records.get(*index));
            record.is_some_and(|record| matches!(record.body, Body::Prompted { .. }))
        };
        let found =
            if forward { (self.at + 1..self.stops.len()).find(is_prompt) } else { (0..self.at).rev().find(is_prompt) };
        self.go(found.unwrap_or(if forward { self.stops.len() } else { 0 }));
    }

    /// Takes one message. `now` in milliseconds since 1970.
    pub fn update(&mut self, said: Said, now: u64) -> (Vec<Act>, Wish) {
        match said {
            Said::Key(key) => return self.key(&key, now),
            Said::Wheel(rows) => self.talk(conversation::Msg::Scroll(rows.into())),
            Said::Click(at) => self.click(at),
            // Nothing is typed there.
            Said::Paste(_) => {}
        }
        (Vec::new(), Wish::Nothing)
    }

    fn talk(&mut self, msg: conversation::Msg) {
        drop(self.moment.conversation.update(msg));
    }

    fn key(&mut self, key: &KeyEvent, now: u64) -> (Vec<Act>, Wish) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let shift = key.modifiers.contains(KeyModifiers::SHIFT);
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return (Vec::new(), Wish::Close),
            KeyCode::Enter => {
                let acts = self.id.map(|id| Act::Send(Request::Resume(id))).into_iter().collect();
                return (acts, Wish::Close);
            }
            KeyCode::Left if shift || ctrl => self.prompt(false),
            KeyCode::Right if shift || ctrl => self.prompt(true),
            KeyCode::Left | KeyCode::Char('h') if self.at == 0 => return (self.turn_page(false), Wish::Nothing),
            KeyCode::Right | KeyCode::Char('l') if self.at + 1 >= self.stops.len() => {
                return (self.turn_page(true), Wish::Nothing);
            }
            KeyCode::Left | KeyCode::Char('h') => self.by(-1),
            KeyCode::Right | KeyCode::Char('l') => self.by(1),
            KeyCode::Char('f') => return self.fork(),
            KeyCode::Char('p' | '[') => self.prompt(false),
            KeyCode::Char('n' | ']') => self.prompt(true),
            KeyCode::Home | KeyCode::Char('g') => self.by(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.by(isize::MAX),
            KeyCode::Char(' ') => self.play(now),
            KeyCode::Char('+' | '=') => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            KeyCode::Char('-') => self.speed = self.speed.saturating_sub(1),
            KeyCode::Tab => self.state_shown = !self.state_shown,
            KeyCode::Up | KeyCode::Char('k') => self.talk(conversation::Msg::Scroll(-1)),
            KeyCode::Down | KeyCode::Char('j') => self.talk(conversation::Msg::Scroll(1)),
            KeyCode::PageUp | KeyCode::Char('u') => self.talk(conversation::Msg::HalfPages(-1)),
            KeyCode::PageDown | KeyCode::Char('d') => self.talk(conversation::Msg::HalfPages(1)),
            KeyCode::Char('o') => self.talk(conversation::Msg::Details),
            _ => {}
        }
        (Vec::new(), Wish::Nothing)
    }

    /// Goes on in a copy that ends with what it stands at.
    fn fork(&self) -> (Vec<Act>, Wish) {
        let Some(record) = self.record() else { return (Vec::new(), Wish::Nothing) };
        let request = FilesRequest::ForkAt { id: self.id, until: record.seq.saturating_add(1) };
        (vec![Act::Send(Request::Files(request))], Wish::Close)
    }

    /// Asks for what lies beyond this part of a long session.
    fn turn_page(&mut self, forward: bool) -> Vec<Act> {
        if !self.loaded {
            return Vec::new();
        }
        let near = match (forward, self.begins_after) {
            (false, Some(first)) => first.saturating_sub(1),
            (true, _) if self.more => self.records.last().map_or(0, |record| record.seq).saturating_add(1),
            _ => return Vec::new(),
        };
        (self.loaded, self.wanted, self.playing) = (false, Some(near), None);
        vec![Act::Send(Request::Library(LibraryRequest::Timeline { id: self.id, near: self.wanted }))]
    }

    fn play(&mut self, now: u64) {
        if self.playing.take().is_some() {
            return;
        }
        if self.at + 1 >= self.stops.len() {
            self.at = 0;
        }
        self.playing = Some(Playing { next: now });
    }

    /// Time went by: what is played goes on.
    pub fn tick(&mut self, now: u64) {
        let Some(playing) = self.playing.filter(|playing| playing.next <= now) else { return };
        if self.at + 1 >= self.stops.len() {
            self.playing = None;
            return;
        }
        let before = self.record().map_or(0, |record| record.at);
        self.at += 1;
        let gap = self.record().map_or(0, |record| record.at).saturating_sub(before);
        let speed = SPEEDS.get(self.speed).copied().unwrap_or(1);
        self.playing = Some(Playing { next: playing.next.max(now) + (gap / speed).clamp(PAUSE.0, PAUSE.1) });
    }

    /// A click on the bar goes there.
    fn click(&mut self, at: Position) {
        let bar = self.places.bar;
        if bar.contains(at) && bar.width > 1 && !self.stops.is_empty() {
            self.playing = None;
            let share = f64::from(at.x - bar.x) / f64::from(bar.width - 1);
            self.go((share * (self.stops.len() - 1) as f64).round() as usize);
        }
    }

    /// Milliseconds until it wants a [`Self::tick`].
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        self.playing.map(|playing| playing.next.saturating_sub(now))
    }

    /// Derives what the next draw needs; it fills `area`.
    pub fn settle(&mut self, area: Rect, theme: &Theme, utc_offset: i32) {
        self.fold();
        self.place(area);
        let Moment { facts, conversation, at, .. } = &mut self.moment;
        let scene = Scene { facts, theme, now: *at, still: true, utc_offset };
        conversation.settle(self.places.talk, scene);
    }
}

#[cfg(test)]
mod tests;
