//! Questions of the model: one to four, each with choices, previews and room for own words.

mod view;

use crate::panes::said::Said;
use std::collections::BTreeSet;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::permission::DEAD_MS;
use super::permission::field::Field;
use crate::domain::{Act, PersonAnswer, PersonQuestion, PersonRequest, Request, TeamRequest};

/// The dialog.
#[derive(Debug)]
pub struct Ask {
    call_id: String,
    asked: Vec<Asked>,
    at: usize,
    /// No key counts before.
    armed_at: u64,
    top: usize,
    page: Page,
}

/// One question with what was said to it so far.
#[derive(Debug)]
struct Asked {
    question: PersonQuestion,
    /// The row with the focus; the one behind the choices is for own words.
    focus: usize,
    chosen: BTreeSet<usize>,
    other: Field,
    answered: bool,
}

/// What the last settle made.
#[derive(Debug, Default)]
struct Page {
    frame: Rect,
    body: Rect,
    preview: Rect,
    /// Where a line keeps choices and preview apart.
    line: Option<Rect>,
    shown_preview: Vec<Line<'static>>,
    lines: Vec<Line<'static>>,
    /// The row of the question that each line belongs to.
    rows: Vec<Option<usize>>,
    cursor: Option<Position>,
}

impl Ask {
    pub fn new(call_id: String, questions: Vec<PersonQuestion>, now: u64) -> Self {
        let asked =
            |question| Asked { question, focus: 0, chosen: BTreeSet::new(), other: Field::default(), answered: false };
        let asked = questions.into_iter().map(asked).collect();
        Self { call_id, asked, at: 0, armed_at: now + DEAD_MS, top: 0, page: Page::default() }
    }

    /// The call that asks.
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Takes one message. The flag tells whether the dialog is to be closed.
    pub fn update(&mut self, said: Said, now: u64) -> (Vec<Act>, bool) {
        if now < self.armed_at {
            return (Vec::new(), false);
        }
        match said {
            Said::Key(key) => self.key(&key),
            Said::Paste(text) => {
                if let Some(asked) = self.asked.get_mut(self.at) {
                    asked.focus = asked.question.options.len();
                    asked.other.insert(&text.lines().collect::<Vec<_>>().join(" "));
                }
                (Vec::new(), false)
            }
            Said::Click(at) => {
                let row = at.y.checked_sub(self.page.body.y).map(|row| usize::from(row) + self.top);
                let row = row.filter(|_| self.page.body.contains(at));
                match row.and_then(|row| self.page.rows.get(row).copied().flatten()) {
                    Some(row) => self.choose(row),
                    None => (Vec::new(), false),
                }
            }
            Said::Wheel(rows) => {
                self.top = self.top.saturating_add_signed(rows.into());
                (Vec::new(), false)
            }
        }
    }

    fn key(&mut self, key: &KeyEvent) -> (Vec<Act>, bool) {
        let held = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let Some(asked) = self.asked.get_mut(self.at) else { return self.send(None) };
        let rows = asked.question.options.len() + 1;
        let writing = asked.focus + 1 == rows;
        match key.code {
            KeyCode::Esc => return self.send(None),
            KeyCode::Up => asked.focus = (asked.focus + rows - 1) % rows,
            KeyCode::Down => asked.focus = (asked.focus + 1) % rows,
            KeyCode::Tab => self.at = (self.at + 1) % self.asked.len(),
            KeyCode::BackTab => self.at = (self.at + self.asked.len() - 1) % self.asked.len(),
            KeyCode::Enter => return self.enter(),
            _ if writing => drop(asked.other.key(key)),
            KeyCode::Right => self.at = (self.at + 1) % self.asked.len(),
            KeyCode::Left => self.at = (self.at + self.asked.len() - 1) % self.asked.len(),
            KeyCode::Char('k') if !held => asked.focus = (asked.focus + rows - 1) % rows,
            KeyCode::Char('j') if !held => asked.focus = (asked.focus + 1) % rows,
            KeyCode::Char(' ') if asked.question.multi_select => asked.toggle(asked.focus),
            KeyCode::Char(digit) if !held => {
                let row = digit.to_digit(10).and_then(|digit| (digit as usize).checked_sub(1));
                if let Some(row) = row.filter(|row| *row < rows) {
                    return self.choose(row);
                }
            }
            _ => {}
        }
        (Vec::new(), false)
    }

    /// A choice by its number or by a click.
    fn choose(&mut self, row: usize) -> (Vec<Act>, bool) {
        let Some(asked) = self.asked.get_mut(self.at) else { return (Vec::new(), false) };
        asked.focus = row;
        if row >= asked.question.options.len() {
            return (Vec::new(), false);
        }
        if asked.question.multi_select {
            asked.toggle(row);
            return (Vec::new(), false);
        }
        self.enter()
    }

    /// Takes what has the focus and goes on to the next question, or sends the answers.
    fn enter(&mut self) -> (Vec<Act>, bool) {
        let Some(asked) = self.asked.get_mut(self.at) else { return (Vec::new(), false) };
        let own_words = asked.focus >= asked.question.options.len();
        let has_words = !asked.other.text().trim().is_empty();
        if !asked.question.multi_select {
            asked.chosen.clear();
            if !own_words {
                asked.chosen.insert(asked.focus);
            }
        }
        if asked.chosen.is_empty() && !(own_words && has_words) {
            // Nothing was said yet.
            return (Vec::new(), false);
        }
        asked.answered = true;
        self.top = 0;
        if let Some(next) = self.asked.iter().position(|asked| !asked.answered) {
            self.at = next;
            return (Vec::new(), false);
        }
        let answers = self.asked.iter().map(Asked::answer).collect();
        self.send(Some(answers))
    }

    fn send(&self, answers: Option<Vec<PersonAnswer>>) -> (Vec<Act>, bool) {
        let request = PersonRequest::Answer { call_id: self.call_id.clone(), answers };
        (vec![Act::Send(Request::Team(TeamRequest::Person(request)))], true)
    }

    /// Milliseconds until keys count.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        (now < self.armed_at).then(|| self.armed_at - now)
    }
}

impl Asked {
    fn toggle(&mut self, row: usize) {
        if row < self.question.options.len() && !self.chosen.remove(&row) {
            self.chosen.insert(row);
        }
    }

    fn answer(&self) -> PersonAnswer {
        let label = |row: &usize| self.question.options.get(*row).map(|option| option.label.clone());
        let words = self.other.text().trim();
        // Words that were written and then left for a choice are not meant.
        let meant = self.question.multi_select || self.chosen.is_empty();
        PersonAnswer {
            question: self.question.question.clone(),
            chosen: self.chosen.iter().filter_map(label).collect(),
            words: (meant && !words.is_empty()).then(|| words.to_owned()),
        }
    }
}
