//! Reads the chunks of Chat Completions, forgiving what compatible servers get wrong.

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{Answer, CallNumber, read};
use super::super::{Decoder, Ids};
use super::usage;
use crate::domain::{ErrorKind, ModelError, StopReason, StreamItem, Usage};
use crate::provider::failure;
use crate::provider::sse::{SseDecoder, SseEvent};

/// The machine for one answer.
#[derive(Debug)]
pub(super) struct ChatDecoder {
    sse: SseDecoder,
    answer: Answer,
    calls: Vec<Slot>,
    finish: Option<String>,
    refusal: String,
    usage: Option<Usage>,
}

/// A call as the server names it.
#[derive(Debug)]
struct Slot {
    index: u64,
    id: String,
    number: CallNumber,
}

/// A chunk, or the whole answer of a server that does not stream.
#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default, alias = "message")]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
    /// Where some servers put the figures.
    #[serde(default)]
    usage: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    reasoning_content: Option<String>,
    #[serde(default)]
    reasoning: Option<Value>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<CallDelta>>,
}

/// Text, or parts as Mistral sends them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Value>),
}

#[derive(Debug, Deserialize)]
struct CallDelta {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<FunctionDelta>,
}

#[derive(Debug, Default, Deserialize)]
struct FunctionDelta {
    #[serde(default)]
    name: Option<String>,
    /// A fragment of text; whole objects come from servers that mix this wire up with Ollama's.
    #[serde(default)]
    arguments: Option<Value>,
}

impl ChatDecoder {
    pub(super) fn new(ids: Ids) -> Self {
        Self {
            sse: SseDecoder::default(),
            answer: Answer::new(ids),
            calls: Vec::new(),
            finish: None,
            refusal: String::new(),
            usage: None,
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
                SseEvent::Data(data) => match data.trim_ascii() {
                    b"" => {}
                    b"[DONE]" => self.end(),
                    data => self.document(data),
                },
            }
        }
    }

    fn document(&mut self, data: &[u8]) {
        match read::<Chunk>(data) {
            Ok(chunk) => self.chunk(chunk),
            Err(error) => self.answer.fail(failure::protocol(error)),
        }
    }

    fn chunk(&mut self, chunk: Chunk) {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            let json = serde_json::json!({ "error": error });
            self.answer.fail(failure::in_json(&json).unwrap_or_else(|| failure::of_event("", "")));
            return;
        }
        let choices = chunk.choices.unwrap_or_default();
        if !choices.is_empty() {
            self.answer.started(chunk.model.as_deref());
        }
        let alone = choices.is_empty();
        // Only one answer was asked for.
        if let Some(choice) = choices.into_iter().next() {
            self.count(choice.usage.as_ref());
            self.delta(choice.delta.unwrap_or_default());
            if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                self.answer.close_all();
                self.finish = Some(reason);
            }
        }
        self.count(chunk.usage.as_ref());
        // The figures come last: there is nothing to wait for.
        if alone && self.finish.is_some() && self.usage.is_some() {
            self.end();
        }
    }

    fn count(&mut self, json: Option<&Value>) {
        if let Some(usage) = json.and_then(usage::of_json) {
            self.usage = Some(usage);
            self.answer.usage(usage);
        }
    }

    fn delta(&mut self, delta: Delta) {
        let reasoning = delta.reasoning.as_ref().and_then(Value::as_str);
        // Servers that send both names send the same text in both.
        if let Some(text) = delta.reasoning_content.as_deref().filter(|text| !text.is_empty()).or(reasoning) {
            self.answer.thinking(text);
        }
        match delta.content {
            Some(Content::Text(text)) => self.answer.text(&text),
            Some(Content::Parts(parts)) => parts.iter().for_each(|part| self.part(part)),
            None => {}
        }
        if let Some(refusal) = delta.refusal {
            self.refusal.push_str(&refusal);
            self.answer.text(&refusal);
        }
        for call in delta.tool_calls.unwrap_or_default() {
            self.call(call);
        }
    }

    /// A part of a content list: `{"type": "text", "text"}` or `{"type": "thinking", "thinking": [parts]}`.
    fn part(&mut self, part: &Value) {
        if let Some(text) = part.get("text").and_then(Value::as_str) {
            self.answer.text(text);
        }
        let thoughts = part.get("thinking").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for text in thoughts.iter().filter_map(|thought| thought.get("text")?.as_str()) {
            self.answer.thinking(text);
        }
    }

    fn call(&mut self, delta: CallDelta) {
        let function = delta.function.unwrap_or_default();
        let id = delta.id.as_deref().filter(|id| !id.is_empty());
        let name = function.name.as_deref().filter(|name| !name.is_empty());
        let number = self.known(delta.index, id, name).unwrap_or_else(|| {
            self.answer.close_finished_calls();
            let number = self.answer.call(id, name.unwrap_or_default());
            let index = delta.index.unwrap_or(self.calls.len() as u64);
            self.calls.push(Slot { index, id: id.unwrap_or_default().to_owned(), number });
            number
        });
        match function.arguments {
            Some(Value::String(text)) => self.answer.arguments(number, &text),
            Some(Value::Null) | None => {}
            Some(object) => self.answer.arguments(number, &object.to_string()),
        }
    }

    /// The call that a fragment belongs to; none when it begins a new one. Some servers leave out the
    /// index or the id, some count every call as the first, some repeat id and name in each fragment.
    fn known(&self, index: Option<u64>, id: Option<&str>, name: Option<&str>) -> Option<CallNumber> {
        let by_id = || self.calls.iter().find(|slot| Some(slot.id.as_str()) == id);
        let slot = match index {
            Some(index) => self.calls.iter().rev().find(|slot| slot.index == index),
            None => by_id().or(self.calls.last()),
        }?;
        let another = match id {
            Some(id) if !slot.id.is_empty() => id != slot.id && (name.is_some() || index.is_none()),
            _ => name.is_some() && self.answer.is_complete(slot.number),
        };
        (!another).then_some(slot.number)
    }

    fn end(&mut self) {
        let stop = match self.finish.take() {
            Some(reason) if reason == "error" => {
                self.answer.fail(ModelError::new(ErrorKind::Server, "the server broke the answer off with an error"));
                return;
            }
            Some(reason) => self.stop_of(&reason),
            None if self.answer.has_calls() => StopReason::ToolUse,
            None => StopReason::EndTurn,
        };
        self.answer.done(stop, self.usage);
    }

    fn stop_of(&self, reason: &str) -> StopReason {
        match reason {
            _ if !self.refusal.is_empty() => StopReason::Refusal { explanation: Some(self.refusal.clone()) },
            "length" | "max_tokens" => StopReason::MaxTokens,
            "content_filter" => StopReason::ContentFilter,
            // Some say `stop` although there are calls, some the reverse.
            "stop" | "tool_calls" | "function_call" | "end_turn" | "eos" if self.answer.has_calls() => {
                StopReason::ToolUse
            }
            "stop" | "tool_calls" | "function_call" | "end_turn" | "eos" => StopReason::EndTurn,
            other => StopReason::Other(other.to_owned()),
        }
    }
}

impl Decoder for ChatDecoder {
    fn feed(&mut self, bytes: &[u8]) -> Vec<StreamItem> {
        let events = self.sse.feed(bytes);
        self.hear(events);
        self.answer.take()
    }

    fn finish(&mut self) -> Vec<StreamItem> {
        let events = self.sse.finish();
        self.hear(events);
        if !self.answer.has_ended() {
            match self.finish {
                Some(_) => self.end(),
                None => self.answer.fail(failure::ended_early()),
            }
        }
        self.answer.take()
    }

    /// Some servers send no more after the reason to stop, and some leave the connection open then.
    fn is_complete(&self) -> bool {
        self.finish.is_some()
    }

    fn whole(&mut self, json: &[u8]) -> Vec<StreamItem> {
        self.document(json);
        if !self.answer.has_ended() {
            if self.finish.is_some() || self.answer.has_content() {
                self.end();
            } else {
                self.answer.fail(failure::protocol("the document is no completion"));
            }
        }
        self.answer.take()
    }
}
