//! The session browser, the search and the timeline: opening them, and going to what was found.

use super::Model;
use super::dialogs::{Dialog, push};
use super::layers::Layer;
use crate::domain::{Act, SessionId};
use crate::panes::sessions::{self, Goto, Sessions, Spot};
use crate::panes::timeline::Timeline;

/// Opens the browser with a text in its filter.
pub(super) fn open_browser(model: &mut Model, filter: &str) -> Vec<Act> {
    let mut sessions = Box::<Sessions>::default();
    let acts = sessions.open(filter, here(model), model.pace.now);
    push(model, Dialog::Sessions(sessions));
    acts
}

/// Opens the search through all sessions with a query.
pub(super) fn open_search(model: &mut Model, query: &str) -> Vec<Act> {
    let mut sessions = Box::<Sessions>::default();
    let acts = sessions.open_search(query, here(model), model.pace.now);
    push(model, Dialog::Sessions(sessions));
    acts
}

/// Tells browsers that were opened before any session where they are.
pub(super) fn settle_in(model: &mut Model) {
    let here = here(model);
    for layer in &mut model.layers {
        if let Layer::Dialog(Dialog::Sessions(sessions)) = layer {
            sessions.set_here(here.clone());
        }
    }
}

/// What follows when the browser on top has heard something: it may be closed, or want a place brought into view.
pub(super) fn after(model: &mut Model, mut acts: Vec<Act>) -> Vec<Act> {
    let Some(Layer::Dialog(Dialog::Sessions(sessions))) = model.layers.last_mut() else { return acts };
    let goto = sessions.take_goto();
    if !sessions.is_open() {
        model.layers.pop();
    }
    if let Some(goto) = goto {
        acts.extend(go_to(model, goto));
    }
    acts
}

/// Opens the timeline of a session, over whatever is there.
pub(super) fn open_timeline(model: &mut Model, id: Option<SessionId>, seq: Option<u64>) -> Vec<Act> {
    let (timeline, acts) = Timeline::open(id, seq);
    push(model, Dialog::Timeline(Box::new(timeline)));
    acts
}

/// What the browser is told of where it is opened.
fn here(model: &Model) -> sessions::Here {
    let info = model.facts.info.as_ref();
    sessions::Here {
        session: info.map(|info| info.session),
        project: info.map(|info| info.project.clone()).unwrap_or_default(),
    }
}

/// Brings a place that was found into view: now, or when its session is open.
pub(super) fn go_to(model: &mut Model, goto: Goto) -> Vec<Act> {
    match goto {
        Goto::Open { session, spot } => {
            if model.facts.info.as_ref().is_some_and(|info| info.session == session) {
                return show_spot(model, spot);
            }
            model.goto = Some((session, spot));
            Vec::new()
        }
        Goto::Timeline { session, seq } => open_timeline(model, Some(session), seq),
    }
}

/// Brings a place of the open session into view: in the conversation, or on the timeline when it lies further back than
/// was read.
pub(super) fn show_spot(model: &mut Model, spot: Spot) -> Vec<Act> {
    match spot {
        Spot::Agent(agent) => super::team::open_agent(model, &agent),
        Spot::Record(seq) if model.conversation.has_read(seq) => {
            model.conversation.go_to(seq, &model.facts);
            Vec::new()
        }
        Spot::Record(seq) => open_timeline(model, None, Some(seq)),
    }
}
