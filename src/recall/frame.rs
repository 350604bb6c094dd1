//! The frame of a question: whatever its voice, the words come in the order *who does what to what*, so that order tells
//! roles apart (`which files import a`, `which files does a import`, `which files are imported by a`).

use super::words::{Kind, Word};

/// Forms of *be* and *get* that a participle follows.
const AUXILIARIES: &str = "is are was were be been being get gets got";
/// Participles that do not end in `ed`.
const IRREGULAR: &str = "written built kept held sent set made found called run read thrown caught done known given taken shown \
     begun chosen drawn driven hidden bound cut put split spent stored brought bought drawn frozen spawned";
/// Words in `ed` that are none.
const NO_PARTICIPLES: &str = "need speed feed seed embed red shed thread spread";
/// Words that end what a participle belongs to.
const ENDS: &str = "by in on at from to into with for of when if and or while during before after as via using through";
/// Words before a name of several words.
const ARTICLES: &str = "the a an my our your this that its";
/// What may stand between a verb that helps and the thing in the passive.
const MODALS: &str = "can could may might should must will would do does did";
/// Words that a lone `a` before them cannot belong to: there it is the name of something.
const AFTER_A_NAME: &str = "to into from in by with on of for and or than before after depend depends";
/// Words of a name behind `by`.
const AGENT: usize = 3;

/// The words in the order of the active voice.
pub(super) fn active(words: Vec<Word>) -> Vec<Word> {
    let words = faster(letters(words));
    let Some((be, participle)) = passive(&words) else { return words };
    let modal = words.iter().take(be).position(|word| is(word, MODALS));
    // `can it be done`, `do they get done`: the thing stands before the verb.
    let between = be + 1..participle;
    // `Where it is defined`, as one tells what to find.
    let told = words.iter().take(2).position(|word| is(word, "where how why when"));
    let thing = match modal {
        _ if !between.is_empty() => between,
        Some(modal) => modal + 1..be,
        None => told.map_or(be..be, |told| told + 1..be),
    };
    let (agent, after) = agent(&words, participle + 1);
    if thing.is_empty() && agent.is_empty() {
        return words;
    }
    let head = thing.start.min(be);
    let mut active: Vec<Word> = words.iter().take(head).cloned().collect();
    active.extend(agent);
    active.push(words[participle].clone());
    active.extend(words[thing].iter().cloned());
    active.extend(words[after..].iter().cloned());
    active
}

/// Where the verb that helps and the participle stand.
fn passive(words: &[Word]) -> Option<(usize, usize)> {
    let be = words.iter().position(|word| is(word, AUXILIARIES))?;
    let ends = |at: usize| words.get(at).is_none_or(|word| is(word, ENDS));
    let stop = words.iter().skip(be + 1).position(|word| is(word, ENDS)).map_or(words.len(), |at| be + 1 + at);
    let participle = (be + 1..stop).rev().find(|at| participle(&words[*at]) && ends(at + 1))?;
    Some((be, participle))
}

fn participle(word: &Word) -> bool {
    let text = word.text.as_str();
    word.kind == Kind::Word
        && (is(word, IRREGULAR) || (text.len() > 3 && text.ends_with("ed") && !is(word, NO_PARTICIPLES)))
}

/// Who did it, from `by` on, and where the rest begins. `By calling` tells how, not who.
fn agent(words: &[Word], from: usize) -> (Vec<Word>, usize) {
    let by = words.get(from).is_some_and(|word| word.text == "by");
    let name = |word: &&Word| !(is(word, ENDS) || word.kind == Kind::Word && word.text.ends_with("ing"));
    let rest = words.get(from + 1..).unwrap_or_default();
    let agent: Vec<Word> = rest.iter().take_while(name).take(AGENT).cloned().collect();
    let whole = rest.get(agent.len()).is_none_or(|word| is(word, ENDS));
    if !by || agent.is_empty() || !whole {
        return (Vec::new(), from);
    }
    let after = from + 1 + agent.len();
    (agent, after)
}

/// `a` is a name where no noun follows it, or beside other single letters.
fn letters(mut words: Vec<Word>) -> Vec<Word> {
    let letter =
        |word: &Word| word.text.len() == 1 && word.kind == Kind::Word && word.text.as_bytes()[0].is_ascii_lowercase();
    let others = words.iter().any(|word| letter(word) && !matches!(word.text.as_str(), "a" | "i"));
    let named: Vec<bool> = (0..words.len())
        .map(|at| {
            let alone = words.get(at + 1).is_none_or(|next| is(next, AFTER_A_NAME));
            letter(&words[at]) && (words[at].text != "i" || others) && (words[at].text != "a" || others || alone)
        })
        .collect();
    for (word, named) in words.iter_mut().zip(named) {
        if named {
            word.kind = Kind::Name;
        }
    }
    words
}

/// `Make it faster` is `optimise it`.
fn faster(mut words: Vec<Word>) -> Vec<Word> {
    let make = words.iter().position(|word| word.text == "make" && word.kind == Kind::Word);
    let last = words.iter().rposition(|word| word.text == "faster");
    if let (Some(make), Some(last)) = (make, last)
        && make + 1 < last
        && words.get(last + 1).is_none_or(|word| matches!(word.text.as_str(), "in" | "on" | "with"))
    {
        "optimise".clone_into(&mut words[make].text);
        words.remove(last);
    }
    words
}

fn is(word: &Word, list: &str) -> bool {
    word.kind == Kind::Word && list.split_whitespace().any(|known| known == word.text)
}

/// How many of the words are articles at the start of a name.
pub(super) fn is_article(word: &str) -> bool {
    ARTICLES.split(' ').any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn line(text: &str) -> String {
        active(words(text)).iter().map(|word| word.text.clone()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_passive_is_put_as_an_active() {
        for (passive, active) in [
            ("how are comments handled by the parser", "how the parser handled comments"),
            ("which files are imported by utils", "which files utils imported"),
            ("where is the config file loaded", "where loaded the config file"),
            ("how can a file be read at once", "how can read a file at once"),
            ("how do errors get logged", "how do logged errors"),
            ("where it all is defined", "where defined it all"),
            ("explain how errors are logged", "explain how logged errors"),
            ("how do we make the tests faster", "how do we optimise the tests"),
            ("which features are supported", "which features are supported"),
            ("what is a list", "what is a list"),
        ] {
            assert_eq!(line(passive), active);
        }
    }

    #[test]
    fn single_letters_are_names() {
        let names = |text: &str| -> Vec<String> {
            active(words(text)).into_iter().filter(|word| word.kind == Kind::Name).map(|word| word.text).collect()
        };
        assert_eq!(names("merge a into b"), ["a", "b"]);
        assert_eq!(names("what does a"), ["a"]);
        assert!(names("how do i reverse a list").is_empty());
    }
}
