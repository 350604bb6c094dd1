//! The passage around what was found, read from the log.

use std::path::Path;

use regex::{Regex, RegexBuilder};

use super::extract::texts;
use crate::domain::HitKind;
use crate::session::line::{Decoded, decode};
use crate::session::lines::Lines;

/// Characters before the first word that was found, and of the whole passage.
const BEFORE: usize = 50;
const WHOLE: usize = 220;
/// Bytes of a text in which words are looked for.
const SEARCHED: usize = 256 * 1024;

/// The passage of one text of the record that begins at `start`; empty when it cannot be read any more.
pub(super) fn passage(log: &Path, start: u64, (kind, call): (HitKind, &str), terms: &[String]) -> Vec<(bool, String)> {
    let Ok(mut lines) = Lines::open(log, start) else { return Vec::new() };
    let Ok(Some(line)) = lines.next() else { return Vec::new() };
    let Decoded::Record(record) = decode(line.bytes) else { return Vec::new() };
    let text = texts(&record).into_iter().find(|text| text.kind == kind && (call.is_empty() || text.call == call));
    text.map(|text| around(&text.words, terms)).unwrap_or_default()
}

/// What stands around the first word that was found, with all found words marked.
pub(super) fn around(text: &str, terms: &[String]) -> Vec<(bool, String)> {
    let pattern = pattern(terms);
    let searched = text.get(..floor(text, SEARCHED)).unwrap_or_default();
    let at = pattern.as_ref().and_then(|pattern| pattern.find(searched)).map_or(0, |found| found.start());
    let back: usize = searched.get(..at).unwrap_or_default().chars().rev().take(BEFORE).map(char::len_utf8).sum();
    let from = at - back;
    let window: String = searched.get(from..).unwrap_or_default().chars().take(WHOLE).collect();
    let cut_end = from + window.len() < text.len();
    let window = window.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut passage = Vec::new();
    if from > 0 {
        passage.push((false, "…".to_owned()));
    }
    let mut rest = 0;
    for found in pattern.iter().flat_map(|pattern| pattern.find_iter(&window)) {
        push(&mut passage, false, window.get(rest..found.start()));
        push(&mut passage, true, Some(found.as_str()));
        rest = found.end();
    }
    push(&mut passage, false, window.get(rest..));
    if cut_end {
        passage.push((false, "…".to_owned()));
    }
    passage
}

fn push(passage: &mut Vec<(bool, String)>, found: bool, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        passage.push((found, text.to_owned()));
    }
}

/// Any of the words, at the beginning of one.
fn pattern(terms: &[String]) -> Option<Regex> {
    if terms.is_empty() {
        return None;
    }
    let words: Vec<String> = terms.iter().map(|term| regex::escape(term)).collect();
    RegexBuilder::new(&format!(r"\b(?:{})", words.join("|"))).case_insensitive(true).build().ok()
}

fn floor(text: &str, most: usize) -> usize {
    if text.len() <= most { text.len() } else { (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_shows_what_was_found_with_its_neighbours() {
        let text = format!("{} the Parser\n\n failed in parse_line {}", "x".repeat(100), "y ".repeat(200));
        let passage = around(&text, &["parse".to_owned()]);
        let marked: Vec<&str> = passage.iter().filter(|(found, _)| *found).map(|(_, text)| text.as_str()).collect();
        assert_eq!(marked, ["Parse", "parse"]);
        let whole: String = passage.iter().map(|(_, text)| text.as_str()).collect();
        assert!(whole.starts_with("…x") && whole.ends_with('…') && whole.contains("Parser failed in"), "{whole}");
        assert_eq!(around("short", &[]), [(false, "short".to_owned())]);
        assert_eq!(around("", &["a".to_owned()]), []);
        assert_eq!(around("çalış 漢字", &["漢字".to_owned()]).last(), Some(&(true, "漢字".to_owned())));
    }
}
