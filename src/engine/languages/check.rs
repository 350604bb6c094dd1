//! After a change: what is wrong now and was not before goes with the result, if it is known soon enough; else with the
//! next result or the next prompt.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::super::driver::Driver;
use super::words::{self, Sight};
use crate::base::paths;
use crate::domain::{LanguageProblem, ResultPart, ToolOutcome, Unseen};
use crate::lsp::{Change, Host, Watch};
use crate::prompt;

/// What a call needs to tell of problems.
pub(in crate::engine) struct Checking {
    host: Host,
    watch: Arc<Mutex<Watch>>,
    limit: Duration,
    project: PathBuf,
    unseen: Unseen,
    /// Nothing is waited for after a stop.
    cancel: CancellationToken,
}

impl Driver {
    /// For a call that begins now; none where there are no language servers.
    pub(in crate::engine) fn checking(&self, cancel: CancellationToken) -> Option<Checking> {
        Some(Checking {
            cancel,
            host: self.parts.languages.host.clone()?,
            watch: Arc::clone(&self.parts.languages.watch),
            limit: Duration::from_millis(self.stage.languages.wait_ms),
            project: paths::facts(&self.stage.place.project).0,
            unseen: self.unseen(),
        })
    }

    /// What became known since the last result, for the next prompt.
    pub(in crate::engine) fn announce_problems(&self) -> Option<String> {
        let checking = self.checking(CancellationToken::new())?;
        let news = checking.news(false);
        checking.words("Found by language servers after the last changes:", &news).map(|text| prompt::wrap(&text))
    }
}

impl Checking {
    /// Adds to the outcome of a call what it brought about.
    pub(in crate::engine) async fn after(self, mut outcome: ToolOutcome) -> ToolOutcome {
        let changes: Vec<Change> = outcome
            .changed
            .iter()
            .map(|change| Change { path: change.path.clone(), before: change.before.clone() })
            .collect();
        let calm = tokio::select! {
            calm = self.host.settle(&changes, &self.watch, self.limit) => calm,
            () = self.cancel.cancelled() => false,
        };
        let news = self.news(calm);
        if let Some(text) = self.words("New problems after this change, by the language server:", &news) {
            outcome.summary = format!("{} · {}", outcome.summary, words::count(&news));
            outcome.parts.push(ResultPart::Text(text));
        }
        outcome
    }

    fn news(&self, calm: bool) -> Vec<LanguageProblem> {
        let now = self.host.problems();
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let news = if watch.nothing_changed() { Vec::new() } else { watch.news(now, calm) };
        drop(watch);
        let sight = Sight { project: &self.project, unseen: &self.unseen };
        news.into_iter().filter(|problem| !sight.hides(&problem.path)).collect()
    }

    fn words(&self, head: &str, news: &[LanguageProblem]) -> Option<String> {
        words::problems(head, news, &Sight { project: &self.project, unseen: &self.unseen })
    }
}
