//! Checkpoints, going back and forth, forks, and what a resumed session is told: the driver's side of them.

mod choosing;
mod forking;
mod going;
mod keeping;
mod report;
mod returning;

use std::sync::Arc;

pub(super) use choosing::{Denied, elsewhere, title, wanted};
pub(super) use keeping::{Keeping, Rooted};
pub(super) use returning::Knowledge;

use super::driver::Driver;
use super::{Setup, Stage};
use crate::domain::{FilesNews, FilesRequest, Live, Notice, Record};
use crate::session::{Checkpoints, Timeline};

/// What the driver keeps for it.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// The steps of the open session.
    pub(super) timeline: Timeline,
    /// None before the first session is open.
    checkpoints: Option<Checkpoints>,
}

impl Steps {
    /// For a session with this timeline.
    pub(super) fn of(timeline: Timeline, setup: &Setup, stage: &Stage) -> Self {
        let project = stage.place.project.clone();
        let checkpoints = Checkpoints::new(setup.store.blobs(), project, vec![setup.store.root().to_owned()]);
        Self { timeline, checkpoints: Some(checkpoints) }
    }

    /// Takes in a record that was written.
    pub(super) fn hear(&mut self, record: &Arc<Record>) {
        self.timeline.see(record);
    }
}

impl Driver {
    pub(super) async fn on_files(&mut self, request: FilesRequest) {
        match request {
            FilesRequest::ListSteps => self.news(FilesNews::Steps(self.parts.steps.timeline.lines())).await,
            FilesRequest::Preview { turn } => self.preview_move(turn),
            FilesRequest::Rewind { turn, files, conversation, chosen } => {
                self.rewind(turn, (files, conversation), chosen).await;
            }
            FilesRequest::Undo => self.undo().await,
            FilesRequest::Redo => self.redo().await,
            FilesRequest::Diff { turn } => self.report_changes(turn),
            FilesRequest::RevertHunk { turn, path, hunk, seen } => self.revert_hunk(turn, path, (hunk, seen)).await,
            FilesRequest::Fork { before } => self.fork(before).await,
            FilesRequest::ForkOf(id) => self.fork_of(id, None).await,
            FilesRequest::ForkAt { id, until } => self.fork_of(id.unwrap_or(self.session), Some(until)).await,
            FilesRequest::Keep(state) => self.keep_face(&state),
        }
    }

    async fn news(&mut self, news: FilesNews) {
        self.tell(crate::domain::Event::Live(Live::FilesNews(news))).await;
    }

    /// Whether the session stands still, so that it can be moved; says so when it does not.
    async fn stands_still(&mut self) -> bool {
        if !self.machine.is_busy() && self.running.is_empty() && self.parts.team.count() == 0 {
            return true;
        }
        self.notice(Notice::warning("This has to wait until nothing runs any more.").hint("Esc stops the turn")).await;
        false
    }
}
