//! Which session is opened, and what the person can choose when that one cannot be had.

use std::path::Path;

use super::super::{Open, Setup, Stage};
use crate::domain::{FilesNews, Notice, SessionId};

/// Why a session was not opened, and what the person may choose instead.
pub(in crate::engine) struct Denied {
    pub(in crate::engine) notice: Notice,
    pub(in crate::engine) offer: Option<FilesNews>,
}

impl From<Notice> for Denied {
    fn from(notice: Notice) -> Self {
        Self { notice, offer: None }
    }
}

/// The session that is asked for; none for a new one.
pub(in crate::engine) fn wanted(setup: &Setup, stage: &Stage) -> Result<Option<SessionId>, Denied> {
    let Some(id) = meant(&setup.open, setup, stage)? else { return Ok(None) };
    if !matches!(setup.open, Open::Fork(_)) {
        return Ok(Some(id));
    }
    let fork = SessionId(setup.ids.next());
    match setup.store.fork(id, fork, None, setup.clock.wall_ms()) {
        Ok(()) => Ok(Some(fork)),
        Err(error) => Err(Notice::error(format!("The session was not forked: {error}")).into()),
    }
}

/// The session that these words mean.
fn meant(open: &Open, setup: &Setup, stage: &Stage) -> Result<Option<SessionId>, Denied> {
    match open {
        Open::New => Ok(None),
        Open::Latest => match setup.store.latest(&stage.place.project) {
            Some(id) => Ok(Some(id)),
            None => Err(Notice::info("There is no earlier session of this folder; this is a new one.").into()),
        },
        Open::Named(text) => setup.store.find(text).map(Some).map_err(|error| Denied {
            notice: Notice::error(error.to_string()),
            offer: Some(FilesNews::Choose { filter: text.clone() }),
        }),
        Open::Fork(which) => meant(which, setup, stage),
    }
}

/// A session of another folder is opened there, with that folder's settings, trust and rules.
pub(in crate::engine) fn elsewhere(setup: &Setup, id: SessionId, project: &Path) -> Denied {
    let text = format!("This session belongs to {}.", project.display());
    let hint = format!("Open it there: cd '{}' && latigo --resume {id}", project.display());
    let offer = || FilesNews::Elsewhere { id, title: title(setup, id), project: project.to_owned() };
    Denied { notice: Notice::warning(text).hint(hint), offer: setup.interactive.then(offer) }
}

/// What a session is called.
pub(in crate::engine) fn title(setup: &Setup, id: SessionId) -> String {
    let found = setup.store.list(None).into_iter().find(|session| session.id == id);
    found.map_or_else(|| id.to_string(), |session| session.title)
}
