//! Records that stand in the conversation as a line across.

use std::sync::Arc;

use super::cell::Kind;
use super::fold::Fold;
use super::words::{self, break_text, context_text, worth_telling};
use crate::base::text;
use crate::domain::{Body, LibraryBody, Record};
use crate::theme::Meaning;

impl Fold {
    pub(super) fn mark(&mut self, record: &Arc<Record>) {
        match &record.body {
            Body::Resumed { .. } => {
                self.turn.crashed = self.turn.open;
                self.note("session resumed", Meaning::Muted);
            }
            Body::Compacted { summary, tokens_before, tokens_after, auto, .. } => {
                let who = if *auto { "compacted by itself" } else { "compacted" };
                let (before, after) = (text::human_tokens(*tokens_before), text::human_tokens(*tokens_after));
                let text = format!("{who}: {before} tokens became {after}");
                self.summarised(Kind::Mark { text, body: Some(summary.clone()), meaning: Meaning::Muted });
            }
            Body::Trimmed { calls, tokens_freed } => {
                let freed = text::human_tokens(*tokens_freed);
                self.note(
                    format!("{} old results shortened for the model: {freed} tokens freed", calls.len()),
                    Meaning::Muted,
                );
            }
            Body::Context(body) => self.note(context_text(body), Meaning::Muted),
            Body::CacheBroken(broken) if worth_telling(broken) => {
                self.note(break_text(broken), Meaning::Warning);
            }
            Body::RuleAdded { rule, file } => {
                let place = file.as_ref().map(|file| format!(" in {}", file.display())).unwrap_or_default();
                self.note(format!("rule added: {rule}{place}"), Meaning::Muted);
            }
            Body::Noticed(notice) => self.notice(notice),
            Body::Library(LibraryBody::Earlier(earlier)) => self.begin_after(record.seq, earlier),
            other => {
                if let Some((text, body, meaning)) = words::aside(other) {
                    self.push(Kind::Mark { text, body, meaning });
                }
            }
        }
    }
}
