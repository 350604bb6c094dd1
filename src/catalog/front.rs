//! Front matter: the block of YAML between `---` lines at the head of a Markdown file.
//!
//! Hand-written front matter is often not quite YAML (`description: Use this: when asked`), so what the
//! parser refuses is read again line by line.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A file taken apart.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Front<'a> {
    /// The values that are texts, numbers, truth values, or lists of texts (as `[a, b]`).
    pub values: BTreeMap<String, String>,
    pub body: &'a str,
    /// Line and words of what could not be used.
    pub problem: Option<(usize, String)>,
}

/// Values as YAML has them; what is none of these is passed over.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<String>),
    Other(serde::de::IgnoredAny),
}

/// Splits a file and reads its front matter.
pub(super) fn split(text: &str) -> Front<'_> {
    let Some(rest) = opening(text) else { return Front { body: text, ..Front::default() } };
    let Some((head, body)) = closing(rest) else {
        let problem = "the front matter that begins here has no closing --- line; the file is used without it";
        return Front { body: text, problem: Some((1, problem.to_owned())), ..Front::default() };
    };
    match serde_saphyr::from_str::<BTreeMap<String, Scalar>>(head) {
        Ok(parsed) => {
            let values = parsed.into_iter().filter_map(|(key, value)| value.text().map(|text| (key, text))).collect();
            Front { values, body, problem: None }
        }
        Err(_) if head.trim().is_empty() => Front { body, ..Front::default() },
        Err(_) => by_line(head, body),
    }
}

/// The front matter with everything that stands in it, where it is YAML.
pub(super) fn tree(text: &str) -> Option<serde_json::Value> {
    let (head, _) = closing(opening(text)?)?;
    serde_saphyr::from_str(head).ok()
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

/// Reads `key: value` lines; indented lines, list items and comments belong to what stands before them.
fn by_line<'a>(head: &str, body: &'a str) -> Front<'a> {
    let mut front = Front { body, ..Front::default() };
    for (index, line) in head.lines().enumerate() {
        let is_more = line.starts_with([' ', '\t', '-', '#']) || line.trim().is_empty();
        match line.split_once(':') {
            _ if is_more => {}
            Some((key, value)) if !key.contains(char::is_whitespace) => {
                front.values.insert(key.to_owned(), unquoted(value.trim()).to_owned());
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
            Self::List(items) => Some(format!("[{}]", items.join(", "))),
            Self::Other(_) => None,
        }
    }
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
    fn files_without_front_matter_are_all_body() {
        for text in ["", "Body", "--- x\ny", "----\na: b\n----\n"] {
            assert_eq!(split(text), Front { body: text, ..Front::default() });
        }
        assert_eq!(split("---\n---\nBody").body, "Body");
        let open = split("---\na: b\n");
        assert_eq!((open.body, open.problem.map(|(line, _)| line)), ("---\na: b\n", Some(1)));
    }
}
