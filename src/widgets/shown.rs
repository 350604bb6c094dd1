//! Every shape in which a tool shows its result, as lines.

use ratatui::text::{Line, Span};

use super::table::Table;
use super::wrap::{Break, Indent, clip_line, wrap};
use super::{diff, highlight, text};
use crate::base::text::{human_bytes, sanitize_line};
use crate::domain::Shown;
use crate::theme::{Meaning, Theme};

/// More than the sanitiser leaves in one column.
const MAX_CLUSTER_BYTES: usize = 160;

/// At most `limit` rows; where more are there the last of them says how many. Work is bounded by the limit, not
/// by the size of the result.
pub fn lines(shown: &Shown, width: u16, theme: &Theme, limit: usize) -> Vec<Line<'static>> {
    match shown {
        Shown::Text { text, language } => text_lines(text, language.as_deref(), width, theme, limit),
        Shown::Diff(files) => {
            let total: usize =
                files.iter().map(|file| 1 + file.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>()).sum();
            let rows =
                files.iter().flat_map(|file| diff::rows(file, width, theme)).take(limit.saturating_add(1)).collect();
            cut(rows, total, width, theme, limit)
        }
        Shown::Table { header, rows } => {
            let seen = rows.get(..rows.len().min(limit)).unwrap_or_default();
            let lines = Table::plain(header, seen, theme).lines(width.into(), theme);
            cut(lines, rows.len() + 2, width, theme, limit)
        }
        Shown::List(items) => {
            let style = theme.style(Meaning::Text);
            let row = |item: &String| clip_line([(sanitize_line(item).as_ref(), style)], width.into());
            let rows = items.iter().take(limit.saturating_add(1)).map(row).collect();
            cut(rows, items.len(), width, theme, limit)
        }
        Shown::Image { name, width: w, height: h, bytes } => {
            let words = format!("[image: {}, {w}×{h}, {}]", sanitize_line(name), human_bytes(*bytes));
            vec![clip_line([(words.as_str(), theme.style(Meaning::Muted))], width.into())]
        }
        Shown::Nothing => Vec::new(),
    }
}

fn text_lines(source: &str, language: Option<&str>, width: u16, theme: &Theme, limit: usize) -> Vec<Line<'static>> {
    if source.is_empty() {
        return Vec::new();
    }
    let total = source.strip_suffix('\n').unwrap_or(source).split('\n').count();
    let end = source.match_indices('\n').nth(limit).map_or(source.len(), |(at, _)| at);
    let seen = source.get(..end).unwrap_or(source);
    let seen = seen.strip_suffix('\n').unwrap_or(seen);
    // No row needs more bytes than this, so the rest of an endless line cannot be seen either.
    let most = limit.saturating_add(1).saturating_mul(usize::from(width).max(1)).saturating_mul(MAX_CLUSTER_BYTES);
    let seen = (most..seen.len()).find_map(|at| seen.get(..at)).unwrap_or(seen);
    let rows = if language.is_some() {
        let colored = highlight::code(seen, language, theme);
        colored.iter().flat_map(|line| rewrap(line, width)).collect()
    } else {
        text::lines(seen, width, theme.style(Meaning::Text), Break::Anywhere)
    };
    cut(rows, total, width, theme, limit)
}

fn rewrap(line: &Line<'_>, width: u16) -> Vec<Line<'static>> {
    let pieces = line.spans.iter().map(|span| (span.content.as_ref(), span.style));
    wrap(pieces, width.into(), &Indent::default(), Break::Anywhere)
}

/// Keeps `limit` rows, the last of them the count of what is missing. `total` counts the lines of the source, of
/// which rows may have been made from only some.
fn cut(mut rows: Vec<Line<'static>>, total: usize, width: u16, theme: &Theme, limit: usize) -> Vec<Line<'static>> {
    if rows.len() <= limit {
        return rows;
    }
    let kept = limit.saturating_sub(1);
    let more = total.max(rows.len()) - kept;
    rows.truncate(kept);
    if limit > 0 {
        let words = format!("… {more} more {}", if more == 1 { "line" } else { "lines" });
        let line = clip_line([(words.as_str(), theme.style(Meaning::Muted))], width.into());
        rows.push(line);
    }
    rows
}

/// The row limit's sign, for panes that cut on their own.
pub fn more(count: usize, theme: &Theme) -> Span<'static> {
    Span::styled(format!("… {count} more {}", if count == 1 { "line" } else { "lines" }), theme.style(Meaning::Muted))
}
