//! Tool servers on the screen: their pane, and what they ask the person.

use super::Model;
use super::dialogs::{Dialog, Said};
use super::layers::Layer;
use crate::domain::{Act, Event, Live, ServerNews};
use crate::panes::form::{self, Form};
use crate::panes::servers::{self, Servers};

/// Opens the pane.
pub(super) fn open(model: &mut Model) -> Vec<Act> {
    let (pane, acts) = Servers::open();
    model.layers.push(Layer::Dialog(Dialog::Servers(Box::new(pane))));
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
        if let Layer::Dialog(Dialog::Servers(pane)) = layer {
            pane.hear(event);
        }
    }
}

/// Gives the dialog on top what was said to it, when it is one of these.
pub(super) fn say(model: &mut Model, said: &Said) -> Option<Vec<Act>> {
    let now = model.pace.now;
    let (acts, closed) = match model.layers.last_mut()? {
        Layer::Dialog(Dialog::Servers(pane)) => match said {
            Said::Key(key) => pane.update(servers::Msg::Key(*key)),
            Said::Click(at) => pane.update(servers::Msg::Click(*at)),
            Said::Wheel(rows) => pane.update(servers::Msg::Wheel(*rows)),
            Said::Paste(_) => (Vec::new(), false),
        },
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
