//! How a question is put: openings that say nothing, phrases that mean one word, and the kind of answer that is wanted.

use super::words::{Kind, Word};

/// The kind of answer that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    How,
    What,
    /// What there is of something: a list.
    Which,
    /// What something is for or does.
    Purpose,
    /// How something works inside.
    Works,
    Where,
    Why,
    Count,
    Who,
    When,
    Difference,
    /// Yes or no, by its verb.
    YesNo(&'static str),
    Other,
}

// In all lists a bar stands between phrases.

/// Openings that say nothing of what is asked.
const POLITE: &str = "please|kindly|hey|hi|hello|ok|okay|so|well|just|quick question|question|can you please|could you please|\
     can you|could you|would you|will you|can someone|could someone|can anyone|do you know|does anyone know|\
     do you have any idea|any idea|i want to know|i would like to know|i would like to understand|\
     i want to understand|i need to know|i am wondering|i was wondering|i wonder|i am curious|\
     i am trying to understand|let me know|help me understand|help me|tell me|remind me|teach me|for me|to me|\
     me|in short|briefly|in simple terms|i have to know|i like to know|is it possible to tell|you";
const HOW: &str = "how do|how can|how could|how would|how should|how to|how might|how does one|how is it possible to|\
     explain how to|show how to|show me how to|describe how to|demonstrate how to|explain how i can|\
     explain how you|show me how|what should i do to|what do i do to|what do i need to do to|what must i do to|\
     steps to|what are the steps|what is the process|what is the procedure|what is the syntax|what steps|\
     the steps to|give me the steps to|is there a way to|is there any way to|is there an easy way to|\
     is there a simple way to|i want to|i need to|i would like to|best way to|a way to|the way to|\
     the best way to|ways to|some ways to";
const COUNT: &str = "how many|what is the number of|what number of|count the|count all|number of|the number of|\
     what is the count of|what is the total number of";
const WHY: &str = "why|what is the reason|what are the reasons|what causes|what caused|how come|for what reason|\
     what is the cause|explain why|the reason|what makes";
const WHERE: &str = "where|which file|in which file|what file|in what file|find where|locate|which files|in which files|\
     show where|show me where|point me to";
const WHEN: &str = "when|at what point|at which point";
const WHICH: &str = "what are|list|enumerate|name all|name the|show all|show me all|show the|give a list of|\
     give me a list of|which|what were|give me all";
const WHAT: &str = "what is|what does|explain|describe|define|definition of|meaning of|what was|give an explanation of|\
     give me an explanation of|give an overview of|give me an overview of|give a definition of|summarize|summarise|\
     give a summary of|give me a summary of|about|the";
/// After `what` these are no names of things.
const WHAT_ELSE: &str = "what does|what do|what did|what can|what will|what would|what happens|what if";
/// Behind these `way to` asks how.
const WAY: &str = "what is the|what is a|what is an|is there a|is there an|what would be the|give me a|what are some|\
     what are the|which is the";
const COMPARING: &str = "difference between|differences between|differ from|different from|vs|versus|distinguishes|\
     differentiate";
/// Phrases of several words, and the word that they mean.
const PHRASES: &str = "get rid of=delete|make sure=check|speed up=optimise|look up=find|look for=find|find out=find|\
     figure out=find|roll back=undo|loop over=iterate|loop through=iterate|iterate over=iterate|\
     iterate through=iterate|go through=iterate|walk through=iterate|set up=setup|environment variables=envvar|\
     environment variable=envvar|env vars=envvar|env var=envvar|env variables=envvar|hash map=hashmap|\
     data base=database|file name=filename|type script=typescript|java script=javascript|node js=nodejs|\
     unit tests=unit-test|unit test=unit-test|thread safe=thread-safe|safe for threads=thread-safe|\
     entry point=entrypoint|entry points=entrypoint|as well as=and|in order to=to|in front of=before|\
     instead of=insteadof|rather than=insteadof|pull request=pull-request|command line=commandline|\
     upper case=uppercase|lower case=lowercase";

/// Leaves out polite openings, joins words that are one, and puts the place behind the question.
pub(super) fn settled(words: Vec<Word>) -> Vec<Word> {
    let mut words = joined(&words);
    loop {
        let line = line(words.iter().take(8));
        let longest = POLITE.split('|').filter(|opening| starts(&line, opening)).max_by_key(|opening| opening.len());
        let count = longest.map_or(0, |opening| opening.split(' ').count());
        if count == 0 || count >= words.len() {
            break;
        }
        words.drain(..count);
    }
    if words.first().is_some_and(|word| matches!(word.text.as_str(), "show" | "demonstrate"))
        && let Some(how) = words.iter().take(3).position(|word| word.text == "how")
    {
        words.drain(..how);
    }
    place_last(words)
}

/// The words as one line in lower case.
pub(super) fn line<'a>(words: impl Iterator<Item = &'a Word>) -> String {
    words.map(|word| word.text.to_lowercase()).collect::<Vec<_>>().join(" ")
}

/// `In Rust, how do I …` asks what `how do I … in Rust` asks.
fn place_last(mut words: Vec<Word>) -> Vec<Word> {
    let opens = words.first().is_some_and(|word| matches!(word.text.as_str(), "in" | "using" | "with" | "for" | "on"));
    let heads = "how|what|why|where|which|who|when|is|are|does|do|can|should|explain|list";
    let which = words.get(1).is_some_and(|word| matches!(word.text.as_str(), "which" | "what"));
    let head = words.iter().take(6).position(|word| heads.split('|').any(|head| head == word.text));
    if let Some(head) = head.filter(|head| opens && !which && *head > 1) {
        words.rotate_left(head);
    }
    words
}

fn joined(words: &[Word]) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some(first) = rest.first() {
        let fits = |phrase: &str| {
            let mut words = rest.iter();
            phrase.split(' ').all(|part| words.next().is_some_and(|word| word.kind == Kind::Word && word.text == part))
        };
        let found = PHRASES.split('|').filter_map(|pair| pair.split_once('=')).find(|(phrase, _)| fits(phrase));
        let taken = if let Some((phrase, meaning)) = found {
            out.push(Word { text: meaning.to_owned(), kind: Kind::Word });
            phrase.split(' ').count()
        } else {
            out.push(first.clone());
            1
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
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
    let rules: [(Ask, Fits); 12] = [
        (Ask::Difference, compares),
        (Ask::Count, |line| opens(line, COUNT)),
        (Ask::Why, |line| opens(line, WHY)),
        (Ask::Purpose, purpose),
        (Ask::Works, works),
        (Ask::How, how),
        (Ask::Where, |line| opens(line, WHERE)),
        (Ask::Who, |line| starts(line, "who")),
        (Ask::When, |line| opens(line, WHEN)),
        (Ask::Which, |line| opens(line, WHICH)),
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

fn works(line: &str) -> bool {
    let verb = ["explain ", "describe ", "show "].iter().find_map(|verb| line.strip_prefix(verb));
    let explained = verb.unwrap_or(line);
    let ends = [" work", " works", " function", " functions"].iter().any(|end| line.ends_with(end));
    (starts(explained, "how") && ends)
        || (opens(line, "how does|what is the mechanism of|explain the workings of|explain the inner workings of")
            && !starts(line, "how does one"))
}

fn how(line: &str) -> bool {
    let way = ["way to", "ways to", "way of", "approach to", "method to", "how to"].iter().any(|way| has(line, way));
    opens(line, HOW) || (way && opens(line, WAY))
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
    let ends = [" do", " does", " used for", " for", " responsible for", " good for", " useful for", " there for"];
    by_noun || (asks && ends.iter().any(|end| line.ends_with(end)))
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
    /// The word is part of how the question is put, not of what it is about.
    pub fn takes(self, word: &str) -> bool {
        let words = match self {
            Self::Difference => {
                "difference|differences|differ|different|compare|comparison|between|vs|versus|distinguishes|\
                 differentiate|against|main|key"
            }
            Self::Count => "many|number|count|total|amount",
            Self::Why => "behind|reason|reasons|cause|causes|caused|makes",
            Self::Purpose => "use|used|useful",
            Self::Works => "function|functions|mechanism|workings|inner|internally",
            Self::Where => "file|files|find|locate|contain|contains|hold|holds|which",
            Self::How => "method|process|syntax",
            Self::Which => "list|enumerate|show|name|display",
            Self::What => "define|definition|explanation|explain|summarize|summarise",
            _ => return false,
        };
        words.split('|').any(|known| known == word)
    }
}
