//! A question taken apart: what kind of answer it wants, what it is about, and what must not differ.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::asking::{Ask, ask, line};
use super::frame::{active, is_article};
use super::lexicon::{DIRECTIONS, EMPTY, KINDS, KINDS_NAMED, LOOKS, NEGATIONS, SEMI, is_in};
use super::settle::settled;
use super::words::{Kind, Word, canonical, is_soft, recognised, words};

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
    /// Somebody does something to something, so that the order of words tells who does what.
    pub roles: bool,
}

/// A text that is held against others: its words, and the question that they are alone.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    words: Vec<Word>,
    alone: Question,
}

impl Reading {
    /// Reads a text once.
    pub fn of(text: &str) -> Self {
        let words = words(text);
        Self { alone: Question::of_words(words.clone()), words }
    }

    /// The question beside another one, with the names that the other one knows.
    pub fn beside(&self, other: &Self) -> Cow<'_, Question> {
        let known = recognised(&self.words, &other.words);
        known.map_or(Cow::Borrowed(&self.alone), |words| Cow::Owned(Question::of_words(words)))
    }
}

impl Question {
    /// Takes a text apart.
    pub fn of(text: &str) -> Self {
        Self::of_words(words(text))
    }

    fn of_words(words: Vec<Word>) -> Self {
        let words = settled(words);
        let ask = ask(&line(words.iter()));
        let roles = has_roles(ask, &words);
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
            roles,
        };
        question.read(&words);
        question.leave_empty_verbs();
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

    /// Leaves out verbs that say nothing beside the thing that is asked for.
    fn leave_empty_verbs(&mut self) {
        for (thing, verbs) in EMPTY {
            if self.hard.iter().chain(&self.semi).any(|word| word == thing) {
                let before = self.hard.len();
                self.hard.retain(|word| word == thing || !is_in(verbs, word));
                self.roles &= self.hard.len() == before;
                self.order.retain(|word| word == thing || !is_in(verbs, word));
            }
        }
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
        let first = self.order.is_empty() && matches!(self.ask, Ask::How | Ask::Done);
        let asked =
            matches!(text, "exist" | "exists") && ["if", "whether"].iter().any(|word| self.plain.contains(*word));
        if is_soft(text) && !asked || first && is_in(LOOKS, text) {
            if !is_article(text) || place.taken > 0 {
                place.taken = NAME;
            }
            return;
        }
        let canonical = canonical(text, self.is_done(text, before));
        if is_in(SEMI, &canonical) || self.is_kind(words, at, &canonical) {
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
        if canonical != "contain" {
            self.order.push(canonical.clone());
        }
        self.hard.push(canonical);
    }

    /// The word says what is done.
    fn is_done(&self, text: &str, before: &str) -> bool {
        if self.ask == Ask::Difference {
            return false;
        }
        let form = text.ends_with("ed")
            || text.ends_with("ing")
            || is_in("read set kept sent put", text) && is_in("is are was were gets get been", before);
        let acts = "does do did";
        let acted = is_in(acts, before) && matches!(self.ask, Ask::Where | Ask::When | Ask::YesNo(_));
        let behind = "to i we you they one people can should could will would must might gets get got be";
        matches!(self.ask, Ask::How | Ask::Done) || form || acted || is_in(behind, before)
    }

    /// The word tells what kind of thing a name beside it is; where a place is asked for, of what kind the place is.
    fn is_kind(&self, words: &[Word], at: usize, canonical: &str) -> bool {
        let named = |at: Option<usize>| {
            at.and_then(|at| words.get(at)).is_some_and(|word| matches!(word.kind, Kind::Name | Kind::Number))
        };
        let beside = named(at.checked_sub(1)) || named(at.checked_add(1));
        is_in(KINDS, canonical) && (beside || self.ask == Ask::Where) || is_in(KINDS_NAMED, canonical) && beside
    }

    fn put(&mut self, place: &mut Place, item: &str) {
        let Some(group) = place.group else { return };
        let most = if matches!(group, "of" | "in" | "for" | "to" | "from") { NAME } else { 1 };
        if place.taken < most {
            self.places.entry(group).or_default().insert(item.to_owned());
            place.taken += 1;
        }
        if place.taken >= most {
            *place = Place::default();
        }
    }

    /// The names and numbers in their order.
    pub fn order_of_names(&self) -> Vec<&String> {
        self.order.iter().filter(|word| self.names.contains(*word) || self.numbers.contains(word)).collect()
    }

    /// Everything that it is about: words, names, numbers.
    pub fn subject(&self) -> impl Iterator<Item = &str> {
        self.hard.iter().chain(&self.names).chain(&self.numbers).map(String::as_str)
    }
}

/// `Does the client call the server`, `which functions call it`, `called by the server`.
fn has_roles(ask: Ask, words: &[Word]) -> bool {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let helps = |at: usize| is_in("do does did can could should will would must may might", text(at));
    let nobody = "i we you one people they it anything anyone anybody something someone";
    // What the project does is what is done in it.
    let project = |at: usize| {
        let at = if matches!(text(at), "the" | "this" | "our" | "your") { at + 1 } else { at };
        matches!(canonical(text(at), false).as_str(), "project" | "code")
    };
    let acts = (0..words.len()).any(|at| {
        let somebody = helps(at) && at + 2 < words.len() && !is_in(nobody, text(at + 1)) && !project(at + 1);
        // `Where does the upload happen` has one part only.
        somebody
            && words[at + 2..].iter().filter(|word| !is_soft(&word.text)).count() > 0
            && !is_in("default", text(words.len() - 1))
            && !is_soft(text(words.len() - 1))
    });
    let by = words.iter().any(|word| word.text == "by");
    let is = words.iter().any(|word| is_in("is are was were", &word.text));
    // `Which files use it` became `where use it`.
    let no_verb = "the a an our this all is are was were do does did can should in of from within under";
    let place = ask == Ask::Where
        && !is_in(no_verb, text(1))
        && !ask.takes(text(1))
        && !is_in(KINDS, &canonical(text(1), false));
    let which = matches!(ask, Ask::Which | Ask::Value) && !is;
    let done = words.iter().any(|word| word.text == "there" || word.text.ends_with("ed"));
    // `Is a struct a class`.
    let yes_or_no = matches!(ask, Ask::YesNo(_)) && matches!(text(0), "is" | "are") && !done;
    acts || by || place || which || yes_or_no || matches!(ask, Ask::Who | Ask::Count | Ask::Happens)
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
    let none = "does do did is are was were explain describe fix and or of in for to with on by list show can should could why how \
         what when where than from about into at use run so say says sure know";
    let named = at.checked_sub(1).is_some_and(|before| !is_in(none, text(before)));
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
