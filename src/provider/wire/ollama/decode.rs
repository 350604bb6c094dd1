//! Reads the lines of `/api/chat`.

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{Answer, count, read};
use super::super::{Decoder, Ids};
use crate::domain::{StopReason, StreamItem, Usage};
use crate::provider::failure;
use crate::provider::ndjson::{Line, LineDecoder};

/// The machine for one answer.
#[derive(Debug)]
pub(super) struct OllamaDecoder {
    lines: LineDecoder,
    answer: Answer,
}

/// One line.
#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    message: Option<Delta>,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    done_reason: Option<String>,
    #[serde(default)]
    prompt_eval_count: Option<Value>,
    #[serde(default)]
    eval_count: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<Value>>,
}

impl OllamaDecoder {
    pub(super) fn new(ids: Ids) -> Self {
        Self { lines: LineDecoder::default(), answer: Answer::new(ids) }
    }

    fn hear(&mut self, lines: impl IntoIterator<Item = Line>) {
        for line in lines {
            if self.answer.has_ended() {
                return;
            }
            match line {
                Line::Blank => self.answer.ping(),
                Line::TooLong => self.answer.fail(failure::protocol("a line is larger than 16 MB")),
                Line::Json(json) => match read::<Chunk>(&json) {
                    Ok(chunk) => self.chunk(chunk),
                    Err(error) => self.answer.fail(failure::protocol(error)),
                },
            }
        }
    }

    fn chunk(&mut self, chunk: Chunk) {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            let json = serde_json::json!({ "error": error });
            self.answer.fail(failure::in_json(&json).unwrap_or_else(|| failure::of_event("", "")));
            return;
        }
        if chunk.message.is_some() || chunk.done {
            self.answer.started(chunk.model.as_deref());
        }
        if let Some(message) = chunk.message {
            self.answer.thinking(message.thinking.as_deref().unwrap_or_default());
            self.answer.text(message.content.as_deref().unwrap_or_default());
            message.tool_calls.unwrap_or_default().iter().for_each(|call| self.call(call));
        }
        if chunk.done {
            let stop = self.stop_of(chunk.done_reason.as_deref().unwrap_or("stop"));
            let number = |value: Option<Value>| value.and_then(|value| count(&value, &[]));
            let (prompt, output) = (number(chunk.prompt_eval_count), number(chunk.eval_count));
            let usage = (prompt.is_some() || output.is_some()).then(|| Usage {
                input: prompt.unwrap_or(0),
                output: output.unwrap_or(0),
                ..Usage::default()
            });
            self.answer.done(stop, usage);
        }
    }

    /// Calls come whole, their arguments as an object.
    fn call(&mut self, call: &Value) {
        let function = call.get("function").unwrap_or(call);
        let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
        let number = self.answer.call(call.get("id").and_then(Value::as_str), name);
        match function.get("arguments") {
            Some(Value::String(text)) => self.answer.arguments(number, text),
            Some(Value::Null) | None => {}
            Some(object) => self.answer.arguments(number, &object.to_string()),
        }
        self.answer.close_call(number);
    }

    fn stop_of(&self, reason: &str) -> StopReason {
        match reason {
            "length" => StopReason::MaxTokens,
            _ if self.answer.has_calls() => StopReason::ToolUse,
            "stop" | "" => StopReason::EndTurn,
            other => StopReason::Other(other.to_owned()),
        }
    }
}

impl Decoder for OllamaDecoder {
    fn feed(&mut self, bytes: &[u8]) -> Vec<StreamItem> {
        let lines = self.lines.feed(bytes);
        self.hear(lines);
        self.answer.take()
    }

    fn finish(&mut self) -> Vec<StreamItem> {
        let line = self.lines.finish();
        self.hear(line);
        if !self.answer.has_ended() {
            self.answer.fail(failure::ended_early());
        }
        self.answer.take()
    }

    fn whole(&mut self, json: &[u8]) -> Vec<StreamItem> {
        let mut items = self.feed(json);
        items.extend(self.finish());
        items
    }
}
