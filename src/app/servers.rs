//! Tool servers and language servers on the screen: their panes, and what tool servers ask the person.

use super::Model;
use super::dialogs::{Dialog, Said};
use super::layers::Layer;
use crate::domain::{Act, Event, Live, ServerNews};
use crate::panes::form::{self, Form};
use crate::panes::languages::Languages;
use crate::panes::roster::Msg;
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

/// Gives the dialog on top what was said to it, when it is one of these.
pub(super) fn say(model: &mut Model, said: &Said) -> Option<Vec<Act>> {
    let now = model.pace.now;
    let (acts, closed) = match model.layers.last_mut()? {
        Layer::Dialog(Dialog::Servers(pane)) => said_to_list(said).map_or_else(unheard, |msg| pane.update(msg)),
        Layer::Dialog(Dialog::Languages(pane)) => said_to_list(said).map_or_else(unheard, |msg| pane.update(msg)),
        Layer::Dialog(Dialog::Form(form)) => match said {
            Said::Key(key) => form.update(form::Msg::Key(*key), now),
            Said::Paste(text) => form.update(form::Msg::Paste(text.clone()), now),
            Said::Wheel(rows) => form.update(form::Msg::Wheel(*rows), now),
            Said::Click(_) => (Vec::new(), false),
        },
        _ => return None,
    };
    if closed {
        model.layers.pop();
    }
    Some(acts)
}

fn said_to_list(said: &Said) -> Option<Msg> {
    match said {
        Said::Key(key) => Some(Msg::Key(*key)),
        Said::Click(at) => Some(Msg::Click(*at)),
        Said::Wheel(rows) => Some(Msg::Wheel(*rows)),
        Said::Paste(_) => None,
    }
}

fn unheard() -> (Vec<Act>, bool) {
    (Vec::new(), false)
}
