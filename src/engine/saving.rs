//! What is shown is in the log. When the disk refuses, nothing more is shown: the turn stops, what happened waits, and
//! is written and shown in its order as soon as the disk takes it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::driver::{Driver, News, What};
use super::journal::Written;
use crate::agent::Input;
use crate::domain::{Event, FilesNews, Live, Notice, Record};

/// How long until it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Records that are not in the log, and so not shown.
#[derive(Debug, Default)]
pub(super) struct Saving {
    held: VecDeque<Arc<Record>>,
    /// It is tried again in a moment.
    waits: bool,
}

impl Driver {
    /// Shows a record that is in the log; keeps back one that is not.
    pub(super) async fn show(&mut self, record: &Arc<Record>, written: Written) {
        match written {
            Written::Yes => {
                self.show_held().await;
                self.tell(Event::Recorded(Arc::clone(record))).await;
            }
            Written::No(problem) => {
                self.parts.saving.held.push_back(Arc::clone(record));
                if let Some(problem) = problem {
                    self.stop_for(&problem).await;
                }
                self.try_again_later();
            }
        }
    }

    /// It is time to try again.
    pub(super) async fn save_again(&mut self) {
        self.parts.saving.waits = false;
        self.work_inbox().await;
        if self.journal.problem().is_none() {
            return;
        }
        match self.journal.flush().await {
            Written::Yes => self.show_held().await,
            Written::No(_) => self.try_again_later(),
        }
    }

    /// Whether something new can be saved. If not, that is said, and the text is given back.
    pub(super) async fn can_save(&mut self, text: &str) -> bool {
        if self.journal.problem().is_some() && self.journal.flush().await == Written::Yes {
            self.show_held().await;
        }
        let Some(problem) = self.journal.problem().map(str::to_owned) else { return true };
        let notice = Notice::error(format!("This was not taken, because the session cannot be saved: {problem}."));
        self.refuse(notice.hint("Free some space and send it again.")).await;
        let prompt = text.to_owned();
        self.tell(Event::Live(Live::FilesNews(FilesNews::Back { prompt }))).await;
        false
    }

    async fn show_held(&mut self) {
        if self.parts.saving.held.is_empty() {
            return;
        }
        while let Some(record) = self.parts.saving.held.pop_front() {
            self.tell(Event::Recorded(record)).await;
        }
        self.notice(Notice::info("The session is being saved again.")).await;
    }

    /// The first record that could not be written: nothing goes on that nobody would know of later.
    async fn stop_for(&mut self, problem: &str) {
        let text = format!("The session cannot be saved, so it stops here: {problem}.");
        let notice =
            Notice::error(text).hint("Free some space; what happened since is saved and shown by itself then.");
        if self.setup.interactive && self.stage.child.is_none() {
            self.notice(notice).await;
        } else {
            self.refuse(notice).await;
        }
        if self.machine.is_busy() {
            self.inbox.push_back(Input::Interrupt);
        }
    }

    fn try_again_later(&mut self) {
        if std::mem::replace(&mut self.parts.saving.waits, true) {
            return;
        }
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            tokio::time::sleep(AGAIN).await;
            let _gone = news.send(News { epoch, what: What::SaveAgain }).await;
        });
    }
}
