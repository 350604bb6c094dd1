//! What must not differ between two questions, however close their vectors are.

use std::collections::BTreeSet;

use super::asking::Ask;
use super::lexicon::{ACTS, TIMES, is_in};
use super::question::Question;
use super::words::words;

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
    alike(a, b) && same_subject(a, b) && same_order(a, b)
}

/// Nothing that can be told without understanding speaks against it. Enough only beside a vector that knows meaning.
pub(super) fn alike(a: &Question, b: &Question) -> bool {
    let telling = |question: &Question| question.subject().next().is_some() && !question.points;
    telling(a)
        && telling(b)
        && a.ask == b.ask
        && a.ask != Ask::Other
        && a.numbers == b.numbers
        && a.names == b.names
        && a.negations == b.negations
        && !opposed(a, b)
        && same_places(a, b)
}

fn same_subject(a: &Question, b: &Question) -> bool {
    let sorted = |question: &Question| {
        let mut hard = question.hard.clone();
        hard.sort();
        hard.dedup();
        hard
    };
    let subsets = a.semi.is_subset(&b.semi) || b.semi.is_subset(&a.semi);
    // A question for a thing stands and falls with the name of the thing.
    let semi = match a.ask {
        Ask::How | Ask::Where | Ask::Works | Ask::Why => subsets,
        _ => a.semi == b.semi,
    };
    sorted(a) == sorted(b) && semi
}

/// Words in the same order, but for what stands behind a preposition in one of the two.
fn same_order(a: &Question, b: &Question) -> bool {
    if matches!(a.ask, Ask::Difference | Ask::Where) {
        return true;
    }
    let placed: BTreeSet<&String> = a.places.values().chain(b.places.values()).flatten().collect();
    let main = |question: &Question| -> Vec<String> {
        let mut main: Vec<String> = question.hard.iter().filter(|word| !placed.contains(word)).cloned().collect();
        main.dedup();
        main
    };
    main(a) == main(b)
}

/// What stands behind the same preposition is the same, as far as both say, and nothing has moved to one of another kind
/// (`for Windows`, `on Windows`).
fn same_places(a: &Question, b: &Question) -> bool {
    let kind = |group: &str| match group {
        "of" | "for" => 0,
        "to" => 1,
        "from" => 2,
        _ => 3,
    };
    let moved = a.places.iter().any(|(group, of_a)| {
        let elsewhere = |item: &String| {
            let kinds: Vec<_> =
                b.places.iter().filter(|(_, of_b)| of_b.contains(item)).map(|(group, _)| kind(group)).collect();
            !kinds.is_empty() && !kinds.contains(&kind(group))
        };
        of_a.iter().any(elsewhere)
    });
    !moved && same_items(a, b)
}

fn same_items(a: &Question, b: &Question) -> bool {
    a.places
        .iter()
        .all(|(group, of_a)| b.places.get(group).is_none_or(|of_b| of_a.is_subset(of_b) || of_b.is_subset(of_a)))
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

/// The right answer changes by itself.
pub fn depends_on_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains("what time") || words(text).iter().any(|word| is_in(TIMES, &word.text.to_lowercase()))
}
