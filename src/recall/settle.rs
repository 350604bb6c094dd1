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
    place_last(had(used(opened(preposition_last(turned(place_last(words)))))))
}

/// The words as the tables of phrases hold them. A name is no part of a phrase.
fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|word| if word.kind == Kind::Word { word.text.as_str() } else { "`" }).collect()
}

fn plain(text: &str) -> Word {
    Word { text: text.to_owned(), kind: Kind::Word }
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
    let next = |count: usize| words.get(count).map_or("", |word| word.text.as_str());
    let (found, place) = {
        let texts = texts(&words);
        // `Which command does it run` asks for a thing.
        let found = longest(openings(), &texts).filter(|(count, _)| {
            !(next(count - 1).starts_with("command") && is_auxiliary(next(*count)) || *count >= words.len())
        });
        let most = texts.iter().any(|word| word.ends_with("est") || *word == "most");
        let place = matches!(next(0), "which" | "what")
            && matches!(next(1), "file" | "files" | "module" | "modules")
            && (!is_auxiliary(next(2)) || next(2) == "is" && matches!(next(3), "the" | "this") && !most)
            && !matches!(next(2), "in" | "of" | "from" | "on" | "under" | "with");
        (found.map(|(count, meaning)| (count, meaning.to_owned())), place)
    };
    if let Some(words) = adapted(&words) {
        return words;
    }
    let Some((count, meaning)) = found.or(place.then(|| (2, "where".to_owned()))) else { return words };
    meaning.split(' ').map(plain).chain(words.into_iter().skip(count)).collect()
}

/// `What is the git command to …`, `the Go way of …`: how to … in git, in Go.
fn adapted(words: &[Word]) -> Option<Vec<Word>> {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let by = |at: usize| is_in("to for of", text(at));
    let noun = |at: usize| {
        is_in("way command syntax method query approach idiom equivalent one-liner function call statement", text(at))
    };
    let articled = is_in("what which", text(0)) && text(1) == "is" && is_in("the a an", text(2));
    let (thing, rest) = match () {
        () if articled && noun(4) && by(5) => (3, 6),
        () if articled && by(4) && text(4) == "for" => (3, 5),
        // `What are the build steps for …`
        () if is_in("what which", text(0))
            && text(1) == "are"
            && text(2) == "the"
            && is_in("steps instructions", text(4))
            && by(5) =>
        {
            let rest = words.get(6..)?.iter().cloned();
            return Some(["how", "to"].map(plain).into_iter().chain(words.get(3).cloned()).chain(rest).collect());
        }
        // `Which git command lists …`
        () if is_in("what which", text(0)) && text(2) == "command" && !is_auxiliary(text(3)) => (1, 3),
        () if is_in("what which", text(0)) && text(2) == "command" && text(4) == "i" => (1, 6),
        () => return None,
    };
    let thing_word = words.get(thing).filter(|_| {
        !is_in("best right correct proper usual easiest simplest main full exact new name type purpose reason command syntax way \
             method approach procedure process trick recipe workflow call function statement value", text(thing))
            && rest < words.len()
    })?;
    let rest = words.get(rest..)?.iter().cloned();
    Some(["how", "to"].map(plain).into_iter().chain(rest).chain([plain("in"), thing_word.clone()]).collect())
}

/// `How to use sed to replace a word` is how to replace it with sed.
fn used(words: Vec<Word>) -> Vec<Word> {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let to = (4..words.len().min(8)).find(|at| text(*at) == "to");
    match to {
        // `How can sed be used to …`
        Some(5) if text(0) == "how" && text(3) == "be" && text(4) == "used" && words.len() > 6 => {
            let head = ["how", "to"].map(plain).into_iter();
            head.chain(words[6..].iter().cloned()).chain([plain("with"), words[2].clone()]).collect()
        }
        Some(to) if text(0) == "how" && text(1) == "to" && text(2) == "use" && to + 1 < words.len() => {
            let head = ["how", "to"].map(plain).into_iter();
            head.chain(words[to + 1..].iter().cloned())
                .chain([plain("with")])
                .chain(words[3..to].iter().cloned())
                .collect()
        }
        _ => words,
    }
}

/// Words that open a question.
const QUESTION_WORDS: &str = "how what why where which who when is are does do can should explain list describe";

/// `On which port does it listen` is `which port does it listen on`.
fn preposition_last(mut words: Vec<Word>) -> Vec<Word> {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let asked = matches!(text(1), "which" | "what")
        && !is_in(
            "way place file files module modules logic means mechanism method rule rules criteria circumstances conditions situations situation cases case scenarios scenario part location folder directory line spot",
            text(2),
        );
    if asked && matches!(text(0), "on" | "at" | "with" | "for" | "by" | "to" | "from" | "in") {
        words.rotate_left(1);
    }
    words
}

/// The verb helps another one, or says what something is.
fn is_auxiliary(word: &str) -> bool {
    "do does did can could should will would is are was were".split(' ').any(|known| known == word)
}

/// `What license does it have` is `what is the license of it`; `what is it called` asks for its name.
fn had(words: Vec<Word>) -> Vec<Word> {
    let plain = |text: &str| text.split(' ').map(plain).collect();
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let last = words.last().map_or("", |word| word.text.as_str());
    let does = words.iter().position(|word| matches!(word.text.as_str(), "do" | "does"));
    let head: Vec<Word>;
    let be = (2..words.len().min(6)).find(|at| is_in("is are does do means mean meant", text(*at))).unwrap_or(0);
    let ends = be + 1 == words.len() || is_in("in for on within from", text(be + 1));
    let told = be > 0 && ends && !is_auxiliary(text(1));
    let (thing, owner) = match does {
        Some(does) if matches!(text(0), "what" | "which") && does > 1 && last == "have" => {
            let (thing, owner) = (&words[1..does], &words[does + 1..words.len() - 1]);
            let many = thing.last().is_some_and(|word| word.text.ends_with('s') && !word.text.ends_with("ss"));
            head = plain(if many { "what are the" } else { "what is the" });
            (thing, owner)
        }
        // `What does it contain` is what is in it.
        // `Explain what a semaphore is in …`, `tell me what rebasing does`.
        None if text(0) == "what" && told => {
            let does = matches!(text(be), "does" | "do");
            head = plain(if does { "what is the purpose of" } else { "what is" });
            return head
                .into_iter()
                .chain(words[1..be].iter().cloned())
                .chain(words[be + 1..].iter().cloned())
                .collect();
        }
        Some(at) if text(0) == "what" && told && at == be => {
            head = plain("what is the purpose of");
            return head
                .into_iter()
                .chain(words[1..be].iter().cloned())
                .chain(words[be + 1..].iter().cloned())
                .collect();
        }
        Some(1) if text(0) == "what" && last == "like" && words.len() > 4 && text(words.len() - 2) == "look" => {
            head = plain("explain");
            return head.into_iter().chain(words[2..words.len() - 2].iter().cloned()).collect();
        }
        Some(does) if text(0) == "what" && does == 1 && matches!(last, "contain" | "include" | "hold") => {
            head = plain("what contain");
            return head.into_iter().chain(words[2..words.len() - 1].iter().cloned()).collect();
        }
        _ if text(0) == "what" && text(1) == "is" && matches!(last, "called" | "named") && words.len() > 3 => {
            head = plain("what is the name");
            (&words[..0], &words[2..words.len() - 1])
        }
        _ => return words,
    };
    head.into_iter().chain(thing.iter().cloned()).chain(plain("of")).chain(owner.iter().cloned()).collect()
}

/// `In Rust, how do I …` asks what `how do I … in Rust` asks.
fn place_last(mut words: Vec<Word>) -> Vec<Word> {
    let opens = words
        .first()
        .is_some_and(|word| matches!(word.text.as_str(), "in" | "using" | "with" | "for" | "on" | "given"));
    let heads = "how|what|why|where|which|who|when|is|are|does|do|can|should|explain|list";
    let which = words.get(1).is_some_and(|word| matches!(word.text.as_str(), "which" | "what"));
    let head = words.iter().take(6).position(|word| heads.split('|').any(|head| head == word.text));
    if let Some(head) = head.filter(|head| opens && !which && *head > 1) {
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
