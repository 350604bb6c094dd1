//! A bar with its percentage. The number stands beside it, so that nothing is told by colour alone.

use ratatui::text::{Line, Span};

use super::Glyphs;
use crate::theme::{Meaning, Theme};

/// Partial blocks, one eighth to seven eighths.
const EIGHTHS: [&str; 7] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Share from which a gauge warns, and from which it counts as full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marks {
    pub warn: f64,
    pub full: f64,
}

impl Default for Marks {
    fn default() -> Self {
        Self { warn: 0.7, full: 0.9 }
    }
}

/// A bar of exactly `width` columns for a share between 0 and 1; what is outside is clamped, NaN is empty.
/// Narrower than eight columns it is the percentage alone.
pub fn line(share: f64, width: u16, theme: &Theme, glyphs: Glyphs, marks: Marks) -> Line<'static> {
    let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
    let meaning = match share {
        share if share >= marks.full => Meaning::GaugeFull,
        share if share >= marks.warn => Meaning::GaugeWarn,
        _ => Meaning::Gauge,
    };
    let percent = format!("{:>3.0} %", percent(share));
    let style = theme.style(meaning);
    let width = usize::from(width);
    if width < 8 {
        let text: String = percent.trim_start().chars().take(width).collect();
        return Line::from(Span::styled(text, style));
    }
    let cells = width - percent.len() - 1;
    let (done, rest) = bar(share, cells, glyphs);
    Line::from(vec![
        Span::styled(done, style),
        Span::styled(rest, theme.style(Meaning::GaugeRest)),
        Span::raw(" "),
        Span::styled(percent, style),
    ])
}

/// Never 100 before it is full, never 0 once it has begun.
fn percent(share: f64) -> f64 {
    match share * 100.0 {
        value if value > 99.0 && value < 100.0 => 99.0,
        value if value > 0.0 && value < 1.0 => 1.0,
        value => value.round(),
    }
}

fn bar(share: f64, cells: usize, glyphs: Glyphs) -> (String, String) {
    match glyphs {
        Glyphs::Unicode => {
            let eighths = (share * cells as f64 * 8.0).round() as usize;
            let (whole, part) = (eighths / 8, eighths % 8);
            let part = part.checked_sub(1).and_then(|i| EIGHTHS.get(i)).copied().unwrap_or_default();
            let used = whole + usize::from(!part.is_empty());
            ("█".repeat(whole) + part, "░".repeat(cells.saturating_sub(used)))
        }
        Glyphs::Ascii => {
            let whole = (share * cells as f64).round() as usize;
            ("#".repeat(whole), "-".repeat(cells.saturating_sub(whole)))
        }
    }
}
