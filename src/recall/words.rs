//! A question as words: lower case, contractions undone, names and numbers kept whole.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::lexicon::{ACTS, NEGATIONS, NOUNS, SEMI, SOFT, VERBS, is_in};

/// What kind of word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Word,
    Number,
    /// A path, an identifier, something quoted: compared letter by letter.
    Name,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// As it was written, names with their case.
    pub text: String,
    pub kind: Kind,
}

/// Cuts a text into words.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let shouted = !text.chars().any(char::is_lowercase);
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
        rest = &rest[start..];
        if let Some((quoted, after)) = quoted(rest) {
            // `git stash` in quotes is the two words that others write without.
            found
                .extend(quoted.split_whitespace().map(|part| Word { text: part.to_owned(), kind: kind_of_name(part) }));
            rest = after;
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        piece(&rest[..end], (found.is_empty(), shouted), &mut found);
        rest = &rest[end..];
    }
    found
}

/// Something in backticks or quotes at the start of a text.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '"'))?;
    let inner = &text[1..];
    let end = inner.find(mark)?;
    (end > 0).then(|| (inner[..end].trim(), &inner[end + 1..]))
}

fn piece(text: &str, (first, shouted): (bool, bool), found: &mut Vec<Word>) {
    let trimmed =
        text.trim_matches(|c: char| matches!(c, ',' | ';' | '!' | '?' | '(' | ')' | '"' | '\'' | '…' | '“' | '”'));
    let trimmed = trimmed.strip_suffix('.').unwrap_or(trimmed);
    let trimmed = trimmed.strip_suffix(':').filter(|rest| !rest.ends_with(':')).unwrap_or(trimmed);
    if trimmed.is_empty() {
        return;
    }
    // Whose it is matters as little as in `the title of it`.
    let trimmed = trimmed
        .strip_suffix("'s")
        .or_else(|| trimmed.strip_suffix("’s"))
        .filter(|rest| {
            rest.len() > 1
                && !matches!(
                    rest.to_lowercase().as_str(),
                    "what" | "where" | "how" | "who" | "why" | "there" | "that" | "it" | "let"
                )
        })
        .unwrap_or(trimmed);
    // Their names are words, though a dot stands in them.
    let trimmed = &match trimmed.to_lowercase().as_str() {
        "node.js" => "nodejs".to_owned(),
        "next.js" => "nextjs".to_owned(),
        "vue.js" => "vue".to_owned(),
        _ => trimmed.to_owned(),
    };
    let trimmed = trimmed.as_str();
    // Several of what is written in capitals: `REST APIs`, `TODOs`.
    if let Some(one) =
        trimmed.strip_suffix('s').filter(|one| one.len() > 1 && one.chars().all(|c| c.is_ascii_uppercase()))
    {
        return found.push(Word { text: one.to_lowercase(), kind: Kind::Word });
    }
    let kind = if is_name_by_case(trimmed, first, shouted) { Kind::Name } else { kind(trimmed) };
    if kind != Kind::Word {
        return found.push(Word { text: trimmed.to_owned(), kind });
    }
    let lower = trimmed.to_lowercase().replace('’', "'");
    if let Some(number) = NUMBERS.split(' ').position(|known| known == lower) {
        return found.push(Word { text: (number + 2).to_string(), kind: Kind::Number });
    }
    for word in undone(&lower) {
        // `read-only` is two words, `re-render` and `e-mail` are one, `--force` was a name.
        let one = ["re-", "e-", "pre-", "un-", "de-", "sub-", "multi-"].iter().any(|prefix| word.starts_with(prefix));
        let word = if one { word.replacen('-', "", 1) } else { word };
        found.extend(
            word.split(['-', '/'])
                .filter(|part| !part.is_empty())
                .map(|part| Word { text: part.to_owned(), kind: kind_of_part(part) }),
        );
    }
}

fn kind_of_part(part: &str) -> Kind {
    if part.bytes().all(|byte| byte.is_ascii_digit()) { Kind::Number } else { Kind::Word }
}

fn kind_of_name(part: &str) -> Kind {
    if part.bytes().all(|byte| byte.is_ascii_digit()) { Kind::Number } else { Kind::Name }
}

/// What one of two questions quotes or writes as a name is a name in the other too, though it stands there as a plain word.
/// None when that changes nothing.
pub(super) fn recognised(words: &[Word], other: &[Word]) -> Option<Vec<Word>> {
    let mut changed = None;
    let known = |words: &[Word], text: &str| words.iter().any(|word| word.kind == Kind::Name && word.text == text);
    for name in other.iter().filter(|word| word.kind == Kind::Name) {
        let lower = name.text.to_lowercase();
        let words = changed.as_deref().unwrap_or(words);
        if known(words, &name.text) || is_soft(&lower) || is_in(NEGATIONS, &lower) {
            continue;
        }
        let Some(at) = words.iter().position(|word| word.kind == Kind::Word && word.text == lower) else { continue };
        let mut named = words.to_vec();
        named[at] = name.clone();
        changed = Some(named);
    }
    changed
}

/// `GET`, `AND`, `A`: in capitals a small word is the name of something.
fn is_name_by_case(text: &str, first: bool, shouted: bool) -> bool {
    if shouted || !text.chars().all(|c| c.is_ascii_uppercase()) || text == "I" {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let small = [SOFT, SEMI, NEGATIONS, ACTS].iter().any(|words| is_in(words, &lower))
        || is_in(SEMI, &canonical(&lower, false));
    if text.len() == 1 { !(first && text == "A") } else { small }
}

/// Numbers in words, from two on.
const NUMBERS: &str = "two three four five six seven eight nine ten eleven twelve";

/// Names with capitals inside that people also write without.
const BRANDS: &[&str] = &[
    "javascript",
    "typescript",
    "postgresql",
    "mysql",
    "github",
    "gitlab",
    "macos",
    "graphql",
    "mongodb",
    "fastapi",
    "numpy",
    "pytorch",
    "websocket",
    "websockets",
    "oauth",
    "nodejs",
    "ios",
    "sqlite",
    "dynamodb",
    "devops",
    "linkedin",
    "youtube",
];

fn kind(text: &str) -> Kind {
    let has = |signs: &[char]| text.contains(signs);
    if text.starts_with(|c: char| c.is_ascii_digit())
        || (text.len() > 1
            && text.starts_with(['v', '-', '$', '+'])
            && text[1..].starts_with(|c: char| c.is_ascii_digit()))
    {
        return Kind::Number;
    }
    let brand = BRANDS.contains(&text.to_lowercase().as_str());
    let inner_upper = !brand && text.chars().skip(1).any(char::is_uppercase) && text.chars().any(char::is_lowercase);
    let path = has(&['/', '\\']) && !is_alternative(text);
    if path
        || has(&['_', '=', '<', '>', '[', ']', '{', '}', '@', '#', '&', '*', '+', '$', '%', '~', '^', '|'])
        || (text.len() > 1 && text.starts_with('-'))
        || text.contains("::")
        || text.trim_matches('.').contains('.')
        || text.starts_with('.')
        || text.ends_with("()")
        || inner_upper
    {
        return Kind::Name;
    }
    Kind::Word
}

/// `and/or`, `client/server`: two plain words, no path.
fn is_alternative(text: &str) -> bool {
    let mut parts = text.split('/');
    matches!((parts.next(), parts.next(), parts.next()), (Some(a), Some(b), None)
        if a.len() > 1 && b.len() > 1 && a.chars().chain(b.chars()).all(char::is_alphabetic) && known(a) && known(b))
}

fn known(word: &str) -> bool {
    let word = word.to_lowercase();
    matches!(
        word.as_str(),
        "and"
            | "or"
            | "async"
            | "await"
            | "client"
            | "server"
            | "read"
            | "write"
            | "input"
            | "output"
            | "yes"
            | "no"
            | "on"
            | "off"
    )
}

/// Undoes contractions.
fn undone(word: &str) -> Vec<String> {
    let two = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
    match word {
        "can't" | "cannot" => two("can", "not"),
        "won't" => two("will", "not"),
        "let's" => vec!["lets".to_owned()],
        "what's" | "whats" => two("what", "is"),
        "where's" | "wheres" => two("where", "is"),
        "how's" => two("how", "is"),
        "who's" => two("who", "is"),
        "why's" => two("why", "is"),
        "there's" => two("there", "is"),
        "that's" => two("that", "is"),
        "it's" => two("it", "is"),
        _ => match word {
            _ if word.ends_with("n't") => two(word.trim_end_matches("n't"), "not"),
            _ if word.ends_with("'re")
                || word.ends_with("'ve")
                || word.ends_with("'ll")
                || word.ends_with("'d")
                || word.ends_with("'m") =>
            {
                vec![word.split('\'').next().unwrap_or_default().to_owned()]
            }
            _ if word.ends_with("'s") => vec![word.trim_end_matches("'s").to_owned()],
            _ => vec![word.replace('\'', "")],
        },
    }
}

/// The word that stands for all that mean the same; `doing` tells that it may be something that is done.
pub(super) fn canonical(word: &str, doing: bool) -> String {
    let (nouns, verbs) = tables();
    let word = &american(word);
    let stem = stem(word);
    let verb = |form: &str| if doing { verbs.get(form) } else { None };
    let exact = verb(word).or_else(|| nouns.get(word));
    exact.or_else(|| verb(&stem)).or_else(|| nouns.get(&stem)).cloned().unwrap_or(stem)
}

/// British spelling as American, so that `normalisation` and `normalize` have one stem.
fn american(word: &str) -> String {
    const NO_VERBS: &str = "otherwise raise rise arise precise concise noise promise enterprise wise likewise advise revise \
         supervise improvise exercise compromise surprise expertise disguise premise praise cruise bruise";
    let plain = word.replace("isation", "ization").replace("ysing", "yzing");
    for (british, american) in
        [("ise", "ize"), ("ises", "izes"), ("ised", "ized"), ("ising", "izing"), ("iser", "izer")]
    {
        if let Some(root) = plain.strip_suffix(british)
            && root.len() > 3
            && !is_in(NO_VERBS, &format!("{root}ise"))
        {
            return format!("{root}{american}");
        }
    }
    for (british, american) in [("yse", "yze"), ("ysed", "yzed"), ("our", "or"), ("ours", "ors"), ("oured", "ored")] {
        if let Some(root) = plain.strip_suffix(british)
            && root.len() > 2
            && !matches!(plain.as_str(), "four" | "hour" | "hours" | "your" | "yours")
        {
            return format!("{root}{american}");
        }
    }
    plain
}

/// The word carries no meaning of its own.
pub(super) fn is_soft(word: &str) -> bool {
    is_in(SOFT, word)
}

fn tables() -> &'static (HashMap<String, String>, HashMap<String, String>) {
    static TABLES: OnceLock<(HashMap<String, String>, HashMap<String, String>)> = OnceLock::new();
    TABLES.get_or_init(|| (table(NOUNS), table(VERBS)))
}

fn table(lines: &[&str]) -> HashMap<String, String> {
    let mut table = HashMap::new();
    for line in lines {
        let first = line.split(' ').next().unwrap_or_default();
        for word in line.split(' ') {
            let word = &american(word);
            table.entry(word.clone()).or_insert_with(|| first.to_owned());
            table.entry(stem(word)).or_insert_with(|| first.to_owned());
        }
    }
    table
}

/// The stem of an English word.
pub(super) fn stem(word: &str) -> String {
    if word.len() < 4 || !word.is_ascii() {
        return word.to_owned();
    }
    rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English).stem(word).into_owned()
}
