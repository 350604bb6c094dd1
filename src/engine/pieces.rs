//! Keys that arrive in pieces: what may be the beginning of one is held back until the next piece has come.
//!
//! A record is freed of keys as it is written, but a key that a model or a command says in two pieces stands whole
//! in neither.

use std::collections::HashMap;

use super::driver::Driver;
use crate::agent::Input;
use crate::base::secrets::{Pieces, Redactor};
use crate::domain::{Event, Live, StreamItem};

/// What is held back.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// Of the running answer, by block.
    blocks: HashMap<(u32, u32), Pieces>,
    /// Of the output of running calls.
    calls: HashMap<String, Pieces>,
}

impl Sieve {
    /// The items with keys taken out of their texts. What is held back follows before its block or the answer ends.
    pub(super) fn sift(&mut self, secrets: &Redactor, request: u32, items: Vec<StreamItem>) -> Vec<StreamItem> {
        self.blocks.retain(|(known, _), _| *known == request);
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            match item {
                StreamItem::Delta { index, text } => {
                    let text = self.blocks.entry((request, index)).or_default().push(secrets, &text);
                    out.push(StreamItem::Delta { index, text });
                    continue;
                }
                StreamItem::BlockDone { index, .. } => out.extend(self.rest(secrets, |(_, at)| at == index)),
                StreamItem::Done { .. } | StreamItem::Failed(_) => out.extend(self.rest(secrets, |_| true)),
                _ => {}
            }
            out.push(item);
        }
        out.retain(|item| !matches!(item, StreamItem::Delta { text, .. } if text.is_empty()));
        out
    }

    /// What was held back of these blocks, for an answer that is cut as well.
    pub(super) fn rest(&mut self, secrets: &Redactor, which: impl Fn((u32, u32)) -> bool) -> Vec<StreamItem> {
        let mut out: Vec<(u32, String)> = Vec::new();
        self.blocks.retain(|key, pieces| {
            let ends = which(*key);
            if ends && !pieces.is_empty() {
                out.push((key.1, pieces.finish(secrets)));
            }
            !ends
        });
        out.sort_unstable();
        out.into_iter().map(|(index, text)| StreamItem::Delta { index, text }).collect()
    }

    /// A piece of a call's output; what may be shown of it now.
    pub(super) fn output(&mut self, secrets: &Redactor, call_id: &str, text: &str) -> String {
        self.calls.entry(call_id.to_owned()).or_default().push(secrets, text)
    }

    /// A call is done: what was held back of its output.
    fn end(&mut self, secrets: &Redactor, call_id: &str) -> Option<String> {
        self.calls.remove(call_id).map(|mut pieces| pieces.finish(secrets)).filter(|text| !text.is_empty())
    }
}

/// The output of the person's own command, among those of calls.
const SHELL: &str = "shell";

impl Driver {
    /// Shows a piece of what the person's own command says; none when it is done.
    pub(super) async fn shell_output(&mut self, piece: Option<&str>) {
        let secrets = &self.setup.secrets;
        let text = match piece {
            Some(piece) => self.parts.pieces.output(secrets, SHELL, piece),
            None => self.parts.pieces.end(secrets, SHELL).unwrap_or_default(),
        };
        if !text.is_empty() {
            self.tell(Event::Live(Live::ShellOutput(text))).await;
        }
    }

    /// Passes on what is left of a call's output.
    pub(super) async fn end_output(&mut self, call_id: &str) {
        if let Some(text) = self.parts.pieces.end(&self.setup.secrets, call_id) {
            self.record_output(call_id.to_owned(), text).await;
        }
    }

    /// Passes on what is held back of the answer, because it is about to be cut.
    pub(super) async fn end_answer(&mut self) {
        let Some(request) = self.stream.as_ref().map(|stream| stream.request) else { return };
        for item in self.parts.pieces.rest(&self.setup.secrets, |_| true) {
            self.feed(Input::Stream { request, item }).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Block;

    #[test]
    fn a_key_over_two_deltas_is_passed_on_in_neither_and_nothing_is_lost() {
        let secrets = Redactor::new(["sk-secret-1".to_owned()]);
        let mut sieve = Sieve::default();
        let delta = |index: u32, text: &str| StreamItem::Delta { index, text: text.to_owned() };
        let first = sieve.sift(&secrets, 1, vec![delta(0, "it is sk-se"), delta(1, "sk-other")]);
        assert_eq!(first, [delta(0, "it is "), delta(1, "sk-other")]);
        let done = StreamItem::BlockDone { index: 0, block: Block::Text { text: "whole".into() } };
        let second = sieve.sift(&secrets, 1, vec![delta(0, "cret-1! sk-"), done.clone()]);
        assert_eq!(second, [delta(0, "[key removed]! "), delta(0, "sk-"), done]);
        assert_eq!(sieve.output(&secrets, "a", "sk-secret"), "");
        assert_eq!(sieve.output(&secrets, "a", "-1 sk"), "[key removed] ");
        assert_eq!(sieve.end(&secrets, "a").as_deref(), Some("sk"));
        // What another request left behind is not its.
        sieve.sift(&secrets, 1, vec![delta(0, "sk-")]);
        assert_eq!(sieve.sift(&secrets, 2, vec![delta(0, "secret-1")]), [delta(0, "secret-1")]);
    }
}
