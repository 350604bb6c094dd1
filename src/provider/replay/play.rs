//! Speaks one answer of a recording at its pace.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::SendError;
use tokio::time::Instant;

use super::cache::tokens;
use super::recording::Say;
use crate::domain::{Block, DeltaKind, StopReason, StreamItem, ToolCall, Usage};

/// One answer, ready to be spoken.
#[derive(Debug)]
pub(super) struct Player {
    pub(super) model: String,
    pub(super) says: Vec<Say>,
    pub(super) stop: Option<StopReason>,
    /// Figures of the recording, which win over the counted ones.
    pub(super) usage: Option<Usage>,
    /// The prompt's part of the usage.
    pub(super) prompt_usage: Usage,
    pub(super) rate: Option<f64>,
    /// Makes the ids of this answer's calls its own.
    pub(super) seed: String,
}

type Sent = Result<(), SendError<StreamItem>>;

impl Player {
    /// Speaks until the end or until nobody listens.
    pub(super) async fn play(&self, sender: &Sender<StreamItem>) -> Sent {
        sender.send(StreamItem::Started { model: Some(self.model.clone()) }).await?;
        sender.send(StreamItem::Usage(self.usage.unwrap_or(self.prompt_usage))).await?;
        let (mut output, mut thinking, mut calls) = (0, 0, 0);
        let mut index = 0;
        for say in &self.says {
            match say {
                Say::Text { text, rate } => {
                    self.speak(sender, index, (DeltaKind::Text, text, *rate)).await?;
                    let block = Block::Text { text: text.clone() };
                    sender.send(StreamItem::BlockDone { index, block }).await?;
                    output += text.len() as u64;
                }
                Say::Think { text, rate } => {
                    self.speak(sender, index, (DeltaKind::Thinking, text, *rate)).await?;
                    let block = Block::Thinking { text: text.clone(), signature: None };
                    sender.send(StreamItem::BlockDone { index, block }).await?;
                    thinking += text.len() as u64;
                }
                Say::Call { name, input } => {
                    calls += 1;
                    output += (name.len() + self.call(sender, index, name, input).await?) as u64;
                }
                Say::Pause { ms } => {
                    tokio::time::sleep(Duration::from_millis(*ms)).await;
                    continue;
                }
                Say::Fail(error) => return sender.send(StreamItem::Failed(error.clone())).await,
            }
            index += 1;
        }
        let plain = if calls > 0 { StopReason::ToolUse } else { StopReason::EndTurn };
        let counted = Usage { output: tokens(output + thinking), thinking: tokens(thinking), ..self.prompt_usage };
        let stop = self.stop.clone().unwrap_or(plain);
        sender.send(StreamItem::Done { stop, usage: Some(self.usage.unwrap_or(counted)) }).await
    }

    /// Streams a call; the result is the length of its arguments.
    async fn call(
        &self,
        sender: &Sender<StreamItem>,
        index: u32,
        name: &str,
        input: &Value,
    ) -> Result<usize, SendError<StreamItem>> {
        let id = format!("call_{}_{index}", self.seed);
        let arguments = input.to_string();
        let kind = DeltaKind::ToolCall { id: id.clone(), name: name.to_owned() };
        self.speak(sender, index, (kind, &arguments, None)).await?;
        let call = ToolCall { id, name: name.to_owned(), input: input.clone() };
        sender.send(StreamItem::BlockDone { index, block: Block::ToolCall(call) }).await?;
        Ok(arguments.len())
    }

    /// Streams the pieces of a block, each at its time.
    async fn speak(
        &self,
        sender: &Sender<StreamItem>,
        index: u32,
        (kind, text, rate): (DeltaKind, &str, Option<f64>),
    ) -> Sent {
        sender.send(StreamItem::BlockStarted { index, kind }).await?;
        let start = Instant::now();
        let rate = rate.or(self.rate);
        for (number, piece) in pieces(text).enumerate() {
            if let Some(rate) = rate {
                tokio::time::sleep_until(start + Duration::from_secs_f64(number as f64 / rate)).await;
            }
            sender.send(StreamItem::Delta { index, text: piece.to_owned() }).await?;
        }
        Ok(())
    }
}

/// The text in pieces of about a token: white space with up to five characters of the word after it.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.find(|character: char| !character.is_whitespace()).unwrap_or(rest.len());
        let tail = &rest[word..];
        let length = tail.char_indices().take(5).take_while(|(_, character)| !character.is_whitespace());
        let end = word + length.last().map_or(0, |(at, character)| at + character.len_utf8());
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_lose_nothing(text in "[ \\nabcäß字]{0,60}") {
            prop_assert_eq!(pieces(&text).collect::<String>(), text.clone());
            prop_assert!(pieces(&text).all(|piece| !piece.is_empty()));
        }
    }
}
