//! The permission question: what exactly would run, why it is asked, and the answers.
//!
//! Questions queue; one is shown at a time. Nothing is judged here: the verdict comes from the gate, the
//! answer goes to the engine.

mod calls;
mod choice;
mod content;
pub(in crate::panes) mod field;
mod parts;
mod preview;
mod question;
mod suspect;
mod view;

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;

use ratatui::layout::Rect;

use self::calls::{Calls, Seen};
use self::question::Question;
use self::view::Places;
use crate::domain::{
    Act, AgentQuestion, Body, Decision, Event, Live, NetworkNews, Request, Shown, StartInfo, TeamBody, TeamRequest,
    Verdict,
};
use crate::panes::said::Said;
use crate::theme::Theme;

/// Milliseconds after a question appeared in which no key counts.
pub const DEAD_MS: u64 = 300;

/// The question's keys, for help.
pub const KEYS: &[(&str, &str)] = &[
    ("1  y  a", "Yes, once"),
    ("2  s", "Yes, for this session"),
    ("3  w", "Always: edit the rule, choose where it is saved"),
    ("4  n  d  Esc", "No, and stop the turn"),
    ("5  c", "No, with a comment to the model"),
    ("6  p", "Of a change: choose the parts that are made"),
    ("Tab", "A comment with a yes or a no"),
    ("Shift+Tab", "Of a file: yes, for this session"),
    ("?  e", "Everything that the gate looked at"),
    ("PgUp, PgDn, Home, End", "Read a long call"),
];

/// The questions that wait for an answer.
#[derive(Debug, Default)]
pub struct Permission {
    calls: Calls,
    verdicts: HashMap<String, Verdict>,
    previews: HashMap<String, (Shown, u32)>,
    waiting: VecDeque<Question>,
    /// Questions answered since none waited, for "2 of 3".
    answered: usize,
    folders: Folders,
    places: Places,
}

/// Folders that paths are shown against.
#[derive(Clone, Debug, Default)]
struct Folders {
    cwd: PathBuf,
    project: PathBuf,
}

impl Permission {
    /// A question waits.
    pub fn is_open(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// A sentence for a notification: which tool asks.
    pub fn asks_for(&self) -> Option<String> {
        self.waiting.front().map(Question::title)
    }

    /// Sets what a call would change, for a diff against the file on disk, and how many parts of it can be chosen.
    pub fn set_preview(&mut self, call_id: &str, shown: Shown, parts: u32) {
        for question in self.waiting.iter_mut().filter(|question| question.call_id == call_id) {
            question.set_preview(shown.clone(), parts);
        }
        self.previews.insert(call_id.to_owned(), (shown, parts));
    }

    /// Puts an edited comment into the question that it belongs to.
    pub fn set_comment(&mut self, ask: u32, text: &str) {
        if let Some(question) = self.waiting.iter_mut().find(|question| question.ask == ask) {
            question.set_comment(text);
        }
    }

    /// Takes in what concerns calls and questions. `now` is when it is heard, for the dead time.
    pub fn hear(&mut self, event: &Event, now: u64) {
        match event {
            Event::Opened { info, .. } => {
                *self = Self { folders: Folders::of(info), ..Self::default() };
            }
            Event::Live(Live::Info(info)) => self.folders = Folders::of(info),
            Event::Live(Live::RuleTested(test)) => {
                let about = |question: &&mut Question| Some(&question.call_id) == test.call_id.as_ref();
                if let Some(question) = self.waiting.iter_mut().find(about) {
                    question.tested = Some((**test).clone());
                }
            }
            Event::Recorded(record) => self.hear_body(&record.body, now),
            Event::Live(Live::Network(NetworkNews::Asks(asked))) => self.ask_for(asked, now),
            Event::Live(Live::Network(NetworkNews::Gone { ask })) => {
                self.remove(now, |question| question.is_of(NetworkNews::ASKER) && question.ask == *ask);
            }
            Event::Live(_) | Event::Closed => {}
        }
    }

    fn hear_body(&mut self, body: &Body, now: u64) {
        // Only a call that is asked about is read again: a long input that streams is parsed once, when it is asked.
        let told = self.calls.hear(body);
        for question in self.waiting.iter_mut().filter(|question| told.contains(&question.call_id)) {
            question.set_call(self.calls.get(&question.call_id));
        }
        match body {
            Body::Judged { call_id, verdict } if verdict.decision == Decision::Ask => {
                self.verdicts.insert(call_id.clone(), verdict.clone());
            }
            Body::CwdSet { cwd } => self.folders.cwd.clone_from(cwd),
            Body::Asked { ask, call_id } => self.ask(*ask, call_id, now),
            Body::Decided { ask, .. } => self.remove(now, |question| question.agent.is_none() && question.ask == *ask),
            Body::Team(body) => self.hear_team(body, now),
            // A rule that came meanwhile may let it run without this answer.
            Body::CallStarted { call_id } => self.remove(now, |question| question.call_id == *call_id),
            Body::CallDone { result, .. } => self.remove(now, |question| question.call_id == result.call_id),
            Body::TurnEnded { .. } | Body::Cleared => {
                self.remove(now, |question| question.agent.is_none());
                self.calls.clear();
                self.verdicts.clear();
                self.previews.clear();
            }
            _ => {}
        }
    }

    /// Questions of sub-agents stand in the same queue, with the name of who asks.
    fn hear_team(&mut self, body: &TeamBody, now: u64) {
        match body {
            TeamBody::AgentAsked(asked) => self.ask_for(asked, now),
            TeamBody::AgentDecided { agent, ask, .. } => {
                self.remove(now, |question| question.is_of(agent) && question.ask == *ask);
            }
            TeamBody::AgentEnded(end) => {
                let hosts = NetworkNews::asker_of(&end.agent);
                self.remove(now, |question| question.is_of(&end.agent) || question.is_of(&hosts));
            }
            _ => {}
        }
    }

    /// A question that is not of this session's own turn.
    fn ask_for(&mut self, asked: &AgentQuestion, now: u64) {
        let mut question = Question::new(asked.ask, &asked.call.id, Some(asked.verdict.clone()));
        question.agent = Some((asked.agent.clone(), asked.who.clone()));
        question.set_call(Some(Seen::of(&asked.call)));
        if let Some((shown, parts)) = self.previews.get(&asked.call.id) {
            question.set_preview(shown.clone(), *parts);
        }
        self.waiting.push_back(question);
        self.raise(now);
    }

    fn ask(&mut self, ask: u32, call_id: &str, now: u64) {
        if self.waiting.iter().any(|question| question.agent.is_none() && question.ask == ask) {
            return;
        }
        let mut question = Question::new(ask, call_id, self.verdicts.get(call_id).cloned());
        question.set_call(self.calls.get(call_id));
        if let Some((shown, parts)) = self.previews.get(call_id) {
            question.set_preview(shown.clone(), *parts);
        }
        self.waiting.push_back(question);
        self.raise(now);
    }

    /// Takes questions away that are no longer open.
    fn remove(&mut self, now: u64, gone: impl Fn(&Question) -> bool) {
        let before = self.waiting.len();
        self.waiting.retain(|question| !gone(question));
        self.answered += before - self.waiting.len();
        self.raise(now);
    }

    /// The first question appears now, if it was not there already.
    fn raise(&mut self, now: u64) {
        match self.waiting.front_mut() {
            Some(question) => question.appear(now),
            None => self.answered = 0,
        }
    }

    /// Takes one message. `now` in milliseconds, on the same clock as [`Self::hear`].
    pub fn update(&mut self, said: Said, now: u64) -> Vec<Act> {
        let Some(question) = self.waiting.front_mut() else { return Vec::new() };
        let outcome = match said {
            Said::Wheel(rows) => {
                question.scroll_by(isize::from(rows));
                return Vec::new();
            }
            _ if !question.is_armed(now) => return Vec::new(),
            Said::Key(key) => question.key(&key),
            Said::Paste(text) => {
                return question.paste(&text);
            }
            Said::Click(position) => match self.places.choice_at(position) {
                Some(choice) => question.choose(choice),
                None => question::Outcome::Nothing,
            },
        };
        match outcome {
            question::Outcome::Nothing => Vec::new(),
            question::Outcome::Act(act) => vec![act],
            question::Outcome::Answer(answer) => {
                let ask = question.ask;
                let agent = question.agent.as_ref().map(|(agent, _)| agent.clone());
                self.remove(now, |question| question.ask == ask && question.agent_id() == agent.as_deref());
                let request = match agent {
                    Some(agent) => Request::Team(TeamRequest::Answer { agent, ask, answer }),
                    None => Request::Answer { ask, answer },
                };
                vec![Act::Send(request)]
            }
        }
    }

    /// Milliseconds until the modal changes by itself, because its dead time ends.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        let question = self.waiting.front()?;
        (!question.is_armed(now)).then(|| question.armed_at().saturating_sub(now).max(1))
    }

    /// Where the modal stood at the last settle.
    pub fn frame(&self) -> Rect {
        self.places.frame
    }

    /// Derives what the next draw needs. The modal takes what it needs of `area`, from its lower edge up.
    pub fn settle(&mut self, area: Rect, theme: &Theme, now: u64) {
        if let Some(question) = self.waiting.front_mut() {
            self.places = Places::of(question, area, theme, &self.folders);
            question.settle(usize::from(self.places.content.height), now);
        }
    }
}

impl Folders {
    fn of(info: &StartInfo) -> Self {
        Self { cwd: info.cwd.clone(), project: info.project.clone() }
    }
}

#[cfg(test)]
mod tests;
