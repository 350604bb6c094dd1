//! `/cache` and `/tools`: tables over the ledger and the list of tools.
//!
//! Every number is a sum of records; nothing is estimated here.

use ratatui::text::{Line, Span};

use super::conversation::break_text;
use super::facts::Facts;
use super::sidebar::percent;
use crate::base::text;
use crate::theme::{Meaning, Theme};

/// Requests that are listed, the newest first.
const ROWS: usize = 200;

/// `/cache`: what was expected of the cache, what it served, and what broke it.
pub fn cache_lines(facts: &Facts, theme: &Theme) -> Vec<Line<'static>> {
    let ledger = &facts.ledger;
    let mut lines = Vec::new();
    match ledger.hit_rate() {
        Some(rate) => {
            let text = format!("{} % of all prompt tokens were read from the provider's cache", percent(rate));
            lines.push(Line::styled(text, theme.style(Meaning::Text)));
        }
        None => lines.push(Line::styled("nothing has been sent yet", theme.style(Meaning::Muted))),
    }
    lines.push(Line::default());
    lines.push(header(&["request", "prompt", "expected", "read", "written", "hit", ""], theme));
    for row in ledger.rows.iter().rev().take(ROWS) {
        let usage = &row.usage;
        let short = row.expected_read > usage.cache_read + row.expected_read / 20;
        let cells = [
            format!("{} turn {}", row.request, row.turn),
            text::human_tokens(usage.prompt()),
            text::human_tokens(row.expected_read),
            text::human_tokens(usage.cache_read),
            text::human_tokens(usage.cache_write_5m + usage.cache_write_1h),
            usage.hit_rate().map(|rate| format!("{} %", percent(rate))).unwrap_or_default(),
            if short { "less than expected".to_owned() } else { String::new() },
        ];
        lines.push(table_row(&cells, if short { Meaning::Warning } else { Meaning::Text }, theme));
        for broken in ledger.breaks.iter().filter(|broken| broken.request == row.request) {
            let told = text::sanitize_line(&break_text(&broken.what)).into_owned();
            lines.push(Line::styled(format!("  ! {told}"), theme.style(Meaning::Warning)));
        }
    }
    lines
}

/// `/tools`: what the model is offered.
pub fn tools_lines(facts: &Facts, theme: &Theme) -> Vec<Line<'static>> {
    let tools = facts.info.as_ref().map(|info| info.tools.as_slice()).unwrap_or_default();
    let mut lines =
        vec![Line::styled(format!("{} tools are offered to the model", tools.len()), theme.style(Meaning::Text))];
    lines.push(Line::default());
    for tool in tools {
        let calls = facts.calls.list().iter().filter(|call| call.name == *tool).count();
        let name = text::sanitize_line(tool);
        let name = text::clip(&name, 40);
        lines.push(Line::from(vec![
            Span::styled(format!("  {name:24} "), theme.style(Meaning::Tool)),
            Span::styled(if calls > 0 { format!("{calls} calls") } else { String::new() }, theme.style(Meaning::Muted)),
        ]));
    }
    lines
}

/// `/permissions`: the mode and what the gate has said so far.
pub fn permission_lines(facts: &Facts, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = vec![
        Line::from(vec![
            Span::styled("mode  ", theme.style(Meaning::Muted)),
            Span::styled(facts.mode.name(), theme.style(super::sidebar::mode_meaning(facts.mode))),
        ]),
        Line::styled(
            "Rules are read from .claude/settings.json, .claude/settings.local.json and your own settings.",
            theme.style(Meaning::Muted),
        ),
        Line::default(),
        Line::styled("what the gate decided in this session, newest first", theme.style(Meaning::Heading)),
    ];
    for call in facts.calls.list().iter().rev().filter(|call| call.verdict.is_some()).take(ROWS) {
        let Some(verdict) = &call.verdict else { continue };
        let word = match verdict.decision {
            crate::domain::Decision::Allow => "allow",
            crate::domain::Decision::Ask => "ask",
            crate::domain::Decision::Deny => "deny",
        };
        let what = text::sanitize_line(&call.title).into_owned();
        let because = super::activity::because(verdict);
        lines.push(Line::styled(
            format!("  {word:6}{} {what}", text::sanitize_line(&call.name)),
            theme.style(Meaning::Text),
        ));
        lines.push(Line::styled(format!("        {}", text::sanitize_line(&because)), theme.style(Meaning::Muted)));
    }
    lines
}

fn header(names: &[&str; 7], theme: &Theme) -> Line<'static> {
    table_row(&names.map(str::to_owned), Meaning::Title, theme)
}

fn table_row(cells: &[String; 7], meaning: Meaning, theme: &Theme) -> Line<'static> {
    let mut row = String::new();
    for (index, cell) in cells.iter().enumerate() {
        let width = if index == 0 { 22 } else { 9 };
        let cell = text::clip(cell, width.max(if index == 6 { 20 } else { 0 }));
        let pad = " ".repeat(width.saturating_sub(text::width(&cell)));
        if index == 0 {
            row.push_str(&cell);
            row.push_str(&pad);
        } else {
            row.push_str(&pad);
            row.push_str(&cell);
        }
    }
    Line::styled(row, theme.style(meaning))
}
