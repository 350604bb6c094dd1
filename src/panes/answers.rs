//! The part of `/cache` that tells of cached answers: tiers, hits, savings, the newest questions.

use ratatui::text::Line;

use crate::base::text;
use crate::domain::{AnswerMode, AnswerStats};
use crate::theme::{Meaning, Theme};

/// All rows; a word on how to turn it on when it is off.
pub fn lines(stats: Option<&AnswerStats>, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let muted = |text: String| Line::styled(text, theme.style(Meaning::Muted));
    let mut lines = vec![Line::default(), Line::styled("cached answers", theme.style(Meaning::Heading))];
    let Some(stats) = stats else {
        lines.push(muted("looking …".to_owned()));
        return lines;
    };
    let switch = "/cache off, exact or semantic for this run; latigo.answerCache in your settings for all";
    lines.push(Line::styled(
        format!("{}: {} answers are kept", stats.mode.name(), stats.entries),
        theme.style(Meaning::Text),
    ));
    lines.push(muted(switch.to_owned()));
    if stats.mode == AnswerMode::Off && stats.entries == 0 {
        return lines;
    }
    for tier in &stats.tiers {
        let rate = tier.rate().map(|rate| format!(" ({} %)", super::sidebar::percent(rate))).unwrap_or_default();
        let (saved, tokens) = (text::exact_cost(tier.saved), text::human_tokens(tier.tokens));
        let row = format!(
            "  {:9} {} hits{rate}, {} misses, {saved} and {tokens} tokens saved",
            tier.tier.name(),
            tier.hits,
            tier.misses
        );
        lines.push(Line::styled(row, theme.style(Meaning::Text)));
    }
    for line in &stats.newest {
        let head = format!("  {:>10} ago  hits {:>3}  ", text::human_ms(line.age_ms), line.hits);
        let room = usize::from(width).saturating_sub(text::width(&head));
        let question = text::sanitize_line(&line.text);
        lines.push(muted(format!("{head}{}", text::clip(&question, room))));
    }
    if stats.entries > 0 {
        lines.push(muted("/cache clear takes all out".to_owned()));
    }
    lines
}
