//! The prompt's soft wrapping: which bytes stand in which row, and back from a row to a byte.
//!
//! A line is wrapped again only when it changed, so a key costs the line it is typed in.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::editor::Spot;
use crate::base::text;

/// Rows of the text at one width.
#[derive(Debug, Default)]
pub(super) struct Layout {
    width: usize,
    lines: Vec<Wrapped>,
}

#[derive(Debug)]
struct Wrapped {
    text: String,
    /// Byte ranges, at least one.
    rows: Vec<(usize, usize)>,
}

/// One row: its line and the bytes of that line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Layout {
    /// Brings the rows up to date with the text.
    pub(super) fn update(&mut self, lines: &[String], width: usize) {
        let width = width.max(1);
        if width != self.width {
            self.lines.clear();
            self.width = width;
        }
        self.lines.truncate(lines.len());
        for (index, line) in lines.iter().enumerate() {
            match self.lines.get_mut(index) {
                Some(cached) if cached.text == *line => {}
                Some(cached) => *cached = Wrapped { text: line.clone(), rows: wrap(line, width) },
                None => self.lines.push(Wrapped { text: line.clone(), rows: wrap(line, width) }),
            }
        }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.lines.iter().map(|line| line.rows.len()).sum::<usize>().max(1)
    }

    /// The rows from `first` on.
    pub(super) fn from(&self, first: usize) -> impl Iterator<Item = (Row, &str)> {
        let all = self.lines.iter().enumerate().flat_map(|(line, wrapped)| {
            wrapped.rows.iter().map(move |(start, end)| {
                let text = wrapped.text.get(*start..*end).unwrap_or_default();
                (Row { line, start: *start, end: *end }, text)
            })
        });
        all.skip(first)
    }

    /// Row and column of a place.
    pub(super) fn locate(&self, spot: Spot) -> (usize, usize) {
        let above: usize = self.lines.iter().take(spot.line).map(|line| line.rows.len()).sum();
        let Some(line) = self.lines.get(spot.line) else { return (above, 0) };
        let within = line.rows.iter().rposition(|(start, _)| *start <= spot.byte).unwrap_or(0);
        let start = line.rows.get(within).map_or(0, |(start, _)| *start);
        let x = line.text.get(start..spot.byte).unwrap_or_default().graphemes(true).map(columns).sum();
        (above + within, x)
    }

    /// The place at a row and column, as near as there is one.
    pub(super) fn at(&self, row: usize, column: usize) -> Spot {
        let row = row.min(self.rows() - 1);
        let Some((row, text)) = self.from(row).next() else { return Spot { line: 0, byte: 0 } };
        let last = self.lines.get(row.line).is_some_and(|line| line.text.len() == row.end);
        let mut x = 0;
        let mut byte = row.start;
        for (at, cluster) in text.grapheme_indices(true) {
            let wide = columns(cluster);
            // The end of a row that goes on below is the start of the next one.
            let end = at + cluster.len() == text.len();
            if x + wide > column || (end && !last) {
                break;
            }
            x += wide;
            byte = row.start + at + cluster.len();
        }
        Spot { line: row.line, byte }
    }
}

/// What is drawn for a cluster: itself, or a visible escape.
pub(super) fn drawn(cluster: &str) -> Cow<'_, str> {
    match cluster {
        "\t" => Cow::Borrowed("    "),
        plain if plain.len() == 1 && !plain.as_bytes().first().is_some_and(u8::is_ascii_control) => {
            Cow::Borrowed(plain)
        }
        foreign => text::sanitize_line(foreign),
    }
}

/// Columns that a cluster takes.
pub(super) fn columns(cluster: &str) -> usize {
    match cluster.as_bytes() {
        [32..=126] => 1,
        _ => text::width(&drawn(cluster)),
    }
}

/// Breaks after blanks where that is possible, else anywhere. The last column stays free for the cursor.
fn wrap(line: &str, width: usize) -> Vec<(usize, usize)> {
    let limit = width.saturating_sub(1).max(1);
    let mut rows = Vec::new();
    let (mut start, mut x) = (0, 0);
    // The byte after the last blank of the row and the column there.
    let mut blank: Option<(usize, usize)> = None;
    for (at, cluster) in line.grapheme_indices(true) {
        let wide = columns(cluster);
        if x + wide > limit && at > start {
            let (cut, used) = blank.take().filter(|(cut, _)| *cut > start).unwrap_or((at, x));
            rows.push((start, cut));
            start = cut;
            x = x.saturating_sub(used);
        }
        x += wide;
        if cluster == " " || cluster == "\t" {
            blank = Some((at + cluster.len(), x));
        }
    }
    rows.push((start, line.len()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &str, width: usize) -> Vec<&str> {
        wrap(line, width).into_iter().map(|(start, end)| &line[start..end]).collect()
    }

    #[test]
    fn rows_break_after_blanks_and_inside_long_words() {
        assert_eq!(rows("the quick brown fox", 11), ["the quick ", "brown fox"]);
        assert_eq!(rows("abcdefghij", 5), ["abcd", "efgh", "ij"]);
        assert_eq!(rows("", 5), [""]);
        assert_eq!(rows("漢字漢字", 6), ["漢字", "漢字"]);
    }

    #[test]
    fn places_and_rows_agree() {
        let lines = ["the quick brown fox".to_owned(), String::new(), "漢字 e\u{301}x".to_owned()];
        let mut layout = Layout::default();
        layout.update(&lines, 11);
        assert_eq!(layout.rows(), 4);
        for (line, text) in lines.iter().enumerate() {
            for (byte, _) in text.grapheme_indices(true).chain([(text.len(), "")]) {
                let spot = Spot { line, byte };
                let (row, x) = layout.locate(spot);
                assert_eq!(layout.at(row, x), spot);
            }
        }
        assert_eq!(layout.at(99, 99), Spot { line: 2, byte: lines[2].len() });
        assert_eq!(layout.at(0, 99), Spot { line: 0, byte: 9 }, "the end of a wrapped row is its last cluster");
    }
}
