//! Code blocks: the rows of their lines, and a block that is still open and grows line by line.

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

    /// The row that names the language; none without one.
    pub(super) fn label(&self, language: &str, theme: &Theme) -> Option<Line<'static>> {
        let name = sanitize_line(language);
        let style = theme.style(Meaning::Muted);
        let rows = wrap([(name.as_ref(), style)], self.width, &self.indent, Break::Anywhere);
        rows.into_iter().next().filter(|_| !name.trim().is_empty())
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
        let label = rows.label(language, theme);
        Some(Self { sign, length, margin, rows, label })
    }

    /// Whether a whole line closes the block.
    pub(super) fn closes(&self, line: &str) -> bool {
        let rest = line.trim_start_matches(' ');
        let after = rest.trim_start_matches(self.sign);
        line.len() - rest.len() <= 3 && rest.len() - after.len() >= self.length && after.trim().is_empty()
    }

    /// Whether an unfinished line may still become the closing one.
    pub(super) fn may_close(&self, line: &str) -> bool {
        line.trim_start_matches(' ').trim_end_matches(self.sign).is_empty()
    }

    /// A line without the blanks that the opening fence had before it.
    pub(super) fn content<'l>(&self, line: &'l str) -> &'l str {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        line.get(blanks.min(self.margin)..).unwrap_or(line)
    }
}
