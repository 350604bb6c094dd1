//! The panes over the steps of the session: going back to one, and what they changed.
//!
//! Both show what the engine answered and ask it to act; they know no file themselves.

mod changes;
mod rewind;
#[cfg(test)]
mod tests;
mod tree;

use ratatui::layout::Rect;

pub use changes::Changes;
pub use rewind::Rewind;

use crate::base::text::sanitize_line;
use crate::domain::FileDiff;

/// From this width on the difference stands beside the list.
const WIDE: u16 = 100;

/// Where list and difference stand below a head of so many rows.
fn divide(inner: Rect, head: u16, rows: usize) -> (Rect, Rect) {
    let head = head.min(inner.height);
    let body = Rect { y: inner.y + head, height: inner.height - head, ..inner };
    if inner.width >= WIDE {
        let left = inner.width * 2 / 5;
        return (Rect { width: left, ..body }, Rect { x: body.x + left + 1, width: inner.width - left - 1, ..body });
    }
    let top = (rows as u16).clamp(1, (body.height / 3).max(1)).min(body.height);
    let below = body.height - top;
    let line = 1.min(below);
    (Rect { height: top, ..body }, Rect { y: body.y + top + line, height: below - line, ..body })
}

/// `+3 −1`, nothing where no line differs.
fn counts(diff: &FileDiff) -> String {
    if diff.added + diff.removed == 0 { String::new() } else { format!("+{} −{}", diff.added, diff.removed) }
}

/// The first line of a prompt, harmless.
fn first_line(prompt: &str) -> String {
    let line = prompt.lines().find(|line| !line.trim().is_empty()).unwrap_or("(empty prompt)");
    sanitize_line(line.trim()).into_owned()
}

/// The time of day by the person's clock.
fn time(at: u64, utc_offset: i32) -> String {
    let seconds = (at / 1_000).saturating_add_signed(utc_offset.into()) % 86_400;
    format!("{:02}:{:02}", seconds / 3_600, seconds / 60 % 60)
}
