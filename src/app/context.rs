//! The panels about the context: opening them, by a command or by news of the engine.

use super::Model;
use super::dialogs::Dialog;
use super::layers::Layer;
use crate::commands::Show;
use crate::domain::{Act, ContextNews};
use crate::panes::context::{Inspector, Items, Panel};

/// Opens what a command asked for.
pub(super) fn open(model: &mut Model, what: &Show) -> Vec<Act> {
    let panel =
        if *what == Show::Inspect { Panel::Inspect(Inspector::default()) } else { Panel::Items(Items::default()) };
    push(model, panel);
    Vec::new()
}

/// News about the context that want to be seen at once.
pub(super) fn open_news(model: &mut Model, news: &ContextNews) {
    if let Some(panel) = Panel::of(news) {
        push(model, panel);
    }
}

fn push(model: &mut Model, panel: Panel) {
    model.layers.push(Layer::Dialog(Dialog::Context(Box::new(panel))));
}
