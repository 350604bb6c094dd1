//! Front matter that only looks like YAML, made into YAML: values that a person would understand and a parser does not
//! are put into quotes. What is nested (lists, hooks) stays as it is.
//!
//! Typical are `description: Use this: when asked`, `argument-hint: [a] [b]`, `tools: *`, and descriptions with
//! `<example>` blocks that run over many lines.

use std::borrow::Cow;

/// Tags of which a description consists until they are closed.
const TAGS: [(&str, &str); 2] = [("<example>", "</example>"), ("<commentary>", "</commentary>")];

/// The same with blanks in the place of tabs at the start of lines: tabs are no indentation to YAML, but they are to
/// people.
pub(super) fn untabbed(head: &str) -> Cow<'_, str> {
    if !head.contains('\t') {
        return Cow::Borrowed(head);
    }
    let line = |line: &str| {
        let text = line.trim_start_matches(['\t', ' ']);
        let blanks = line.strip_suffix(text).unwrap_or_default().replace('\t', "  ");
        format!("{blanks}{text}\n")
    };
    Cow::Owned(head.lines().map(line).collect())
}

/// The same with values in quotes where `reads` says that they cannot be read as they stand.
pub(super) fn quoted(head: &str, reads: impl Fn(&str) -> bool) -> String {
    let lines: Vec<&str> = head.lines().collect();
    let mut out = String::with_capacity(head.len() + 64);
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let end = at + 1 + more(line, lines.get(at + 1..).unwrap_or_default());
        let entry = lines.get(at..end).unwrap_or_default();
        at = end;
        let text = entry.join("\n");
        match value(line) {
            Some((key, value)) if !reads(&text) => {
                let rest = entry.get(1..).unwrap_or_default().iter().map(|line| line.trim());
                let whole: Vec<&str> = std::iter::once(value).chain(rest).collect();
                let whole = whole.join("\n");
                let json = serde_json::to_string(bare(whole.trim())).unwrap_or_default();
                out.extend([key, ": ", &json]);
            }
            _ => out.push_str(&text),
        }
        out.push('\n');
    }
    out
}

/// Key and value of a line that begins an entry with a value on the line itself.
fn value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let value = value.trim();
    let is_block = value.starts_with(['|', '>']) && value.len() <= 3;
    (is_key && !value.is_empty() && !is_block).then_some((key, value))
}

/// How many of the lines that follow belong to the value of this one: indented ones, blank ones between them, and all
/// that an open `<example>` holds.
fn more(line: &str, following: &[&str]) -> usize {
    if value(line).is_none() {
        return 0;
    }
    let opened = |text: &str| TAGS.iter().map(|(open, _)| text.matches(open).count()).sum::<usize>();
    let closed = |text: &str| TAGS.iter().map(|(_, close)| text.matches(close).count()).sum::<usize>();
    let mut depth = opened(line).saturating_sub(closed(line));
    let mut count = 0;
    for (index, next) in following.iter().enumerate() {
        let belongs = depth > 0 || next.starts_with([' ', '<']);
        if !belongs && !next.trim().is_empty() {
            break;
        }
        depth = (depth + opened(next)).saturating_sub(closed(next));
        if belongs {
            count = index + 1;
        }
    }
    count
}

/// A text without quotes that enclose all of it.
fn bare(text: &str) -> &str {
    let inner = |mark| text.strip_prefix(mark).and_then(|rest: &str| rest.strip_suffix(mark));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}
