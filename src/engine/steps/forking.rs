//! Forks: going on in a copy of a session, from its end or from before one of its steps.

use super::super::driver::Driver;
use super::keeping::blocking;
use crate::domain::{Notice, SessionId};

impl Driver {
    /// Forks the open session and goes on in the copy.
    pub(super) async fn fork(&mut self, before: Option<u32>) {
        if !self.stands_still().await {
            return;
        }
        if !self.journal.is_saved() {
            return self
                .notice(Notice::warning("There is nothing to fork yet: nothing of this session is saved."))
                .await;
        }
        let until = match before.map(|turn| self.parts.steps.timeline.start_of(turn)) {
            None => None,
            Some(Some(seq)) => Some(seq),
            Some(None) => {
                let text = "This step is not part of the conversation any more.";
                return self.notice(Notice::warning(text)).await;
            }
        };
        let prompt =
            before.and_then(|turn| self.parts.steps.timeline.lines().into_iter().find(|line| line.turn == turn));
        self.fork_from(self.session, until).await;
        if let Some(prompt) = prompt {
            self.news(crate::domain::FilesNews::Back { prompt: prompt.prompt }).await;
        }
    }

    /// Forks a session, which may be open elsewhere, before a record or as a whole, and goes on in the copy.
    pub(super) async fn fork_of(&mut self, id: SessionId, until: Option<u64>) {
        if self.stands_still().await {
            self.fork_from(id, until).await;
        }
    }

    async fn fork_from(&mut self, parent: SessionId, until: Option<u64>) {
        let (store, id, now) = (self.setup.store.clone(), SessionId(self.setup.ids.next()), self.setup.clock.wall_ms());
        let made = blocking(move || store.fork(parent, id, until, now)).await;
        match made {
            Some(Ok(())) => self.resume(id, "fork").await,
            Some(Err(error)) => self.notice(Notice::error(format!("The session was not forked: {error}"))).await,
            None => self.notice(Notice::error("The session was not forked.")).await,
        }
    }
}
