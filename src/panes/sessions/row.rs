//! What a row of the list says beside the title.

use crate::base::text;
use crate::domain::{SessionState, SessionSummary};

/// What stands before a title, so that no colour is needed.
pub(super) fn sign(summary: &SessionSummary) -> &'static str {
    match (summary.state, summary.pinned) {
        (SessionState::Here, true) => "★▸ ",
        (SessionState::Here, false) => "▸ ",
        (SessionState::Open, true) => "★◉ ",
        (SessionState::Open, false) => "◉ ",
        (SessionState::Damaged, true) => "★! ",
        (SessionState::Damaged, false) => "! ",
        (SessionState::Failed, true) => "★✗ ",
        (SessionState::Failed, false) => "✗ ",
        (SessionState::Interrupted, true) => "★‖ ",
        (SessionState::Interrupted, false) => "‖ ",
        (SessionState::Rests, true) => "★ ",
        (SessionState::Rests, false) => "",
    }
}

/// How long ago, in one unit: `now`, `5 m`, `3 h`, `2 d`, `6 w`.
pub(super) fn age(then: u64, now: u64) -> String {
    let minutes = now.saturating_sub(then) / 60_000;
    match minutes {
        0 => "now".to_owned(),
        1..60 => format!("{minutes} m"),
        60..1_440 => format!("{} h", minutes / 60),
        1_440..20_160 => format!("{} d", minutes / 1_440),
        _ => format!("{} w", minutes / 10_080),
    }
}

/// What stands at the right of a row, as much as there is room for.
pub(super) fn facts(summary: &SessionSummary, now: u64, width: u16) -> String {
    let age = age(summary.updated, now);
    if width < 60 {
        return age;
    }
    let turns = if summary.turns == 1 { "1 turn".to_owned() } else { format!("{} turns", summary.turns) };
    let cost = summary.cost.map_or_else(|| "-".to_owned(), text::human_cost);
    format!("{turns}  {cost:>7}  {:>6}  {age:>4}", text::human_tokens(summary.tokens))
}
