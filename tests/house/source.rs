//! One source file as the house sees it: paths that it names, functions, types, lines without tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::lexer::{Token, tokens};

/// What was found in a file, tests left out.
pub struct Source {
    /// Relative to `src`.
    pub path: PathBuf,
    pub has_header: bool,
    pub lines: usize,
    pub paths: Vec<Vec<String>>,
    pub functions: Vec<Function>,
    /// Structs and enums: `(struct or enum, name, line, members)`.
    pub types: Vec<(String, String, usize, usize)>,
    /// Modules declared for tests only.
    pub test_modules: Vec<String>,
}

/// A function with a body.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
    pub arguments: usize,
    pub nesting: usize,
}

impl Source {
    /// Reads source text.
    pub fn read(path: &Path, text: &str) -> Self {
        let all = tokens(text);
        let (tokens, test_lines, test_modules) = without_tests(&all);
        Self {
            path: path.to_owned(),
            has_header: text.lines().next().is_some_and(|line| line.starts_with("//!")),
            lines: text.lines().count() - test_lines.len(),
            paths: paths(&tokens),
            functions: functions(&tokens),
            types: types(&tokens),
            test_modules,
        }
    }

    /// The room that it belongs to; none for `lib.rs` and `main.rs`.
    pub fn room(&self) -> Option<String> {
        let first = self.path.components().next()?.as_os_str().to_str()?;
        let name = first.strip_suffix(".rs").unwrap_or(first);
        (!matches!(name, "lib" | "main" | "bin")).then(|| name.to_owned())
    }

    /// The rooms that it names: through `crate::` or through `super::` up to the root.
    pub fn rooms_named(&self) -> BTreeSet<String> {
        let depth = self.path.components().count() - usize::from(self.path.ends_with("mod.rs"));
        let target = |path: &Vec<String>| match path.first()?.as_str() {
            "crate" => path.get(1).cloned(),
            "super" => {
                let climbs = path.iter().take_while(|part| *part == "super").count();
                (climbs == depth).then(|| path.get(climbs).cloned()).flatten()
            }
            _ => None,
        };
        self.paths.iter().filter_map(target).collect()
    }

    /// Does it name this outside path, such as `std::fs`?
    pub fn touches(&self, outside: &str) -> bool {
        let parts: Vec<&str> = outside.split("::").collect();
        self.paths.iter().any(|path| path.len() >= parts.len() && path.iter().zip(&parts).all(|(a, b)| a == b))
    }
}

/// The tokens outside test code, the lines of the test code, and modules declared for tests.
fn without_tests(all: &[Token]) -> (Vec<Token>, BTreeSet<usize>, Vec<String>) {
    let (mut kept, mut lines, mut modules) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut at = 0;
    while at < all.len() {
        let Some(end) = test_attribute(all, at) else {
            kept.push(all[at].clone());
            at += 1;
            continue;
        };
        let close = item_end(all, end);
        if let Some(name) = declared_module(&all[end..=close]) {
            modules.push(name);
        }
        lines.extend(all[at].line..=all[close].line);
        at = close + 1;
    }
    (kept, lines, modules)
}

/// When `#[cfg(test)]`, `#[test]`, `#[tokio::test]` or the like begins here: the index after it.
fn test_attribute(all: &[Token], at: usize) -> Option<usize> {
    if all[at].text != "#" || all.get(at + 1)?.text != "[" {
        return None;
    }
    let close = matching(all, at + 1)?;
    let words: Vec<&str> = all[at + 2..close].iter().map(|token| token.text.as_str()).collect();
    let is_test = match words.as_slice() {
        ["cfg", "(", "test", ..] | ["cfg", "(", "all" | "any", "(", "test", ..] => true,
        [.., "cfg_attr"] => false,
        words => {
            let path = words.split(|word| *word == "(").next().unwrap_or_default();
            matches!(path.last(), Some(&"test" | &"rstest" | &"bench"))
        }
    };
    is_test.then_some(close + 1)
}

/// The index of the token that ends the item (or field, or arm) which begins at `at`.
fn item_end(all: &[Token], mut at: usize) -> usize {
    let mut depth = 0_i32;
    while at < all.len() {
        match all[at].text.as_str() {
            "{" if depth == 0 => return matching(all, at).unwrap_or(all.len() - 1),
            ";" | "," if depth == 0 => return at,
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    all.len() - 1
}

fn declared_module(item: &[Token]) -> Option<String> {
    let at = item.iter().position(|token| token.text == "mod")?;
    (item.get(at + 2)?.text == ";").then(|| item[at + 1].text.clone())
}

/// The index of the bracket that closes the one at `open`.
fn matching(all: &[Token], open: usize) -> Option<usize> {
    let close = match all[open].text.as_str() {
        "(" => ")",
        "[" => "]",
        "{" => "}",
        _ => ">",
    };
    let mut depth = 0_i32;
    for (at, token) in all.iter().enumerate().skip(open) {
        if token.text == all[open].text {
            depth += 1;
        } else if token.text == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// Every path, groups spread: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(all: &[Token]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let after_colons = at > 0 && all[at - 1].text == "::";
        if is_name(&all[at]) && !after_colons {
            at = path(all, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path or group at `at` and returns the index after it.
fn path(all: &[Token], mut at: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut parts = before.to_vec();
    while let Some(token) = all.get(at) {
        if token.text == "{" {
            let close = matching(all, at).unwrap_or(all.len());
            at += 1;
            while at < close {
                at = if is_name(&all[at]) || all[at].text == "{" { path(all, at, &parts, found) } else { at + 1 };
            }
            return close + 1;
        }
        if !is_name(token) {
            break;
        }
        parts.push(token.text.clone());
        at += 1;
        let group_or_name = |token: &Token| is_name(token) || token.text == "{";
        if all.get(at).is_some_and(|next| next.text == "::") && all.get(at + 1).is_some_and(group_or_name) {
            at += 1;
        } else {
            break;
        }
    }
    found.push(parts);
    at
}

fn is_name(token: &Token) -> bool {
    token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn functions(all: &[Token]) -> Vec<Function> {
    let starts = (0..all.len()).filter(|at| all[*at].text == "fn" && all.get(at + 1).is_some_and(is_name));
    starts.filter_map(|at| function(all, at)).collect()
}

fn function(all: &[Token], at: usize) -> Option<Function> {
    let mut open = at + 2;
    if all.get(open)?.text == "<" {
        open = matching(all, open)? + 1;
    }
    let close = matching(all, open)?;
    let mut body = close;
    let mut depth = 0_i32;
    while depth > 0 || all.get(body)?.text != "{" {
        match all[body].text.as_str() {
            ";" if depth == 0 => return None,
            "[" => depth += 1,
            "]" => depth -= 1,
            _ => {}
        }
        body += 1;
    }
    let end = matching(all, body)?;
    let arguments = parts(&all[open + 1..close]);
    let is_self = |part: &&[Token]| part.iter().take_while(|token| token.text != ":").any(|token| token.text == "self");
    Some(Function {
        name: all[at + 1].text.clone(),
        line: all[at].line,
        lines: all[end].line - all[at].line + 1,
        arguments: arguments.iter().filter(|part| !is_self(part)).count(),
        nesting: deepest(&all[body..=end]),
    })
}

fn deepest(body: &[Token]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in body {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn types(all: &[Token]) -> Vec<(String, String, usize, usize)> {
    let mut found = Vec::new();
    for (at, token) in all.iter().enumerate() {
        if !matches!(token.text.as_str(), "struct" | "enum") || !all.get(at + 1).is_some_and(is_name) {
            continue;
        }
        let open = (at..all.len()).find(|next| matches!(all[*next].text.as_str(), "{" | ";" | "("));
        let Some(open) = open.filter(|open| all[*open].text == "{") else {
            continue;
        };
        let close = matching(all, open).unwrap_or(all.len());
        let members = parts(&all[open + 1..close]).len();
        found.push((token.text.clone(), all[at + 1].text.clone(), token.line, members));
    }
    found
}

/// What stands between the commas of the outermost level. Attributes do not count.
fn parts(all: &[Token]) -> Vec<&[Token]> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, token) in all.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" | "<" => depth += 1,
            ")" | "]" | "}" | ">" => depth -= 1,
            "," if depth == 0 => {
                found.push(&all[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&all[start..]);
    found.retain(|part| part.iter().any(is_name));
    found
}
