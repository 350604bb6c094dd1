//! The mouse: the wheel scrolls what is under it, a click chooses or unfolds.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{Focus, Model, layers, orders};
use crate::domain::Act;
use crate::panes::{activity, composer, conversation};

/// Rows that one step of the wheel moves.
const STEP: isize = 3;

/// One event of the mouse.
pub(super) fn mouse(model: &mut Model, event: MouseEvent) -> Vec<Act> {
    let at = Position { x: event.column, y: event.row };
    if let Some(acts) = layers::mouse(model, event) {
        return acts;
    }
    match event.kind {
        MouseEventKind::ScrollUp => wheel(model, at, -1),
        MouseEventKind::ScrollDown => wheel(model, at, 1),
        MouseEventKind::Down(MouseButton::Left) => click(model, at),
        _ => Vec::new(),
    }
}

/// The event can change something; moves and drags cannot, so nothing is drawn for them.
pub(super) fn matters(event: MouseEvent) -> bool {
    use MouseEventKind::{Down, ScrollDown, ScrollUp};
    matches!(event.kind, ScrollUp | ScrollDown | Down(MouseButton::Left))
}

/// The wheel over the panes.
pub(super) fn wheel(model: &mut Model, at: Position, step: isize) -> Vec<Act> {
    if model.layout.activity.contains(at) {
        return model.activity.update(activity::Msg::Move(step as i64), &model.facts);
    }
    model.conversation.update(conversation::Msg::Scroll(step * STEP))
}

fn click(model: &mut Model, at: Position) -> Vec<Act> {
    let layout = model.layout;
    if layout.composer.contains(at) {
        orders::focus(model, Focus::Composer);
        let (column, row) = inside(layout.composer, at);
        return model.composer.update(composer::Msg::Click { column, row }, model.pace.now).acts;
    }
    if layout.activity.contains(at) {
        orders::focus(model, Focus::Activity);
        return model.activity.update(activity::Msg::Click(at.y - layout.activity.y), &model.facts);
    }
    if layout.conversation.contains(at) {
        let (column, row) = inside(layout.conversation, at);
        return model.conversation.update(conversation::Msg::Click { row, column, width: layout.conversation.width });
    }
    Vec::new()
}

fn inside(area: Rect, at: Position) -> (u16, u16) {
    (at.x - area.x, at.y - area.y)
}
