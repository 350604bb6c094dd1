//! The layers over the panes: what is on top gets the keys first.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect, Size};

use super::keys::Found;
use super::sheet::{Sheet, What};
use super::{Context, Model, orders};
use crate::domain::{Act, Event};
use crate::panes::conversation::Scene;
use crate::widgets::popup;

/// One layer.
#[derive(Debug)]
pub(super) enum Layer {
    Sheet(Sheet),
    /// The activity pane where it has no room of its own.
    Activity,
}

/// Gives a key to the layer on top. None when there is no layer or it lets the key through.
pub(super) fn key(model: &mut Model, key: &KeyEvent) -> Option<Vec<Act>> {
    let contexts: &[Context] = match model.layers.last()? {
        Layer::Sheet(_) => &[Context::Sheet, Context::Behind],
        Layer::Activity => &[Context::Activity, Context::Sheet, Context::Behind],
    };
    match model.keymap.find(contexts, key) {
        Found::Order(order) => Some(orders::run(model, order)),
        Found::Begun | Found::Nothing => Some(Vec::new()),
    }
}

/// Opens a sheet, or closes it when it is on top.
pub(super) fn toggle_sheet(model: &mut Model, what: What) -> Vec<Act> {
    match model.layers.last() {
        Some(Layer::Sheet(sheet)) if sheet.what == what => {
            model.layers.pop();
        }
        _ => model.layers.push(Layer::Sheet(Sheet::new(what))),
    }
    Vec::new()
}

/// Where the activity pane stands when it is a layer: title row outside.
pub(super) fn activity_area(screen: Rect) -> Rect {
    popup::centered(screen, screen.width, (screen.height * 2 / 3).max(6))
}

/// Derives what the layers need for a draw.
pub(super) fn settle(model: &mut Model, size: Size) {
    let screen = Rect { x: 0, y: 0, width: size.width, height: size.height };
    let Model { facts, look, pace, layers, answers, activity, .. } = model;
    let scene = Scene { facts, theme: &look.theme, now: pace.now, still: pace.still, utc_offset: pace.utc_offset };
    for layer in layers {
        match layer {
            Layer::Sheet(sheet) => sheet.settle(screen, scene, answers),
            Layer::Activity => activity.settle(facts, activity_area(screen).height.saturating_sub(2)),
        }
    }
}

/// Draws the layers from the lowest to the top. Returns where the cursor belongs.
pub(super) fn view(model: &Model, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let mut cursor = None;
    for layer in &model.layers {
        cursor = match layer {
            Layer::Sheet(sheet) => {
                sheet.view(&model.look.theme, area, buf);
                None
            }
            Layer::Activity => {
                let frame = popup::Frame { title: "activity", foot: "j k choose · Enter details · x kill · Esc close" };
                let inner = popup::draw(activity_area(area), buf, &model.look.theme, &frame);
                model.activity.view(model.scene(), true, inner, buf);
                None
            }
        };
    }
    cursor
}

/// Hands an event to the layers.
pub(super) fn hear(_model: &mut Model, _event: &Event) -> Vec<Act> {
    Vec::new()
}
pub(super) fn next_tick(model: &Model, now: u64) -> Option<u64> {
    let moves = model.layers.iter().any(|layer| matches!(layer, Layer::Sheet(sheet) if sheet.moves()));
    (moves && model.facts.is_busy()).then(|| 1_000 - now % 1_000)
}
pub(super) fn paste(_model: &mut Model, text: String) -> Result<Vec<Act>, String> { Err(text) }
pub(super) fn set_comment(_model: &mut Model, _ask: u32, _text: &str) {}
pub(super) fn open_help(_model: &mut Model) -> Vec<Act> { Vec::new() }
pub(super) fn open_palette(_model: &mut Model) -> Vec<Act> { Vec::new() }
pub(super) fn show(_model: &mut Model, _show: crate::commands::Show) -> Vec<Act> { Vec::new() }
pub(super) fn mouse(_model: &mut Model, _event: ratatui::crossterm::event::MouseEvent) -> Option<Vec<Act>> { None }
