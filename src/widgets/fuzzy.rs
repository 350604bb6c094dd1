//! Ranks names by how well they fit what was typed.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::style::Style;

use crate::base::text::{clusters, sanitize_line};
use crate::theme::{Meaning, Theme};

/// Names longer than this are judged by their end: nothing people pick from is longer.
const MAX_NAME: usize = 4_096;

/// The best `limit` fits, best first: the index into `names` and which of its clusters (counted, sorted) fit.
/// An empty query keeps the order and marks nothing. Capitals in the query make it strict about case.
pub fn rank(query: &str, names: &[impl AsRef<str>], limit: usize) -> Vec<(usize, Vec<u32>)> {
    let pattern = Pattern::parse(query, CaseMatching::Smart, Normalization::Smart);
    if pattern.atoms.is_empty() {
        return (0..names.len().min(limit)).map(|index| (index, Vec::new())).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, usize)> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let name = judged(name.as_ref());
        if let Some(score) = pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher) {
            scored.push((score, index));
        }
    }
    // Equal scores: the shorter name, then the earlier one.
    let length = |index: usize| names.get(index).map_or(0, |name| name.as_ref().len());
    let order = |a: &(u32, usize), b: &(u32, usize)| {
        b.0.cmp(&a.0).then_with(|| length(a.1).cmp(&length(b.1))).then(a.1.cmp(&b.1))
    };
    if scored.len() > limit && limit > 0 {
        scored.select_nth_unstable_by(limit - 1, order);
    }
    scored.truncate(limit);
    scored.sort_unstable_by(order);
    let mut marks = |index: usize| {
        let name = names.get(index).map(AsRef::as_ref).unwrap_or_default();
        let kept = judged(name);
        let skipped = name.get(..name.len() - kept.len()).unwrap_or_default();
        let skipped = clusters(skipped).count() as u32;
        let mut found = Vec::new();
        pattern.indices(Utf32Str::new(kept, &mut buffer), &mut matcher, &mut found);
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| at + skipped).collect()
    };
    scored.into_iter().map(|(_, index)| (index, marks(index))).collect()
}

/// The part of a name that is judged.
fn judged(name: &str) -> &str {
    let start = name.len().saturating_sub(MAX_NAME);
    (start..name.len()).find_map(|at| name.get(at..)).unwrap_or_default()
}

/// A name in pieces, those that fit marked. `marks` are as [`rank`] returns them; the text is sanitised here.
pub fn pieces(name: &str, marks: &[u32], style: Style, theme: &Theme) -> Vec<(String, Style)> {
    let marked = style.patch(theme.style(Meaning::Match));
    let mut pieces: Vec<(String, Style)> = Vec::new();
    for (at, (cluster, _)) in clusters(name).enumerate() {
        let style = if marks.binary_search(&(at as u32)).is_ok() { marked } else { style };
        match pieces.last_mut() {
            Some((text, known)) if *known == style => text.push_str(cluster),
            _ => pieces.push((cluster.to_owned(), style)),
        }
    }
    pieces.into_iter().map(|(text, style)| (sanitize_line(&text).into_owned(), style)).collect()
}
