//! Reads the event stream of the Messages API.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{Answer, CallNumber, read};
use super::super::{Decoder, Ids};
use super::usage::Figures;
use crate::domain::{StopReason, StreamItem, Wire};
use crate::provider::failure;
use crate::provider::sse::{SseDecoder, SseEvent};

/// The machine for one answer.
#[derive(Debug)]
pub(super) struct AnthropicDecoder {
    sse: SseDecoder,
    answer: Answer,
    open: BTreeMap<u64, Slot>,
    figures: Figures,
    stop: Option<StopReason>,
}

/// What an open block is.
#[derive(Debug)]
enum Slot {
    Prose,
    /// A call; `placeholder` is the input of its start, which holds when no more of it comes.
    Call {
        number: CallNumber,
        placeholder: Value,
    },
    Redacted(Value),
    /// A kind that we did not ask for.
    Ignored,
}

/// An event, every field of every kind.
#[derive(Debug, Default, Deserialize)]
struct Event {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    index: u64,
    #[serde(default)]
    message: Option<Value>,
    #[serde(default)]
    content_block: Option<Value>,
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    usage: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    partial_json: Option<String>,
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    stop_details: Option<Value>,
}

impl AnthropicDecoder {
    pub(super) fn new(ids: Ids) -> Self {
        Self {
            sse: SseDecoder::default(),
            answer: Answer::new(ids),
            open: BTreeMap::new(),
            figures: Figures::default(),
            stop: None,
        }
    }

    fn hear(&mut self, events: Vec<SseEvent>) {
        for event in events {
            if self.answer.has_ended() {
                return;
            }
            match event {
                SseEvent::Comment => self.answer.ping(),
                SseEvent::TooLong => self.answer.fail(failure::protocol("an event is larger than 16 MB")),
                SseEvent::Data(data) if data.trim_ascii().is_empty() || data == b"[DONE]" => {}
                SseEvent::Data(data) => match read::<Event>(&data) {
                    Ok(event) => self.event(event),
                    Err(error) => self.answer.fail(failure::protocol(error)),
                },
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event.kind.as_str() {
            "message_start" => self.message_start(&event.message.unwrap_or_default()),
            "content_block_start" => self.block_start(event.index, event.content_block.unwrap_or_default()),
            "content_block_delta" => self.block_delta(event.index, &event.delta.unwrap_or_default()),
            "content_block_stop" => self.block_stop(event.index),
            "message_delta" => {
                self.figures.update(&event.usage.unwrap_or_default());
                self.message_delta(&event.delta.unwrap_or_default());
            }
            "message_stop" => self.message_stop(),
            "ping" => self.answer.ping(),
            "error" => self.error(event.error.unwrap_or_default()),
            // Gateways that fail send an error without a type; any other event is of a future version.
            _ => {
                if let Some(error) = event.error.filter(|error| !error.is_null()) {
                    self.error(error);
                }
            }
        }
    }

    fn error(&mut self, error: Value) {
        let json = serde_json::json!({ "error": error });
        self.answer.fail(failure::in_json(&json).unwrap_or_else(|| failure::of_event("", "")));
    }

    fn message_start(&mut self, message: &Value) {
        self.answer.started(message.get("model").and_then(Value::as_str));
        self.figures.update(message.get("usage").unwrap_or(&Value::Null));
        if let Some(usage) = self.figures.usage() {
            self.answer.usage(usage);
        }
    }

    fn block_start(&mut self, index: u64, block: Value) {
        self.answer.started(None);
        // A server that forgot to end the block before has ended it now.
        if let Some((previous, _)) = self.open.last_key_value().filter(|(previous, _)| **previous < index) {
            self.block_stop(*previous);
        }
        let text = |key: &str| block.get(key).and_then(Value::as_str).unwrap_or_default();
        let slot = match text("type") {
            "text" => {
                self.answer.close_prose();
                self.answer.text(text("text"));
                Slot::Prose
            }
            "thinking" => {
                self.answer.close_prose();
                self.answer.begin_thinking();
                self.answer.thinking(text("thinking"));
                if !text("signature").is_empty() {
                    self.answer.sign(text("signature"));
                }
                Slot::Prose
            }
            "tool_use" => {
                let number = self.answer.call(block.get("id").and_then(Value::as_str), text("name"));
                Slot::Call { number, placeholder: block.get("input").cloned().unwrap_or_default() }
            }
            "redacted_thinking" => Slot::Redacted(block),
            _ => Slot::Ignored,
        };
        self.open.insert(index, slot);
    }

    fn block_delta(&mut self, index: u64, delta: &Delta) {
        self.answer.started(None);
        match (self.open.get(&index), delta.kind.as_str()) {
            (Some(Slot::Prose), "text_delta") => self.answer.text(delta.text.as_deref().unwrap_or_default()),
            (Some(Slot::Prose), "thinking_delta") => {
                self.answer.thinking(delta.thinking.as_deref().unwrap_or_default());
            }
            (Some(Slot::Prose), "signature_delta") => {
                self.answer.sign(delta.signature.as_deref().unwrap_or_default());
            }
            (Some(Slot::Call { number, .. }), "input_json_delta") => {
                let number = *number;
                self.answer.arguments(number, delta.partial_json.as_deref().unwrap_or_default());
            }
            _ => {}
        }
    }

    fn block_stop(&mut self, index: u64) {
        match self.open.remove(&index) {
            Some(Slot::Prose) => self.answer.close_prose(),
            Some(Slot::Call { number, placeholder }) => {
                let came = !self.answer.arguments_of(number).is_empty();
                if !came && placeholder.as_object().is_some_and(|input| !input.is_empty()) {
                    self.answer.arguments(number, &placeholder.to_string());
                }
                self.answer.close_call(number);
            }
            Some(Slot::Redacted(item)) => self.answer.opaque(Wire::Anthropic, item),
            Some(Slot::Ignored) | None => {}
        }
    }

    fn message_delta(&mut self, delta: &Delta) {
        if let Some(reason) = &delta.stop_reason {
            let explanation = delta.stop_details.as_ref().and_then(|details| details.get("explanation"));
            self.stop = Some(stop_of(reason, explanation.and_then(Value::as_str)));
        }
        if let Some(usage) = self.figures.usage() {
            self.answer.usage(usage);
        }
    }

    fn message_stop(&mut self) {
        while let Some((index, _)) = self.open.first_key_value() {
            self.block_stop(*index);
        }
        let plain = if self.answer.has_calls() { StopReason::ToolUse } else { StopReason::EndTurn };
        let stop = self.stop.take().unwrap_or(plain);
        self.answer.done(stop, self.figures.usage());
    }
}

impl Decoder for AnthropicDecoder {
    fn feed(&mut self, bytes: &[u8]) -> Vec<StreamItem> {
        let events = self.sse.feed(bytes);
        self.hear(events);
        self.answer.take()
    }

    fn finish(&mut self) -> Vec<StreamItem> {
        let events = self.sse.finish();
        self.hear(events);
        if !self.answer.has_ended() {
            self.answer.fail(failure::ended_early());
        }
        self.answer.take()
    }

    fn whole(&mut self, json: &[u8]) -> Vec<StreamItem> {
        match read::<Value>(json) {
            Ok(message) if message.get("content").is_some() => {
                self.message_start(&message);
                let blocks = message.get("content").and_then(Value::as_array).cloned().unwrap_or_default();
                for (index, block) in (0..).zip(blocks) {
                    self.block_start(index, block);
                    self.block_stop(index);
                }
                let delta = serde_json::from_value(message).unwrap_or_default();
                self.message_delta(&delta);
                self.message_stop();
            }
            Ok(json) => {
                let unknown = || failure::protocol("the document is no message");
                self.answer.fail(failure::in_json(&json).unwrap_or_else(unknown));
            }
            Err(error) => self.answer.fail(failure::protocol(error)),
        }
        self.answer.take()
    }
}

fn stop_of(reason: &str, explanation: Option<&str>) -> StopReason {
    match reason {
        "end_turn" => StopReason::EndTurn,
        "tool_use" => StopReason::ToolUse,
        "max_tokens" => StopReason::MaxTokens,
        "stop_sequence" => StopReason::StopSequence,
        "pause_turn" => StopReason::PauseTurn,
        "refusal" => StopReason::Refusal { explanation: explanation.map(str::to_owned) },
        "model_context_window_exceeded" => StopReason::ContextWindow,
        other => StopReason::Other(other.to_owned()),
    }
}
