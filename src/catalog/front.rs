//! Front matter: the block of YAML between `---` lines at the head of a Markdown file.
//!
//! Hand-written front matter is often not quite YAML (`description: Use this: when asked`), so what the
//! parser refuses is mended first, and read line by line when that does not help.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::mend;

/// A file taken apart.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Front<'a> {
    /// The values that are texts, numbers, truth values, or lists of texts (as `[a, b]`).
    pub values: BTreeMap<String, String>,
    /// The lists among them, item by item.
    pub lists: BTreeMap<String, Vec<String>>,
    /// Everything that stands in it, where it is YAML or could be made so.
    pub tree: Option<serde_json::Value>,
    pub body: &'a str,
    /// Line and words of what could not be used.
    pub problem: Option<(usize, String)>,
}

/// Values as YAML has them; what is none of these is passed over.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Item>),
    Other(serde::de::IgnoredAny),
}

/// An item of a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Flag(bool),
    Number(f64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

/// Splits a file and reads its front matter.
pub(super) fn split(text: &str) -> Front<'_> {
    let Some(rest) = opening(text) else { return Front { body: text, ..Front::default() } };
    let Some((head, body)) = closing(rest) else {
        let problem = "the front matter that begins here has no closing --- line; the file is used without it";
        return Front { body: text, problem: Some((1, problem.to_owned())), ..Front::default() };
    };
    if head.trim().is_empty() {
        return Front { body, ..Front::default() };
    }
    let head = mend::untabbed(head);
    let parsed = parse(&head).or_else(|| parse(&mend::quoted(&head, reads)));
    let Some((parsed, tree)) = parsed else { return by_line(&head, body) };
    let mut front = Front { body, tree: Some(tree), ..Front::default() };
    for (key, value) in parsed {
        if let Scalar::List(items) = &value {
            front.lists.insert(key.clone(), items.iter().filter_map(Item::text).collect());
        }
        front.values.extend(value.text().map(|text| (key, text)));
    }
    front
}

fn reads(head: &str) -> bool {
    serde_saphyr::from_str::<BTreeMap<String, Scalar>>(head).is_ok()
}

fn parse(head: &str) -> Option<(BTreeMap<String, Scalar>, serde_json::Value)> {
    let values = serde_saphyr::from_str::<BTreeMap<String, Scalar>>(head).ok()?;
    let tree = serde_saphyr::from_str::<serde_json::Value>(head).unwrap_or_default();
    Some((values, tree))
}

/// The line of a file that a key of its front matter stands in.
pub(super) fn line_of(text: &str, keys: &[&str]) -> Option<u32> {
    let (head, _) = closing(opening(text)?)?;
    let is_key = |line: &str, key: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
    // The first line of the file is the opening one.
    let found = keys.iter().find_map(|key| head.lines().position(|line| is_key(line, key)));
    found.map(|index| index as u32 + 2)
}

/// A truth value in any of its documented spellings.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn opening(text: &str) -> Option<&str> {
    let (first, rest) = text.split_once('\n')?;
    (first.trim_end() == "---").then_some(rest)
}

/// Front matter and body around the closing line.
fn closing(rest: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        let end = at + line.len();
        if line.trim_end() == "---" {
            return Some((rest.get(..at)?, rest.get(end..)?));
        }
        at = end;
    }
    None
}

/// Reads `key: value` lines. List items and indented lines belong to the key before them.
fn by_line<'a>(head: &str, body: &'a str) -> Front<'a> {
    let mut front = Front { body, ..Front::default() };
    let mut open: Option<String> = None;
    for (index, line) in head.lines().enumerate() {
        let text = line.trim();
        if text.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with([' ', '\t', '-']) {
            if let Some(key) = &open {
                more(&mut front, key, text);
            }
            continue;
        }
        match line.split_once(':') {
            Some((key, value)) if !key.contains(char::is_whitespace) => {
                let value = value.trim();
                let block = matches!(value, "" | "|" | ">" | "|-" | ">-" | "|+" | ">+");
                front.values.insert(key.to_owned(), if block { String::new() } else { unquoted(value).to_owned() });
                open = block.then(|| key.to_owned());
            }
            _ if front.problem.is_none() => {
                // The first line of the file is the opening one.
                let problem = "this line of the front matter is not `key: value`; it is passed over";
                front.problem = Some((index + 2, problem.to_owned()));
            }
            _ => {}
        }
    }
    front
}

/// A line that belongs to an open key.
fn more(front: &mut Front<'_>, key: &str, text: &str) {
    if let Some(item) = text.strip_prefix("- ") {
        front.lists.entry(key.to_owned()).or_default().push(unquoted(item.trim()).to_owned());
    } else if let Some(value) = front.values.get_mut(key) {
        if !value.is_empty() {
            value.push(' ');
        }
        value.push_str(text);
    }
}

fn unquoted(value: &str) -> &str {
    let inner = |mark| value.strip_prefix(mark).and_then(|rest: &str| rest.strip_suffix(mark));
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

impl Scalar {
    fn text(self) -> Option<String> {
        match self {
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text),
            Self::List(items) => {
                Some(format!("[{}]", items.iter().filter_map(Item::text).collect::<Vec<_>>().join(", ")))
            }
            Self::Other(_) => None,
        }
    }
}

impl Item {
    fn text(&self) -> Option<String> {
        match self {
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.clone()),
            Self::Other(_) => None,
        }
    }
}

impl Front<'_> {
    /// A text that says something.
    pub fn text(&self, key: &str) -> Option<String> {
        self.values.get(key).map(|text| text.trim()).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    }

    /// A truth value in any of the spellings that are in use.
    pub fn flag(&self, key: &str) -> Option<bool> {
        truth(self.values.get(key)?)
    }

    /// A list, or a text whose parts stand between commas or blanks outside of brackets.
    pub fn list(&self, key: &str) -> Vec<String> {
        match (self.lists.get(key), self.values.get(key)) {
            (Some(items), _) => {
                items.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
            }
            (None, Some(text)) => parts(text),
            (None, None) => Vec::new(),
        }
    }
}

/// Splits at commas and blanks, but not inside parentheses: `Bash(git log *), Read`.
pub(super) fn parts(text: &str) -> Vec<String> {
    let text = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (c == ',' || c.is_whitespace()) {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.iter().map(|part| unquoted(part).to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_panics(head in "[-a:&*!|>%{}\\[\\]'\"#é \n]{0,80}") {
            split(&format!("---\n{head}\n---\nBody"));
        }
    }

    fn value<'a>(front: &'a Front<'_>, key: &str) -> Option<&'a str> {
        front.values.get(key).map(String::as_str)
    }

    #[test]
    fn yaml_is_read() {
        let front = split("---\ndescription: \"A: b\"\nargument-hint: [issue]\nmodel: 3\nx: {a: 1}\n---\nBody\n---\n");
        assert_eq!(value(&front, "description"), Some("A: b"));
        assert_eq!(value(&front, "argument-hint"), Some("[issue]"));
        assert_eq!(value(&front, "model"), Some("3"));
        assert_eq!(value(&front, "x"), None);
        assert_eq!((front.body, front.problem), ("Body\n---\n", None));
    }

    #[test]
    fn what_only_looks_like_yaml_is_read_by_line() {
        let front =
            split("---\r\ndescription: Use this: when asked\r\nargument-hint: [a] [b]\r\n# note\r\n---\r\nBody");
        assert_eq!(value(&front, "description"), Some("Use this: when asked"));
        assert_eq!(value(&front, "argument-hint"), Some("[a] [b]"));
        assert_eq!((front.body, front.problem), ("Body", None));
        let front = split("---\ndescription: x: 'y'\nwhat is this\n---\n");
        assert_eq!(value(&front, "description"), Some("x: 'y'"));
        assert_eq!(front.problem.map(|(line, _)| line), Some(3));
    }

    #[test]
    fn lists_and_flags_are_read_in_all_their_spellings() {
        let rules = ["Bash(git log *)", "Read"];
        for head in [
            "tools: Bash(git log *), Read",
            "tools: Bash(git log *) Read",
            "tools:\n  - Bash(git log *)\n  - Read",
            "tools: [\"Bash(git log *)\", Read]",
            "description: a: b: c\ntools:\n- Bash(git log *)\n- 'Read'",
        ] {
            let text = format!("---\n{head}\non: yes\noff: 0\n---\n");
            let front = split(&text);
            assert_eq!(front.list("tools"), rules, "{head}");
            assert_eq!((front.flag("on"), front.flag("off"), front.flag("none")), (Some(true), Some(false), None));
        }
        let front = split("---\ndescription: >-\n  one: two\n  three\nx: a: b\n---\n");
        assert_eq!(front.text("description").as_deref(), Some("one: two three"));
    }

    #[test]
    fn files_without_front_matter_are_all_body() {
        for text in ["", "Body", "--- x\ny", "----\na: b\n----\n"] {
            assert_eq!(split(text), Front { body: text, ..Front::default() });
        }
        assert_eq!(split("---\n---\nBody").body, "Body");
        let open = split("---\na: b\n");
        assert_eq!((open.body, open.problem.map(|(line, _)| line)), ("---\na: b\n", Some(1)));
    }
}
