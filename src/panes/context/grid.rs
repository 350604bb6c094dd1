//! The window as a field of cells, each a share of the tokens: a letter and a colour for each category.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::text;
use crate::domain::ContextReport;
use crate::theme::{Meaning, Theme};

/// One category in the order in which it is drawn.
pub(super) struct Part {
    pub name: String,
    pub sign: char,
    pub meaning: Meaning,
    pub tokens: u64,
}

/// The categories of a report, the reserve and what is free last.
pub(super) fn parts(report: &ContextReport) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for item in report.items.iter().filter(|item| !item.hidden) {
        if let Some(part) = parts.iter_mut().find(|part| part.name == item.category) {
            part.tokens += item.tokens;
        } else {
            let (sign, meaning) = look(&item.category);
            parts.push(Part { name: item.category.clone(), sign, meaning, tokens: item.tokens });
        }
    }
    let used: u64 = parts.iter().map(|part| part.tokens).sum();
    let free = report.window.saturating_sub(used + report.reserve);
    parts.push(Part { name: "kept for the answer".into(), sign: '/', meaning: Meaning::Muted, tokens: report.reserve });
    parts.push(Part { name: "free".into(), sign: '·', meaning: Meaning::GaugeRest, tokens: free });
    parts
}

fn look(category: &str) -> (char, Meaning) {
    match category {
        "system" => ('s', Meaning::Title),
        "tools" => ('t', Meaning::Tool),
        "memory" => ('m', Meaning::Accent),
        "skills" => ('k', Meaning::Accent),
        "messages" => ('w', Meaning::Text),
        "results" => ('r', Meaning::Success),
        "summary" => ('z', Meaning::Heading),
        _ => ('x', Meaning::Warning),
    }
}

/// Draws the field.
pub(super) fn draw(parts: &[Part], window: u64, area: Rect, (theme, buf): (&Theme, &mut Buffer)) {
    let cells = u64::from(area.width) * u64::from(area.height);
    if cells == 0 || window == 0 {
        return;
    }
    let ends = parts.iter().scan(0, |sum, part| {
        *sum += part.tokens;
        Some((*sum, part))
    });
    let ends: Vec<(u64, &Part)> = ends.collect();
    let all = ends.last().map_or(window, |(end, _)| (*end).max(window));
    for cell in 0..cells {
        let at = (cell * all + all / 2) / cells;
        let Some((_, part)) = ends.iter().find(|(end, _)| at < *end) else { continue };
        let (x, y) = (area.x + (cell % u64::from(area.width)) as u16, area.y + (cell / u64::from(area.width)) as u16);
        if let Some(place) = buf.cell_mut((x, y)) {
            place.set_char(part.sign).set_style(theme.style(part.meaning));
        }
    }
}

/// `s system 4.1k 2 %`
pub(super) fn legend(part: &Part, window: u64) -> String {
    let share = if window > 0 { part.tokens as f64 * 100.0 / window as f64 } else { 0.0 };
    format!("{} {:20} {:>7} {share:>5.1} %", part.sign, text::clip(&part.name, 20), text::human_tokens(part.tokens))
}
