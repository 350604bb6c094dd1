//! Columns: how wide a text is, and how to make it fit. The same count as the renderer's, cluster by cluster.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The clusters of a sanitised text with their columns.
pub fn clusters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).map(|cluster| (cluster, cluster_width(cluster)))
}

/// Columns that a sanitised text takes on one row. Newlines take none.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.bytes().filter(|byte| *byte >= b' ').count()
    } else {
        clusters(text).map(|(_, columns)| columns).sum()
    }
}

/// Whether a row may be broken on either side of the cluster although there is no blank: CJK and emoji.
pub fn breaks_around(cluster: &str) -> bool {
    cluster.chars().next().is_some_and(|c| c.width() == Some(2) || ('\u{1F1E6}'..='\u{1F1FF}').contains(&c))
}

/// Terminals give the half-width sound marks a column of their own, and so does the renderer.
fn cluster_width(cluster: &str) -> usize {
    if let [byte] = cluster.as_bytes() {
        return usize::from(*byte >= b' ');
    }
    let marks = cluster.chars().filter(|c| matches!(c, '\u{FF9E}' | '\u{FF9F}')).count();
    if cluster.starts_with(['\n', '\r']) { 0 } else { cluster.width() + marks }
}

/// At most `max` columns of one row; what is missing is told by `…`.
pub fn clip(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max && text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut columns = 0;
    let mut cut = 0;
    let mut at = 0;
    for (cluster, wide) in clusters(text) {
        columns += wide;
        at += cluster.len();
        if columns > max {
            let kept = text.get(..cut).unwrap_or_default();
            return if max == 0 { Cow::Borrowed("") } else { Cow::Owned(format!("{kept}…")) };
        }
        if columns < max {
            cut = at;
        }
    }
    Cow::Borrowed(text)
}

/// Rows of at most `max` columns, broken at spaces where there are any. Each newline begins a row.
pub fn wrap_plain(text: &str, max: usize) -> Vec<String> {
    let max = max.max(1);
    text.split('\n').flat_map(|line| wrap_row(line, max)).collect()
}

fn wrap_row(line: &str, max: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    let mut columns = 0;
    // Where the last word of the row begins, in bytes and columns, if it may be taken to the next row.
    let mut word = (0, 0);
    for (cluster, wide) in clusters(line) {
        if cluster == " " {
            // Blanks beyond the edge vanish with the break that follows.
            if columns < max {
                row.push(' ');
                columns += 1;
            }
            word = (row.len(), columns);
            continue;
        }
        while columns + wide > max && columns > 0 {
            let rest = if word.0 > 0 { row.split_off(word.0) } else { String::new() };
            rows.push(finish(&mut row));
            columns = if rest.is_empty() { 0 } else { columns - word.1 };
            row = rest;
            word = (0, 0);
        }
        if columns + wide <= max {
            row.push_str(cluster);
            columns += wide;
        } else {
            // A cluster that is wider than the whole row cannot be drawn at all.
            row.push('…');
            columns += 1;
        }
    }
    rows.push(finish(&mut row));
    rows
}

/// Takes the row without the blanks at which it was broken.
fn finish(row: &mut String) -> String {
    let mut row = std::mem::take(row);
    row.truncate(row.trim_end_matches(' ').len());
    row
}
