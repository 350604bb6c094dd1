//! What follows from a choice in the palette and in the pickers.

use super::dialogs::Dialog;
use super::layers::Layer;
use super::{Model, catalog, orders, show};
use crate::domain::{Act, Request};
use crate::panes::palette::{self, Pick};
use crate::panes::picker;
use crate::theme::Theme;

pub(super) fn in_palette(model: &mut Model, done: palette::Done) -> Vec<Act> {
    if done != palette::Done::No {
        model.layers.pop();
    }
    match done {
        palette::Done::Chosen(Pick::Command { line, complete: true }) => show::command(model, &line),
        palette::Done::Chosen(Pick::Command { line, .. }) => {
            model.composer.set_text(&format!("{line} "));
            Vec::new()
        }
        palette::Done::Chosen(Pick::Action(id)) => {
            catalog::order(&id).map(|order| orders::run(model, order)).unwrap_or_default()
        }
        palette::Done::No | palette::Done::Cancelled => Vec::new(),
    }
}

pub(super) fn model(model: &mut Model, outcome: picker::Outcome) -> Vec<Act> {
    match outcome {
        picker::Outcome::Chosen(index) => {
            model.layers.pop();
            let chosen = model.answers.models.get(index).map(|(model, _)| model.clone());
            chosen.map(|model| vec![Act::Send(Request::SetModel { model, effort: None })]).unwrap_or_default()
        }
        picker::Outcome::Cancelled => {
            model.layers.pop();
            Vec::new()
        }
        picker::Outcome::Nothing | picker::Outcome::Preview(_) => Vec::new(),
    }
}

/// A theme is tried on while the choice moves, and taken off again when nothing was chosen.
pub(super) fn theme(model: &mut Model, outcome: picker::Outcome) -> Vec<Act> {
    let name = |model: &Model, index: usize| model.look.names.get(index).cloned();
    match outcome {
        picker::Outcome::Nothing => Vec::new(),
        picker::Outcome::Preview(index) => {
            if let Some(name) = name(model, index) {
                model.look.theme = Theme::load(&name, &model.look.user).0.for_depth(model.look.depth);
            }
            Vec::new()
        }
        picker::Outcome::Chosen(index) => {
            model.layers.pop();
            let Some(name) = name(model, index) else { return Vec::new() };
            show::use_theme(model, &name);
            vec![Act::SaveTheme(name)]
        }
        picker::Outcome::Cancelled => {
            if let Some(Layer::Dialog(Dialog::Themes(_, before))) = model.layers.pop() {
                model.look.theme = *before;
            }
            Vec::new()
        }
    }
}
