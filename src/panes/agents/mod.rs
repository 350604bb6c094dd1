//! `/agents`: every sub-agent with its state, last event, tokens and money, and its own conversation on Enter.
//!
//! The list is folded from the session's records; a conversation comes from the engine while it is looked at.

mod view;

use std::sync::Arc;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

use super::conversation::{self, Conversation, Scene};
use super::facts::{AgentRow, Facts};
use crate::domain::{Act, Event, Live, Record, Request, StartInfo, TeamNews, TeamRequest};
use crate::panes::said::Said;
use crate::widgets::list::ListState;

pub use view::agent_row;

/// The pane's state.
#[derive(Debug, Default)]
pub struct Agents {
    list: ListState,
    /// Ids in the order in which they are listed, newest first.
    ids: Vec<String>,
    opened: Option<Box<Opened>>,
    frame: Rect,
    rows: Rect,
}

/// A conversation that is looked at.
#[derive(Debug)]
struct Opened {
    agent: String,
    facts: Facts,
    conversation: Conversation,
    /// The number of the newest record that was taken in.
    seq: Option<u64>,
    area: Rect,
}

impl Agents {
    /// Opens on one agent's conversation.
    pub fn on(agent: &str, info: Option<&StartInfo>) -> (Self, Vec<Act>) {
        let mut pane = Self::default();
        let acts = pane.open(agent.to_owned(), info);
        (pane, acts)
    }

    /// The running and finished agents changed.
    fn set_ids(&mut self, facts: &Facts) {
        let chosen = self.ids.get(self.list.selected()).cloned();
        let (living, done): (Vec<&AgentRow>, Vec<&AgentRow>) =
            facts.work.agents.list().iter().rev().partition(|row| row.lives());
        self.ids = living.into_iter().chain(done).map(|row| row.start.agent.clone()).collect();
        if let Some(at) = chosen.and_then(|id| self.ids.iter().position(|known| *known == id)) {
            self.list.select(at);
        }
    }

    fn chosen(&self) -> Option<String> {
        self.ids.get(self.list.selected()).cloned()
    }

    fn open(&mut self, agent: String, info: Option<&StartInfo>) -> Vec<Act> {
        let mut facts = Facts::default();
        let conversation = Conversation::bare();
        if let Some(info) = info {
            let event = Event::Opened { info: Box::new(info.clone()), records: Vec::new() };
            facts.hear(&event);
        }
        let asked = agent.clone();
        self.opened = Some(Box::new(Opened { agent, facts, conversation, seq: None, area: Rect::default() }));
        vec![Act::Send(Request::Team(TeamRequest::Watch { agent: Some(asked) }))]
    }

    /// Takes in one message of the engine.
    pub fn hear(&mut self, event: &Event) {
        let Some(opened) = &mut self.opened else { return };
        match event {
            Event::Live(Live::Team(TeamNews::Watched { agent, records })) if *agent == opened.agent => {
                for record in records {
                    opened.take(record);
                }
            }
            Event::Live(Live::Team(TeamNews::Record { agent, record })) if *agent == opened.agent => {
                opened.take(record);
            }
            _ => {}
        }
    }

    /// Takes one message. The flag tells whether the pane is to be closed.
    pub fn update(&mut self, said: Said, facts: &Facts) -> (Vec<Act>, bool) {
        if self.opened.is_some() {
            return (self.update_opened(said), false);
        }
        match said {
            Said::Wheel(rows) => self.list.by(isize::from(rows.signum()), self.ids.len()),
            Said::Click(at) if !self.frame.contains(at) => return (Vec::new(), true),
            Said::Click(at) if self.rows.contains(at) => return (self.click(at, facts), false),
            Said::Click(_) | Said::Paste(_) => {}
            Said::Key(key) => return self.key(key, facts),
        }
        (Vec::new(), false)
    }

    /// A click chooses, a second one on the same row opens.
    fn click(&mut self, at: Position, facts: &Facts) -> Vec<Act> {
        let row = self.list.top() + usize::from(at.y - self.rows.y);
        let again = self.list.selected() == row;
        let Some(id) = self.ids.get(row).cloned() else { return Vec::new() };
        self.list.select(row);
        if again { self.open(id, facts.info.as_ref()) } else { Vec::new() }
    }

    fn key(&mut self, key: KeyEvent, facts: &Facts) -> (Vec<Act>, bool) {
        let len = self.ids.len();
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return (Vec::new(), true),
            KeyCode::Up | KeyCode::Char('k') => self.list.by(-1, len),
            KeyCode::Down | KeyCode::Char('j') => self.list.by(1, len),
            KeyCode::Home | KeyCode::Char('g') => self.list.select(0),
            KeyCode::End | KeyCode::Char('G') => self.list.select(len.saturating_sub(1)),
            KeyCode::Enter => {
                if let Some(id) = self.chosen() {
                    return (self.open(id, facts.info.as_ref()), false);
                }
            }
            KeyCode::Char('x') => {
                let lives = |id: &String| facts.work.agents.find(id).is_some_and(AgentRow::lives);
                if let Some(agent) = self.chosen().filter(lives) {
                    return (vec![Act::Send(Request::Team(TeamRequest::Kill { agent }))], false);
                }
            }
            KeyCode::Char('X') => return (vec![Act::Send(Request::Team(TeamRequest::KillAll))], false),
            _ => {}
        }
        (Vec::new(), false)
    }

    fn update_opened(&mut self, said: Said) -> Vec<Act> {
        let Some(opened) = &mut self.opened else { return Vec::new() };
        let msg = match said {
            Said::Wheel(rows) => conversation::Msg::Scroll(rows.into()),
            Said::Click(at) if opened.area.contains(at) => {
                let (row, column) = (at.y - opened.area.y, at.x - opened.area.x);
                conversation::Msg::Click { row, column, width: opened.area.width }
            }
            Said::Click(_) | Said::Paste(_) => return Vec::new(),
            Said::Key(key) => match key.code {
                KeyCode::Esc | KeyCode::Char('q') => {
                    self.opened = None;
                    return vec![Act::Send(Request::Team(TeamRequest::Watch { agent: None }))];
                }
                KeyCode::Char('x') => {
                    let agent = opened.agent.clone();
                    return vec![Act::Send(Request::Team(TeamRequest::Kill { agent }))];
                }
                KeyCode::Char('o') if key.modifiers.contains(KeyModifiers::CONTROL) => conversation::Msg::Details,
                KeyCode::Up => conversation::Msg::Select(-1),
                KeyCode::Down => conversation::Msg::Select(1),
                KeyCode::Enter | KeyCode::Char(' ') => conversation::Msg::Toggle,
                KeyCode::Char('k') => conversation::Msg::Scroll(-1),
                KeyCode::Char('j') => conversation::Msg::Scroll(1),
                KeyCode::PageUp | KeyCode::Char('u') => conversation::Msg::HalfPages(-1),
                KeyCode::PageDown | KeyCode::Char('d') => conversation::Msg::HalfPages(1),
                KeyCode::Home | KeyCode::Char('g') => conversation::Msg::Start,
                KeyCode::End | KeyCode::Char('G') => conversation::Msg::End,
                _ => return Vec::new(),
            },
        };
        // A conversation that is only looked at orders nothing.
        drop(opened.conversation.update(msg));
        Vec::new()
    }

    /// Milliseconds until the ages on it are no longer true.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        Some(1_000 - now % 1_000)
    }

    /// Derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, scene: Scene<'_>) {
        self.set_ids(scene.facts);
        self.place(area);
        let rows = self.rows.height;
        self.list.settle(self.ids.len(), rows);
        let inner = super::picker::inside(area);
        if let Some(opened) = &mut self.opened {
            opened.area = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
            let scene = Scene { facts: &opened.facts, ..scene };
            opened.conversation.settle(opened.area, scene);
        }
    }
}

impl Opened {
    fn take(&mut self, record: &Arc<Record>) {
        if self.seq.is_some_and(|seq| record.seq <= seq) {
            return;
        }
        self.seq = Some(record.seq);
        let event = Event::Recorded(Arc::clone(record));
        self.facts.hear(&event);
        self.conversation.hear(&event, &self.facts);
    }
}
