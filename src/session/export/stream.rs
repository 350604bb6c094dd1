//! A session as the lines that `--output-format stream-json` would have printed: one object a line, one line for
//! each block of an answer.

use std::borrow::Borrow;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::{Block, Body, Document, Media, ModelRef, Origin, Record, ResultPart, ToolResult, TurnEnd, Usage};

/// The lines, with a newline behind each.
pub(super) fn lines<R: Borrow<Record>>(records: &[R]) -> String {
    let mut writer = Writer::default();
    for record in records {
        writer.see(record.borrow());
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    session: Option<crate::domain::SessionId>,
    model: Option<ModelRef>,
    began: bool,
    cwd: String,
    mode: &'static str,
    /// Lines so far, for their ids.
    count: u64,
    turns: u32,
    /// The text of the last answer.
    last: String,
    usage: Usage,
    cost: Option<f64>,
}

impl Writer {
    fn see(&mut self, record: &Record) {
        match &record.body {
            Body::SessionStarted { id, cwd, .. } => {
                self.session = Some(*id);
                self.cwd = cwd.display().to_string();
                self.mode = "default";
                self.cost = Some(0.0);
            }
            Body::ModelSet { model, .. } => self.model = Some(model.clone()),
            Body::ModeSet { mode } => self.mode = mode.name(),
            Body::Prompted { message, typed, origin, .. } if *origin != Origin::Harness => {
                self.begin();
                let text = typed.clone().unwrap_or_else(|| message.text());
                self.line(json!({"type": "user", "message": {"role": "user", "content": text},
                    "parent_tool_use_id": null}));
            }
            Body::Responded(note) => {
                self.turns += 1;
                self.usage += note.usage;
                self.cost = self.cost.zip(note.cost).map(|(sum, cost)| sum + cost);
                self.last = note.message.text();
                let model = note.message.by.as_ref().or(self.model.as_ref()).map(|model| model.id.clone());
                for block in note.message.blocks.iter().filter_map(content) {
                    let message = json!({"id": format!("msg_{}", note.request), "type": "message",
                        "role": "assistant", "model": model, "content": [block], "usage": usage(&note.usage)});
                    self.line(json!({"type": "assistant", "message": message, "parent_tool_use_id": null}));
                }
            }
            Body::CallDone { result, .. } => self.line(json!({"type": "user",
                "message": {"role": "user", "content": [result_block(result)]}, "parent_tool_use_id": null})),
            Body::Compacted { tokens_before, tokens_after, auto, .. } => {
                let trigger = if *auto { "auto" } else { "manual" };
                self.line(json!({"type": "system", "subtype": "compact_boundary", "compact_metadata":
                    {"trigger": trigger, "pre_tokens": tokens_before, "post_tokens": tokens_after}}));
            }
            Body::TurnEnded { end, .. } => self.ended(end),
            _ => {}
        }
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.began, true) {
            let model = self.model.as_ref().map(|model| model.id.clone());
            let line = json!({"type": "system", "subtype": "init", "cwd": self.cwd, "tools": [], "mcp_servers": [],
                "model": model, "permissionMode": self.mode, "slash_commands": []});
            self.line(line);
        }
    }

    fn ended(&mut self, end: &TurnEnd) {
        let subtype = match end {
            TurnEnd::TurnCap { .. } => "error_max_turns",
            TurnEnd::BudgetCap => "error_max_budget_usd",
            TurnEnd::Failed { .. } | TurnEnd::Interrupted => "error_during_execution",
            _ => "success",
        };
        let line = json!({"type": "result", "subtype": subtype, "is_error": subtype != "success",
            "result": self.last, "num_turns": self.turns, "total_cost_usd": self.cost, "usage": usage(&self.usage)});
        self.line(line);
    }

    /// One line with the ids that every one has.
    fn line(&mut self, mut value: Value) {
        self.count += 1;
        let id = self.session.map_or(Uuid::nil(), |session| session.0);
        if let Some(map) = value.as_object_mut() {
            map.insert("session_id".into(), json!(id.to_string()));
            // The same session always gives the same lines.
            let own = Uuid::from_u128(id.as_u128().wrapping_add(u128::from(self.count)));
            map.insert("uuid".into(), json!(own.to_string()));
        }
        self.out.push_str(&value.to_string());
        self.out.push('\n');
    }
}

/// A block in the form of the Anthropic API; none for what is nobody else's.
fn content(block: &Block) -> Option<Value> {
    Some(match block {
        Block::Text { text } => json!({"type": "text", "text": text}),
        Block::Thinking { text, signature } => json!({"type": "thinking", "thinking": text, "signature": signature}),
        Block::Image(media) => image(media),
        Block::Document(document) => pdf(document),
        Block::ToolCall(call) => json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}),
        Block::ToolResult(result) => result_block(result),
        Block::Opaque { .. } => return None,
    })
}

fn result_block(result: &ToolResult) -> Value {
    let parts: Vec<Value> = result
        .parts
        .iter()
        .map(|part| match part {
            ResultPart::Text(text) => json!({"type": "text", "text": text}),
            ResultPart::Image(media) => image(media),
            ResultPart::Document(document) => pdf(document),
        })
        .collect();
    json!({"type": "tool_result", "tool_use_id": result.call_id, "content": parts, "is_error": result.is_error})
}

fn pdf(Document { name, data, .. }: &Document) -> Value {
    let source = json!({"type": "base64", "media_type": "application/pdf", "data": data});
    json!({"type": "document", "title": name, "source": source})
}

fn image(media: &Media) -> Value {
    json!({"type": "image", "source": {"type": "base64", "media_type": media.media_type, "data": media.data}})
}

fn usage(usage: &Usage) -> Value {
    json!({"input_tokens": usage.input, "output_tokens": usage.output, "cache_read_input_tokens": usage.cache_read,
        "cache_creation_input_tokens": usage.cache_write_5m + usage.cache_write_1h})
}
