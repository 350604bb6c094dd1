//! A row of numbers as a row of little bars.

use ratatui::text::Span;

use super::Glyphs;
use crate::theme::{Meaning, Theme};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const DIGITS: [char; 8] = ['0', '1', '2', '3', '4', '5', '6', '7'];

/// The last `width` values, scaled so that `max` is the highest bar; one column each.
pub fn span(values: &[f64], max: f64, width: u16, theme: &Theme, glyphs: Glyphs) -> Span<'static> {
    let signs = if glyphs == Glyphs::Unicode { BARS } else { DIGITS };
    let skip = values.len().saturating_sub(width.into());
    let text = values.iter().skip(skip).map(|value| {
        let share = if max > 0.0 && value.is_finite() { (value / max).clamp(0.0, 1.0) } else { 0.0 };
        signs.get((share * 7.0).round() as usize).copied().unwrap_or(' ')
    });
    Span::styled(text.collect::<String>(), theme.style(Meaning::Accent))
}
