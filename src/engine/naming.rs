//! A title made by a model, where the settings want one: one short question beside the session, on its bill.

use std::time::Duration;

use super::driver::{Driver, News, What};
use crate::agent::Input;
use crate::domain::{Body, Purpose};
use crate::hooks::Question;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Characters of the prompt that the model reads, and of a title.
const READ: usize = 4_000;
const TITLE: usize = 80;
const ORDER: &str = "Name this conversation with a programming assistant in three to seven words, in the language of the \
                     request, as a person would title a note. Answer with the title alone. The request:";

impl Driver {
    /// Something is on record: a title, or the end of the first turn.
    pub(super) fn naming_hears(&mut self, body: &Body) {
        let wanted = self.setup.tuning.library.titles && self.stage.child.is_none() && !self.stage.rehearsal;
        match body {
            Body::TitleSet { .. } => self.parts.library.named = true,
            Body::TurnEnded { .. } if wanted && !self.parts.library.named => self.ask_for_title(),
            _ => {}
        }
    }

    fn ask_for_title(&mut self) {
        let Some(ask) = self.asker(Purpose::Title, &[]) else { return };
        let Some(first) = self.parts.steps.timeline.lines().into_iter().next() else { return };
        self.parts.library.named = true;
        let prompt: String = first.prompt.chars().take(READ).collect();
        let question = Question { text: format!("{ORDER}\n\n{prompt}"), model: None, looks: false };
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            // Without an answer the title stays the one made of the first prompt.
            if let Ok(Ok(said)) = tokio::time::timeout(PATIENCE, ask(question)).await {
                let _gone = news.send(News { epoch, what: What::Named(said) }).await;
            }
        });
    }

    /// The model has answered.
    pub(super) async fn on_named(&mut self, said: &str) {
        let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let line = line.trim_matches(['"', '\'', '*', '#', '.', ' ']);
        let title: String = line.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TITLE).collect();
        if !title.is_empty() {
            self.feed(Input::SetTitle(title)).await;
        }
    }
}
