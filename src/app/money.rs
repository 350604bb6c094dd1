//! Money on the screen: the pane of sums, and the question whether to spend more.

use super::Model;
use super::dialogs::{Dialog, Said};
use super::layers::Layer;
use crate::domain::{Act, Body, Event, Live, MoneyBody, MoneyNews};
use crate::panes::purse::PurseQuestion;

/// Gives one of the two what was said to it.
pub(super) fn say(model: &mut Model, said: &Said) -> Vec<Act> {
    let now = model.pace.now;
    match model.layers.last_mut() {
        Some(Layer::Dialog(Dialog::Purse(question))) => match said {
            Said::Key(key) => question.key(*key, now),
            Said::Click(at) => question.click(*at, now),
            Said::Paste(_) | Said::Wheel(_) => Vec::new(),
        },
        Some(Layer::Dialog(Dialog::Costs(costs))) => match said {
            Said::Key(key) => {
                let acts = costs.key(*key);
                if acts.is_none() {
                    model.layers.pop();
                }
                acts.unwrap_or_default()
            }
            Said::Wheel(rows) => {
                costs.wheel(*rows);
                Vec::new()
            }
            Said::Click(_) | Said::Paste(_) => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Takes in what the engine says of money.
pub(super) fn hear(model: &mut Model, event: &Event) {
    match event {
        Event::Live(Live::Money(MoneyNews::Report(report))) => {
            for layer in &mut model.layers {
                if let Layer::Dialog(Dialog::Costs(costs)) = layer {
                    costs.hear(report);
                }
            }
        }
        Event::Recorded(record) => match &record.body {
            Body::Money(MoneyBody::Paused { reason, bill }) => {
                let question = PurseQuestion::new(reason.clone(), *bill, model.pace.now);
                model.layers.push(Layer::Dialog(Dialog::Purse(Box::new(question))));
            }
            Body::Money(MoneyBody::WentOn { .. }) | Body::TurnEnded { .. } => close(model),
            _ => {}
        },
        Event::Opened { .. } | Event::Closed => close(model),
        Event::Live(_) => {}
    }
}

/// The question is answered, or nothing waits any more.
fn close(model: &mut Model) {
    model.layers.retain(|layer| !matches!(layer, Layer::Dialog(Dialog::Purse(_))));
}
