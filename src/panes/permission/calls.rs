//! The calls that a question may be about, gathered from the records: from the finished answer, or
//! from its deltas while it still streams.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::domain::{Body, DeltaKind, Message, ToolCall};

/// Bytes of a streamed input that are kept; a longer one waits for the finished answer.
const MOST_INPUT: usize = 8 << 20;

/// What is known of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) name: String,
    /// The input, when it is whole.
    pub(super) input: Option<Value>,
    /// The JSON so far, when it is not.
    pub(super) raw: String,
}

impl Seen {
    /// A call that is known whole.
    pub(super) fn of(call: &ToolCall) -> Self {
        Self { name: call.name.clone(), input: Some(call.input.clone()), raw: String::new() }
    }
}

/// Calls of the running turn by their id.
#[derive(Debug, Default)]
pub(super) struct Calls {
    said: HashMap<String, Arc<Message>>,
    streamed: HashMap<(u32, u32), Streamed>,
    /// Inputs that hooks put in the place of the model's.
    changed: HashMap<String, Value>,
}

#[derive(Debug)]
struct Streamed {
    id: String,
    name: String,
    json: String,
}

impl Calls {
    pub(super) fn clear(&mut self) {
        self.said.clear();
        self.streamed.clear();
        self.changed.clear();
    }

    /// Takes a record in; the ids of the calls that it told more of.
    pub(super) fn hear(&mut self, body: &Body) -> Vec<String> {
        match body {
            Body::Delta { request, block, kind, text } => {
                if let Some(DeltaKind::ToolCall { id, name }) = kind {
                    let begun = Streamed { id: id.clone(), name: name.clone(), json: String::new() };
                    self.streamed.insert((*request, *block), begun);
                }
                let Some(streamed) = self.streamed.get_mut(&(*request, *block)) else { return Vec::new() };
                if streamed.json.len() + text.len() <= MOST_INPUT {
                    streamed.json.push_str(text);
                }
                vec![streamed.id.clone()]
            }
            Body::Responded(note) => {
                self.streamed.retain(|(request, _), _| *request != note.request);
                let ids: Vec<String> = note.message.calls().map(|call| call.id.clone()).collect();
                for id in &ids {
                    self.said.insert(id.clone(), Arc::clone(&note.message));
                }
                ids
            }
            Body::CallChanged { call_id, input, .. } => {
                self.changed.insert(call_id.clone(), input.clone());
                vec![call_id.clone()]
            }
            Body::CallDone { result, .. } => {
                self.changed.remove(&result.call_id);
                self.said.remove(&result.call_id);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// What is known of the call.
    pub(super) fn get(&self, id: &str) -> Option<Seen> {
        let seen = self.said_or_streamed(id)?;
        let seen = match self.changed.get(id) {
            Some(input) => Seen { input: Some(input.clone()), raw: String::new(), ..seen },
            None => seen,
        };
        let Some(input) = seen.input else { return Some(seen) };
        // The question is about the call that is meant.
        let call = ToolCall { id: id.to_owned(), name: seen.name, input }.effective().into_owned();
        Some(Seen { name: call.name, input: Some(call.input), raw: seen.raw })
    }

    fn said_or_streamed(&self, id: &str) -> Option<Seen> {
        if let Some(call) = self.said.get(id).and_then(|message| message.calls().find(|call| call.id == id)) {
            return Some(Seen { name: call.name.clone(), input: Some(call.input.clone()), raw: String::new() });
        }
        let streamed = self.streamed.values().find(|streamed| streamed.id == id)?;
        if streamed.json.trim().is_empty() {
            return Some(Seen { name: streamed.name.clone(), input: None, raw: String::new() });
        }
        let call = ToolCall::parse(streamed.id.clone(), streamed.name.clone(), &streamed.json);
        Some(match call.invalid() {
            Some(raw) => Seen { name: streamed.name.clone(), input: None, raw: raw.to_owned() },
            None => Seen { name: streamed.name.clone(), input: Some(call.input), raw: String::new() },
        })
    }
}
