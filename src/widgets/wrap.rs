//! Breaks styled text into rows: at spaces, between wide characters, and inside words that are longer than a row.
//!
//! The pieces must be sanitised; everything else in this room comes through here, so no row is wider than asked.

use std::collections::VecDeque;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::base::text::{breaks_around, clusters, width as columns};

/// Characters that do not begin a row although a break before a wide character is allowed.
const CLOSING: &str = "、。，．：；？！）」』】〉》〕］｝・ー";

/// Asks for the wide form of the character before it. At the start of a piece it would widen what is measured.
const WIDENER: char = '\u{FE0F}';

/// What stands before the text of each row: bullets, quote bars, blanks.
#[derive(Clone, Debug, Default)]
pub struct Indent {
    pub first: Vec<Span<'static>>,
    pub rest: Vec<Span<'static>>,
}

impl Indent {
    /// Nothing on the first row, `columns` blanks on the others.
    pub fn hanging(columns: usize) -> Self {
        Self { first: Vec::new(), rest: vec![Span::raw(" ".repeat(columns))] }
    }
}

/// Where a row may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Between words; blanks at the break vanish.
    Words,
    /// Anywhere; every blank stays. For code.
    Anywhere,
}

/// What stands before a row, cut so that at least half of the row, or eight columns of it, is left for text.
pub fn clip_indent(spans: &[Span<'static>], width: usize) -> Vec<Span<'static>> {
    let mut row = Row::default();
    let room = width - width.min((width / 2).max(8));
    for span in spans {
        for (cluster, wide) in clusters(&span.content) {
            if row.columns + wide <= room {
                row.push(cluster, wide, span.style);
            }
        }
    }
    row.spans()
}

/// Columns that pieces take when drawn one after the other.
pub fn spans_width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|span| columns(&span.content)).sum()
}

/// Columns that a line takes when drawn.
pub fn line_width(line: &Line<'_>) -> usize {
    spans_width(&line.spans)
}

/// Rows of at most `width` columns, always at least one.
pub fn wrap<'a>(
    pieces: impl IntoIterator<Item = (&'a str, Style)>,
    width: usize,
    indent: &Indent,
    at: Break,
) -> Vec<Line<'static>> {
    let mut wrapper = Wrapper::new(width.max(1), indent, at);
    for (text, style) in pieces {
        let text = text.trim_start_matches(WIDENER);
        if text.is_ascii() && at == Break::Words {
            wrapper.ascii(text, style);
        } else {
            clusters(text).for_each(|(cluster, wide)| wrapper.cluster(cluster, wide, style));
        }
    }
    wrapper.finish()
}

/// The first row of the pieces, cut at `width` with `…` where something is missing.
pub fn clip_line<'a>(pieces: impl IntoIterator<Item = (&'a str, Style)>, width: usize) -> Line<'static> {
    let mut row = Row::default();
    let mut last = Style::default();
    for (text, style) in pieces {
        for (cluster, wide) in clusters(text.trim_start_matches(WIDENER)) {
            if row.columns + wide > width {
                row.shorten(width.saturating_sub(1));
                if width > 0 {
                    row.push("…", 1, last);
                }
                return Line::from(row.spans());
            }
            last = style;
            row.push(cluster, wide, style);
        }
    }
    Line::from(row.spans())
}

/// Pieces side by side, neighbours of one style joined.
#[derive(Debug, Default)]
struct Row {
    pieces: VecDeque<(String, Style)>,
    columns: usize,
}

impl Row {
    fn push(&mut self, text: &str, wide: usize, style: Style) {
        match self.pieces.back_mut() {
            // A cluster without a column belongs to the one before it, whatever its style.
            Some((last, known)) if *known == style || wide == 0 => last.push_str(text),
            _ => self.pieces.push_back((text.to_owned(), style)),
        }
        self.columns += wide;
    }

    /// Moves all of `other` to the end of this row.
    fn append(&mut self, other: &mut Row) {
        if self.pieces.is_empty() {
            std::mem::swap(&mut self.pieces, &mut other.pieces);
        } else {
            for (text, style) in other.pieces.drain(..) {
                match self.pieces.back_mut() {
                    Some((last, known)) if *known == style => last.push_str(&text),
                    _ => self.pieces.push_back((text, style)),
                }
            }
        }
        self.columns += std::mem::take(&mut other.columns);
    }

    fn clear(&mut self) {
        self.pieces.clear();
        self.columns = 0;
    }

    /// Drops clusters from the end until at most `max` columns are left.
    fn shorten(&mut self, max: usize) {
        while self.columns > max {
            let Some((text, _)) = self.pieces.back_mut() else { return };
            let Some((at, wide)) = last_cluster(text) else {
                self.pieces.pop_back();
                continue;
            };
            text.truncate(at);
            self.columns = self.columns.saturating_sub(wide);
        }
    }

    fn spans(self) -> Vec<Span<'static>> {
        self.pieces
            .into_iter()
            .filter(|(text, _)| !text.is_empty())
            .map(|(text, style)| Span::styled(text, style))
            .collect()
    }
}

fn last_cluster(text: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    let mut last = None;
    for (cluster, wide) in clusters(text) {
        last = Some((at, wide));
        at += cluster.len();
    }
    last
}

struct Wrapper<'i> {
    width: usize,
    indent: &'i Indent,
    at: Break,
    rows: Vec<Line<'static>>,
    row: Row,
    /// Columns of the row that are indent.
    start: usize,
    blank: Row,
    word: Row,
    /// The word is a wide character, which may be broken off from what follows.
    wide_word: bool,
}

impl<'i> Wrapper<'i> {
    fn new(width: usize, indent: &'i Indent, at: Break) -> Self {
        let (rows, row) = (Vec::new(), Row::default());
        let (blank, word) = (Row::default(), Row::default());
        let mut wrapper = Self { width, indent, at, rows, row, start: 0, blank, word, wide_word: false };
        wrapper.open(&indent.first);
        wrapper
    }

    /// Begins a row with its indent.
    fn open(&mut self, indent: &[Span<'static>]) {
        for span in clip_indent(indent, self.width) {
            self.row.push(&span.content, columns(&span.content), span.style);
        }
        self.start = self.row.columns;
    }

    fn ascii(&mut self, text: &str, style: Style) {
        for piece in text.split_inclusive(' ') {
            let word = piece.strip_suffix(' ').unwrap_or(piece);
            if !word.is_empty() {
                if self.wide_word {
                    self.flush();
                }
                self.word.push(word, word.len(), style);
            }
            if word.len() < piece.len() {
                self.flush();
                self.blank.push(" ", 1, style);
            }
        }
    }

    fn cluster(&mut self, cluster: &str, wide: usize, style: Style) {
        if self.at == Break::Anywhere {
            return self.place(cluster, wide, style);
        }
        if cluster == " " {
            self.flush();
            return self.blank.push(cluster, 1, style);
        }
        let is_wide = breaks_around(cluster);
        if (is_wide || self.wide_word) && !CLOSING.contains(cluster) {
            self.flush();
            self.wide_word = is_wide;
        }
        self.word.push(cluster, wide, style);
    }

    /// Puts the word on this row, or on the next where it does not fit.
    fn flush(&mut self) {
        self.wide_word = false;
        if self.word.columns == 0 && self.word.pieces.is_empty() {
            return;
        }
        if self.row.columns + self.blank.columns + self.word.columns > self.width && self.row.columns > self.start {
            self.blank.clear();
            self.break_row();
        }
        if self.row.columns + self.blank.columns + self.word.columns <= self.width {
            self.row.append(&mut self.blank);
            self.row.append(&mut self.word);
            return;
        }
        for mut part in [std::mem::take(&mut self.blank), std::mem::take(&mut self.word)] {
            for (text, style) in part.pieces.drain(..) {
                clusters(&text).for_each(|(cluster, wide)| self.place(cluster, wide, style));
            }
        }
    }

    /// Puts one cluster, on a new row if this one is full.
    fn place(&mut self, cluster: &str, wide: usize, style: Style) {
        if self.row.columns + wide > self.width && self.row.columns > self.start {
            self.break_row();
        }
        if self.row.columns + wide <= self.width {
            self.row.push(cluster, wide, style);
        } else if self.row.columns < self.width {
            // Wider than the whole row: it cannot be drawn at all.
            self.row.push("…", 1, style);
        }
    }

    fn break_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        self.rows.push(Line::from(row.spans()));
        self.open(&self.indent.rest);
    }

    fn finish(mut self) -> Vec<Line<'static>> {
        self.flush();
        let row = std::mem::take(&mut self.row);
        self.rows.push(Line::from(row.spans()));
        self.rows
    }
}
