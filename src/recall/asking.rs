//! How a question is put: openings that say nothing, phrases that mean one word, and the kind of answer that is wanted.

use super::lexicon::is_in;
use super::phrases::{COMPARING, COUNT, EXPLAIN, HOW, MEASURE, VALUE, WHAT, WHAT_ELSE, WHEN, WHERE, WHICH, WHY};
use super::words::Word;

/// The kind of answer that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    How,
    What,
    /// Whatever there is to say of it.
    Explain,
    /// What there is of something: a list.
    Which,
    /// What something is for or does.
    Purpose,
    /// How something is done, whoever does it.
    Done,
    /// How something works inside.
    Works,
    /// One thing that is asked for: `what is the default port`.
    Value,
    Where,
    Why,
    Count,
    Who,
    When,
    Difference,
    /// What follows from something.
    Happens,
    /// Yes or no, by its verb.
    YesNo(&'static str),
    Other,
}

/// The words as one line in lower case.
pub(super) fn line<'a>(words: impl Iterator<Item = &'a Word>) -> String {
    words.map(|word| word.text.to_lowercase()).collect::<Vec<_>>().join(" ")
}

fn starts(line: &str, opening: &str) -> bool {
    line.strip_prefix(opening).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn opens(line: &str, openings: &str) -> bool {
    openings.split('|').any(|opening| starts(line, opening))
}

fn has(line: &str, phrase: &str) -> bool {
    format!(" {line} ").contains(&format!(" {phrase} "))
}

/// What kind of answer a line wants.
pub(super) fn ask(line: &str) -> Ask {
    type Fits = fn(&str) -> bool;
    let rules: [(Ask, Fits); 19] = [
        (Ask::Difference, compares),
        (Ask::Happens, |line| opens(line, "what happens|what happened")),
        (Ask::Count, |line| opens(line, COUNT)),
        (Ask::Why, |line| opens(line, WHY)),
        (Ask::Purpose, purpose),
        (Ask::Value, |line| opens(line, MEASURE)),
        (Ask::How, |line| opens(line, HOW)),
        (Ask::Done, done),
        (Ask::Works, works),
        (Ask::Where, |line| opens(line, WHERE)),
        (Ask::Who, |line| starts(line, "who")),
        (Ask::When, |line| opens(line, WHEN)),
        (Ask::What, plural),
        (Ask::Which, |line| opens(line, WHICH)),
        (Ask::Value, |line| opens(line, VALUE)),
        (Ask::Explain, |line| opens(line, EXPLAIN)),
        (Ask::Value, |line| opens(line, "what does|what do|what did") && !line.ends_with(" mean")),
        (Ask::What, what),
        (Ask::Which, |line| starts(line, "what") && !opens(line, WHAT_ELSE)),
    ];
    rules.into_iter().find(|(_, fits)| fits(line)).map_or_else(|| yes_or_no(line), |(ask, _)| ask)
}

fn compares(line: &str) -> bool {
    COMPARING.split('|').any(|phrase| has(line, phrase))
        || starts(line, "compare")
        || (starts(line, "how do") && has(line, "differ"))
}

/// `How is it done`, by nobody in particular.
fn done(line: &str) -> bool {
    let told = told(line);
    let passive = opens(told, "how is|how are|how was|how were|how gets|how get") && !has(told, "by");
    let gets = opens(told, "how do|how does") && (has(told, "get") || has(told, "be")) && !has(told, "by");
    let explained = starts(told, "how") && told.split(' ').any(|word| is_in("is are gets get be", word));
    let works = [" work", " works"].iter().any(|end| line.ends_with(end));
    (passive || gets || explained && !has(told, "by")) && !works
}

/// What stands behind `explain`.
fn told(line: &str) -> &str {
    ["explain ", "describe ", "show ", "demonstrate "].iter().find_map(|verb| line.strip_prefix(verb)).unwrap_or(line)
}

fn works(line: &str) -> bool {
    let explained = told(line);
    let ends = [" work", " works", " function", " functions"].iter().any(|end| line.ends_with(end));
    let told = line != explained
        && starts(explained, "how")
        && !opens(explained, "how to|how i|how you|how one|how many|how much");
    // `How do errors get logged`: whoever does it, it is not who asks.
    let others = opens(explained, "how do") && !opens(explained, "how do i|how do you|how do people|how do we");
    // `How decorators work in Python`.
    let plain = starts(explained, "how")
        && (has(explained, "work") || has(explained, "works"))
        && !opens(explained, "how do|how to|how can|how should");
    (starts(explained, "how") && ends)
        || plain
        || told
        || others
        || opens(explained, "how is|how are|how was|how were")
        || opens(
            line,
            "how does|what is the mechanism of|what is the mechanism behind|explain the workings of|\
             explain the inner workings of|explain the mechanism of|what are the workings of",
        )
}

/// `What are closures` asks what they are; `what are the tests` asks which there are.
fn plural(line: &str) -> bool {
    let articles = "the|all|your|my|our|some|this|these|those|their|its|two|three|other|possible|available";
    line.strip_prefix("what are ").is_some_and(|rest| !opens(rest, articles))
}

fn what(line: &str) -> bool {
    let ends = |ends: &[&str]| ends.iter().any(|end| line.ends_with(end));
    opens(line, WHAT) || ends(&[" mean", " means"]) || (starts(line, "what") && ends(&[" is", " are"]))
}

/// `What does X do`, `what is X for`, `the purpose of X`.
fn purpose(line: &str) -> bool {
    let nouns = ["purpose of", "role of", "point of", "job of", "use of", "responsibility of"];
    let openings = ["what is the ", "explain the ", "describe the ", "the ", "what are the "];
    let by_noun = openings
        .iter()
        .filter_map(|opening| line.strip_prefix(opening))
        .any(|rest| nouns.iter().any(|noun| starts(rest, noun)));
    let asks = opens(line, "what|explain what|describe what");
    let used = asks && ["used for", "good for", "useful for"].iter().any(|phrase| has(line, phrase));
    let ends = [" do", " does", " used for", " for", " responsible for", " good for", " useful for", " there for"];
    by_noun || used || (asks && ends.iter().any(|end| line.ends_with(end)))
}

fn yes_or_no(line: &str) -> Ask {
    let name = match line.split(' ').next().unwrap_or_default() {
        "is" | "are" | "does" | "do" | "has" | "have" => "is",
        "was" | "were" | "did" | "had" => "was",
        "can" | "could" | "may" => "can",
        "should" | "ought" | "must" => "should",
        "will" | "would" | "shall" => "will",
        _ => return Ask::Other,
    };
    Ask::YesNo(name)
}

impl Ask {
    /// What both questions want can be one answer.
    pub fn fits(self, other: Self) -> bool {
        let pair = |a: Self, b: Self| (self, other) == (a, b) || (other, self) == (a, b);
        self == other
            || pair(Self::Done, Self::How)
            || pair(Self::Done, Self::Works)
            || [Self::What, Self::Purpose, Self::Value].iter().any(|ask| pair(Self::Works, *ask))
            || pair(Self::What, Self::Purpose)
            || [Self::What, Self::Purpose, Self::Works, Self::Done, Self::Value]
                .iter()
                .any(|ask| pair(Self::Explain, *ask))
            || pair(Self::Value, Self::Purpose)
            || pair(Self::Value, Self::What)
            || pair(Self::Value, Self::Which)
    }

    /// The name of those that may fit each other.
    pub fn group(self) -> &'static str {
        match self {
            Self::How | Self::Done | Self::Works => "how",
            Self::What | Self::Explain | Self::Value | Self::Which | Self::Purpose => "what",
            Self::Where => "where",
            Self::Why => "why",
            Self::Count => "count",
            Self::Who => "who",
            Self::When => "when",
            Self::Difference => "difference",
            Self::Happens => "happens",
            Self::YesNo(verb) => verb,
            Self::Other => "other",
        }
    }

    /// The word is part of how the question is put, not of what it is about.
    pub fn takes(self, word: &str) -> bool {
        let words = match self {
            Self::Difference => {
                "difference|differences|differ|differs|different|compare|comparison|between|vs|versus|distinguishes|\
                 differentiate|against|main|key"
            }
            Self::Count => "many|number|count|total|amount",
            Self::Why => "behind|reason|reasons|cause|causes|caused|makes",
            Self::Purpose => "use|used|useful|good|handle|handles",
            Self::Happens => "happen|happens",
            Self::Works | Self::Done => "get|gets|function|functions|mechanism|workings|inner|internally|work|works",
            Self::Where => {
                "file|files|find|locate|contain|contains|hold|holds|which|code|happen|happens|logic|implementation|implement|place|stored|kept|placed|store|keep"
            }
            Self::How => "syntax|should|different",
            Self::When => "under|circumstances|conditions|cases",
            Self::Which => "list|enumerate|show|name|display",
            Self::What | Self::Value | Self::Explain => {
                "called|define|definition|explanation|explain|summarize|summarise|concept|term|notion|principle|principles|represent|\
                 represents|refer|refers|acronym|abbreviation"
            }
            _ => return false,
        };
        words.split('|').any(|known| known == word)
    }
}
