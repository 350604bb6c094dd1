//! The one way in which a tool runs: what it changes is kept before and after, whoever asked for the call.

use std::path::PathBuf;

use tokio::sync::{mpsc, oneshot};

use super::super::driver::{Driver, News, What};
use crate::domain::{Action, FileGap, FileStep, FilesBody, PathMode, ToolCall, ToolOutcome};
use crate::session::Checkpoints;

/// Where changes are kept and put on record: in the session itself, also for calls of its sub-agents.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Rooted {
    checkpoints: Checkpoints,
    turn: u32,
    news: mpsc::Sender<News>,
    epoch: u32,
}

/// Keeps what one call changes.
#[derive(Clone)]
pub(in crate::engine) struct Keeping {
    root: Option<Rooted>,
    kind: Kind,
    call_id: String,
}

#[derive(Clone)]
enum Kind {
    /// It changes no file.
    Nothing,
    /// It changes these files.
    Edit(Vec<PathBuf>),
    /// Nobody knows what it changes.
    Command,
}

impl Driver {
    /// The keeper of a call.
    pub(in crate::engine) fn keeping(&self, call: &ToolCall) -> Keeping {
        let tool = self.tool(&call.name);
        let access = tool.and_then(|tool| self.access(&*tool, call).ok());
        let kind = access.map_or(Kind::Nothing, |access| match access.action {
            Action::Edit => {
                let written = access.paths.into_iter().filter(|used| used.mode == PathMode::Write);
                Kind::Edit(written.map(|used| used.path).collect())
            }
            Action::Execute | Action::External => Kind::Command,
            Action::Internal | Action::Read | Action::Fetch | Action::Grant | Action::Remember => Kind::Nothing,
        });
        let call_id = match &self.stage.child {
            Some(child) => format!("{}/{}", child.agent, call.id),
            None => call.id.clone(),
        };
        Keeping { root: self.rooted(), kind, call_id }
    }

    /// The keeper of something that may change any file.
    pub(in crate::engine) fn as_command(&self, call_id: &str) -> Keeping {
        Keeping { root: self.rooted(), kind: Kind::Command, call_id: call_id.to_owned() }
    }

    /// Where changes of this driver's calls, and of those of its children, are kept.
    pub(in crate::engine) fn rooted(&self) -> Option<Rooted> {
        match &self.stage.child {
            Some(child) => child.keep.clone(),
            None => Some(Rooted {
                checkpoints: self.parts.steps.checkpoints.clone()?,
                turn: self.machine.conversation().counts.turn,
                news: self.news.clone(),
                epoch: self.epoch,
            }),
        }
    }
}

impl Keeping {
    /// Runs a call. Its record is written before its outcome is told.
    pub(in crate::engine) async fn around(self, run: impl Future<Output = ToolOutcome>) -> ToolOutcome {
        let Some(root) = self.root.clone() else { return run.await };
        let checkpoints = root.checkpoints.clone();
        match self.kind.clone() {
            Kind::Nothing => run.await,
            Kind::Edit(paths) => {
                let keeper = checkpoints.clone();
                let (held, mut gaps) = blocking(move || keeper.hold(&paths)).await.unwrap_or_default();
                self.report_held(&root, held.clone()).await;
                let outcome = run.await;
                let (steps, more) = blocking(move || checkpoints.compare(held)).await.unwrap_or_default();
                gaps.extend(more);
                self.report(&root, steps, gaps).await;
                outcome
            }
            Kind::Command => {
                let keeper = checkpoints.clone();
                let mut gaps = blocking(move || keeper.begin_command()).await.unwrap_or_default();
                let outcome = run.await;
                let (steps, more) = blocking(move || checkpoints.end_command()).await.unwrap_or_default();
                gaps.extend(more);
                self.report(&root, steps, gaps).await;
                outcome
            }
        }
    }

    /// Waits until the before-images are on record, so that a crash finds them.
    async fn report_held(&self, root: &Rooted, files: crate::session::Held) {
        if files.is_empty() {
            return;
        }
        let (written, wait) = oneshot::channel();
        let body = FilesBody::Held { call_id: self.call_id.clone(), turn: root.turn, files };
        root.send(body, Some(written)).await;
        // The session was left meanwhile: nobody writes it any more.
        let _gone = wait.await;
    }

    /// A held call always tells what came of it; another one only when there is something to tell.
    async fn report(&self, root: &Rooted, steps: Vec<FileStep>, gaps: Vec<FileGap>) {
        if steps.is_empty() && gaps.is_empty() && !matches!(self.kind, Kind::Edit(_)) {
            return;
        }
        let body = FilesBody::Changed { call_id: self.call_id.clone(), turn: root.turn, steps, gaps };
        root.send(body, None).await;
    }
}

impl Rooted {
    async fn send(&self, body: FilesBody, written: Option<oneshot::Sender<()>>) {
        let what = What::Files { body: Box::new(body), written };
        let _gone = self.news.send(News { epoch: self.epoch, what }).await;
    }
}

/// Runs work that waits for the disk beside the runtime's tasks. None when it broke down.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}
