//! Jupyter notebooks as text: cells with their outputs. Format: nbformat 4, a JSON object with `cells`.

use serde_json::Value;

use super::words::{bytes, clip};

/// Characters of one output that are shown.
const MAX_OUTPUT: usize = 10_000;

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
