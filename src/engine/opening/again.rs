//! Opening the conversation of a sub-agent that goes on.

use super::{Denied, Journal, Opened, Past, machine};
use crate::domain::Notice;
use crate::engine::{Setup, Stage};
use crate::session;

/// The conversation of a sub-agent that goes on; none for everything else.
pub(super) fn open_again(setup: &Setup, stage: &Stage) -> Option<Result<(Opened, Vec<Notice>), Denied>> {
    let child = stage.child.as_ref().filter(|child| child.again)?;
    let id = child.session;
    let opened = setup.store.open_at(id, &child.log).map(|(records, log, notices)| {
        let mut past = Box::new(session::folded::<Past>(&records));
        let machine = machine(setup, stage, id, std::mem::take(&mut past.recollection));
        let journal = Journal::resumed(setup.store.clone(), stage.place.project.clone(), log, setup.secrets.clone());
        (Opened { id, machine, journal, past, records, outline: None }, notices)
    });
    Some(opened.map_err(|error| Denied { offer: None, notice: Notice::error(error.to_string()) }))
}
