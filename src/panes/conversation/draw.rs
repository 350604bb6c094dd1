//! Entries to lines: the words and signs of each kind of entry, for one width.
//!
//! Called only for entries on the screen. All foreign text passes the sanitiser here or in the widgets.

use ratatui::text::{Line, Span};

use super::cell::{Cell, Key, Kind, Layout, Lines, RetryRow, RetryState, ShellRun, Source};
use super::words::{prompt_text, sign};
use super::{call, welcome};
use crate::base::text;
use crate::domain::{Body, Notice, Origin, Record};
use crate::panes::cut::head;
use crate::panes::facts::Facts;
use crate::theme::{Meaning, Theme};
use crate::widgets::markdown::MarkdownCell;

/// Lines of a folded prompt, and of an unfolded one.
const PROMPT_LINES: (usize, usize) = (12, 2_000);
/// Bytes of a prompt that are looked at at all.
const PROMPT_BYTES: usize = 256 << 10;
/// Lines of output that a folded and an unfolded shell command show.
const SHELL_LINES: (usize, usize) = (10, 1_000);

/// What drawing needs to know besides the entry.
pub(super) struct Frame<'a> {
    pub facts: &'a Facts,
    pub theme: &'a Theme,
    pub now: u64,
    /// Nothing spins.
    pub still: bool,
}

/// Lays an entry out, unless its lines are still right.
pub(super) fn refresh(cell: &mut Cell, gap: usize, key: Key, frame: &Frame<'_>) {
    let fresh = cell.layout.as_ref().is_some_and(|layout| layout.key == key && layout.gap == gap);
    if fresh {
        return;
    }
    if refresh_markdown(cell, gap, key, frame) {
        return;
    }
    let mut layout = lay_out(cell, key, frame);
    layout.gap = gap;
    cell.layout = Some(layout);
}

/// Text keeps its Markdown cell, which takes in only what is new.
fn refresh_markdown(cell: &mut Cell, gap: usize, key: Key, frame: &Frame<'_>) -> bool {
    let Kind::Text(source) = &cell.kind else { return false };
    let Some(layout) = cell.layout.as_mut() else { return false };
    let (indent, label) = gutter(key.width, "latigo", Meaning::Agent);
    layout.indent = indent;
    layout.label = label;
    layout.key = key;
    layout.gap = gap;
    layout.refresh(source.as_str(), frame.theme);
    true
}

fn lay_out(cell: &Cell, key: Key, frame: &Frame<'_>) -> Layout {
    match &cell.kind {
        Kind::Welcome => Layout::plain(key, welcome::lines(frame.facts, frame.theme, key.width)),
        Kind::Prompt(record) => prompt(record, key, frame.theme),
        Kind::Text(source) => {
            let (indent, label) = gutter(key.width, "latigo", Meaning::Agent);
            let lines = Lines::Markdown(Box::new(MarkdownCell::new("")));
            let mut layout = Layout { key, lines, indent, label, gap: 0 };
            layout.refresh(source.as_str(), frame.theme);
            layout
        }
        Kind::Thinking(source) => thinking(source, key, frame.theme),
        Kind::Call(index) => match frame.facts.calls.at(*index) {
            Some(call) => call::layout(call, key, frame),
            None => Layout::plain(key, Vec::new()),
        },
        Kind::Shell(run) => shell(run, key, frame.theme),
        Kind::Notice(notice) => Layout::plain(key, notice_lines(notice, frame.theme, key.width)),
        Kind::Retry(row) => retry(row, key, frame),
        Kind::Draft(text) => draft(text, key, frame.theme),
        Kind::Mark { text, body, meaning } => mark(text, body.as_deref(), *meaning, (key, frame.theme)),
        Kind::Hidden => Layout::plain(key, Vec::new()),
    }
}

/// The left margin: a name where there is room, two columns elsewhere.
pub(super) fn gutter(width: u16, name: &'static str, meaning: Meaning) -> (u16, Option<(&'static str, Meaning)>) {
    if width >= 72 { (8, Some((name, meaning))) } else { (2, None) }
}

/// Foreign text in rows of at most `width` columns, at most `limit` of them, and how many lines were left out.
pub(super) fn wrapped(source: &str, width: u16, limit: usize) -> (Vec<String>, usize) {
    let mut rows = Vec::new();
    let mut lines = source.lines();
    for line in lines.by_ref() {
        rows.extend(text::wrap_plain(&text::sanitize(line), usize::from(width.max(1))));
        if rows.len() >= limit {
            break;
        }
    }
    let cut = usize::from(rows.len() > limit);
    rows.truncate(limit);
    let left = lines.count() + cut;
    (rows, left)
}

fn prompt(record: &Record, key: Key, theme: &Theme) -> Layout {
    let (source, origin) = prompt_text(record);
    let source = head(&source, PROMPT_BYTES);
    if origin == Origin::Harness {
        let line = text::sanitize_line(source);
        let line = text::clip(&line, usize::from(key.width.saturating_sub(14))).into_owned();
        let line = Line::styled(format!("  latigo asked: {line}"), theme.style(Meaning::Muted));
        return Layout::plain(key, vec![line]);
    }
    let (indent, label) = gutter(key.width, "you", Meaning::You);
    let width = key.width.saturating_sub(indent);
    let limit = if key.unfolded { PROMPT_LINES.1 } else { PROMPT_LINES.0 };
    let (rows, left) = wrapped(source, width.saturating_sub(2), limit);
    let style = theme.style(Meaning::You);
    let mut lines: Vec<Line<'static>> =
        rows.into_iter().map(|row| Line::from(vec![Span::styled("▌ ", style), Span::styled(row, style)])).collect();
    if left > 0 {
        lines.push(Line::styled(format!("▌ … {left} more lines"), theme.style(Meaning::Muted)));
    }
    if let Body::Prompted { message, .. } = &record.body {
        let images = message.blocks.iter().filter(|block| matches!(block, crate::domain::Block::Image(_))).count();
        if images > 0 {
            lines.push(Line::styled(format!("▌ [{images} image(s)]"), theme.style(Meaning::Muted)));
        }
        for block in &message.blocks {
            if let crate::domain::Block::Document(document) = block {
                let name = crate::base::text::sanitize_line(&document.name);
                let pages = if document.pages == 1 { "1 page".to_owned() } else { format!("{} pages", document.pages) };
                lines.push(Line::styled(format!("▌ [{name}, {pages}]"), theme.style(Meaning::Muted)));
            }
        }
    }
    Layout { indent, label, ..Layout::plain(key, lines) }
}

fn thinking(source: &Source, key: Key, theme: &Theme) -> Layout {
    let style = theme.style(Meaning::Thinking);
    let word = if matches!(source, Source::Stream(_)) { "thinking" } else { "thought" };
    let source = source.as_str();
    let tokens = text::human_tokens(crate::usage::estimate(source.len() as u64));
    let arrow = if key.unfolded { "▾" } else { "▸" };
    let mut lines = vec![Line::styled(format!("  {arrow} {word}, about {tokens} tokens"), style)];
    if key.unfolded {
        let (rows, left) = wrapped(source, key.width.saturating_sub(6), 2_000);
        lines.extend(rows.into_iter().map(|row| Line::styled(format!("    {row}"), style)));
        if left > 0 {
            lines.push(Line::styled(format!("    … {left} more lines"), style));
        }
    }
    Layout::plain(key, lines)
}

fn shell(run: &ShellRun, key: Key, theme: &Theme) -> Layout {
    let ShellRun { command, output, .. } = run;
    let (mark, meaning, state) = match (run.running, run.exit) {
        (true, _) => ("◐", Meaning::Running, "running".to_owned()),
        (false, Some(0)) => ("●", Meaning::Success, String::new()),
        (false, Some(code)) => ("✗", Meaning::Error, format!("exit {code}")),
        (false, None) => ("✗", Meaning::Error, "stopped".to_owned()),
    };
    let room = usize::from(key.width).saturating_sub(8 + state.len());
    let command = text::sanitize_line(command);
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("  {mark} "), theme.style(meaning)),
        Span::styled("! ", theme.style(Meaning::Tool)),
        Span::styled(text::clip(&command, room).into_owned(), theme.style(Meaning::Text)),
        Span::styled(format!("  {state}"), theme.style(Meaning::Muted)),
    ])];
    let limit = if key.unfolded { SHELL_LINES.1 } else { SHELL_LINES.0 };
    let count = output.lines().count();
    let skip = if run.running { count.saturating_sub(limit) } else { 0 };
    for line in output.lines().skip(skip).take(limit) {
        let line = text::sanitize_line(call::last_overprint(line));
        let line = text::clip(&line, usize::from(key.width.saturating_sub(4))).into_owned();
        lines.push(Line::styled(format!("    {line}"), theme.style(Meaning::Muted)));
    }
    if count > limit {
        lines.push(Line::styled(format!("    … {} more lines", count - limit), theme.style(Meaning::Muted)));
    }
    Layout::plain(key, lines)
}

/// A notice with its hint below.
pub(super) fn notice_lines(notice: &Notice, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let (mark, meaning) = sign(notice.level);
    let (rows, _) = wrapped(&notice.text, width.saturating_sub(4), 40);
    let mut lines = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let lead = if index == 0 { format!("  {mark} ") } else { "    ".to_owned() };
        lines.push(Line::from(vec![
            Span::styled(lead, theme.style(meaning)),
            Span::styled(row, theme.style(Meaning::Text)),
        ]));
    }
    if let Some(hint) = &notice.hint {
        let (rows, _) = wrapped(hint, width.saturating_sub(6), 10);
        // One arrow for one hint, however many rows it takes.
        let leads = std::iter::once("    → ").chain(std::iter::repeat("      "));
        let hint = leads.zip(rows).map(|(lead, row)| Line::styled(format!("{lead}{row}"), theme.style(Meaning::Muted)));
        lines.extend(hint);
    }
    lines
}

fn retry(row: &RetryRow, key: Key, frame: &Frame<'_>) -> Layout {
    let theme = frame.theme;
    let what = error_text(&row.error);
    let said = text::sanitize_line(&row.error.message);
    let said = text::clip(&said, 160);
    let (source, meaning) = match row.state {
        RetryState::Until(until) => {
            let left = until.saturating_sub(frame.now).div_ceil(1000);
            let next = row.tries + 1;
            let text = format!("{what}: trying again in {left} s · attempt {next} · press r to retry now");
            (text, Meaning::Warning)
        }
        RetryState::Again => (format!("{what}: asked again"), Meaning::Muted),
        RetryState::GivenUp if row.tries > 1 => {
            (format!("{what}: given up after {} attempts: {said}", row.tries), Meaning::Error)
        }
        RetryState::GivenUp => (format!("{what}: {said}"), Meaning::Error),
    };
    let mark = if row.state == RetryState::GivenUp { "✗" } else { "↻" };
    let (rows, _) = wrapped(&source, key.width.saturating_sub(4), 12);
    let mut lines: Vec<Line<'static>> = rows
        .into_iter()
        .enumerate()
        .map(|(index, row)| {
            let lead = if index == 0 { format!("  {mark} ") } else { "    ".to_owned() };
            Line::styled(lead + &row, theme.style(meaning))
        })
        .collect();
    if let RetryState::Until(_) = row.state
        && !said.is_empty()
    {
        let said = text::clip(&said, usize::from(key.width.saturating_sub(4))).into_owned();
        lines.push(Line::styled(format!("    {said}"), theme.style(Meaning::Muted)));
    }
    Layout::plain(key, lines)
}

/// The kind of an error, with its status.
fn error_text(error: &crate::domain::ModelError) -> String {
    use crate::domain::ErrorKind as Kind;
    let what = match error.kind {
        Kind::RateLimit => "rate limit",
        Kind::Overloaded => "overloaded",
        Kind::Server => "server error",
        Kind::Connection => "connection lost",
        Kind::Stalled => "the answer stalled",
        Kind::Protocol => "broken answer",
        Kind::Auth => "not authorised",
        Kind::Billing => "no credit",
        Kind::NotFound => "not found",
        Kind::PromptTooLong => "the prompt is too long",
        Kind::Rejected => "request refused",
        Kind::ReplayMiss => "the recording has no answer",
    };
    match error.status {
        Some(status) => format!("{what} ({status})"),
        // Nobody refused it: the program itself asks again, and says why.
        None if error.kind == Kind::Rejected => text::sanitize_line(&error.message).into_owned(),
        None => what.to_owned(),
    }
}

/// A summary that grows is not the model's answer, so it looks like none.
fn draft(source: &str, key: Key, theme: &Theme) -> Layout {
    let style = theme.style(Meaning::Muted);
    let mut lines = vec![Line::styled("  · summarising the conversation to make room …", style)];
    let (rows, _) = wrapped(source, key.width.saturating_sub(6), 2_000);
    lines.extend(rows.into_iter().map(|row| Line::styled(format!("    {row}"), style)));
    Layout::plain(key, lines)
}

fn mark(source: &str, body: Option<&str>, meaning: Meaning, at: (Key, &Theme)) -> Layout {
    let (key, theme) = at;
    let (rows, _) = wrapped(source, key.width.saturating_sub(4), 12);
    let mut lines: Vec<Line<'static>> =
        rows.into_iter().map(|row| Line::styled(format!("  · {row}"), theme.style(meaning))).collect();
    if let Some(body) = body.filter(|_| key.unfolded) {
        let (rows, _) = wrapped(body, key.width.saturating_sub(6), 2_000);
        lines.extend(rows.into_iter().map(|row| Line::styled(format!("    {row}"), theme.style(Meaning::Muted))));
    }
    Layout::plain(key, lines)
}
