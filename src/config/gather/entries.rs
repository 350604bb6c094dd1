//! Typed reading of entries, with a notice for each that is of another type than it should be.

use crate::domain::Notice;

use super::super::document::{Node, Value};
use super::super::layers::{Layer, kind};

/// Says that an entry is skipped because of its type. Null is as good as absent and says nothing.
pub(in crate::config) fn wrong(layer: &Layer, key: &str, node: &Node, wanted: &str, notices: &mut Vec<Notice>) {
    if node.value != Value::Null {
        let text = format!("`{key}` must be {wanted}, not {}; it is skipped", kind(node));
        notices.push(layer.notice(node.line, &text).hint("the other settings of the file are used"));
    }
}

pub(in crate::config) fn text<'n>(
    layer: &Layer,
    key: &str,
    node: &'n Node,
    notices: &mut Vec<Notice>,
) -> Option<&'n str> {
    if let Value::Text(text) = &node.value {
        return Some(text);
    }
    wrong(layer, key, node, "a text", notices);
    None
}

pub(in crate::config) fn flag(layer: &Layer, key: &str, node: &Node, notices: &mut Vec<Notice>) -> Option<bool> {
    if let Value::Bool(flag) = node.value {
        return Some(flag);
    }
    wrong(layer, key, node, "true or false", notices);
    None
}

/// A whole number above 0.
pub(super) fn count(layer: &Layer, key: &str, node: &Node, notices: &mut Vec<Notice>) -> Option<u32> {
    let number = match &node.value {
        Value::Number(number) => number.as_u64().filter(|number| (1..=u64::from(u32::MAX)).contains(number)),
        _ => None,
    };
    if number.is_none() {
        wrong(layer, key, node, "a whole number above 0", notices);
    }
    number.map(|number| number as u32)
}

/// The texts of a list, each with its line.
pub(in crate::config) fn texts<'n>(
    layer: &Layer,
    key: &str,
    node: &'n Node,
    notices: &mut Vec<Notice>,
) -> Vec<(&'n str, u32)> {
    let Value::List(items) = &node.value else {
        wrong(layer, key, node, "a list of texts", notices);
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        if let Some(text) = text(layer, &format!("{key}[…]"), item, notices) {
            found.push((text, item.line));
        }
    }
    found
}

/// The variables that a file sets. Numbers and truth values are taken as they are written.
pub(super) fn variables<'n>(layer: &'n Layer, notices: &mut Vec<Notice>) -> Vec<(&'n str, String, u32)> {
    let mut found = Vec::new();
    for (_, node) in layer.root.entries().iter().filter(|(key, _)| key == "env") {
        if !matches!(node.value, Value::Table(_)) {
            wrong(layer, "env", node, "an object of texts", notices);
        }
        for (name, node) in node.entries() {
            let is_name = !name.is_empty() && !name.contains(['=', '\0']);
            match &node.value {
                Value::Text(text) if is_name && !text.contains('\0') => {
                    found.push((name.as_str(), text.clone(), node.line));
                }
                Value::Number(_) | Value::Bool(_) if is_name => found.push((name, node.json().to_string(), node.line)),
                _ => wrong(layer, &format!("env.{name}"), node, "a text under a valid name", notices),
            }
        }
    }
    found
}
