//! Tool servers and language servers on the screen: their panes, and what tool servers ask the person.

use super::Model;
use super::dialogs::Dialog;
use super::layers::Layer;
use crate::domain::{Act, Event, Live, ServerNews};
use crate::panes::form::Form;
use crate::panes::languages::Languages;
use crate::panes::servers::Servers;

/// Opens the pane.
pub(super) fn open(model: &mut Model) -> Vec<Act> {
    let (pane, acts) = Servers::open();
    model.layers.push(Layer::Dialog(Dialog::Servers(Box::new(pane))));
    acts
}

/// Opens the pane of language servers.
pub(super) fn open_languages(model: &mut Model) -> Vec<Act> {
    let (pane, acts) = Languages::open();
    model.layers.push(Layer::Dialog(Dialog::Languages(Box::new(pane))));
    acts
}

/// Takes in news: questions become forms, settled ones go away.
pub(super) fn hear(model: &mut Model, event: &Event) {
    match event {
        Event::Live(Live::Server(ServerNews::Asks(question))) => {
            let form = Form::new((**question).clone(), model.pace.now);
            model.layers.push(Layer::Dialog(Dialog::Form(Box::new(form))));
        }
        Event::Live(Live::Server(ServerNews::Settled(id))) => {
            model.layers.retain(|layer| !matches!(layer, Layer::Dialog(Dialog::Form(form)) if form.id() == *id));
        }
        _ => {}
    }
    for layer in &mut model.layers {
        match layer {
            Layer::Dialog(Dialog::Servers(pane)) => pane.hear(event),
            Layer::Dialog(Dialog::Languages(pane)) => pane.hear(event),
            _ => {}
        }
    }
}
