//! Writing: the form of each value follows from its shape, as sections 7 to 12 of the specification say.

use serde_json::{Map, Value};

use super::Style;
use super::number::{is_numeric, plain};

/// The whole text, without a newline at its end.
pub(super) fn text(value: &Value, style: &Style) -> String {
    let literal = value.as_object().map(|fields| fields.keys().filter(|key| key.contains('.')).cloned().collect());
    let mut page = Page { style, lines: Vec::new(), literal: literal.unwrap_or_default() };
    match value {
        Value::Object(fields) => page.object(fields, 0, style.fold, ""),
        Value::Array(items) => page.array("", items, 0),
        primitive => page.lines.push(page.primitive(primitive)),
    }
    page.lines.join("\n")
}

struct Page<'a> {
    style: &'a Style,
    lines: Vec<String>,
    /// Dotted keys at the root, which a folded key must not be taken for.
    literal: Vec<String>,
}

impl Page<'_> {
    fn line(&mut self, depth: usize, content: &str) {
        self.lines.push(format!("{}{content}", " ".repeat(self.style.indent * depth)));
    }

    fn object(&mut self, fields: &Map<String, Value>, depth: usize, fold: usize, path: &str) {
        for (key, value) in fields {
            let folded = chain(key, value, fields, fold);
            match folded.filter(|(folded, _)| !self.literal.contains(&format!("{path}{folded}"))) {
                Some((folded, rest)) => {
                    // What is left of a chain that was cut short is written as it is.
                    let spent = folded.split('.').count() >= fold;
                    let inner = format!("{path}{folded}.");
                    self.field(&folded, rest, depth, (if spent { 0 } else { fold }, &inner));
                }
                None => self.field(&key_text(key), value, depth, (fold, &format!("{path}{key}."))),
            }
        }
    }

    fn field(&mut self, key: &str, value: &Value, depth: usize, (fold, path): (usize, &str)) {
        match value {
            Value::Object(fields) => {
                self.line(depth, &format!("{key}:"));
                self.object(fields, depth + 1, fold, path);
            }
            Value::Array(items) if items.is_empty() => self.line(depth, &format!("{key}: []")),
            Value::Array(items) => self.array(key, items, depth),
            primitive => {
                let text = self.primitive(primitive);
                self.line(depth, &format!("{key}: {text}"));
            }
        }
    }

    /// A header with what follows from it. Without a key it is the whole document.
    fn array(&mut self, key: &str, items: &[Value], depth: usize) {
        if items.is_empty() {
            return self.line(depth, "[]");
        }
        let head = format!("{key}{}", self.length(items.len()));
        if items.iter().all(is_primitive) {
            let row = self.row(items.iter());
            return self.line(depth, &format!("{head}: {row}"));
        }
        let Some(fields) = columns(items) else {
            self.line(depth, &format!("{head}:"));
            return self.items(items, depth + 1);
        };
        let names: Vec<String> = fields.iter().map(|name| key_text(name)).collect();
        let names = names.join(&self.style.delimiter.to_string());
        self.line(depth, &format!("{head}{{{names}}}:"));
        for item in items {
            let row = self.row(fields.iter().filter_map(|name| item.get(name.as_str())));
            self.line(depth + 1, &row);
        }
    }

    fn items(&mut self, items: &[Value], depth: usize) {
        for item in items {
            match item {
                Value::Array(inner) if inner.iter().all(is_primitive) => {
                    let row = self.row(inner.iter());
                    let space = if inner.is_empty() { "" } else { " " };
                    self.line(depth, &format!("- {}:{space}{row}", self.length(inner.len())));
                }
                Value::Array(inner) => {
                    self.line(depth, &format!("- {}:", self.length(inner.len())));
                    self.items(inner, depth + 1);
                }
                Value::Object(fields) if fields.is_empty() => self.line(depth, "-"),
                Value::Object(fields) => self.object_item(fields, depth),
                primitive => {
                    let text = self.primitive(primitive);
                    self.line(depth, &format!("- {text}"));
                }
            }
        }
    }

    /// An object in a list is written one level deeper, and its first line takes the hyphen.
    fn object_item(&mut self, fields: &Map<String, Value>, depth: usize) {
        let first = self.lines.len();
        self.object(fields, depth + 1, self.style.fold, "");
        if let Some(line) = self.lines.get_mut(first) {
            *line = format!("{}- {}", " ".repeat(self.style.indent * depth), line.trim_start_matches(' '));
        }
    }

    fn length(&self, items: usize) -> String {
        match self.style.delimiter {
            ',' => format!("[{items}]"),
            delimiter => format!("[{items}{delimiter}]"),
        }
    }

    fn row<'v>(&self, values: impl Iterator<Item = &'v Value>) -> String {
        let cells: Vec<String> = values.map(|value| self.primitive(value)).collect();
        cells.join(&self.style.delimiter.to_string())
    }

    fn primitive(&self, value: &Value) -> String {
        match value {
            Value::String(text) if needs_quotes(text, self.style.delimiter) => quoted(text),
            Value::String(text) => text.clone(),
            Value::Number(number) => plain(number),
            other => other.to_string(),
        }
    }
}

fn is_primitive(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// The columns of a table: all are objects with the same keys and nothing nested.
fn columns(items: &[Value]) -> Option<Vec<&String>> {
    let first = items.first()?.as_object()?;
    let names: Vec<&String> = first.keys().collect();
    let fits = |item: &Value| {
        item.as_object().is_some_and(|fields| {
            fields.len() == names.len() && names.iter().all(|name| fields.get(name.as_str()).is_some_and(is_primitive))
        })
    };
    (!names.is_empty() && items.iter().all(fits)).then_some(names)
}

/// The dotted key of a chain of objects with one key each, and the value at its end.
fn chain<'v>(key: &str, value: &'v Value, siblings: &Map<String, Value>, most: usize) -> Option<(String, &'v Value)> {
    let (mut folded, mut end, mut parts) = (key.to_owned(), value, 1);
    let mut safe = is_identifier(key);
    while parts < most {
        let Some(fields) = end.as_object().filter(|fields| fields.len() == 1) else { break };
        let (name, inner) = fields.iter().next()?;
        safe &= is_identifier(name);
        folded = format!("{folded}.{name}");
        end = inner;
        parts += 1;
    }
    (parts >= 2 && safe && !siblings.contains_key(&folded)).then_some((folded, end))
}

/// A part of a dotted key that can be told apart again.
pub(super) fn is_identifier(text: &str) -> bool {
    is_bare(text) && !text.contains('.')
}

/// A key that needs no quotes.
fn is_bare(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

fn key_text(key: &str) -> String {
    if is_bare(key) { key.to_owned() } else { quoted(key) }
}

fn needs_quotes(text: &str, delimiter: char) -> bool {
    let special = |c: char| matches!(c, ':' | '"' | '\\' | '[' | ']' | '{' | '}') || c < ' ' || c == delimiter;
    text.is_empty()
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace)
        // Later versions of the format read a line that starts so as a remark, or skip the mark.
        || text.starts_with(['-', '#', '\u{feff}'])
        || matches!(text, "true" | "false" | "null")
        || is_numeric(text)
        || text.contains(special)
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let code = format!("\\u{:04x}", c as u32);
                out.push_str(&code);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
