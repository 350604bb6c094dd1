//! The change of a file: a header, line numbers, signs, marks on the changed words, and syntax colours.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::highlight::{CodePainter, language_of};
use super::wrap::{Break, Indent, clip_line, line_width, wrap};
use crate::base::text::sanitize_line;
use crate::domain::{DiffHunk, DiffLine, FileDiff, LineKind};
use crate::theme::{Meaning, Theme};

/// Below this the numbers would leave too little room for the text.
const MIN_WIDTH_FOR_NUMBERS: u16 = 30;

/// All rows of a file's change, none wider than `width`.
pub fn lines(file: &FileDiff, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    rows(file, width, theme).collect()
}

/// The same one by one, so that who needs the first rows pays for no more.
pub fn rows<'d>(file: &'d FileDiff, width: u16, theme: &'d Theme) -> impl Iterator<Item = Line<'static>> + 'd {
    let language = language_of(&file.path);
    let digits = file.hunks.iter().map(last_number).max().unwrap_or(1).to_string().len();
    let hunks = file.hunks.iter().enumerate().flat_map(move |(at, hunk)| {
        let between = (at > 0).then(|| clip_line([("⋯", theme.style(Meaning::Muted))], width.into()));
        let mut painter = HunkPainter::new(hunk, language, digits, width, theme);
        between.into_iter().chain(hunk.lines.iter().flat_map(move |line| painter.rows(line)))
    });
    std::iter::once_with(move || header(file, width, theme)).chain(hunks)
}

/// The row above a change: path and counts.
pub fn header(file: &FileDiff, width: u16, theme: &Theme) -> Line<'static> {
    let path = sanitize_line(&file.path);
    let counts = format!("  +{} −{}", file.added, file.removed);
    let new = if file.created { "  new file" } else { "" };
    let muted = theme.style(Meaning::Muted);
    clip_line([(path.as_ref(), theme.style(Meaning::Title)), (counts.as_str(), muted), (new, muted)], width.into())
}

/// The highest line number of a hunk.
fn last_number(hunk: &DiffHunk) -> u32 {
    hunk.old_start.max(hunk.new_start).saturating_add(hunk.lines.len() as u32)
}

struct HunkPainter<'t> {
    theme: &'t Theme,
    width: u16,
    digits: usize,
    old: u32,
    new: u32,
    /// The text before and after the change are two texts to a syntax.
    before: CodePainter,
    after: CodePainter,
}

impl<'t> HunkPainter<'t> {
    fn new(hunk: &DiffHunk, language: &str, digits: usize, width: u16, theme: &'t Theme) -> Self {
        let painter = CodePainter::new(language);
        let (before, after) = (painter.clone(), painter);
        Self { theme, width, digits, old: hunk.old_start, new: hunk.new_start, before, after }
    }

    fn rows(&mut self, line: &DiffLine) -> Vec<Line<'static>> {
        let clean: Vec<(bool, String)> =
            line.pieces.iter().map(|(changed, text)| (*changed, sanitize_line(text).into_owned())).collect();
        let text: String = clean.iter().map(|(_, text)| text.as_str()).collect();
        let (ground, word, sign) = match line.kind {
            LineKind::Same => (Style::default(), Style::default(), ' '),
            LineKind::Added => (self.theme.style(Meaning::DiffAdded), self.theme.style(Meaning::DiffAddedWord), '+'),
            LineKind::Removed => {
                (self.theme.style(Meaning::DiffRemoved), self.theme.style(Meaning::DiffRemovedWord), '-')
            }
        };
        let colored = match line.kind {
            LineKind::Removed => self.before.line(&text, self.theme),
            LineKind::Added => self.after.line(&text, self.theme),
            LineKind::Same => {
                self.before.line(&text, self.theme);
                self.after.line(&text, self.theme)
            }
        };
        let indent = self.gutter(line.kind, sign, ground);
        let pieces = overlay(&colored, &clean, ground, word);
        let pieces = pieces.iter().map(|(text, style)| (text.as_str(), *style));
        let mut rows = wrap(pieces, self.width.into(), &indent, Break::Anywhere);
        if ground.bg.is_some() {
            for row in &mut rows {
                fill(row, self.width.into(), ground);
            }
        }
        rows
    }

    /// Numbers and sign of the first row, and the same room on rows that go on.
    fn gutter(&mut self, kind: LineKind, sign: char, ground: Style) -> Indent {
        let digits = self.digits;
        let number = |shown: bool, n: u32| if shown { format!("{n:>digits$}") } else { " ".repeat(digits) };
        let (old, new) = (kind != LineKind::Added, kind != LineKind::Removed);
        let numbers = format!("{} {} ", number(old, self.old), number(new, self.new));
        self.old += u32::from(old);
        self.new += u32::from(new);
        let sign = Span::styled(format!("{sign} "), ground);
        let blank = Span::styled("  ", ground);
        if self.width < MIN_WIDTH_FOR_NUMBERS {
            return Indent { first: vec![sign], rest: vec![blank] };
        }
        let style = ground.patch(self.theme.style(Meaning::LineNumber));
        let room = Span::styled(" ".repeat(numbers.len()), style);
        Indent { first: vec![Span::styled(numbers, style), sign], rest: vec![room, blank] }
    }
}

/// Lays ground and word marks under the syntax colours. Both sides hold the same text, cut differently.
fn overlay(colored: &[(String, Style)], marked: &[(bool, String)], ground: Style, word: Style) -> Vec<(String, Style)> {
    let mut pieces = Vec::new();
    let mut colors = colored.iter().map(|(text, style)| (text.as_str(), *style));
    let mut color = colors.next();
    for (changed, text) in marked {
        let under = if *changed { ground.patch(word) } else { ground };
        let mut left = text.as_str();
        while !left.is_empty() {
            let (piece, style) = match color {
                Some(("", _)) => {
                    color = colors.next();
                    continue;
                }
                Some((piece, style)) => (piece, style),
                None => (left, Style::default()),
            };
            let take = piece.len().min(left.len());
            let (Some(head), Some(rest)) = (left.get(..take), left.get(take..)) else { break };
            let style = if *changed { style.patch(word) } else { style };
            pieces.push((head.to_owned(), under.patch(style)));
            left = rest;
            color = color.map(|(piece, style)| (piece.get(take..).unwrap_or_default(), style));
        }
    }
    pieces
}

/// Carries the ground of a changed line to the right edge.
fn fill(row: &mut Line<'static>, width: usize, ground: Style) {
    let spare = width.saturating_sub(line_width(row));
    if spare > 0 {
        row.spans.push(Span::styled(" ".repeat(spare), ground));
    }
}
