//! The layers over the panes: what is on top gets the keys first.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect, Size};

use super::dialogs::{self, Dialog, Said};
use super::keys::Found;
use super::sheet::{Sheet, What};
use super::{Context, Model, Order, library, orders};
use crate::domain::{Act, Event};
use crate::panes::activity;
use crate::panes::conversation::Scene;
use crate::widgets::popup;

/// One layer.
#[derive(Debug)]
pub(super) enum Layer {
    Sheet(Sheet),
    Dialog(Dialog),
    /// The activity pane where it has no room of its own.
    Activity,
}

/// Gives a key to the layer on top. None when there is no layer.
pub(super) fn key(model: &mut Model, key: KeyEvent) -> Option<Vec<Act>> {
    if model.folder.is_some() {
        return Some(match model.keymap.find(&[Context::Dialog], &key) {
            // Ctrl+C means neither yes nor no here, only the way out.
            Found::Order(Order::Close) => orders::run(model, Order::Stop),
            Found::Order(order) => orders::run(model, order),
            Found::Begun => Vec::new(),
            Found::Nothing => say_folder(model, Said::Key(key)),
        });
    }
    if model.permission.is_open() {
        return Some(match model.keymap.find(&[Context::Behind], &key) {
            Found::Order(order) => orders::run_behind(model, order),
            Found::Begun => Vec::new(),
            Found::Nothing => model.permission.update(Said::Key(key), model.pace.now),
        });
    }
    let contexts: &[Context] = match model.layers.last()? {
        Layer::Sheet(_) => &[Context::Sheet, Context::Behind],
        Layer::Activity => &[Context::Activity, Context::Sheet, Context::Behind],
        Layer::Dialog(_) => return Some(dialog_key(model, key)),
    };
    match model.keymap.find(contexts, &key) {
        Found::Order(order) => Some(orders::run(model, order)),
        Found::Begun | Found::Nothing => Some(Vec::new()),
    }
}

/// Tells the folder's question something; an answer closes it.
fn say_folder(model: &mut Model, said: Said) -> Vec<Act> {
    let Some(question) = &mut model.folder else { return Vec::new() };
    let (acts, answered) = question.update(said, model.pace.now);
    if answered {
        model.folder = None;
    }
    acts
}

/// A dialog has all keys but the few that must always work.
fn dialog_key(model: &mut Model, key: KeyEvent) -> Vec<Act> {
    match model.keymap.find(&[Context::Dialog], &key) {
        // Ctrl+C closes as Esc does, so that what a dialog tried on is taken off again.
        Found::Order(Order::Close) => dialogs::say(model, Said::Key(KeyEvent::from(KeyCode::Esc))),
        Found::Order(order) => orders::run(model, order),
        Found::Begun => Vec::new(),
        Found::Nothing => dialogs::say(model, Said::Key(key)),
    }
}

/// Gives a paste to the layer on top, or hands it back when no layer has a text.
pub(super) fn paste(model: &mut Model, text: String) -> Result<Vec<Act>, String> {
    if model.folder.is_some() {
        // A paste never answers; it is kept for the prompt behind the question.
        return Err(text);
    }
    if model.permission.is_open() {
        return Ok(model.permission.update(Said::Paste(text), model.pace.now));
    }
    match model.layers.last() {
        None => Err(text),
        Some(Layer::Dialog(_)) => Ok(dialogs::say(model, Said::Paste(text))),
        Some(Layer::Sheet(_) | Layer::Activity) => {
            model.layers.clear();
            Err(text)
        }
    }
}

/// Gives an event of the mouse to the layer on top. None when it is for the panes.
pub(super) fn mouse(model: &mut Model, event: MouseEvent) -> Option<Vec<Act>> {
    let at = Position { x: event.column, y: event.row };
    let wheel = match event.kind {
        MouseEventKind::ScrollUp => -1,
        MouseEventKind::ScrollDown => 1,
        _ => 0,
    };
    if model.folder.is_some() {
        let said = if wheel == 0 { Said::Click(at) } else { Said::Wheel(wheel * 3) };
        return Some(say_folder(model, said));
    }
    if model.permission.is_open() {
        return match (wheel, model.permission.frame().contains(at)) {
            (0, _) => Some(model.permission.update(Said::Click(at), model.pace.now)),
            (_, true) => Some(model.permission.update(Said::Wheel(wheel * 3), model.pace.now)),
            (_, false) => None,
        };
    }
    let screen = screen(model.layout.size);
    match (model.layers.last_mut()?, wheel) {
        (Layer::Sheet(sheet), 0) if !sheet.area(screen).contains(at) => {
            model.layers.pop();
            Some(Vec::new())
        }
        (Layer::Sheet(sheet), _) => {
            sheet.by(isize::from(wheel) * 3);
            Some(Vec::new())
        }
        (Layer::Dialog(_), 0) => Some(dialogs::say(model, Said::Click(at))),
        (Layer::Dialog(_), _) => Some(dialogs::say(model, Said::Wheel(wheel * 3))),
        (Layer::Activity, 0) => Some(if let Some(row) = at.y.checked_sub(activity_area(screen).y + 1) {
            model.activity.update(activity::Msg::Click(row), &model.facts)
        } else {
            model.layers.pop();
            Vec::new()
        }),
        (Layer::Activity, _) => Some(model.activity.update(activity::Msg::Move(wheel.into()), &model.facts)),
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

fn screen(size: Size) -> Rect {
    Rect { x: 0, y: 0, width: size.width, height: size.height }
}

/// Derives what the layers need for a draw.
pub(super) fn settle(model: &mut Model, size: Size) {
    let screen = screen(size);
    let Model { facts, look, pace, layers, activity, permission, folder, layout, .. } = model;
    let scene = Scene { facts, theme: &look.theme, now: pace.now, still: pace.still, utc_offset: pace.utc_offset };
    for layer in layers {
        match layer {
            Layer::Sheet(sheet) => sheet.settle(screen, scene),
            Layer::Dialog(dialog) => dialog.settle(screen, scene),
            Layer::Activity => activity.settle(facts, activity_area(screen).height.saturating_sub(2)),
        }
    }
    let above_status = Rect { height: size.height - layout.status.height, ..screen };
    permission.settle(above_status, &look.theme, pace.now);
    if let Some(question) = folder {
        question.settle(screen, &look.theme);
    }
}

/// Draws the layers from the lowest to the top. Returns where the cursor belongs.
pub(super) fn view(model: &Model, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let theme = &model.look.theme;
    let mut cursor = None;
    for layer in &model.layers {
        match layer {
            Layer::Sheet(sheet) => {
                sheet.view(theme, area, buf);
                cursor = None;
            }
            Layer::Dialog(dialog) => cursor = dialog.view(model.scene(), buf),
            Layer::Activity => {
                let frame =
                    popup::Frame { title: "activity", foot: "j k choose · Enter details · x kill · Esc close" };
                let inner = popup::draw(activity_area(area), buf, theme, &frame);
                model.activity.view(model.scene(), true, inner, buf);
            }
        }
    }
    if model.permission.is_open() {
        cursor = model.permission.view(theme, buf);
    }
    if let Some(question) = &model.folder {
        question.view(theme, buf);
        cursor = None;
    }
    cursor
}

/// Some layer stands over the panes.
pub(super) fn any(model: &Model) -> bool {
    model.folder.is_some() || model.permission.is_open() || !model.layers.is_empty()
}

/// Hands an event to the layers. What was opened before the first session was there stays.
pub(super) fn hear(model: &mut Model, event: &Event, first: bool) -> Vec<Act> {
    model.permission.hear(event, model.pace.now);
    let opened = matches!(event, Event::Opened { .. });
    if opened && first {
        library::settle_in(model);
        return Vec::new();
    }
    let acts = dialogs::hear(model, event);
    super::servers::hear(model, event);
    if opened {
        model.layers.clear();
    }
    acts
}

/// Milliseconds until a layer changes by itself.
pub(super) fn next_tick(model: &Model, now: u64) -> Option<u64> {
    let moves = model.layers.iter().any(|layer| matches!(layer, Layer::Sheet(sheet) if sheet.moves()));
    let sheet = (moves && model.facts.is_busy()).then(|| 1_000 - now % 1_000);
    let dialog = model.layers.iter().find_map(|layer| match layer {
        Layer::Dialog(dialog) => dialog.next_tick(now),
        _ => None,
    });
    let folder = model.folder.as_ref().and_then(|question| question.next_tick(now));
    [sheet, dialog, folder, model.permission.next_tick(now)].into_iter().flatten().min()
}
