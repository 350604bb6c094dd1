//! A question in its plainest form: without what says nothing, and with the openings that are one in other words made the
//! same.

use super::lexicon::is_in;
use super::phrases::{ends, longest, longest_at_end, openings, phrases, polite, tails};
use super::words::{Kind, Word};

/// Leaves out polite openings, joins words that are one, and puts the place behind the question.
pub(super) fn settled(words: Vec<Word>) -> Vec<Word> {
    let mut words = joined(&joined(&preposition_last(words)));
    loop {
        let polite = longest(polite(), &texts(&words)).map_or(0, |(count, _)| count);
        if polite > 0 && polite < words.len() {
            words.drain(..polite);
            continue;
        }
        let end = longest_at_end(ends(), &texts(&words)).map_or(0, |(count, _)| count);
        if end == 0 || end + 1 >= words.len() {
            break;
        }
        words.truncate(words.len() - end);
    }
    place_last(had(told(used(opened(preposition_last(turned(place_last(words))))))))
}

/// The words as the tables of phrases hold them. A name is no part of a phrase.
fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|word| if word.kind == Kind::Word { word.text.as_str() } else { "`" }).collect()
}

fn plain(text: &str) -> Word {
    Word { text: text.to_owned(), kind: Kind::Word }
}

/// The word at a place; empty behind the end.
fn text(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.text.as_str())
}

/// New words, and behind them those parts of the old ones.
fn put(head: &str, parts: &[&[Word]]) -> Vec<Word> {
    head.split(' ').map(plain).chain(parts.iter().flat_map(|part| part.iter().cloned())).collect()
}

/// `Reverse a list, how?` is `how to reverse a list`.
fn turned(words: Vec<Word>) -> Vec<Word> {
    let Some((count, meaning)) = longest_at_end(tails(), &texts(&words)) else { return words };
    let opens = words.first().is_some_and(|word| is_in(QUESTION_WORDS, &word.text));
    if opens || count >= words.len() {
        return words;
    }
    let rest = words.len() - count;
    meaning.split(' ').map(plain).chain(words.into_iter().take(rest)).collect()
}

/// An opening that is another one in other words gives way to it.
fn opened(words: Vec<Word>) -> Vec<Word> {
    if let Some(words) = adapted(&words) {
        return words;
    }
    let found = {
        let texts = texts(&words);
        let found = longest(openings(), &texts).filter(|(count, _)| {
            // `Which command does it run` asks for a thing.
            let thing = text(&words, count - 1).starts_with("command") && is_auxiliary(text(&words, *count));
            !thing && *count < words.len()
        });
        found.or(asks_for_place(&words).then_some((2, "where")))
    };
    match found {
        Some((count, meaning)) => put(meaning, &[&words[count..]]),
        None => words,
    }
}

/// `Which file opens the connection`. `Which file is the largest` asks for the file itself.
fn asks_for_place(words: &[Word]) -> bool {
    let text = |at: usize| text(words, at);
    let most = words.iter().any(|word| word.text.ends_with("est") || word.text == "most");
    let one = text(2) == "is" && matches!(text(3), "the" | "this") && !most;
    is_in("which what", text(0))
        && is_in("file files module modules", text(1))
        && (one || !is_auxiliary(text(2)))
        && !is_in("in of from on under with", text(2))
}

/// Words that say in what form a way is wanted.
const WAYS: &str = "way command syntax method query approach idiom equivalent one-liner function call statement";
/// Words before those that name nothing which a thing could be done in.
const NO_MEANS: &str = "best right correct proper usual easiest simplest main full exact new name type purpose reason command \
     syntax way method approach procedure process trick recipe workflow call function statement value";

/// `What is the git command to …`, `the Go way of …`: how to … in git, in Go. `What are the build steps for …`: how to build ….
fn adapted(words: &[Word]) -> Option<Vec<Word>> {
    let text = |at: usize| text(words, at);
    let asked = is_in("what which", text(0));
    let leads = |at: usize| is_in("to for of", text(at));
    let steps = asked && text(1) == "are" && text(2) == "the" && is_in("steps instructions", text(4)) && leads(5);
    if steps {
        return Some(put("how to", &[words.get(3..4)?, words.get(6..)?]));
    }
    let thing = asked && text(1) == "is" && is_in("the a an", text(2));
    let (means, rest) = match (text(1), text(2)) {
        _ if thing && is_in(WAYS, text(4)) && leads(5) => (3, 6),
        _ if thing && text(4) == "for" => (3, 5),
        // `Which git command lists …`, `which git command do I …`
        (_, "command") if asked && !is_auxiliary(text(3)) => (1, 3),
        (_, "command") if asked && text(4) == "i" => (1, 6),
        _ => return None,
    };
    let names = rest < words.len() && !is_in(NO_MEANS, text(means));
    names.then(|| put("how to", &[&words[rest..], &[plain("in")], &words[means..=means]]))
}

/// `How to use sed to replace a word`, `how can sed be used to`: how to replace it with sed.
fn used(words: Vec<Word>) -> Vec<Word> {
    let text = |at: usize| text(&words, at);
    let Some(to) = (4..words.len().min(8)).find(|at| text(*at) == "to") else { return words };
    let means = match (text(0), text(1), text(2)) {
        ("how", "to", "use") => 3..to,
        ("how", ..) if to == 5 && text(3) == "be" && text(4) == "used" => 2..3,
        _ => return words,
    };
    match words.get(to + 1..) {
        Some(rest) if !rest.is_empty() => put("how to", &[rest, &[plain("with")], &words[means]]),
        _ => words,
    }
}

/// Words that open a question.
const QUESTION_WORDS: &str = "how what why where which who when is are does do can should explain list describe";

/// Behind a preposition and `which` these ask for a way, a place or a time.
const NO_THINGS: &str = "way place file files module modules logic means mechanism method rule rules criteria circumstances \
     conditions situations situation cases case scenarios scenario part location folder directory line spot";

/// `On which port does it listen` is `which port does it listen on`.
fn preposition_last(mut words: Vec<Word>) -> Vec<Word> {
    let text = |at: usize| text(&words, at);
    let asked = matches!(text(1), "which" | "what") && !is_in(NO_THINGS, text(2));
    if asked && is_in("on at with for by to from in", text(0)) {
        words.rotate_left(1);
    }
    words
}

/// The verb helps another one, or says what something is.
fn is_auxiliary(word: &str) -> bool {
    is_in("do does did can could should will would is are was were", word)
}

/// `What license does it have` is `what is the license of it`; `what is it called` asks for its name.
fn had(words: Vec<Word>) -> Vec<Word> {
    let text = |at: usize| text(&words, at);
    let Some(end) = words.len().checked_sub(1) else { return words };
    let does = words.iter().position(|word| matches!(word.text.as_str(), "do" | "does"));
    match (text(0), does, text(end)) {
        ("what" | "which", Some(does), "have") if (2..end).contains(&does) => {
            let many = text(does - 1).ends_with('s') && !text(does - 1).ends_with("ss");
            let head = if many { "what are the" } else { "what is the" };
            put(head, &[&words[1..does], &[plain("of")], &words[does + 1..end]])
        }
        ("what", _, "called" | "named") if text(1) == "is" && end > 2 => put("what is the name of", &[&words[2..end]]),
        ("what", Some(1), "contain" | "include" | "hold") => put("what contain", &[&words[2..end]]),
        ("what", Some(1), "like") if end > 3 && text(end - 1) == "look" => put("explain", &[&words[2..end - 1]]),
        _ => words,
    }
}

/// `Explain what a semaphore is in …`, `tell me what rebasing does`: what is it, what is it for.
fn told(words: Vec<Word>) -> Vec<Word> {
    let text = |at: usize| text(&words, at);
    let verb = (2..words.len().min(6)).find(|at| is_in("is are does do means mean meant", text(*at)));
    let Some(verb) = verb.filter(|_| text(0) == "what" && !is_auxiliary(text(1))) else { return words };
    if verb + 1 < words.len() && !is_in("in for on within from", text(verb + 1)) {
        return words;
    }
    let head = if matches!(text(verb), "does" | "do") { "what is the purpose of" } else { "what is" };
    put(head, &[&words[1..verb], &words[verb + 1..]])
}

/// `In Rust, how do I …` asks what `how do I … in Rust` asks.
fn place_last(mut words: Vec<Word>) -> Vec<Word> {
    let text = |at: usize| text(&words, at);
    let opens = is_in("in using with for on given", text(0)) && !matches!(text(1), "which" | "what");
    let head = (2..words.len().min(6)).find(|at| is_in(QUESTION_WORDS, text(*at)));
    if let Some(head) = head.filter(|_| opens) {
        words.rotate_left(head);
    }
    words
}

/// Words that are one word together become it.
fn joined(words: &[Word]) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let texts = texts(words);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if let Some((count, meaning)) = longest(phrases(), &texts[at..]) {
            out.extend(meaning.split(' ').filter(|text| !text.is_empty()).map(plain));
            at += count;
        } else {
            out.push(word.clone());
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::asking::line;
    use super::super::words::words;
    use super::*;

    #[test]
    fn questions_in_other_words_become_one() {
        for (asked, settled) in [
            ("Could you please tell me how to reverse a list?", "how to reverse a list"),
            ("Reverse a list in Go, how?", "how to reverse a list in go"),
            ("What's the git command to rename a branch?", "how to rename a branch in git"),
            ("What are the build steps for the docs?", "how to build the docs"),
            ("How can sed be used to replace a word?", "how to replace a word with sed"),
            ("On which port does the server listen?", "which port does the server listen"),
            ("In Python, what is the best way to sort a dict?", "how to sort a dict in python"),
            ("Which file opens the connection?", "where opens the connection"),
            ("Which file is the largest?", "which file is the largest"),
            ("What license does the crate have?", "what is the license of the crate"),
            ("Tell me what a semaphore is", "what is a semaphore"),
            ("What does the config folder contain?", "what contain the config folder"),
        ] {
            let line = line(settled_of(asked).iter());
            assert!(line.starts_with(settled), "{asked}: {line}");
        }
    }

    fn settled_of(text: &str) -> Vec<Word> {
        settled(words(text))
    }
}
