//! A settings file as a tree whose every value knows its line. Comments and trailing commas are allowed.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::{Map, Number};

/// A value with the line it begins on, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub line: u32,
    pub value: Value,
}

/// A JSON value that keeps every entry of an object, also those of the same name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

/// Why a file cannot be used.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub line: u32,
    pub text: String,
}

/// What is accepted beyond strict JSON.
pub(super) fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// Reads a text whose value is an object. A blank text is an empty object.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options()).map_err(|problem| Fault {
        line: problem.line_display() as u32,
        text: lower_first(&problem.kind().to_string()),
    })?;
    let lines = Lines::of(text);
    match parsed.value {
        None => Ok(Node { line: 1, value: Value::Table(Vec::new()) }),
        Some(value) => {
            let node = lines.node(&value);
            match node.value {
                Value::Table(_) => Ok(node),
                _ => Err(Fault { line: node.line, text: "settings must be an object in braces".to_owned() }),
            }
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    fn node(&self, value: &ast::Value<'_>) -> Node {
        let line = self.0.partition_point(|newline| *newline < value.start()) as u32 + 1;
        let value = match value {
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::BooleanLit(flag) => Value::Bool(flag.value),
            ast::Value::NumberLit(number) => number.value.parse().map_or(Value::Null, Value::Number),
            ast::Value::StringLit(text) => Value::Text(text.value.to_string()),
            ast::Value::Array(list) => Value::List(list.elements.iter().map(|item| self.node(item)).collect()),
            ast::Value::Object(table) => Value::Table(
                table.properties.iter().map(|p| (p.name.as_str().to_owned(), self.node(&p.value))).collect(),
            ),
        };
        Node { line, value }
    }
}

impl Node {
    /// The entries of an object, in order; nothing for any other value.
    pub fn entries(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value without its lines. Of entries with the same name the last one stays.
    pub fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => (*flag).into(),
            Value::Number(number) => number.clone().into(),
            Value::Text(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Node::json).collect(),
            Value::Table(entries) => {
                entries.iter().map(|(key, node)| (key.clone(), node.json())).collect::<Map<_, _>>().into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_know_their_lines() {
        let root =
            parse("// head\n{\n  \"a\": [\n    \"x\", // note\n    1.5,\n  ],\n  \"b\": { \"c\": null }\n}\n").unwrap();
        let entries = root.entries();
        let Value::List(items) = &entries[0].1.value else { unreachable!() };
        assert_eq!((root.line, items[0].line, items[1].line, entries[1].1.line), (2, 4, 5, 7));
        assert_eq!(root.json(), serde_json::json!({"a": ["x", 1.5], "b": {"c": null}}));
        assert_eq!(parse(" \n").unwrap().entries(), []);
    }

    #[test]
    fn faults_know_theirs() {
        assert_eq!(parse("{\n  \"a\": [1,,2]\n}").unwrap_err().line, 2);
        assert_eq!(parse("{\n\"a\" 1}").unwrap_err().line, 2);
        assert_eq!(parse("[]").unwrap_err().text, "settings must be an object in braces");
        assert!(parse("{'a': 1}").is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[\\[\\]{}\",:0-9a-z/*\\\\ \n.-]{0,60}") {
            drop(parse(&text));
        }
    }
}
