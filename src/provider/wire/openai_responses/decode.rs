//! Reads the events of Responses.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{Answer, CallNumber, count, read};
use super::super::{Decoder, Ids};
use crate::domain::{StopReason, StreamItem, Usage, Wire};
use crate::provider::failure;
use crate::provider::sse::{SseDecoder, SseEvent};

/// The machine for one answer.
#[derive(Debug)]
pub(super) struct ResponsesDecoder {
    sse: SseDecoder,
    answer: Answer,
    /// The calls that are open, by their place in the output.
    calls: BTreeMap<u64, CallNumber>,
    /// The place in the output whose text or thinking already streamed.
    spoken: Option<u64>,
    refusal: String,
}

/// An event, every field that any of them has.
#[derive(Debug, Default, Deserialize)]
struct Event {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    output_index: u64,
    #[serde(default)]
    summary_index: u64,
    #[serde(default)]
    delta: Option<Value>,
    #[serde(default)]
    item: Option<Value>,
    #[serde(default)]
    response: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    code: Option<Value>,
    #[serde(default)]
    message: Option<String>,
}

impl ResponsesDecoder {
    pub(super) fn new(ids: Ids) -> Self {
        Self {
            sse: SseDecoder::default(),
            answer: Answer::new(ids),
            calls: BTreeMap::new(),
            spoken: None,
            refusal: String::new(),
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
        let response = event.response.unwrap_or_default();
        let delta = event.delta.as_ref().and_then(Value::as_str).unwrap_or_default();
        match event.kind.as_str() {
            "response.created" => self.answer.started(response.get("model").and_then(Value::as_str)),
            "response.in_progress" | "response.queued" => self.answer.ping(),
            "response.output_item.added" => self.item_added(event.output_index, &event.item.unwrap_or_default()),
            "response.output_text.delta" => {
                self.spoken = Some(event.output_index);
                self.answer.text(delta);
            }
            "response.refusal.delta" => {
                self.spoken = Some(event.output_index);
                self.refusal.push_str(delta);
                self.answer.text(delta);
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                self.spoken = Some(event.output_index);
                self.answer.thinking(delta);
            }
            "response.reasoning_summary_part.added" if event.summary_index > 0 => self.answer.thinking("\n\n"),
            "response.function_call_arguments.delta" => {
                if let Some(number) = self.calls.get(&event.output_index) {
                    self.answer.arguments(*number, delta);
                }
            }
            "response.output_item.done" => self.item_done(event.output_index, event.item.unwrap_or_default()),
            "response.completed" | "response.incomplete" => self.end(&response),
            "response.failed" => self.failed(&response),
            "error" => {
                let bare = serde_json::json!({ "code": event.code, "message": event.message });
                self.failed(&serde_json::json!({ "error": event.error.unwrap_or(bare) }));
            }
            _ => {
                // A gateway's error comes without a type; other events are of tools that we do not use.
                if let Some(error) = event.error.filter(|error| !error.is_null()) {
                    self.failed(&serde_json::json!({ "error": error }));
                }
            }
        }
    }

    fn item_added(&mut self, place: u64, item: &Value) {
        self.answer.started(None);
        if text(item, "type") == "function_call" {
            self.begin_call(place, item);
        } else {
            self.answer.close_prose();
        }
    }

    fn begin_call(&mut self, place: u64, item: &Value) -> CallNumber {
        let number = self.answer.call(item.get("call_id").and_then(Value::as_str), text(item, "name"));
        self.calls.insert(place, number);
        number
    }

    /// The final form of an item. What did not stream is taken from here.
    fn item_done(&mut self, place: u64, item: Value) {
        self.answer.started(None);
        let streamed = self.spoken == Some(place);
        match text(&item, "type") {
            "message" => {
                if !streamed {
                    parts_of(&item, "content").for_each(|part| self.answer.text(part));
                }
                self.answer.close_prose();
            }
            "function_call" => {
                let number = self.calls.get(&place).copied();
                let number = number.unwrap_or_else(|| self.begin_call(place, &item));
                if self.answer.arguments_of(number).is_empty() {
                    self.answer.arguments(number, text(&item, "arguments"));
                }
                self.answer.close_call(number);
            }
            "reasoning" => {
                if !streamed {
                    let summary: Vec<&str> = parts_of(&item, "summary").collect();
                    self.answer.thinking(&summary.join("\n\n"));
                }
                self.answer.close_prose();
                self.answer.opaque(Wire::OpenaiResponses, item);
            }
            _ => {}
        }
    }

    fn end(&mut self, response: &Value) {
        self.answer.started(response.get("model").and_then(Value::as_str));
        if !self.answer.has_content() {
            // A server that streams no items has them all here.
            let items = response.get("output").and_then(Value::as_array).cloned().unwrap_or_default();
            (0..).zip(items).for_each(|(place, item)| self.item_done(place, item));
        }
        let reason = response.pointer("/incomplete_details/reason").and_then(Value::as_str);
        let stop = match reason {
            Some("max_output_tokens") => StopReason::MaxTokens,
            Some("content_filter") => StopReason::ContentFilter,
            Some(other) => StopReason::Other(other.to_owned()),
            None if !self.refusal.is_empty() => StopReason::Refusal { explanation: Some(self.refusal.clone()) },
            None if self.answer.has_calls() => StopReason::ToolUse,
            None => StopReason::EndTurn,
        };
        self.answer.done(stop, response.get("usage").and_then(usage_of));
    }

    fn failed(&mut self, response: &Value) {
        self.answer.fail(failure::in_json(response).unwrap_or_else(|| failure::of_event("", "")));
    }
}

impl Decoder for ResponsesDecoder {
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
            Ok(response) if response.get("error").is_some_and(|error| !error.is_null()) => self.failed(&response),
            Ok(response) if response.get("output").is_some() => self.end(&response),
            Ok(_) => self.answer.fail(failure::protocol("the document is no response")),
            Err(error) => self.answer.fail(failure::protocol(error)),
        }
        self.answer.take()
    }
}

fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of an item's parts: `text` of messages and summaries, `refusal` of refusals.
fn parts_of<'a>(item: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    let parts = item.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    parts.iter().filter_map(|part| part.get("text").or_else(|| part.get("refusal"))?.as_str())
}

/// Cached and written tokens are part of the input here.
fn usage_of(json: &Value) -> Option<Usage> {
    let input = count(json, &["input_tokens"])?;
    let cache_read = count(json, &["input_tokens_details", "cached_tokens"]).unwrap_or(0).min(input);
    let written = count(json, &["input_tokens_details", "cache_write_tokens"]).unwrap_or(0);
    let cache_write_5m = written.min(input - cache_read);
    Some(Usage {
        input: input - cache_read - cache_write_5m,
        cache_read,
        cache_write_5m,
        cache_write_1h: 0,
        output: count(json, &["output_tokens"]).unwrap_or(0),
        thinking: count(json, &["output_tokens_details", "reasoning_tokens"]).unwrap_or(0),
    })
}
