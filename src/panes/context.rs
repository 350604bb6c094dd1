//! `/context`: what fills the window, by category and by item.

use ratatui::text::{Line, Span};

use crate::base::text;
use crate::domain::ContextReport;
use crate::theme::{Meaning, Theme};

/// Items that are listed of each category.
const ITEMS: usize = 40;

/// All rows of the report; without one, that it is being counted.
pub fn lines(report: Option<&ContextReport>, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let Some(report) = report else {
        return vec![Line::styled("counting …", theme.style(Meaning::Muted))];
    };
    let used: u64 = report.items.iter().map(|item| item.tokens).sum();
    let mut lines = vec![head(report, used, theme), Line::default()];
    let categories = categories(report);
    for (category, tokens) in &categories {
        lines.push(bar((*category).to_owned(), *tokens, report.window, (theme, width)));
    }
    lines.push(bar("kept for answer".to_owned(), report.reserve, report.window, (theme, width)));
    let free = report.window.saturating_sub(used + report.reserve);
    lines.push(bar("free".to_owned(), free, report.window, (theme, width)));
    for (category, tokens) in &categories {
        lines.push(Line::default());
        lines
            .push(Line::styled(format!("{category} · {}", text::human_tokens(*tokens)), theme.style(Meaning::Heading)));
        items(report, category, theme, (width, &mut lines));
    }
    lines
}

fn head(report: &ContextReport, used: u64, theme: &Theme) -> Line<'static> {
    let basis = match report.measured {
        Some(_) => "scaled to the provider's own count",
        None => "estimated; nothing has been sent yet",
    };
    let share = (used * 100).checked_div(report.window).unwrap_or(0);
    let text =
        format!("{} of {} tokens ({share} %), {basis}", text::human_tokens(used), text::human_tokens(report.window));
    Line::styled(text, theme.style(Meaning::Text))
}

fn categories(report: &ContextReport) -> Vec<(&'static str, u64)> {
    let mut sums: Vec<(&'static str, u64)> = Vec::new();
    for item in &report.items {
        match sums.iter_mut().find(|(category, _)| *category == item.category) {
            Some((_, sum)) => *sum += item.tokens,
            None => sums.push((item.category, item.tokens)),
        }
    }
    sums
}

fn bar(name: String, tokens: u64, window: u64, at: (&Theme, u16)) -> Line<'static> {
    let (theme, width) = at;
    let cells = usize::from(width).saturating_sub(36).min(50);
    let share = if window > 0 { (tokens as f64 / window as f64).clamp(0.0, 1.0) } else { 0.0 };
    let filled = ((share * cells as f64).ceil() as usize).min(cells);
    Line::from(vec![
        Span::styled(format!("{name:16} "), theme.style(Meaning::Text)),
        Span::styled("█".repeat(filled), theme.style(Meaning::Gauge)),
        Span::styled("░".repeat(cells - filled), theme.style(Meaning::GaugeRest)),
        Span::styled(
            format!(" {:>7} {:>5.1} %", text::human_tokens(tokens), share * 100.0),
            theme.style(Meaning::Muted),
        ),
    ])
}

fn items(report: &ContextReport, category: &str, theme: &Theme, out: (u16, &mut Vec<Line<'static>>)) {
    let (width, lines) = out;
    let mut items: Vec<_> = report.items.iter().filter(|item| item.category == category).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.tokens));
    let rest = items.len().saturating_sub(ITEMS);
    for item in items.into_iter().take(ITEMS) {
        let label = text::sanitize_line(&item.label);
        let label = text::clip(&label, usize::from(width).saturating_sub(12)).into_owned();
        lines.push(Line::from(vec![
            Span::styled(format!("{:>8}  ", text::human_tokens(item.tokens)), theme.style(Meaning::Muted)),
            Span::styled(label, theme.style(Meaning::Text)),
        ]));
    }
    if rest > 0 {
        lines.push(Line::styled(format!("          … {rest} more"), theme.style(Meaning::Muted)));
    }
}
