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
    /// What follows from something.
    Happens,
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
const HOW: &str = "how do i|how do you|how do people|how can|how could|how would|how should|how to|how might|\
     how does one|how is it possible to|\
     explain how to|show how to|show me how to|describe how to|demonstrate how to|explain how i can|\
     explain how you|show me how|what should i do to|what do i do to|what do i need to do to|what must i do to|\
     steps to|what are the steps|what is the syntax|what steps|\
     the steps to|give me the steps to|is there a way to|is there any way to|is there an easy way to|\
     is there a simple way to|i want to|i need to|i would like to|best way to|a way to|the way to|\
     the best way to|ways to|some ways to";
const COUNT: &str = "how many|what is the number of|what number of|count the|count all|number of|the number of|\
     what is the count of|what is the total number of";
const WHY: &str = "why|what is the reason|what are the reasons|what causes|what caused|how come|for what reason|\
     what is the cause|explain why|the reason|what makes";
const WHERE: &str = "where|find where|locate|show where|show me where|point me to";
const WHEN: &str = "when|at what point|at which point";
const WHICH: &str = "what are|list|enumerate|name all|name the|show all|show me all|show the|show me the|give a list of|\
     give me a list of|which|what were|give me all";
const WHAT: &str = "what is|what does|explain|describe|define|definition of|meaning of|what was|give an explanation of|\
     give me an explanation of|give an overview of|give me an overview of|give a definition of|summarize|summarise|\
     give a summary of|give me a summary of|give a short summary of|give me a short summary of|\
     give a brief summary of|give me a brief summary of|give a short overview of|give me a short overview of|\
     give a brief overview of|give me a brief overview of|about|the";
/// After `what` these are no names of things.
const WHAT_ELSE: &str = "what does|what do|what did|what can|what will|what would|what happens|what if";
/// Behind these `way to` asks how.
const WAY: &str = "what is the|what is a|what is an|is there a|is there an|what would be the|give me a|what are some|\
     what are the|which is the";
const COMPARING: &str = "differs from|difference between|differences between|differ from|different from|vs|versus|distinguishes|\
     differentiate";
/// Phrases of several words, and the word that they mean.
const PHRASES: &str = "get rid of=delete|make sure=check|speed up=optimise|look up=find|look for=find|find out=find|\
     figure out=find|roll back=undo|loop over=iterate|loop through=iterate|iterate over=iterate|\
     iterate through=iterate|go through=iterate|walk through=iterate|set up=setup|environment variables=envvar|\
     environment variable=envvar|env vars=envvar|env var=envvar|env variables=envvar|hash map=hashmap|\
     data base=database|file name=filename|programming language=language|type script=typescript|java script=javascript|node js=nodejs|\
     unit tests=unit-test|unit test=unit-test|thread safe=thread-safe|safe for threads=thread-safe|\
     entry point=entrypoint|entry points=entrypoint|as well as=and|in order to=to|in front of=before|\
     instead of=insteadof|rather than=insteadof|pull request=pull-request|command line=commandline|\
     upper case=uppercase|lower case=lowercase|test suite=tests|test suites=tests|capital city=capital|\
     most recent=last|most recently=last|latest commit=last commit|latest commits=last commits|turn on=enable|\
     switch on=enable|turn off=disable|switch off=disable|throw away=discard|deal with=handle|deals with=handle|\
     dealt with=handled|cope with=handle|copes with=handle|take care of=handle|takes care of=handle|\
     due to=because of|directory layout=directory structure|folder layout=folder structure|\
     project layout=project structure|test whether=check whether|test if=check if|see if=check if|\
     see whether=check whether|determine whether=check whether|determine if=check if";
/// Openings that are another one in other words; tried before everything else.
const OPENINGS: &str = "in what way=how|in which way=how|what way=how|explain the way=how|describe the way=how|\
     in which place=where|in what place=where|which place=where|what place=where|from where=where|in which module=where|\
     in which file=where|in what file=where|in which files=where|where can i find=where is|where do i find=where is|\
     where would i find=where is|where can one find=where is|find where=where|is it possible to=can i|\
     who is the author of=who wrote|who are the authors of=who wrote|who is the maintainer of=who maintains|\
     what is the value of=what is|show the contents of=what is in|\
     show me the contents of=what is in|show the content of=what is in|what are the contents of=what is in|\
     what command=how to|which command=how to|what is the command to=how to|what is the command for=how to|\
     what do i have to run to=how to|what do i need to run to=how to|\
     what should i run to=how to|what steps are needed to=how to|what steps are required to=how to|\
     which steps are needed to=how to|what is the process for=how to|what is the process of=how to|\
     what is the process to=how to|what is the procedure for=how to|what is the procedure to=how to|\
     what is the method for=how to|what is the method to=how to";
/// What a place is asked for with.
const PLACES: &str = "which file|which files|what file|what files|which module";

/// Leaves out polite openings, joins words that are one, and puts the place behind the question.
pub(super) fn settled(words: Vec<Word>) -> Vec<Word> {
    let mut words = joined(&words, PHRASES);
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
    place_last(had(opened(preposition_last(words))))
}

/// An opening that is another one in other words gives way to it.
fn opened(words: Vec<Word>) -> Vec<Word> {
    let line = line(words.iter().take(8));
    let pairs = OPENINGS.split('|').filter_map(|pair| pair.split_once('='));
    let next = |count: usize| words.get(count).map_or("", |word| word.text.as_str());
    // `Which command does it run` asks for a thing.
    let helped = |opening: &str| opening.ends_with("command") && is_auxiliary(next(2));
    let fits = |opening: &str| starts(&line, opening) && !helped(opening);
    let found = pairs.filter(|(opening, _)| fits(opening)).max_by_key(|(opening, _)| opening.len());
    let place = PLACES.split('|').find(|place| starts(&line, place) && !is_auxiliary(next(2)));
    let Some((opening, meaning)) = found.or(place.map(|place| (place, "where"))) else { return words };
    let rest = words.iter().skip(opening.split(' ').count()).cloned();
    let plain = |text: &str| Word { text: text.to_owned(), kind: Kind::Word };
    meaning.split(' ').map(plain).chain(rest).collect()
}

/// `On which port does it listen` is `which port does it listen on`.
fn preposition_last(mut words: Vec<Word>) -> Vec<Word> {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let asked =
        matches!(text(1), "which" | "what") && !matches!(text(2), "way" | "place" | "file" | "files" | "module");
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
    let plain = |text: &str| text.split(' ').map(|text| Word { text: text.to_owned(), kind: Kind::Word }).collect();
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let last = words.last().map_or("", |word| word.text.as_str());
    let does = words.iter().position(|word| matches!(word.text.as_str(), "do" | "does"));
    let head: Vec<Word>;
    let (thing, owner) = match does {
        Some(does) if matches!(text(0), "what" | "which") && does > 1 && last == "have" => {
            let (thing, owner) = (&words[1..does], &words[does + 1..words.len() - 1]);
            let many = thing.last().is_some_and(|word| word.text.ends_with('s') && !word.text.ends_with("ss"));
            head = plain(if many { "what are the" } else { "what is the" });
            (thing, owner)
        }
        _ if text(0) == "what" && text(1) == "is" && matches!(last, "called" | "named") && words.len() > 3 => {
            head = plain("what is the name");
            (&words[..0], &words[2..words.len() - 1])
        }
        _ => return words,
    };
    head.into_iter().chain(thing.iter().cloned()).chain(plain("of")).chain(owner.iter().cloned()).collect()
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

fn joined(words: &[Word], phrases: &str) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some(first) = rest.first() {
        let fits = |phrase: &str| {
            let mut words = rest.iter();
            phrase.split(' ').all(|part| words.next().is_some_and(|word| word.kind == Kind::Word && word.text == part))
        };
        let found = phrases.split('|').filter_map(|pair| pair.split_once('=')).find(|(phrase, _)| fits(phrase));
        let taken = if let Some((phrase, meaning)) = found {
            out.extend(meaning.split(' ').map(|text| Word { text: text.to_owned(), kind: Kind::Word }));
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
    let rules: [(Ask, Fits); 14] = [
        (Ask::Difference, compares),
        (Ask::Happens, |line| opens(line, "what happens|what will happen|what would happen")),
        (Ask::Count, |line| opens(line, COUNT)),
        (Ask::Why, |line| opens(line, WHY)),
        (Ask::Purpose, purpose),
        (Ask::Works, works),
        (Ask::How, how),
        (Ask::Where, |line| opens(line, WHERE)),
        (Ask::Who, |line| starts(line, "who")),
        (Ask::When, |line| opens(line, WHEN)),
        (Ask::What, plural),
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
    let done =
        opens(explained, "how is|how are|how was|how were|how do we") && !starts(explained, "how is it possible");
    let told = line != explained
        && starts(explained, "how")
        && !opens(explained, "how to|how i|how you|how one|how many|how much");
    // `How do errors get logged`: whoever does it, it is not who asks.
    let others = opens(explained, "how do") && !opens(explained, "how do i|how do you|how do people");
    (starts(explained, "how") && ends)
        || done
        || told
        || others
        || (opens(line, "how does|what is the mechanism of|explain the workings of|explain the inner workings of")
            && !starts(line, "how does one"))
}

fn how(line: &str) -> bool {
    let way = ["way to", "ways to", "way of", "approach to", "method to", "how to"].iter().any(|way| has(line, way));
    opens(line, HOW) || (way && opens(line, WAY))
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
                "difference|differences|differ|differs|different|compare|comparison|between|vs|versus|distinguishes|\
                 differentiate|against|main|key"
            }
            Self::Count => "many|number|count|total|amount",
            Self::Why => "behind|reason|reasons|cause|causes|caused|makes",
            Self::Purpose => "use|used|useful",
            Self::Happens => "happen|happens",
            Self::Works => "get|gets|function|functions|mechanism|workings|inner|internally",
            Self::Where => "file|files|find|locate|contain|contains|hold|holds|which",
            Self::How => "syntax",
            Self::Which => "list|enumerate|show|name|display",
            Self::What => "define|definition|explanation|explain|summarize|summarise",
            _ => return false,
        };
        words.split('|').any(|known| known == word)
    }
}
