//! Choosing parts of a change: which are chosen, where the cursor is, and the rows that show it.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::Line;

use super::choice::Choice;
use super::question::{Outcome, Question, Stage};
use crate::domain::{Answer, FileDiff, Shown};
use crate::theme::{Meaning, Theme};
use crate::widgets::diff;
use crate::widgets::wrap::clip_line;

/// The parts of a change, counted over all its files.
#[derive(Debug, Default)]
pub(super) struct Parts {
    chosen: Vec<bool>,
    /// The file of each part.
    owners: Vec<usize>,
    at: usize,
    /// Rows at which parts begin, as they were made last.
    starts: Vec<usize>,
}

/// What a key does to the choice.
enum Did {
    Nothing,
    Changed,
    Moved,
    /// All parts were chosen, so it is a plain yes.
    All,
    Some(Vec<u32>),
    Back,
}

impl Parts {
    /// The parts of what is shown; none when the engine cannot make single ones.
    pub(super) fn of(shown: &Shown, parts: u32) -> Option<Self> {
        let Shown::Diff(files) = shown else { return None };
        let owners: Vec<usize> =
            files.iter().enumerate().flat_map(|(at, file)| file.hunks.iter().map(move |_| at)).collect();
        let fits = owners.len() > 1 && owners.len() == parts as usize;
        fits.then(|| Self { chosen: vec![true; owners.len()], owners, at: 0, starts: Vec::new() })
    }

    pub(super) fn len(&self) -> usize {
        self.chosen.len()
    }

    pub(super) fn count(&self) -> usize {
        self.chosen.iter().filter(|chosen| **chosen).count()
    }

    /// Row of the part with the cursor, and where it ends.
    fn span(&self) -> (usize, usize) {
        let start = self.starts.get(self.at).copied().unwrap_or(0);
        (start, self.starts.get(self.at + 1).copied().unwrap_or(usize::MAX))
    }

    fn key(&mut self, code: KeyCode) -> Did {
        match code {
            KeyCode::Esc | KeyCode::Char('q') => Did::Back,
            KeyCode::Up | KeyCode::Char('k') => self.go(self.at.checked_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => self.go(Some(self.at + 1)),
            KeyCode::Home | KeyCode::Char('g') => self.go(Some(0)),
            KeyCode::End | KeyCode::Char('G') => self.go(Some(self.chosen.len().saturating_sub(1))),
            KeyCode::Char(' ' | 'x') => {
                if let Some(chosen) = self.chosen.get_mut(self.at) {
                    *chosen = !*chosen;
                }
                Did::Changed
            }
            KeyCode::Char('f') => {
                let file = self.owners.get(self.at).copied();
                let all = self.of_file(file).all(|chosen| *chosen);
                self.of_file(file).for_each(|chosen| *chosen = !all);
                Did::Changed
            }
            KeyCode::Char('a') => self.set_all(true),
            KeyCode::Char('n') => self.set_all(false),
            KeyCode::Enter => self.accept(),
            _ => Did::Nothing,
        }
    }

    fn go(&mut self, to: Option<usize>) -> Did {
        match to.filter(|to| *to < self.chosen.len()) {
            Some(to) => {
                self.at = to;
                Did::Moved
            }
            None => Did::Nothing,
        }
    }

    fn of_file(&mut self, file: Option<usize>) -> impl Iterator<Item = &mut bool> {
        let owners = self.owners.iter().map(|owner| Some(*owner));
        self.chosen.iter_mut().zip(owners).filter(move |(_, owner)| *owner == file).map(|(chosen, _)| chosen)
    }

    fn set_all(&mut self, chosen: bool) -> Did {
        self.chosen.fill(chosen);
        Did::Changed
    }

    fn accept(&self) -> Did {
        match self.count() {
            0 => Did::Nothing,
            all if all == self.chosen.len() => Did::All,
            _ => Did::Some((0..).zip(&self.chosen).filter(|(_, chosen)| **chosen).map(|(at, _)| at).collect()),
        }
    }

    /// All parts with their marks, one after the other under the heads of their files.
    pub(super) fn rows(&mut self, files: &[FileDiff], width: u16, theme: &Theme) -> Vec<Line<'static>> {
        let mut rows = Vec::new();
        self.starts.clear();
        for file in files {
            rows.push(diff::header(file, width, theme));
            for hunk in &file.hunks {
                let part = self.starts.len();
                let (chosen, here) = (self.chosen.get(part) == Some(&true), part == self.at);
                self.starts.push(rows.len());
                let words = format!(
                    "{} [{}] part {} of {} · line {}",
                    if here { "›" } else { " " },
                    if chosen { "x" } else { " " },
                    part + 1,
                    self.chosen.len(),
                    hunk.old_start
                );
                let meaning = if here { Meaning::Selection } else { Meaning::Heading };
                rows.push(clip_line([(words.as_str(), theme.style(meaning))], width.into()));
                let alone = FileDiff { hunks: vec![hunk.clone()], ..file.clone() };
                rows.extend(diff::lines(&alone, width, theme).into_iter().skip(1));
            }
        }
        rows
    }
}

impl Question {
    /// A key while parts are chosen.
    pub(super) fn key_parts(&mut self, key: &KeyEvent) -> Outcome {
        let scrolls = matches!(key.code, KeyCode::PageUp | KeyCode::PageDown)
            || key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let Some(parts) = self.parts.as_mut().filter(|_| !scrolls) else {
            self.key_scroll(key);
            return Outcome::Nothing;
        };
        match parts.key(key.code) {
            Did::Nothing => {}
            Did::Back => self.enter_stage(Stage::Choose),
            Did::Changed => self.content.forget(),
            Did::Moved => {
                let (start, end) = parts.span();
                let end = end.min(start + self.height);
                if start < self.scroll || end > self.scroll + self.height {
                    self.scroll = start;
                }
                self.content.forget();
            }
            Did::All => return Outcome::Answer(Answer::Once { comment: None }),
            Did::Some(parts) => return Outcome::Answer(Answer::Partly { parts, comment: None }),
        }
        Outcome::Nothing
    }
}

impl Choice {
    /// The answer that a key stands for.
    pub(super) fn by_letter(letter: char) -> Option<Self> {
        Some(match letter {
            '1' | 'y' | 'a' => Self::Once,
            '2' | 's' => Self::Session,
            '3' | 'w' => Self::Always,
            '4' | 'n' | 'd' => Self::No,
            '5' | 'c' => Self::Comment,
            '6' | 'p' => Self::Parts,
            _ => return None,
        })
    }
}
