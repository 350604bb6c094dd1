//! The lines of a tool call: one line when folded, what it shows when unfolded.

use ratatui::text::{Line, Span};

use super::cell::{Key, Layout};
use super::draw::Frame;
use crate::base::text;
use crate::domain::{Body, Shown};
use crate::panes::facts::{Call, CallState};
use crate::theme::{Meaning, Theme};
use crate::widgets::shown;

/// Lines of live output under a running call.
const LIVE: usize = 3;
/// Lines of an unfolded result.
const UNFOLDED: usize = 1_000;
const SPINNER: [&str; 4] = ["◐", "◓", "◑", "◒"];

/// The sign, the meaning of its colour, and the word of a state.
pub fn state_sign(state: CallState) -> (&'static str, Meaning, &'static str) {
    match state {
        CallState::Writing => ("○", Meaning::Muted, "the model writes it"),
        CallState::Waiting => ("○", Meaning::Muted, "waiting"),
        CallState::Asked => ("?", Meaning::Warning, "asks you"),
        CallState::Running => ("◐", Meaning::Running, "running"),
        CallState::Done => ("●", Meaning::Success, "done"),
        CallState::Failed => ("✗", Meaning::Error, "failed"),
        CallState::Denied => ("⊘", Meaning::Error, "denied"),
        CallState::Stopped => ("■", Meaning::Muted, "stopped"),
    }
}

/// How long a call took or has taken.
pub fn duration(call: &Call, now: u64) -> Option<u64> {
    call.duration_ms.or_else(|| match (call.state, call.started_at) {
        (CallState::Running, Some(started)) => Some(now.saturating_sub(started)),
        _ => None,
    })
}

/// What came of it, in one phrase; foreign text.
pub fn summary(call: &Call) -> &str {
    match call.done.as_ref().map(|record| &record.body) {
        Some(Body::CallDone { summary, .. }) => summary,
        _ => "",
    }
}

/// The lines of a call.
pub(super) fn layout(call: &Call, key: Key, frame: &Frame<'_>) -> Layout {
    let mut lines = vec![headline(call, key.width, frame)];
    let room = key.width.saturating_sub(6);
    if call.state == CallState::Running && !key.unfolded {
        lines.extend(tail(call, LIVE, room, frame.theme));
    }
    if key.unfolded {
        lines.extend(body(call, room, frame.theme));
    }
    Layout::plain(key, lines)
}

/// What an unfolded call shows: its result or live output, indented by four columns.
pub fn body(call: &Call, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let Some(Body::CallDone { result, shown: what, full_output, .. }) = call.done.as_ref().map(|done| &done.body)
    else {
        return tail(call, 200, width, theme);
    };
    let mut lines = match what {
        Shown::Nothing => {
            let joined = Shown::Text { text: result.joined(), language: None };
            shown::lines(&joined, width, theme, UNFOLDED)
        }
        what => shown::lines(what, width, theme, UNFOLDED),
    };
    if let Some(path) = full_output {
        let path = path.display().to_string();
        lines.push(Line::styled(format!("whole output: {}", text::sanitize_line(&path)), theme.style(Meaning::Muted)));
    }
    for line in &mut lines {
        line.spans.insert(0, Span::raw("    "));
    }
    lines
}

/// The last lines of live output.
pub fn tail(call: &Call, count: usize, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut rows: Vec<&str> = call.tail.lines().rev().filter(|line| !line.trim().is_empty()).take(count).collect();
    rows.reverse();
    let line = |row: &str| {
        let row = text::sanitize_line(last_overprint(row));
        let row = text::clip(&row, usize::from(width)).into_owned();
        Line::styled(format!("    {row}"), theme.style(Meaning::Muted))
    };
    rows.into_iter().map(line).collect()
}

/// What a terminal would show of a line that a progress bar wrote over itself.
pub(super) fn last_overprint(line: &str) -> &str {
    line.trim_end_matches('\r').rsplit('\r').next().unwrap_or(line)
}

fn headline(call: &Call, width: u16, frame: &Frame<'_>) -> Line<'static> {
    let theme = frame.theme;
    let (mut mark, meaning, word) = state_sign(call.state);
    if call.state == CallState::Running && !frame.still {
        mark = SPINNER[(frame.now / 250 % 4) as usize];
    }
    let mut end = match call.state {
        CallState::Done | CallState::Failed | CallState::Running if !summary(call).is_empty() => {
            text::clip(&text::sanitize_line(summary(call)), usize::from(width / 3).max(12)).into_owned()
        }
        CallState::Done | CallState::Running => String::new(),
        CallState::Writing if call.arriving() > 400 => text::human_bytes(call.arriving() as u64),
        _ => word.to_owned(),
    };
    if matches!(shown_of(call), Some(Shown::Diff(_))) {
        end.push_str(" [diff]");
    }
    if let Some(took) = duration(call, frame.now) {
        end = if end.is_empty() { text::human_ms(took) } else { format!("{end}   {}", text::human_ms(took)) };
    }
    let name = text::sanitize_line(&call.name);
    let name = text::clip(&name, 40).into_owned();
    let title = text::sanitize_line(&call.title);
    let used = 4 + text::width(&name) + 1 + 3 + text::width(&end);
    let title = text::clip(&title, usize::from(width).saturating_sub(used)).into_owned();
    let gap = if title.is_empty() { "  " } else { "   " };
    Line::from(vec![
        Span::styled(format!("  {mark} "), theme.style(meaning)),
        Span::styled(name, theme.style(Meaning::Tool)),
        Span::styled(format!(" {title}"), theme.style(Meaning::Text)),
        Span::styled(
            format!("{gap}{end}"),
            theme.style(if call.state == CallState::Failed { Meaning::Error } else { Meaning::Muted }),
        ),
    ])
}

fn shown_of(call: &Call) -> Option<&Shown> {
    match call.done.as_ref().map(|record| &record.body) {
        Some(Body::CallDone { shown, .. }) => Some(shown),
        _ => None,
    }
}
