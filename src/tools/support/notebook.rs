//! Jupyter notebooks as text: cells with their outputs. Format: nbformat 4, a JSON object with `cells`.

use serde_json::Value;

use super::words::{bytes, clip};
use crate::domain::Hash;

/// Characters of one output that are shown.
const MAX_OUTPUT: usize = 10_000;

/// A change of one cell.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// Another source, and perhaps another kind.
    Replace {
        kind: Option<&'a str>,
        source: &'a str,
    },
    Insert {
        kind: &'a str,
        source: &'a str,
    },
    Delete,
}

/// The text of the notebook with one cell changed. `cell` is an id or a number as [`to_text`] shows them; an insert
/// without one goes to the top. The order of keys and the indentation stay.
pub fn change(text: &str, cell: Option<&str>, change: &Change<'_>) -> Result<String, String> {
    let mut root: Value = serde_json::from_str(text).map_err(|error| format!("it is no valid JSON ({error})"))?;
    let with_ids = root.get("nbformat").and_then(Value::as_u64) > Some(4)
        || (root.get("nbformat").and_then(Value::as_u64) == Some(4)
            && root.get("nbformat_minor").and_then(Value::as_u64) >= Some(5));
    let cells = root.get_mut("cells").and_then(Value::as_array_mut).ok_or("it has no list of cells")?;
    let at = cell.map(|cell| find(cells, cell)).transpose()?;
    match (change, at) {
        (Change::Replace { kind, source }, Some(at)) => replace(&mut cells[at], *kind, source),
        (Change::Delete, Some(at)) => drop(cells.remove(at)),
        (Change::Insert { kind, source }, at) => {
            let cell = new_cell(cells, kind, source, with_ids);
            cells.insert(at.map_or(0, |at| at + 1), cell);
        }
        (_, None) => return Err("say which cell: cell_id as Read shows it".to_owned()),
    }
    Ok(write(&root, text))
}

fn find(cells: &[Value], wanted: &str) -> Result<usize, String> {
    let id = |cell: &Value| cell.get("id").and_then(Value::as_str) == Some(wanted);
    let number = wanted.trim_start_matches("cell").trim_start_matches(['-', ' ']).parse::<usize>().ok();
    let by_number = || number.and_then(|number| number.checked_sub(1)).filter(|at| *at < cells.len());
    cells.iter().position(id).or_else(by_number).ok_or_else(|| {
        format!("there is no cell `{}`; there are {}. Read the notebook to see them", clip(wanted, 80), cells.len())
    })
}

fn replace(cell: &mut Value, kind: Option<&str>, source: &str) {
    let Some(fields) = cell.as_object_mut() else { return };
    if let Some(kind) = kind {
        fields.insert("cell_type".to_owned(), kind.into());
    }
    fields.insert("source".to_owned(), lines(source));
    if fields.get("cell_type").is_some_and(|kind| kind == "code") {
        // What it printed belongs to the code that it no longer is.
        fields.insert("outputs".to_owned(), Value::Array(Vec::new()));
        fields.insert("execution_count".to_owned(), Value::Null);
    } else {
        fields.shift_remove("outputs");
        fields.shift_remove("execution_count");
    }
}

fn new_cell(cells: &[Value], kind: &str, source: &str, with_ids: bool) -> Value {
    let mut cell = serde_json::Map::new();
    cell.insert("cell_type".to_owned(), kind.into());
    if kind == "code" {
        cell.insert("execution_count".to_owned(), Value::Null);
    }
    if with_ids {
        let taken = |id: &str| cells.iter().any(|cell| cell.get("id").and_then(Value::as_str) == Some(id));
        let name =
            |round: usize| Hash::of(format!("{round} {source}").as_bytes()).to_string().chars().take(8).collect();
        let mut names = (0..=cells.len()).map(name);
        let id: String = names.find(|id: &String| !taken(id)).unwrap_or_default();
        cell.insert("id".to_owned(), id.into());
    }
    cell.insert("metadata".to_owned(), Value::Object(serde_json::Map::new()));
    if kind == "code" {
        cell.insert("outputs".to_owned(), Value::Array(Vec::new()));
    }
    cell.insert("source".to_owned(), lines(source));
    Value::Object(cell)
}

/// A text as the format keeps it: a list of lines with their ends.
fn lines(source: &str) -> Value {
    source.split_inclusive('\n').map(|line| Value::String(line.to_owned())).collect()
}

/// Writes with the indentation and the last newline of the text before.
fn write(root: &Value, before: &str) -> String {
    let indent = before.lines().nth(1).map_or(1, |line| line.len() - line.trim_start_matches(' ').len());
    let indent = " ".repeat(indent.min(8));
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    if serde::Serialize::serialize(root, &mut serializer).is_err() {
        return before.to_owned();
    }
    let mut text = String::from_utf8(out).unwrap_or_default();
    if before.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// The cells as text, or why it is no notebook.
pub fn to_text(content: &[u8]) -> Result<String, String> {
    let root: Value = serde_json::from_slice(content).map_err(|error| format!("it is no valid JSON ({error})"))?;
    let cells = root.get("cells").and_then(Value::as_array).ok_or("it has no list of cells")?;
    let mut out = String::new();
    for (index, cell) in cells.iter().enumerate() {
        let kind = cell.get("cell_type").and_then(Value::as_str).unwrap_or("unknown");
        let id = cell.get("id").and_then(Value::as_str).map(|id| format!(", id {}", clip(id, 80))).unwrap_or_default();
        push_line(&mut out, &format!("[cell {}: {}{id}]", index + 1, clip(kind, 20)));
        push_line(&mut out, &joined(cell.get("source")));
        for output in cell.get("outputs").and_then(Value::as_array).into_iter().flatten() {
            out.push_str("[output]\n");
            push_line(&mut out, &clip(&output_text(output), MAX_OUTPUT));
        }
        out.push('\n');
    }
    Ok(out)
}

fn output_text(output: &Value) -> String {
    if let Some(text) = output.get("text") {
        return joined(Some(text));
    }
    if let Some(name) = output.get("ename").and_then(Value::as_str) {
        let value = output.get("evalue").and_then(Value::as_str).unwrap_or_default();
        return format!("{name}: {value}");
    }
    let data = output.get("data").and_then(Value::as_object);
    let parts = data.into_iter().flatten().filter_map(|(media, value)| match media.as_str() {
        "text/plain" => Some(joined(Some(value))),
        image if image.starts_with("image/") => {
            let size = joined(Some(value)).len() as u64 * 3 / 4;
            Some(format!("[{}, {}]", clip(image, 40), bytes(size)))
        }
        _ => None,
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// A text, which the format also allows as a list of lines.
fn joined(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn push_line(out: &mut String, text: &str) {
    out.push_str(text);
    if !text.ends_with('\n') {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const BOOK: &str = "{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n   \"execution_count\": 3,\n   \"id\": \"a1\",\n   \"metadata\": {},\n   \"outputs\": [\n    {\n     \"text\": \"old\"\n    }\n   ],\n   \"source\": [\n    \"x = 1\\n\",\n    \"x\"\n   ]\n  }\n ],\n \"metadata\": {},\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n";

    #[test]
    fn one_cell_changes_and_the_rest_stays() {
        let source = Change::Replace { kind: None, source: "y = 2\ny" };
        let text = change(BOOK, Some("a1"), &source).unwrap();
        assert!(text.contains("\"y = 2\\n\",\n    \"y\"") && text.contains("\"outputs\": []"), "{text}");
        assert_eq!(change(BOOK, Some("1"), &source).unwrap(), text, "a number names it too");
        let same = Change::Replace { kind: None, source: "x = 1\nx" };
        let again = change(BOOK, Some("a1"), &same).unwrap();
        assert!(again.starts_with("{\n \"cells\"") && again.ends_with("5\n}\n"), "{again}");
        let as_text = change(BOOK, Some("a1"), &Change::Replace { kind: Some("markdown"), source: "# Hi" }).unwrap();
        assert!(!as_text.contains("outputs") && !as_text.contains("execution_count"), "{as_text}");
    }

    #[test]
    fn cells_are_inserted_and_deleted() {
        let insert = Change::Insert { kind: "markdown", source: "# Top" };
        let top = change(BOOK, None, &insert).unwrap();
        let shown = to_text(top.as_bytes()).unwrap();
        assert!(shown.starts_with("[cell 1: markdown, id ") && shown.contains("[cell 2: code, id a1]"), "{shown}");
        let below = to_text(change(BOOK, Some("a1"), &insert).unwrap().as_bytes()).unwrap();
        assert!(below.contains("[cell 2: markdown, id "), "{below}");
        let gone = change(&top, Some("a1"), &Change::Delete).unwrap();
        assert!(!gone.contains("a1") && gone.contains("# Top"), "{gone}");
        assert!(change(BOOK, None, &Change::Delete).unwrap_err().contains("say which cell"));
        assert!(change(BOOK, Some("zz"), &Change::Delete).unwrap_err().contains("no cell `zz`"));
        assert!(change("[]", None, &insert).is_err() && change("{", None, &insert).is_err());
    }

    #[test]
    fn cells_and_outputs_are_text() {
        let notebook = serde_json::json!({ "nbformat": 4, "cells": [
            { "cell_type": "markdown", "id": "a1", "source": ["# Title\n", "text"] },
            { "cell_type": "code", "source": "1 / 0", "outputs": [
                { "output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"] },
                { "output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero" },
                { "output_type": "display_data", "data": { "text/plain": "<Figure>", "image/png": "QUJDRA==", "text/html": "<b>" } }
            ] }
        ] });
        insta::assert_snapshot!(to_text(notebook.to_string().as_bytes()).unwrap(), @r"
        [cell 1: markdown, id a1]
        # Title
        text

        [cell 2: code]
        1 / 0
        [output]
        one
        two
        [output]
        ZeroDivisionError: division by zero
        [output]
        <Figure>
        [image/png, 6 B]
        ");
        assert!(to_text(b"{").unwrap_err().contains("no valid JSON"));
        assert!(to_text(b"{}").unwrap_err().contains("no list of cells"));
    }
}
