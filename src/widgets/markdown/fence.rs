//! Code blocks: the rows of their lines, and a block that is still open and grows line by line.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::text::{Line, Span};

use crate::base::text::sanitize_line;
use crate::theme::{Meaning, Theme};
use crate::widgets::highlight::CodePainter;
use crate::widgets::wrap::{Break, Indent, wrap};

/// Blanks before each line of code.
const MARGIN: &str = "  ";

/// Turns lines of code into rows.
#[derive(Clone, Debug)]
pub(super) struct CodeRows {
    painter: CodePainter,
    indent: Indent,
    width: usize,
}

impl CodeRows {
    /// For code in `language`, behind what stands at the left of the block.
    pub(super) fn new(language: &str, mut indent: Indent, width: usize) -> Self {
        indent.first.push(Span::raw(MARGIN));
        indent.rest.push(Span::raw(MARGIN));
        Self { painter: CodePainter::new(language), indent, width }
    }

    /// The rows of one line, given without its newline.
    pub(super) fn line(&mut self, text: &str, theme: &Theme) -> Vec<Line<'static>> {
        let clean = sanitize_line(text.strip_suffix('\r').unwrap_or(text));
        let pieces = self.painter.line(&clean, theme);
        let pieces = pieces.iter().map(|(text, style)| (text.as_str(), *style));
        let rows = wrap(pieces, self.width, &self.indent, Break::Anywhere);
        self.indent.first.clone_from(&self.indent.rest);
        rows
    }
}

/// The row that names the language; none without one.
pub(super) fn label(language: &str, mut indent: Indent, width: usize, theme: &Theme) -> Option<Line<'static>> {
    let name = sanitize_line(language);
    indent.first.push(Span::raw(MARGIN));
    let rows = wrap([(name.as_ref(), theme.style(Meaning::Muted))], width, &indent, Break::Anywhere);
    rows.into_iter().next().filter(|_| !name.trim().is_empty())
}

/// A code block among other blocks. One that may be painted again, because more text can come, keeps the rows of
/// its whole lines: colouring is the dearest part of painting.
#[derive(Clone, Debug)]
pub(super) struct CodeBlock {
    pub(super) language: String,
    /// The state after the lines that are kept, or after all when none are kept.
    after: CodeRows,
    keeps: bool,
    /// Of each kept line a hash and where its rows end.
    lines: Vec<(u64, usize)>,
    rows: Vec<Line<'static>>,
    next: usize,
    /// Text of a line whose newline has not come.
    partial: String,
}

impl CodeBlock {
    pub(super) fn new(language: String, rows: CodeRows, keeps: bool) -> Self {
        Self { language, after: rows, keeps, lines: Vec::new(), rows: Vec::new(), next: 0, partial: String::new() }
    }

    pub(super) fn keeps(&self) -> bool {
        self.keeps
    }

    /// Takes text and adds the rows of the lines that it completes to `out`.
    pub(super) fn text(&mut self, text: &str, theme: &Theme, out: &mut Vec<Line<'static>>) {
        for part in text.split_inclusive('\n') {
            self.partial.push_str(part);
            if part.ends_with('\n') {
                let line = std::mem::take(&mut self.partial);
                self.line(line.trim_end_matches('\n'), theme, out);
            }
        }
    }

    /// Adds the rows of what is left and makes the block ready to be painted again.
    pub(super) fn end(&mut self, theme: &Theme, out: &mut Vec<Line<'static>>) {
        let line = std::mem::take(&mut self.partial);
        if !line.is_empty() {
            // The state must not move on before the line is whole.
            out.extend(self.after.clone().line(&line, theme));
        }
        self.next = 0;
    }

    fn line(&mut self, line: &str, theme: &Theme, out: &mut Vec<Line<'static>>) {
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        let hash = hasher.finish();
        let from = self.next.checked_sub(1).and_then(|at| self.lines.get(at)).map_or(0, |(_, end)| *end);
        match self.lines.get(self.next) {
            Some((known, end)) if *known == hash => {
                out.extend_from_slice(self.rows.get(from..*end).unwrap_or_default());
            }
            _ => {
                let rows = self.after.line(line, theme);
                if self.keeps {
                    self.lines.truncate(self.next);
                    self.rows.truncate(from);
                    self.rows.extend_from_slice(&rows);
                    self.lines.push((hash, self.rows.len()));
                }
                out.extend(rows);
            }
        }
        self.next += 1;
    }
}

/// The first word of a fence's info string.
pub(super) fn language(info: &str) -> &str {
    info.split([' ', '\t', ',', '{']).next().unwrap_or_default()
}

/// A fenced block at the top level whose end has not come.
#[derive(Clone, Debug)]
pub(super) struct OpenFence {
    sign: char,
    length: usize,
    /// Blanks before the opening fence; as many are taken off each line.
    margin: usize,
    pub(super) rows: CodeRows,
    pub(super) label: Option<Line<'static>>,
}

impl OpenFence {
    /// Reads the opening line; none when it is not one.
    pub(super) fn open(line: &str, width: usize, theme: &Theme) -> Option<Self> {
        let rest = line.trim_start_matches(' ');
        let margin = line.len() - rest.len();
        let sign = rest.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
        let info = rest.trim_start_matches(sign);
        let length = rest.len() - info.len();
        if margin > 3 || length < 3 || (sign == '`' && info.contains('`')) {
            return None;
        }
        let language = language(info.trim());
        let rows = CodeRows::new(language, Indent::default(), width);
        let label = label(language, Indent::default(), width, theme);
        Some(Self { sign, length, margin, rows, label })
    }

    /// Whether a whole line closes the block.
    pub(super) fn closes(&self, line: &str) -> bool {
        let rest = line.trim_start_matches(' ');
        let after = rest.trim_start_matches(self.sign);
        line.len() - rest.len() <= 3
            && rest.len() - after.len() >= self.length
            && after.trim_matches([' ', '\t', '\r']).is_empty()
    }

    /// Whether an unfinished line may still become the closing one.
    pub(super) fn may_close(&self, line: &str) -> bool {
        line.trim_start_matches(' ').trim_end_matches(self.sign).is_empty()
    }

    /// A line without the blanks that the opening fence had before it. A tab is as many columns as lead to the
    /// next stop of four; what is left of it stays as blanks.
    pub(super) fn content<'l>(&self, line: &'l str) -> Cow<'l, str> {
        let mut column = 0;
        for (at, byte) in line.bytes().enumerate() {
            let next = match byte {
                b' ' => column + 1,
                b'\t' => column + 4 - column % 4,
                _ => column,
            };
            let rest = line.get(at..).unwrap_or_default();
            if column >= self.margin || next == column {
                return Cow::Borrowed(rest);
            }
            if next > self.margin {
                let rest = rest.get(1..).unwrap_or_default();
                return Cow::Owned(format!("{}{rest}", " ".repeat(next - self.margin)));
            }
            column = next;
        }
        Cow::Borrowed("")
    }
}
