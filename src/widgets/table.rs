//! Tables with columns sized to their content, that shrink and wrap, and on very narrow screens become records.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::wrap::{Break, Indent, line_width, wrap};
use crate::base::text::{sanitize_line, width as columns};
use crate::theme::{Meaning, Theme};

/// One cell: sanitised pieces.
pub type Cell = Vec<(String, Style)>;

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Align {
    #[default]
    Left,
    Center,
    Right,
}

/// A table to be drawn. Rows may be of unequal length; what is missing is blank.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub header: Vec<Cell>,
    pub rows: Vec<Vec<Cell>>,
    pub aligns: Vec<Align>,
}

/// Between columns.
const GAP: &str = " │ ";
/// A column narrower than this is not worth reading; then the table becomes records.
const MIN_COLUMN: usize = 4;
/// Columns that are drawn; a table with more is hostile.
const MAX_COLUMNS: usize = 64;

impl Table {
    /// A table of plain foreign text.
    pub fn plain(header: &[String], rows: &[Vec<String>], theme: &Theme) -> Self {
        let cells = |row: &[String], style: Style| -> Vec<Cell> {
            row.iter().map(|text| vec![(sanitize_line(text).into_owned(), style)]).collect()
        };
        Self {
            header: cells(header, theme.style(Meaning::Heading)),
            rows: rows.iter().map(|row| cells(row, theme.style(Meaning::Text))).collect(),
            aligns: Vec::new(),
        }
    }

    /// The rows of the screen, none wider than `width`.
    pub fn lines(&self, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        let count = self.rows.iter().map(Vec::len).chain([self.header.len()]).max().unwrap_or(0).min(MAX_COLUMNS);
        let gaps = GAP_COLUMNS * count.saturating_sub(1);
        if count == 0 {
            return Vec::new();
        }
        let natural: Vec<usize> = (0..count).map(|at| self.natural(at)).collect();
        let least: usize = natural.iter().map(|wide| (*wide).min(MIN_COLUMN)).sum();
        if least + gaps > width {
            return self.records(width.max(1), theme);
        }
        let widths = share(&natural, width - gaps);
        let mut lines = Vec::new();
        if !self.header.is_empty() {
            lines.extend(self.row(&self.header, &widths, theme));
            let rule: Vec<String> = widths.iter().map(|wide| "─".repeat(*wide)).collect();
            lines.push(Line::from(Span::styled(rule.join("─┼─"), theme.style(Meaning::Border))));
        }
        lines.extend(self.rows.iter().flat_map(|row| self.row(row, &widths, theme)));
        lines
    }

    /// The widest content of a column, at least one.
    fn natural(&self, at: usize) -> usize {
        let cells = self.rows.iter().chain([&self.header]).filter_map(|row| row.get(at));
        cells.map(|cell| cell.iter().map(|(text, _)| columns(text)).sum()).max().unwrap_or(0).max(1)
    }

    fn row(&self, cells: &[Cell], widths: &[usize], theme: &Theme) -> Vec<Line<'static>> {
        let mut parts: Vec<Vec<Line<'static>>> = Vec::new();
        for (at, wide) in widths.iter().enumerate() {
            let pieces = cells.get(at).into_iter().flatten().map(|(text, style)| (text.as_str(), *style));
            parts.push(wrap(pieces, *wide, &Indent::default(), Break::Words));
        }
        let height = parts.iter().map(Vec::len).max().unwrap_or(1);
        let border = theme.style(Meaning::Border);
        let mut lines = Vec::with_capacity(height);
        for y in 0..height {
            let mut spans = Vec::new();
            for (at, wide) in widths.iter().enumerate() {
                if at > 0 {
                    spans.push(Span::styled(GAP, border));
                }
                let line = parts.get_mut(at).and_then(|part| part.get_mut(y)).map(std::mem::take).unwrap_or_default();
                let last = at + 1 == widths.len();
                pad(&mut spans, line, *wide, self.aligns.get(at).copied().unwrap_or_default(), last);
            }
            lines.push(Line::from(spans));
        }
        lines
    }

    /// Each row as lines of `header: value`.
    fn records(&self, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let rows: &[Vec<Cell>] = if self.rows.is_empty() { std::slice::from_ref(&self.header) } else { &self.rows };
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                let rule = "─".repeat(width.min(6));
                lines.push(Line::from(Span::styled(rule, theme.style(Meaning::Border))));
            }
            for (at, cell) in row.iter().enumerate().take(MAX_COLUMNS) {
                let name = if self.rows.is_empty() { None } else { self.header.get(at) };
                let mut pieces: Cell = name.cloned().unwrap_or_default();
                if !pieces.is_empty() {
                    pieces.push((": ".to_owned(), Style::default()));
                }
                pieces.extend(cell.iter().cloned());
                let pieces = pieces.iter().map(|(text, style)| (text.as_str(), *style));
                lines.extend(wrap(pieces, width, &Indent::hanging(2), Break::Words));
            }
        }
        lines
    }
}

const GAP_COLUMNS: usize = 3;

/// Shares `room` among columns: those that need less than a fair share get what they need.
fn share(natural: &[usize], room: usize) -> Vec<usize> {
    let mut widths = vec![0; natural.len()];
    let mut open: Vec<usize> = (0..natural.len()).collect();
    let mut left = room;
    while !open.is_empty() {
        let fair = left / open.len();
        let (small, large): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|at| natural.get(**at).is_some_and(|need| *need <= fair));
        if small.is_empty() {
            for (order, at) in large.iter().enumerate() {
                let extra = usize::from(order < left % large.len());
                if let Some(slot) = widths.get_mut(*at) {
                    *slot = fair + extra;
                }
            }
            break;
        }
        for at in &small {
            let need = natural.get(*at).copied().unwrap_or(0);
            if let Some(slot) = widths.get_mut(*at) {
                *slot = need;
            }
            left -= need;
        }
        open = large;
    }
    widths
}

/// Adds a cell's line with blanks up to the column's width; the last column needs none behind it.
fn pad(spans: &mut Vec<Span<'static>>, line: Line<'static>, wide: usize, align: Align, last: bool) {
    let spare = wide.saturating_sub(line_width(&line));
    let before = match align {
        Align::Left => 0,
        Align::Center => spare / 2,
        Align::Right => spare,
    };
    let after = if last { 0 } else { spare - before };
    if before > 0 {
        spans.push(Span::raw(" ".repeat(before)));
    }
    spans.extend(line.spans);
    if after > 0 {
        spans.push(Span::raw(" ".repeat(after)));
    }
}
