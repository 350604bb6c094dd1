//! Our blocks in the form of the Anthropic Messages API, which the JSON outputs use for every wire, because
//! the programs that read them know it.

use serde_json::{Value, json};

use crate::domain::{Block, Document, Media, ResponseNote, ResultPart, StopReason, ToolResult, Usage, Wire};

/// The message of one answer that holds one of its blocks; none for a block that has no public form.
pub fn assistant(note: &ResponseNote, id: &str, block: &Block) -> Option<Value> {
    let content = content(block)?;
    Some(json!({
        "id": id,
        "type": "message",
        "role": "assistant",
        "model": note.message.by.as_ref().map(|by| by.id.as_str()),
        "content": [content],
        "stop_reason": stop_reason(&note.stop),
        "stop_sequence": null,
        "usage": usage(&note.usage),
    }))
}

/// The user message that carries one tool result.
pub fn tool_result(result: &ToolResult) -> Value {
    let parts: Vec<Value> = result
        .parts
        .iter()
        .map(|part| match part {
            ResultPart::Text(text) => json!({"type": "text", "text": text}),
            ResultPart::Image(media) => image(media),
            ResultPart::Document(document) => pdf(document),
        })
        .collect();
    let block = json!({
        "type": "tool_result",
        "tool_use_id": result.call_id,
        "content": parts,
        "is_error": result.is_error,
    });
    json!({"role": "user", "content": [block]})
}

/// Token counts under the API's names.
pub fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write_5m + usage.cache_write_1h,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
    })
}

/// The API's word for why the model stopped.
pub fn stop_reason(stop: &StopReason) -> &str {
    match stop {
        StopReason::EndTurn => "end_turn",
        StopReason::ToolUse => "tool_use",
        StopReason::MaxTokens => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::PauseTurn => "pause_turn",
        StopReason::Refusal { .. } => "refusal",
        StopReason::ContextWindow => "model_context_window_exceeded",
        StopReason::ContentFilter => "content_filter",
        StopReason::Other(word) => word,
    }
}

fn content(block: &Block) -> Option<Value> {
    Some(match block {
        Block::Text { text } => json!({"type": "text", "text": text}),
        Block::Thinking { text, signature } => {
            json!({"type": "thinking", "thinking": text, "signature": signature.as_deref().unwrap_or_default()})
        }
        Block::Opaque { wire: Wire::Anthropic, item } => item.clone(),
        Block::Opaque { .. } | Block::ToolResult(_) => return None,
        Block::Image(media) => image(media),
        Block::Document(document) => pdf(document),
        Block::ToolCall(call) => json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}),
    })
}

fn pdf(Document { name, data, .. }: &Document) -> Value {
    let source = json!({"type": "base64", "media_type": "application/pdf", "data": data});
    json!({"type": "document", "title": name, "source": source})
}

fn image(media: &Media) -> Value {
    let source = json!({"type": "base64", "media_type": media.media_type, "data": media.data});
    json!({"type": "image", "source": source})
}
