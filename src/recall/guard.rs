//! What must not differ between two questions, however close their vectors are.

use std::collections::BTreeSet;

use super::asking::Ask;
use super::lexicon::{
    ACTS, ANTONYMS, DOMAINS, KINDS, LANGUAGES, LIGHT, LIGHT_HOW, LIGHT_OWN, LIGHT_PLACE, LIGHT_THING, LIGHT_WORK,
    TIMES, is_in,
};
use super::question::Question;
use super::words::{stem, words};

/// Small words that turn a meaning around; one question has the one, the other the other.
const OPPOSITES: &[(&[&str], &[&str])] = &[
    (&["on"], &["off"]),
    (&["in", "inside", "within"], &["out", "outside"]),
    (&["up"], &["down"]),
    (&["with"], &["without"]),
    (&["before"], &["after"]),
    (&["over", "above"], &["under", "below"]),
    (&["all", "every", "each", "entire", "whole"], &["any", "some", "one", "single"]),
    (&["right"], &["left", "wrong"]),
    (&["to", "into"], &["from"]),
    (&["did", "was", "were", "had"], &["will", "shall"]),
    (&["more", "most"], &["less", "least", "fewer"]),
    (&["best", "good"], &["worst", "bad"]),
    (&["short", "brief"], &["long"]),
    (&["easy", "simple", "easiest", "simplest"], &["hard", "difficult", "complex"]),
    (&["complete", "whole"], &["partial"]),
    (&["current", "currently"], &["previous", "old", "former", "next"]),
    (&["and"], &["or"]),
];

/// The two questions ask the same in other words: every word that carries meaning has its counterpart.
pub(super) fn same(a: &Question, b: &Question) -> bool {
    alike(a, b) && same_places(a, b) && same_subject(a, b) && same_order(a, b)
}

/// Nothing that can be told without understanding speaks against it. Enough only beside a vector that knows meaning.
pub(super) fn near(a: &Question, b: &Question) -> bool {
    alike(a, b) && !has_moved(a, b) && in_order(a, b) && !are_antonyms(a, b)
}

/// One question has a word, the other its opposite in its place.
fn are_antonyms(a: &Question, b: &Question) -> bool {
    let alone = |one: &Question, other: &Question| -> Vec<String> {
        one.plain.difference(&other.plain).map(|word| stem(word)).collect()
    };
    let (only_a, only_b) = (alone(a, b), alone(b, a));
    let has = |words: &[String], word: &str| words.contains(&stem(word));
    ANTONYMS
        .split(' ')
        .filter_map(|pair| pair.split_once('/'))
        .any(|(one, other)| has(&only_a, one) && has(&only_b, other) || has(&only_a, other) && has(&only_b, one))
}

fn alike(a: &Question, b: &Question) -> bool {
    let telling = |question: &Question| {
        (question.subject().next().is_some() || question.semi.contains("project")) && !question.points
    };
    telling(a)
        && telling(b)
        && a.ask.fits(b.ask)
        && a.ask != Ask::Other
        && (a.modal == b.modal || possible(a, b) || does(a) && does(b) || a.ask == Ask::Where)
        && a.numbers == b.numbers
        && a.names == b.names
        && a.negations == b.negations
        && !opposed(a, b)
        && !(general(a) && own(b) || general(b) && own(a))
        && (quantified(a) == quantified(b) || !(matches!(a.ask, Ask::YesNo(_)) || one_of_many(a) || one_of_many(b)))
}

/// `What is a Dockerfile`.
fn general(question: &Question) -> bool {
    !matches!(question.ask, Ask::How | Ask::Where) && ["a", "an"].iter().any(|word| question.plain.contains(*word))
}

/// `What does the Dockerfile of this project do`.
fn own(question: &Question) -> bool {
    question.semi.contains("project") && question.plain.contains("the")
}

/// What can be and what is are one where things are asked for: `which errors can it raise`.
fn possible(a: &Question, b: &Question) -> bool {
    let can = |one: &Question, other: &Question| one.modal == Some("can") && other.modal.is_none();
    matches!(a.ask, Ask::Which | Ask::Value) && (can(a, b) || can(b, a))
}

/// It is asked how something is done.
fn does(question: &Question) -> bool {
    matches!(question.ask, Ask::How | Ask::Done)
}

fn same_subject(a: &Question, b: &Question) -> bool {
    let alone = |one: &Question, other: &Question| -> Vec<String> {
        one.hard.iter().filter(|word| !other.hard.contains(word)).cloned().collect()
    };
    let (only_a, only_b) = (alone(a, b), alone(b, a));
    // Where it is asked what something is, one question may say of what kind it is. How something is done is told by each word.
    let lists = [lightness(a), lightness(b)];
    let both_explain = explains(a) && explains(b);
    let light = |only: &[String]| {
        only.iter().all(|word| lists.iter().any(|list| is_in(list, word)) || both_explain && is_in(DOMAINS, word))
    };
    let same = match a.ask {
        Ask::YesNo(_) => only_a.iter().chain(&only_b).all(|word| word == "contain"),
        Ask::Difference => {
            let domain = |only: &[String]| only.iter().all(|word| is_in(DOMAINS, word));
            only_a.is_empty() && domain(&only_b) || only_b.is_empty() && domain(&only_a)
        }
        Ask::Count => only_a.is_empty() && only_b.is_empty(),
        _ => (only_a.is_empty() && light(&only_b) || only_b.is_empty() && light(&only_a)) && shares(a, b),
    };
    // What is asked of a workspace is asked of its project, said or not.
    let about = |question: &Question| -> BTreeSet<String> {
        let of_itself = question.subject().next().is_some();
        let file = |word: &str| word == "file" && explains(question);
        let said = |word: &String| !(of_itself && (word == "project" || file(word)));
        question.semi.iter().filter(|word| said(word)).cloned().collect()
    };
    let (about_a, about_b) = (about(a), about(b));
    let subsets = about_a.is_subset(&about_b) || about_b.is_subset(&about_a);
    // A question for a thing stands and falls with the name of the thing.
    let semi = match a.ask {
        Ask::How | Ask::Done | Ask::Where | Ask::Works | Ask::Why => subsets,
        // A name or a number says what is meant.
        _ => about_a == about_b || subsets && !(a.names.is_empty() && a.numbers.is_empty()),
    };
    same && semi
}

/// It is asked what something is, in whatever form.
fn explains(question: &Question) -> bool {
    matches!(question.ask, Ask::What | Ask::Explain | Ask::Purpose | Ask::Value | Ask::Works)
}

/// The words that do not count for the kind of answer.
fn lightness(question: &Question) -> &'static str {
    match question.ask {
        Ask::Done | Ask::Works => LIGHT_WORK,
        Ask::Where => LIGHT_PLACE,
        Ask::What | Ask::Explain | Ask::Purpose => LIGHT,
        Ask::How => LIGHT_HOW,
        Ask::Which | Ask::Value if question.semi.contains("project") => LIGHT_OWN,
        Ask::Which | Ask::Value => LIGHT_THING,
        _ => "",
    }
}

/// They have a word, a name or a number in common, if they have any.
fn shares(a: &Question, b: &Question) -> bool {
    a.subject().any(|word| b.subject().any(|other| word == other))
        || a.subject().next().is_none() && b.subject().next().is_none()
}

/// Words in the same order, but for what stands behind `of`, `in` or `for` in one of the two: elsewhere the place of a word
/// tells its role.
fn same_order(a: &Question, b: &Question) -> bool {
    let free = !a.roles && !b.roles && a.order_of_names() == b.order_of_names();
    free || in_order(a, b)
}

fn in_order(a: &Question, b: &Question) -> bool {
    if a.ask == Ask::Difference {
        return true;
    }
    let loose = |group: &str| matches!(group, "of" | "in" | "for");
    let places = a.places.iter().chain(&b.places).filter(|(group, _)| loose(group));
    let placed: BTreeSet<&String> = places.flat_map(|(_, items)| items).collect();
    let one_kind = |question: &Question| question.order.iter().filter(|word| is_in(KINDS, word)).count() < 2;
    let one_kind = one_kind(a) && one_kind(b);
    let main = |question: &Question, other: &Question| -> Vec<String> {
        let counts =
            |word: &&String| !placed.contains(word) && other.order.contains(word) && !(one_kind && is_in(KINDS, word));
        let mut main: Vec<String> = question.order.iter().filter(counts).cloned().collect();
        main.dedup();
        main
    };
    main(a, b) == main(b, a)
}

/// What stands behind the same preposition is the same, as far as both say, and nothing has moved to one of another kind
/// (`for Windows`, `on Windows`).
fn same_places(a: &Question, b: &Question) -> bool {
    !has_moved(a, b) && same_items(a, b)
}

fn has_moved(a: &Question, b: &Question) -> bool {
    a.places.iter().any(|(group, of_a)| {
        let elsewhere = |item: &String| {
            if is_in(LANGUAGES, item) {
                return false;
            }
            let groups: Vec<_> =
                b.places.iter().filter(|(_, of_b)| of_b.contains(item)).map(|(group, _)| *group).collect();
            !groups.is_empty() && !groups.iter().any(|other| interchange(a.ask, group, other))
        };
        of_a.iter().any(elsewhere)
    })
}

/// Prepositions that may stand for each other.
fn interchange(ask: Ask, one: &str, other: &str) -> bool {
    let pair = |a: &str, b: &str| (one, other) == (a, b) || (other, one) == (a, b);
    // `In Linux` and `on Linux` are the same where it is asked how, `in the cart` and `on the cart` are not.
    let how = matches!(ask, Ask::How | Ask::Done) && (pair("in", "on") || pair("in", "with") || pair("on", "with"));
    one == other
        || how
        || pair("of", "for")
        || pair("of", "in")
        || pair("with", "by")
        || pair("by", "through")
        || ask != Ask::How && (pair("in", "from") || pair("for", "in"))
}

fn same_items(a: &Question, b: &Question) -> bool {
    a.places
        .iter()
        .all(|(group, of_a)| b.places.get(group).is_none_or(|of_b| of_a.is_subset(of_b) || of_b.is_subset(of_a)))
}

/// It is asked of all of them, or of any. `List all tests` is `list the tests`, `are all tests green` is not `are the tests green`.
fn quantified(question: &Question) -> bool {
    ["all", "every", "each", "any", "some"].iter().any(|word| question.plain.contains(*word))
}

/// It is asked of one of them, whichever.
fn one_of_many(question: &Question) -> bool {
    matches!(question.ask, Ask::How) && ["a", "an"].iter().any(|word| question.plain.contains(*word))
}

fn opposed(a: &Question, b: &Question) -> bool {
    let has = |question: &Question, words: &[&str]| words.iter().any(|word| question.plain.contains(*word));
    OPPOSITES.iter().any(|(one, other)| {
        let (a_one, a_other, b_one, b_other) = (has(a, one), has(a, other), has(b, one), has(b, other));
        a_one && !a_other && b_other && !b_one || a_other && !a_one && b_one && !b_other
    })
}

/// The text orders something to be done, rather than asking. Such an answer is never kept.
pub fn asks_to_act(text: &str) -> bool {
    let all = words(text);
    let line: Vec<String> = all.iter().map(|word| word.text.to_lowercase()).collect();
    let mut rest = line.as_slice();
    const OPENINGS: &[&[&str]] = &[
        &["please"],
        &["kindly"],
        &["now"],
        &["then"],
        &["just"],
        &["ok"],
        &["okay"],
        &["and"],
        &["next"],
        &["first"],
        &["finally"],
        &["can", "you"],
        &["could", "you"],
        &["would", "you"],
        &["will", "you"],
        &["i", "want", "you", "to"],
        &["i", "need", "you", "to"],
        &["i", "would", "like", "you", "to"],
        &["go", "ahead", "and"],
        &["lets"],
        &["let", "us"],
        &["you", "should"],
        &["you", "must"],
        &["help", "me"],
        &["try", "to"],
        &["make", "sure", "to"],
        &["also"],
        &["hey"],
        &["so"],
    ];
    while let Some(opening) = OPENINGS
        .iter()
        .find(|opening| rest.len() > opening.len() && opening.iter().zip(rest).all(|(wanted, word)| word == wanted))
    {
        rest = &rest[opening.len()..];
    }
    let orders = |words: &[String]| words.first().is_some_and(|word| is_in(ACTS, word));
    // `do you know`, `go is a language`: questions that begin like an order.
    let question = matches!(rest, [first, second, ..]
        if matches!((first.as_str(), second.as_str()), ("do", "you" | "we" | "i" | "they" | "the" | "these" | "all" | "any") | ("go" | "test" | "use" | "format" | "build" | "release" | "set", "is" | "vs" | "versus")));
    if orders(rest) && !question {
        return true;
    }
    // `Explain it and then fix it.`
    rest.windows(2).any(|pair| matches!(pair[0].as_str(), "and" | "then") && orders(&pair[1..]) && !asks(rest))
}

/// It is put as a question, so that a verb behind `and` belongs to it: `how do I add and remove a remote`.
fn asks(words: &[String]) -> bool {
    words.first().is_some_and(|first| {
        matches!(
            first.as_str(),
            "how"
                | "what"
                | "why"
                | "where"
                | "when"
                | "who"
                | "which"
                | "is"
                | "are"
                | "does"
                | "do"
                | "did"
                | "can"
                | "could"
                | "should"
                | "will"
        )
    })
}

/// The right answer changes by itself. The last commit does so with the workspace, whose fingerprint tells.
pub fn depends_on_time(text: &str) -> bool {
    let lower = text.to_lowercase().replace("most recent", "last").replace("latest commit", "last commit");
    lower.contains("what time") || words(&lower).iter().any(|word| is_in(TIMES, &word.text.to_lowercase()))
}
