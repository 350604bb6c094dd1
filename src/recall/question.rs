//! A question taken apart: what kind of answer it wants, what it is about, and what must not differ.

use std::collections::{BTreeMap, BTreeSet};

use super::asking::{Ask, ask, line, settled};
use super::lexicon::{DIRECTIONS, NEGATIONS, SEMI, is_in};
use super::words::{Kind, Word, canonical, is_soft, words};

/// A question in parts.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub ask: Ask,
    /// Words that carry meaning, in their order.
    pub hard: Vec<String>,
    /// Words that may be left out, such as what every question of the kind is about.
    pub semi: BTreeSet<String>,
    pub numbers: Vec<String>,
    /// Names, paths and what was quoted.
    pub names: BTreeSet<String>,
    pub negations: usize,
    /// What stands behind each preposition.
    pub places: BTreeMap<&'static str, BTreeSet<String>>,
    /// All plain words, for what is told apart by small words.
    pub plain: BTreeSet<String>,
    /// It points at something outside of itself.
    pub points: bool,
}

impl Question {
    /// Takes a text apart.
    pub fn of(text: &str) -> Self {
        let words = settled(words(text));
        let ask = ask(&line(words.iter()));
        let mut question = Self {
            ask,
            hard: Vec::new(),
            semi: BTreeSet::new(),
            numbers: Vec::new(),
            names: BTreeSet::new(),
            negations: 0,
            places: BTreeMap::new(),
            plain: BTreeSet::new(),
            points: false,
        };
        question.read(&words);
        question
    }

    fn read(&mut self, words: &[Word]) {
        let mut place: Option<&'static str> = None;
        for (at, word) in words.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| words.get(at)).map_or("", |word| word.text.as_str());
            match word.kind {
                Kind::Number => {
                    self.numbers.push(word.text.clone());
                    self.put(&mut place, &word.text);
                }
                Kind::Name => {
                    self.names.insert(word.text.clone());
                    self.put(&mut place, &word.text);
                }
                Kind::Word => {
                    let after = words.get(at + 1).map_or("", |word| word.text.as_str());
                    self.word(&word.text, (before, after), &mut place);
                }
            }
        }
        self.numbers.sort();
    }

    fn word(&mut self, text: &str, (before, after): (&str, &str), place: &mut Option<&'static str>) {
        self.plain.insert(text.to_owned());
        self.points |= !names_itself(text, after)
            && matches!(
                text,
                "this" | "these" | "those" | "it" | "that" | "above" | "previous" | "again" | "they" | "them"
            )
            && !matches!(before, "so" | "is" | "says");
        if is_in(NEGATIONS, text) {
            self.negations += 1;
        }
        if let Some(group) = preposition(text, before) {
            *place = Some(group);
            return;
        }
        if self.ask.takes(text) {
            *place = None;
            return;
        }
        if is_soft(text) {
            return;
        }
        let canonical = canonical(text, matches!(self.ask, Ask::How));
        if is_in(SEMI, &canonical) {
            self.semi.insert(canonical);
            return;
        }
        if is_in(NEGATIONS, text) || self.ask.takes(&canonical) {
            return;
        }
        self.put(place, &canonical);
        self.hard.push(canonical);
    }

    fn put(&mut self, place: &mut Option<&'static str>, item: &str) {
        if let Some(group) = place.take() {
            self.places.entry(group).or_default().insert(item.to_owned());
        }
    }

    /// Everything that it is about: words, names, numbers.
    pub fn subject(&self) -> impl Iterator<Item = &str> {
        self.hard.iter().chain(&self.names).chain(&self.numbers).map(String::as_str)
    }
}

/// The group of a preposition. `to` before a verb is none.
fn preposition(text: &str, before: &str) -> Option<&'static str> {
    let verbal = [
        "how", "way", "ways", "steps", "want", "need", "like", "used", "able", "possible", "going", "have", "trying",
        "try", "is", "order", "has", "do", "approach", "method", "command",
    ];
    if text == "to" && verbal.contains(&before) {
        return None;
    }
    let direction = DIRECTIONS.iter().find(|(word, _)| *word == text).map(|(_, group)| *group);
    direction.or(match text {
        "in" | "inside" | "within" => Some("in"),
        "using" | "with" | "via" => Some("with"),
        "of" => Some("of"),
        "for" => Some("for"),
        "on" => Some("on"),
        "by" => Some("by"),
        "at" => Some("at"),
        "through" | "across" => Some("through"),
        _ => None,
    })
}

/// `this project` is what every question is about.
fn names_itself(text: &str, after: &str) -> bool {
    matches!(text, "this" | "that" | "these")
        && matches!(after, "project" | "program" | "codebase" | "repo" | "repository" | "app" | "application" | "code")
}
