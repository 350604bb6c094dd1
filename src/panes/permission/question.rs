//! One question: its stage, what has the focus, and what keys do to it.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::DEAD_MS;
use super::calls::Seen;
use super::choice::Choice;
use super::content::Content;
use super::field::Field;
use super::parts::Parts;
use crate::base::text;
use crate::domain::{Act, Answer, EditPurpose, Request, RuleTest, SaveScope, Shown, Verdict};

/// What the person is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Choose,
    /// Editing the rule that "always" saves.
    Rule,
    /// Writing a comment that goes with a yes or a no.
    Comment {
        yes: bool,
    },
    /// Reading everything that the gate looked at.
    Trail,
    /// Choosing parts of a change.
    Parts,
}

/// What came of a key.
pub(super) enum Outcome {
    Nothing,
    Act(Act),
    Answer(Answer),
}

#[derive(Debug)]
pub(super) struct Question {
    pub(super) ask: u32,
    pub(super) call_id: String,
    /// Id and name of the sub-agent that asks.
    pub(super) agent: Option<(String, String)>,
    pub(super) verdict: Option<Verdict>,
    pub(super) seen: Option<Seen>,
    /// What the call would change, when somebody who can read the file has said so.
    pub(super) preview: Option<Shown>,
    /// Which parts of it are chosen, where parts can be.
    pub(super) parts: Option<Parts>,
    pub(super) stage: Stage,
    /// The choice with the focus; none in the dead time.
    pub(super) focus: Option<usize>,
    pub(super) rule: Field,
    /// What the engine says of the rule as it was when it was tested last.
    pub(super) tested: Option<RuleTest>,
    pub(super) scope: SaveScope,
    pub(super) comment: Field,
    pub(super) scroll: usize,
    /// Rows for the width and stage that they were made for.
    pub(super) content: Content,
    appeared: Option<u64>,
    /// Rows in view at the last draw.
    pub(super) height: usize,
    /// The end of what would run was in view.
    end_seen: bool,
}

const SCOPES: [SaveScope; 3] = [SaveScope::Local, SaveScope::Project, SaveScope::User];

impl Question {
    pub(super) fn new(ask: u32, call_id: &str, verdict: Option<Verdict>) -> Self {
        let rule = verdict.as_ref().and_then(|verdict| verdict.suggestion.clone()).unwrap_or_default();
        Self {
            ask,
            call_id: call_id.to_owned(),
            agent: None,
            verdict,
            seen: None,
            preview: None,
            parts: None,
            stage: Stage::Choose,
            focus: None,
            rule: Field::new(rule),
            tested: None,
            scope: SaveScope::Local,
            comment: Field::default(),
            scroll: 0,
            content: Content::default(),
            appeared: None,
            height: 0,
            end_seen: false,
        }
    }

    /// `Allow Bash?`, and who asks when it is a sub-agent.
    pub(super) fn title(&self) -> String {
        let name = self.seen.as_ref().map_or("this call", |seen| seen.name.as_str());
        let title = format!("Allow {}?", text::clip(&text::sanitize_line(name), 60));
        match &self.agent {
            Some((_, who)) => format!("{title} · asked by {}", text::clip(&text::sanitize_line(who), 40)),
            None => title,
        }
    }

    pub(super) fn agent_id(&self) -> Option<&str> {
        self.agent.as_ref().map(|(id, _)| id.as_str())
    }

    /// That sub-agent asks.
    pub(super) fn is_of(&self, agent: &str) -> bool {
        self.agent_id() == Some(agent)
    }

    pub(super) fn set_call(&mut self, seen: Option<Seen>) {
        if self.seen != seen {
            self.seen = seen;
            self.content.forget();
            self.end_seen = false;
        }
    }

    pub(super) fn set_preview(&mut self, shown: Shown, parts: u32) {
        self.parts = Parts::of(&shown, parts);
        self.preview = Some(shown);
        self.content.forget();
    }

    pub(super) fn set_comment(&mut self, text: &str) {
        self.comment = Field::new(text.trim());
        if !matches!(self.stage, Stage::Comment { .. }) {
            self.stage = Stage::Comment { yes: false };
        }
    }

    pub(super) fn appear(&mut self, now: u64) {
        self.appeared.get_or_insert(now);
    }

    pub(super) fn armed_at(&self) -> u64 {
        self.appeared.unwrap_or(u64::MAX - DEAD_MS) + DEAD_MS
    }

    /// Keys count now.
    pub(super) fn is_armed(&self, now: u64) -> bool {
        now >= self.armed_at()
    }

    /// The rule that would cover calls like this one, if the gate lets one.
    pub(super) fn suggestion(&self) -> Option<&str> {
        self.verdict.as_ref()?.suggestion.as_deref()
    }

    /// Rows that are below what is in view.
    pub(super) fn hidden_below(&self) -> usize {
        self.content.rows.len().saturating_sub(self.scroll + self.height)
    }

    /// A yes is taken: the whole call is known and, if it must be, was seen to its end.
    pub(super) fn may_say_yes(&self) -> bool {
        self.content.whole && self.end_seen
    }

    /// To be called with the rows that are in view, after the content was made.
    pub(super) fn settle(&mut self, height: usize, now: u64) {
        self.height = height;
        self.scroll = self.scroll.min(self.content.rows.len().saturating_sub(height));
        if !matches!(self.stage, Stage::Trail | Stage::Parts)
            && self.content.whole
            && self.scroll + height >= self.content.must
        {
            self.end_seen = true;
        }
        if self.is_armed(now) && self.focus.is_none() {
            self.focus = Some(0);
        }
    }

    pub(super) fn scroll_by(&mut self, rows: isize) {
        let last = self.content.rows.len().saturating_sub(self.height);
        self.scroll = self.scroll.saturating_add_signed(rows).min(last);
    }

    fn page(&mut self, down: bool) {
        let rows = self.height.saturating_sub(1).max(1) as isize;
        self.scroll_by(if down { rows } else { -rows });
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Act> {
        let line: Vec<&str> = text.lines().collect();
        match self.stage {
            Stage::Rule => {
                self.rule.insert(&line.join(" "));
                if let Outcome::Act(act) = self.test() {
                    return vec![act];
                }
            }
            Stage::Comment { .. } => self.comment.insert(&line.join(" ")),
            Stage::Choose | Stage::Trail | Stage::Parts => {}
        }
        Vec::new()
    }

    pub(super) fn key(&mut self, key: &KeyEvent) -> Outcome {
        match self.stage {
            Stage::Choose => self.key_choose(key),
            Stage::Rule => self.key_rule(key),
            Stage::Comment { yes } => self.key_comment(key, yes),
            Stage::Parts => self.key_parts(key),
            Stage::Trail => {
                match key.code {
                    KeyCode::Esc | KeyCode::Enter | KeyCode::Char('?' | 'e' | 'q') => self.enter_stage(Stage::Choose),
                    _ => self.key_scroll(key),
                }
                Outcome::Nothing
            }
        }
    }

    pub(super) fn enter_stage(&mut self, stage: Stage) {
        let own = |stage| matches!(stage, Stage::Trail | Stage::Parts);
        if own(self.stage) || own(stage) {
            self.content.forget();
            self.scroll = 0;
        }
        self.stage = stage;
    }

    fn key_choose(&mut self, key: &KeyEvent) -> Outcome {
        let held = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let choices = self.choices();
        let focus = self.focus.unwrap_or(0);
        match key.code {
            KeyCode::Esc => return Outcome::Answer(Answer::No { comment: None }),
            KeyCode::Up => self.focus = Some((focus + choices.len() - 1) % choices.len()),
            KeyCode::Down => self.focus = Some((focus + 1) % choices.len()),
            KeyCode::Enter => return choices.get(focus).map_or(Outcome::Nothing, |choice| self.choose(*choice)),
            KeyCode::Tab => match choices.get(focus) {
                Some(Choice::Once) => self.stage = Stage::Comment { yes: true },
                Some(Choice::Always) => return self.edit_rule(),
                Some(Choice::No | Choice::Comment) => self.stage = Stage::Comment { yes: false },
                _ => {}
            },
            // As elsewhere Shift+Tab loosens: what this file question is about is allowed for the session.
            KeyCode::BackTab if self.is_about_a_file() => return self.choose(Choice::Session),
            KeyCode::Char('?' | 'e') if !held => self.enter_stage(Stage::Trail),
            KeyCode::Char(letter) if !held => {
                if let Some(choice) = Choice::by_letter(letter).filter(|choice| choices.contains(choice)) {
                    return self.choose(choice);
                }
                self.key_scroll(key);
            }
            _ => self.key_scroll(key),
        }
        Outcome::Nothing
    }

    pub(super) fn key_scroll(&mut self, key: &KeyEvent) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::PageDown | KeyCode::Char(' ') => self.page(true),
            KeyCode::PageUp => self.page(false),
            KeyCode::Char('f') if ctrl => self.page(true),
            KeyCode::Char('b') if ctrl => self.page(false),
            KeyCode::Char('j') | KeyCode::Down => self.scroll_by(1),
            KeyCode::Char('k') | KeyCode::Up => self.scroll_by(-1),
            KeyCode::Home | KeyCode::Char('g') => self.scroll = 0,
            KeyCode::End | KeyCode::Char('G') => self.scroll_by(isize::MAX),
            _ => {}
        }
    }

    /// Takes a choice: an answer, or the field that belongs to it.
    pub(super) fn choose(&mut self, choice: Choice) -> Outcome {
        if self.stage != Stage::Choose {
            return Outcome::Nothing;
        }
        self.focus = self.choices().iter().position(|offered| *offered == choice).or(self.focus);
        if matches!(choice, Choice::Once | Choice::Session | Choice::Always) && !self.may_say_yes() {
            self.page(true);
            return Outcome::Nothing;
        }
        match (choice, self.suggestion()) {
            (Choice::Once, _) => Outcome::Answer(Answer::Once { comment: None }),
            (Choice::Session, Some(rule)) => Outcome::Answer(Answer::Session { rule: rule.to_owned() }),
            (Choice::Session | Choice::Always, None) => Outcome::Nothing,
            (Choice::Always, Some(_)) => self.edit_rule(),
            (Choice::No, _) => Outcome::Answer(Answer::No { comment: None }),
            (Choice::Parts, _) => {
                self.enter_stage(Stage::Parts);
                Outcome::Nothing
            }
            (Choice::Comment, _) => {
                self.stage = Stage::Comment { yes: false };
                Outcome::Nothing
            }
        }
    }

    fn key_rule(&mut self, key: &KeyEvent) -> Outcome {
        let at = SCOPES.iter().position(|scope| *scope == self.scope).unwrap_or(0);
        let turn = |by: usize| SCOPES.get((at + by) % SCOPES.len()).copied().unwrap_or(SaveScope::Local);
        match key.code {
            KeyCode::Esc => self.stage = Stage::Choose,
            KeyCode::Tab | KeyCode::Down => self.scope = turn(1),
            KeyCode::BackTab | KeyCode::Up => self.scope = turn(2),
            KeyCode::Enter => {
                let rule = self.rule.text().trim();
                if !rule.is_empty() && self.may_say_yes() && !self.is_broken() {
                    return Outcome::Answer(Answer::Always { rule: rule.to_owned(), scope: self.scope });
                }
            }
            _ => {
                let before = self.rule.text().to_owned();
                self.rule.key(key);
                if self.rule.text() != before {
                    return self.test();
                }
            }
        }
        Outcome::Nothing
    }

    fn edit_rule(&mut self) -> Outcome {
        self.stage = Stage::Rule;
        self.test()
    }

    /// Has the engine try the rule as it stands in the field.
    fn test(&self) -> Outcome {
        let rule = self.rule.text().trim().to_owned();
        if rule.is_empty() {
            return Outcome::Nothing;
        }
        Outcome::Act(Act::Send(Request::TestRule { rule, call_id: Some(self.call_id.clone()) }))
    }

    /// What the engine says of the rule in the field; none while it has not spoken of that text.
    pub(super) fn test_result(&self) -> Option<&RuleTest> {
        self.tested.as_ref().filter(|test| test.rule == self.rule.text().trim())
    }

    /// The rule cannot be used at all.
    fn is_broken(&self) -> bool {
        self.test_result().is_some_and(|test| test.outcome.is_err())
    }

    /// The call reads or changes a file, so one rule may cover what follows.
    pub(super) fn is_about_a_file(&self) -> bool {
        let input = self.seen.as_ref().and_then(|seen| seen.input.as_ref());
        let names = ["file_path", "notebook_path", "path"];
        self.suggestion().is_some() && input.is_some_and(|input| names.iter().any(|name| input.get(name).is_some()))
    }

    fn key_comment(&mut self, key: &KeyEvent, yes: bool) -> Outcome {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => self.stage = Stage::Choose,
            KeyCode::Char('g') if ctrl => {
                let purpose = EditPurpose::Comment { ask: self.ask };
                return Outcome::Act(Act::Edit { purpose, text: self.comment.text().to_owned() });
            }
            KeyCode::Enter => {
                let comment = Some(self.comment.text().trim().to_owned()).filter(|text| !text.is_empty());
                return match (yes, comment) {
                    (true, comment) if self.may_say_yes() => Outcome::Answer(Answer::Once { comment }),
                    // A no without a comment would stop the turn, which is another choice.
                    (true, _) | (false, None) => Outcome::Nothing,
                    (false, comment) => Outcome::Answer(Answer::No { comment }),
                };
            }
            _ => {
                self.comment.key(key);
            }
        }
        Outcome::Nothing
    }
}
