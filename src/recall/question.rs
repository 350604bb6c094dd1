//! A question taken apart: what kind of answer it wants, what it is about, and what must not differ.

use std::collections::{BTreeMap, BTreeSet};

use super::asking::{Ask, ask, line, settled};
use super::frame::{active, is_article};
use super::lexicon::{DIRECTIONS, NEGATIONS, SEMI, is_in};
use super::words::{Kind, Word, canonical, is_soft, words};

/// A question in parts.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub ask: Ask,
    /// Words that carry meaning, in their order.
    pub hard: Vec<String>,
    /// Those, names and numbers, in the order of the active voice.
    pub order: Vec<String>,
    /// Words that may be left out, such as what every question of the kind is about.
    pub semi: BTreeSet<String>,
    pub numbers: Vec<String>,
    /// Names, paths and what was quoted.
    pub names: BTreeSet<String>,
    pub negations: usize,
    /// What stands behind each preposition.
    pub places: BTreeMap<&'static str, BTreeSet<String>>,
    /// Whether it is about what can, did, will or should be.
    pub modal: Option<&'static str>,
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
        let words = active(words);
        let mut question = Self {
            ask,
            hard: Vec::new(),
            order: Vec::new(),
            modal: modal(&words),
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
        let mut place = Place::default();
        for (at, word) in words.iter().enumerate() {
            match word.kind {
                Kind::Number => {
                    self.numbers.push(word.text.clone());
                    self.order.push(word.text.clone());
                    self.put(&mut place, &word.text);
                }
                Kind::Name => {
                    self.names.insert(word.text.clone());
                    self.order.push(word.text.clone());
                    self.put(&mut place, &word.text);
                }
                Kind::Word => self.word(words, at, &mut place),
            }
        }
        self.numbers.sort();
    }

    fn word(&mut self, words: &[Word], at: usize, place: &mut Place) {
        let near = |at: Option<usize>| at.and_then(|at| words.get(at)).map_or("", |word| word.text.as_str());
        let (text, before, after) = (near(Some(at)), near(at.checked_sub(1)), near(at.checked_add(1)));
        self.plain.insert(text.to_owned());
        self.points |= points(text, before, after) && !is_relative(words, at);
        if is_in(NEGATIONS, text) {
            self.negations += 1;
        }
        if let Some(group) = preposition(text, before) {
            // `Of using it` is of it.
            if !(place.group.is_some() && place.taken == 0) {
                *place = Place { group: Some(group), taken: 0 };
            }
            return;
        }
        if self.ask.takes(text) {
            *place = Place::default();
            return;
        }
        // `Whether it exists` is what is asked, `there exists` is nothing.
        let asked =
            matches!(text, "exist" | "exists") && ["if", "whether"].iter().any(|word| self.plain.contains(*word));
        if is_soft(text) && !asked {
            if !is_article(text) || place.taken > 0 {
                place.taken = NAME;
            }
            return;
        }
        let canonical = canonical(text, matches!(self.ask, Ask::How));
        if is_in(SEMI, &canonical) {
            self.put(place, &canonical);
            if canonical != "project" {
                self.order.push(canonical.clone());
            }
            self.semi.insert(canonical);
            return;
        }
        if is_in(NEGATIONS, text) || self.ask.takes(&canonical) {
            return;
        }
        self.put(place, &canonical);
        self.order.push(canonical.clone());
        self.hard.push(canonical);
    }

    fn put(&mut self, place: &mut Place, item: &str) {
        let Some(group) = place.group else { return };
        let most = if matches!(group, "of" | "in" | "for") { NAME } else { 1 };
        if place.taken < most {
            self.places.entry(group).or_default().insert(item.to_owned());
            place.taken += 1;
        }
        if place.taken >= most {
            *place = Place::default();
        }
    }

    /// Everything that it is about: words, names, numbers.
    pub fn subject(&self) -> impl Iterator<Item = &str> {
        self.hard.iter().chain(&self.names).chain(&self.numbers).map(String::as_str)
    }
}

/// Words of a name behind a preposition: `of a Python list`.
const NAME: usize = 2;

/// The preposition that was read last, and the words that belong to it so far.
#[derive(Default)]
struct Place {
    group: Option<&'static str>,
    taken: usize,
}

fn modal(words: &[Word]) -> Option<&'static str> {
    words.iter().filter(|word| word.kind == Kind::Word).find_map(|word| match word.text.as_str() {
        "can" | "could" | "may" | "might" => Some("can"),
        "did" | "was" | "were" | "had" => Some("did"),
        "will" | "would" | "shall" => Some("will"),
        "should" | "must" | "ought" => Some("should"),
        _ => None,
    })
}

/// It points at something that was said before.
fn points(text: &str, before: &str, after: &str) -> bool {
    !names_itself(text, after)
        && matches!(text, "this" | "these" | "those" | "it" | "that" | "above" | "previous" | "again" | "they" | "them")
        && !matches!(before, "so" | "is" | "says")
}

/// `The tests that cover it`: a clause about what was just named.
fn is_relative(words: &[Word], at: usize) -> bool {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let named = (2..=3).any(|back| at.checked_sub(back).is_some_and(|at| matches!(text(at), "the" | "all" | "any")));
    text(at) == "that" && named && at + 1 < words.len()
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
        && matches!(
            after,
            "project"
                | "program"
                | "codebase"
                | "repo"
                | "repository"
                | "app"
                | "application"
                | "code"
                | "tool"
                | "package"
                | "library"
                | "crate"
                | "software"
                | "service"
                | "system"
        )
}
