//! The rules in force: where each stands, what is wrong with it, what it would have saved; added and removed here.
//!
//! Nothing is judged here: the engine lists, tests and changes rules.

mod view;

use crate::panes::said::Said;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::permission::field::Field;
use super::picker::Sieve;
use crate::domain::{Act, Event, Live, Request, RuleLine, RulePlace, RuleTest, RuleTier, RulesReport, SaveScope};

/// What the pane asks of the app besides acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Nothing,
    Close,
    /// Show what the gate decided in this session.
    Decisions,
}

/// The places that a new rule can be kept in, in the order of the Tab key.
const PLACES: [RulePlace; 4] = [
    RulePlace::Saved(SaveScope::Local),
    RulePlace::Saved(SaveScope::Project),
    RulePlace::Saved(SaveScope::User),
    RulePlace::Session,
];
const TIERS: [RuleTier; 3] = [RuleTier::Allow, RuleTier::Ask, RuleTier::Deny];

/// A rule that is being written.
#[derive(Debug, Default)]
struct Draft {
    field: Field,
    tier: usize,
    place: usize,
}

/// The open pane.
#[derive(Debug, Default)]
pub struct Rules {
    report: Option<RulesReport>,
    sieve: Sieve,
    draft: Option<Draft>,
    /// What the engine says of the rule that was tested last.
    tested: Option<RuleTest>,
    /// The rule that a second press removes.
    doomed: Option<RuleLine>,
    frame: Rect,
    filter: Rect,
    rows: Rect,
    detail: Rect,
}

impl Rules {
    /// An open pane, and what to ask the engine.
    pub fn open() -> (Self, Vec<Act>) {
        (Self::default(), vec![Act::Send(Request::ListRules)])
    }

    /// Takes in the answers of the engine.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Live(Live::Rules(report)) => {
                let chosen = self.chosen().cloned();
                self.report = Some((**report).clone());
                self.doomed = None;
                let names = self.lines().iter().map(name).collect();
                self.sieve.set_names(names);
                let at = self.lines().iter().position(|line| Some(line) == chosen.as_ref());
                self.sieve.select(at.unwrap_or(0));
            }
            Event::Live(Live::RuleTested(test)) if test.call_id.is_none() => self.tested = Some((**test).clone()),
            _ => {}
        }
    }

    fn lines(&self) -> &[RuleLine] {
        self.report.as_ref().map(|report| report.rules.as_slice()).unwrap_or_default()
    }

    fn chosen(&self) -> Option<&RuleLine> {
        self.lines().get(self.sieve.selected()?)
    }

    /// What was found out about a rule, if it was that one which was tested last.
    fn test_of(&self, rule: &str) -> Option<&RuleTest> {
        self.tested.as_ref().filter(|test| test.rule == rule)
    }

    /// Takes one message.
    pub fn update(&mut self, said: Said) -> (Vec<Act>, Wish) {
        let before = self.chosen().cloned();
        let (acts, wish) = match said {
            Said::Key(key) if self.draft.is_some() => (self.draft_key(&key), Wish::Nothing),
            Said::Key(key) => self.key(&key),
            Said::Paste(text) => (self.paste(&text), Wish::Nothing),
            Said::Wheel(rows) => {
                self.sieve.by(isize::from(rows));
                (Vec::new(), Wish::Nothing)
            }
            Said::Click(at) => {
                self.sieve.click(self.rows, at);
                (Vec::new(), Wish::Nothing)
            }
        };
        if self.chosen() != before.as_ref() {
            self.doomed = None;
        }
        (acts, wish)
    }

    fn paste(&mut self, text: &str) -> Vec<Act> {
        if let Some(draft) = &mut self.draft {
            draft.field.insert(&text.lines().collect::<Vec<_>>().join(" "));
            return self.test_draft();
        }
        self.sieve.paste(text);
        Vec::new()
    }

    fn key(&mut self, key: &KeyEvent) -> (Vec<Act>, Wish) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let acts = match key.code {
            KeyCode::Esc => return (Vec::new(), Wish::Close),
            KeyCode::Tab => return (Vec::new(), Wish::Decisions),
            KeyCode::Enter => self.test_chosen(),
            KeyCode::Char('n') if ctrl => {
                self.draft = Some(Draft::default());
                Vec::new()
            }
            KeyCode::Delete => self.remove(),
            KeyCode::Char('d') if ctrl => self.remove(),
            _ => {
                self.sieve.key(key, self.rows.height);
                Vec::new()
            }
        };
        (acts, Wish::Nothing)
    }

    /// What the rule would have covered of what was asked in this session.
    fn test_chosen(&self) -> Vec<Act> {
        match self.chosen() {
            Some(line) if line.tier == RuleTier::Allow => {
                vec![Act::Send(Request::TestRule { rule: line.text.clone(), call_id: None })]
            }
            _ => Vec::new(),
        }
    }

    /// The first press asks, the second removes.
    fn remove(&mut self) -> Vec<Act> {
        let Some(line) = self.chosen().cloned() else { return Vec::new() };
        if self.doomed.as_ref() != Some(&line) {
            self.doomed = Some(line);
            return Vec::new();
        }
        self.doomed = None;
        vec![Act::Send(Request::RemoveRule { tier: line.tier, rule: line.text, source: line.source })]
    }

    fn draft_key(&mut self, key: &KeyEvent) -> Vec<Act> {
        let Some(draft) = &mut self.draft else { return Vec::new() };
        match key.code {
            KeyCode::Esc => self.draft = None,
            KeyCode::Tab => draft.place = (draft.place + 1) % PLACES.len(),
            KeyCode::BackTab => {
                draft.tier = (draft.tier + 1) % TIERS.len();
                return self.test_draft();
            }
            KeyCode::Enter => return self.save_draft(),
            _ => {
                let before = draft.field.text().to_owned();
                draft.field.key(key);
                if draft.field.text() != before {
                    return self.test_draft();
                }
            }
        }
        Vec::new()
    }

    fn test_draft(&self) -> Vec<Act> {
        match &self.draft {
            Some(draft) if draft.tier() == RuleTier::Allow && !draft.rule().is_empty() => {
                vec![Act::Send(Request::TestRule { rule: draft.rule().to_owned(), call_id: None })]
            }
            _ => Vec::new(),
        }
    }

    fn save_draft(&mut self) -> Vec<Act> {
        let Some(draft) = self.draft.take_if(|draft| !draft.rule().is_empty()) else { return Vec::new() };
        let (tier, place) = (draft.tier(), draft.place());
        vec![Act::Send(Request::AddRule { tier, rule: draft.rule().to_owned(), place })]
    }
}

impl Draft {
    fn rule(&self) -> &str {
        self.field.text().trim()
    }

    fn tier(&self) -> RuleTier {
        TIERS.get(self.tier).copied().unwrap_or(RuleTier::Allow)
    }

    fn place(&self) -> RulePlace {
        PLACES.get(self.place).copied().unwrap_or(RulePlace::Session)
    }
}

/// What is searched and shown of a rule.
fn name(line: &RuleLine) -> String {
    let mark = if line.problem.is_some() { "⚠ " } else { "" };
    format!("{:5} {mark}{}", line.tier.name(), line.text)
}

#[cfg(test)]
mod tests;
