//! Cutting single results and calls: to head and tail, to a few lines, to a line that says where to read the rest.

use std::borrow::Cow;

use serde_json::Value;

use crate::base::text::tokens;
use crate::domain::{Media, ResultPart, ToolCall, ToolResult};

/// Lines that a snipped result keeps at each end, and lines among the rest that tell of an error.
const ENDS: usize = 3;
const ERRORS: usize = 4;
/// Characters of such a line.
const LINE: usize = 200;
/// Tokens below which cutting saves nothing worth having.
const SNIP_FROM: u64 = 250;
const STUB_FROM: u64 = 60;
/// Characters of an input's string that stay.
const INPUT: usize = 80;
/// Characters of an input's string from which it is cut.
const INPUT_FROM: usize = 600;

/// Cuts a result to about `cap` tokens: its head and its tail, whole lines where there are lines.
pub fn reduce(result: &ToolResult, cap: u64, file: &str) -> Option<ToolResult> {
    let text = result.joined();
    let all = tokens(&text);
    if all <= cap {
        return None;
    }
    let mut share = cap as f64 / all as f64;
    // Heads are often denser or thinner than the whole.
    for _ in 0..6 {
        let cut = ends(&text, share, file);
        if tokens(&cut) <= cap {
            return Some(with_text(result, cut, true));
        }
        share *= 0.85;
    }
    Some(with_text(result, ends(&text, 0.0, file), true))
}

/// Cuts an old result to its first and last lines, and those that tell of errors.
pub fn snip(result: &ToolResult, file: &str) -> Option<ToolResult> {
    let text = result.joined();
    if tokens(&text) < SNIP_FROM {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let (head, rest) = lines.split_at(ENDS.min(lines.len()));
    let (middle, tail) = rest.split_at(rest.len().saturating_sub(ENDS));
    let bad = middle.iter().filter(|line| tells_error(line)).take(ERRORS);
    let clip = |line: &&str| clip(line, LINE).into_owned();
    let mut kept: Vec<String> = head.iter().map(clip).collect();
    kept.push(format!("[{} lines cut; the whole output is in {file}]", middle.len()));
    kept.extend(bad.map(clip));
    kept.extend(tail.iter().map(clip));
    let cut = kept.join("\n");
    (tokens(&cut) < tokens(&text) / 2).then(|| with_text(result, cut, false))
}

/// Puts a line in the place of an old result.
pub fn stub(result: &ToolResult, file: &str) -> Option<ToolResult> {
    let text = result.joined();
    let images = result.parts.iter().any(|part| matches!(part, ResultPart::Image(_) | ResultPart::Document(_)));
    let pdf = result.parts.iter().any(|part| matches!(part, ResultPart::Document(_)));
    if !images && tokens(&text) < STUB_FROM {
        return None;
    }
    let what = if pdf {
        "a PDF".to_owned()
    } else if images {
        "an image".to_owned()
    } else {
        format!("{} lines", text.lines().count())
    };
    let line = if images && text.trim().is_empty() {
        format!("[{what} was taken out of the context]")
    } else {
        format!("[output taken out of the context: {what}, in {file}]")
    };
    Some(with_text(result, line, false))
}

/// Cuts the long strings of an old call's input.
pub fn short_input(call: &ToolCall) -> Option<ToolCall> {
    let mut input = call.input.clone();
    let mut changed = false;
    if let Value::Object(fields) = &mut input {
        for value in fields.values_mut() {
            changed |= shorten(value, 0);
        }
    }
    changed.then(|| ToolCall { input, ..call.clone() })
}

/// Shortens the strings of a value; lists of edits are two levels deep.
fn shorten(value: &mut Value, depth: u8) -> bool {
    match value {
        Value::String(text) if text.len() > INPUT_FROM => {
            let left = text.chars().count().saturating_sub(INPUT);
            *text = format!("{}[… {left} characters cut]", clip(text, INPUT));
            true
        }
        Value::Array(list) if depth < 2 => list.iter_mut().fold(false, |any, item| shorten(item, depth + 1) | any),
        Value::Object(fields) if depth < 2 => {
            fields.values_mut().fold(false, |any, item| shorten(item, depth + 1) | any)
        }
        _ => false,
    }
}

/// Head and tail of a text, three fifths and two fifths of `share` of it.
fn ends(text: &str, share: f64, file: &str) -> String {
    let room = text.len() as f64 * share;
    let head = floor(text, (room * 0.6) as usize);
    let tail = ceil(text, text.len() - ((room * 0.4) as usize).min(text.len() - head));
    // Whole lines, where that loses little.
    let (first, last) = (text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default());
    let head = first.rfind('\n').filter(|at| at * 2 > head).unwrap_or(head);
    let tail = last.find('\n').filter(|at| at * 2 < last.len()).map_or(tail, |at| tail + at + 1);
    let left = text.get(head..tail).map_or(0, |cut| cut.chars().count());
    format!(
        "{}\n[… {left} characters cut; the whole output is in {file}]\n{}",
        text.get(..head).unwrap_or_default(),
        text.get(tail..).unwrap_or_default()
    )
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil(text: &str, mut at: usize) -> usize {
    while at < text.len() && !text.is_char_boundary(at) {
        at += 1;
    }
    at.min(text.len())
}

fn with_text(result: &ToolResult, text: String, images: bool) -> ToolResult {
    let image = |part: &ResultPart| matches!(part, ResultPart::Image(Media { .. }));
    let mut parts = vec![ResultPart::Text(text)];
    parts.extend(result.parts.iter().filter(|part| images && image(part)).cloned());
    ToolResult { call_id: result.call_id.clone(), parts, is_error: result.is_error }
}

fn tells_error(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    ["error", "failed", "panicked", "warning:", "exception", "fatal"].iter().any(|word| line.contains(word))
}

pub(super) fn clip(text: &str, chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars) {
        Some((at, _)) => Cow::Owned(format!("{}…", text.get(..at).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn result(text: &str) -> ToolResult {
        ToolResult::text("c", text, false)
    }

    #[test]
    fn a_long_result_keeps_head_and_tail_within_its_cap() {
        let text: Vec<String> = (0..2_000).map(|n| format!("line {n} of the log")).collect();
        let text = text.join("\n");
        let cut = reduce(&result(&text), 500, "r1.txt").unwrap().joined();
        assert!(tokens(&cut) <= 500 && tokens(&cut) > 350, "{}", tokens(&cut));
        assert!(cut.starts_with("line 0 ") && cut.trim_end().ends_with("line 1999 of the log"), "{cut}");
        assert!(cut.contains("the whole output is in r1.txt"));
        assert_eq!(reduce(&result("short"), 500, "r1.txt"), None);
    }

    #[test]
    fn a_snipped_result_keeps_its_errors() {
        let mut lines: Vec<String> = (0..200).map(|n| format!("compiling crate number {n}")).collect();
        lines[100] = "error[E0382]: use of moved value".into();
        let cut = snip(&result(&lines.join("\n")), "r1.txt").unwrap().joined();
        assert!(cut.contains("E0382") && cut.contains("194 lines cut") && cut.contains("number 199"), "{cut}");
    }

    #[test]
    fn a_stub_says_where_to_read() {
        let cut = stub(&result(&"word ".repeat(200)), "/o/r1.txt").unwrap().joined();
        assert_eq!(cut, "[output taken out of the context: 1 lines, in /o/r1.txt]");
        assert_eq!(stub(&result("ok"), "r1.txt"), None);
    }

    #[test]
    fn long_inputs_become_short_and_stay_objects() {
        let input = json!({"file_path": "a", "content": "x".repeat(5_000), "edits": [{"old_string": "y".repeat(900)}]});
        let call = ToolCall { id: "c".into(), name: "Write".into(), input };
        let short = short_input(&call).unwrap();
        assert!(short.input.to_string().len() < 400 && short.input["file_path"] == "a", "{}", short.input);
        assert!(short_input(&short).is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_cut_within_its_cap(text in "\\PC{0,3000}", cap in 60u64..400) {
            if let Some(cut) = reduce(&result(&text), cap, "r1.txt") {
                prop_assert!(tokens(&cut.joined()) <= cap);
            }
            prop_assert!(snip(&result(&text), "r").is_none_or(|cut| tokens(&cut.joined()) < tokens(&text)));
        }
    }
}
