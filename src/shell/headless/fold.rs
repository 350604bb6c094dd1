//! What a headless run sums up while it listens: the answer, tokens, money, time, denied calls.

use std::collections::BTreeMap;

use crate::domain::{Body, Cost, Decision, Origin, Record, ResponseNote, StopReason, ToolCall, TurnEnd, Usage};

/// The sums so far.
#[derive(Debug, Default)]
pub struct Fold {
    /// Milliseconds since 1970 of the first and the newest record.
    pub began: Option<u64>,
    pub newest: u64,
    /// Milliseconds that answers took.
    pub api_ms: u64,
    /// Answers of the model.
    pub answers: u32,
    pub usage: Usage,
    pub cost: Spent,
    /// By the model's id, in order of their ids.
    pub models: BTreeMap<String, Share>,
    /// The text of the answer that stands last.
    pub text: String,
    pub stop: Option<StopReason>,
    /// Calls by their ids, as far as answers with them are whole.
    pub calls: BTreeMap<String, ToolCall>,
    /// Ids of the calls that were denied.
    pub denied: Vec<String>,
    pub end: Option<TurnEnd>,
}

/// A sum of money that says when a part of it is unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spent(pub Cost);

/// What one model used.
#[derive(Debug, Default)]
pub struct Share {
    pub usage: Usage,
    pub cost: Spent,
}

impl Default for Spent {
    fn default() -> Self {
        Self(Some(0.0))
    }
}

impl Spent {
    fn add(&mut self, cost: Cost) {
        self.0 = self.0.zip(cost).map(|(sum, cost)| sum + cost);
    }
}

impl Fold {
    /// Takes one record in.
    pub fn hear(&mut self, record: &Record) {
        self.began.get_or_insert(record.at);
        self.newest = record.at;
        match &record.body {
            Body::Prompted { origin, .. } if *origin != Origin::Harness => self.text.clear(),
            Body::ResultsJoined { .. } => {
                self.text.clear();
                self.stop = None;
            }
            Body::Responded(note) => self.answered(note),
            Body::Classified(note) => self.cost.add(note.cost),
            Body::Money(_) | Body::Team(_) => self.beside(&record.body),
            Body::Judged { call_id, verdict } if verdict.decision == Decision::Deny => self.deny(call_id),
            Body::Decided { call_id, answer, .. } if !answer.is_yes() => self.deny(call_id),
            Body::TurnEnded { end, .. } => self.end = Some(end.clone()),
            _ => {}
        }
    }

    /// Milliseconds from the first record to the newest.
    pub fn duration_ms(&self) -> u64 {
        self.newest.saturating_sub(self.began.unwrap_or(self.newest))
    }

    /// What was paid beside the answers.
    fn beside(&mut self, body: &Body) {
        let Some((usage, cost)) = body.paid() else { return };
        self.usage += usage;
        self.cost.add(cost);
    }

    fn deny(&mut self, call_id: &str) {
        if !self.denied.iter().any(|id| id == call_id) {
            self.denied.push(call_id.to_owned());
        }
    }

    fn answered(&mut self, note: &ResponseNote) {
        // Only an answer that was cut by a limit goes on in the next one; any other is replaced by it.
        let goes_on = matches!(self.stop, Some(StopReason::MaxTokens | StopReason::PauseTurn));
        let empty = note.message.blocks.is_empty();
        if !goes_on && !empty {
            self.text.clear();
        }
        // An answer without content (a summary, or one that is asked again) leaves what stands as it is.
        if !goes_on || !empty {
            self.text.push_str(&note.message.text());
            self.stop = Some(note.stop.clone());
        }
        self.answers += 1;
        self.api_ms += note.duration_ms;
        self.usage += note.usage;
        self.cost.add(note.cost);
        let model = note.message.by.as_ref().map_or_else(|| "unknown".to_owned(), |by| by.id.clone());
        let share = self.models.entry(model).or_default();
        share.usage += note.usage;
        share.cost.add(note.cost);
        for call in note.message.calls() {
            self.calls.insert(call.id.clone(), call.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Block, Message, ModelRef, Wire};
    use std::sync::Arc;

    fn answer(text: &str, stop: StopReason, cost: Cost) -> Body {
        let block = Block::Text { text: text.to_owned() };
        Body::Responded(ResponseNote {
            request: 1,
            message: Arc::new(Message::assistant(vec![block], ModelRef::new(Wire::Anthropic, "m"))),
            stop,
            usage: Usage { input: 10, output: 5, ..Usage::default() },
            estimated: false,
            cost,
            duration_ms: 100,
            cut: false,
        })
    }

    fn fold(bodies: Vec<Body>) -> Fold {
        let mut fold = Fold::default();
        for (seq, body) in bodies.into_iter().enumerate() {
            fold.hear(&Record { seq: seq as u64, at: 1_000 + 10 * seq as u64, body });
        }
        fold
    }

    #[test]
    fn the_result_is_the_text_after_the_last_tool() {
        let joined = Body::ResultsJoined { calls: Vec::new(), extra: Vec::new() };
        let fold = fold(vec![
            answer("first I look", StopReason::ToolUse, Some(0.1)),
            joined,
            answer("done", StopReason::EndTurn, Some(0.2)),
            Body::TurnEnded { turn: 1, end: TurnEnd::Done },
        ]);
        assert_eq!(fold.text, "done");
        assert_eq!((fold.answers, fold.duration_ms(), fold.api_ms), (2, 30, 200));
        assert!(fold.cost.0.is_some_and(|cost| (cost - 0.3).abs() < 1e-9));
        assert_eq!(fold.models["m"].usage.input, 20);
    }

    #[test]
    fn a_summary_between_two_parts_of_an_answer_takes_nothing_away() {
        let mut summary = answer("", StopReason::EndTurn, Some(0.5));
        if let Body::Responded(note) = &mut summary {
            note.message = Arc::new(Message::assistant(Vec::new(), ModelRef::new(Wire::Anthropic, "m")));
        }
        let parts =
            [answer("one ", StopReason::MaxTokens, Some(0.0)), summary, answer("two", StopReason::EndTurn, Some(0.0))];
        let fold = fold(parts.to_vec());
        assert_eq!((fold.text.as_str(), fold.cost.0), ("one two", Some(0.5)));
    }

    #[test]
    fn an_answer_cut_by_the_output_limit_goes_on() {
        let fold =
            fold(vec![answer("one ", StopReason::MaxTokens, None), answer("two", StopReason::EndTurn, Some(1.0))]);
        assert_eq!(fold.text, "one two");
        assert_eq!(fold.cost.0, None, "an unknown price is not a zero");
    }
}
