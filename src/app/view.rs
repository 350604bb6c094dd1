//! Draws the model. It only reads.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Focus, Model, layers};
use crate::panes::{sidebar, status};
use crate::theme::Meaning;

/// Keys that the status line offers with the prompt in focus.
const TYPING: &[(&str, &str)] =
    &[("?", "help"), ("Shift+Tab", "mode"), ("Ctrl+O", "details"), ("Ctrl+P", "palette"), ("Tab", "panes")];
/// The same while something runs.
const BUSY: &[(&str, &str)] = &[("Enter", "queue"), ("Ctrl+O", "details"), ("Tab", "panes")];
const TALK: &[(&str, &str)] = &[
    ("j k", "scroll"),
    ("n p", "select"),
    ("Enter", "unfold"),
    ("g G", "ends"),
    ("/", "find"),
    ("Tab", "next"),
    ("Esc", "prompt"),
];
const ASKED: &[(&str, &str)] = &[("PgUp PgDn", "scroll behind"), ("Ctrl+C", "stop the turn")];
const ACTS: &[(&str, &str)] = &[("j k", "choose"), ("Enter", "details"), ("x", "kill"), ("Esc", "prompt")];

/// Draws everything into `area`, which must have the size of the last settle. Returns where the cursor belongs.
pub fn view(model: &Model, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let area = area.intersection(buf.area);
    if area.is_empty() || area.as_size() != model.layout.size {
        return None;
    }
    let theme = &model.look.theme;
    let layout = &model.layout;
    buf.set_style(area, theme.style(Meaning::Text));
    model.conversation.view(theme, layout.conversation, buf);
    if !layout.activity_title.is_empty() {
        rule(model, layout.activity_title, (" activity ", model.focus == Focus::Activity), buf);
        model.activity.view(model.scene(), model.focus == Focus::Activity, layout.activity, buf);
    }
    if !layout.divider.is_empty() {
        for y in layout.divider.y..layout.divider.bottom() {
            buf.set_stringn(layout.divider.x, y, "│", 1, theme.style(Meaning::Border));
        }
        sidebar::view(model.scene(), layout.sidebar, buf);
    }
    rule(model, layout.rule, ("", model.focus == Focus::Composer), buf);
    let cursor = model.composer.view(theme, layout.composer, buf);
    let cursor = cursor.filter(|_| model.focus == Focus::Composer);
    status::view(model.scene(), extra(model), layout.status, buf);
    if layers::any(model) { layers::view(model, area, buf) } else { cursor }
}

/// A line across, with a title near its start.
fn rule(model: &Model, area: Rect, what: (&str, bool), buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let (title, focused) = what;
    let theme = &model.look.theme;
    let style = theme.style(if focused { Meaning::BorderFocus } else { Meaning::Border });
    let lead = if title.is_empty() { "" } else { "─" };
    let used = lead.chars().count() + title.chars().count();
    let rest = "─".repeat(usize::from(area.width).saturating_sub(used));
    let line = Line::from(vec![
        Span::styled(lead, style),
        Span::styled(title.to_owned(), theme.style(Meaning::Title)),
        Span::styled(rest, style),
    ]);
    buf.set_line(area.x, area.y, &line, area.width);
}

fn extra(model: &Model) -> status::Extra<'_> {
    let hint = model.armed.map(|armed| armed.what.hint());
    let hint = hint.or(model.keymap.has_begun().then_some("Ctrl+X …  Ctrl+E editor · s session · a activity"));
    let keys = match model.focus {
        _ if model.permission.is_open() => ASKED,
        Focus::Composer if model.facts.is_busy() => BUSY,
        Focus::Composer => TYPING,
        Focus::Conversation => TALK,
        Focus::Activity => ACTS,
    };
    status::Extra { hint, keys }
}
