//! Where the results of tools stand in a request, so that each pays its share.

use std::collections::HashMap;

use crate::domain::{Block, CanonicalRequest, Document, Message, ResultPart};
use crate::usage::Places;

/// The places of all results, in bytes from the start of the prompt.
pub fn places(request: &CanonicalRequest) -> Places {
    let mut tools: HashMap<&str, &str> = HashMap::new();
    let mut places = Places::default();
    for segment in &request.segments {
        let size = u64::from(segment.bytes);
        if let Some(message) = segment.as_message() {
            tools.extend(message.calls().map(|call| (call.id.as_str(), call.name.as_str())));
            results(message, &tools, (places.bytes, size), &mut places.results);
        }
        places.bytes += size;
    }
    places
}

/// The results of one message. Its bytes are spread over its blocks by the length of their contents.
fn results(
    message: &Message,
    tools: &HashMap<&str, &str>,
    (start, size): (u64, u64),
    into: &mut Vec<(String, u64, u64)>,
) {
    let weights: Vec<u64> = message.blocks.iter().map(weight).collect();
    let all: u64 = weights.iter().sum::<u64>().max(1);
    let at = |sum: u64| start + size * sum / all;
    let mut sum = 0;
    for (block, weight) in message.blocks.iter().zip(weights) {
        let from = at(sum);
        sum += weight;
        if let Block::ToolResult(result) = block {
            let tool = tools.get(result.call_id.as_str()).copied().unwrap_or("unknown");
            into.push((tool.to_owned(), from, at(sum)));
        }
    }
}

/// What an image counts as.
const IMAGE: u64 = 6_000;

/// Bytes of a block's content. An image counts as what it costs at most, not as its bytes.
fn weight(block: &Block) -> u64 {
    match block {
        Block::Text { text } | Block::Thinking { text, .. } => text.len() as u64,
        Block::Opaque { item, .. } => item.to_string().len() as u64,
        Block::ToolCall(call) => call.input.to_string().len() as u64,
        Block::ToolResult(result) => result
            .parts
            .iter()
            .map(|part| match part {
                ResultPart::Text(text) => text.len() as u64,
                ResultPart::Image(_) => IMAGE,
                ResultPart::Document(document) => weight_of(document),
            })
            .sum(),
        Block::Image(_) => IMAGE,
        Block::Document(document) => weight_of(document),
    }
}

fn weight_of(document: &Document) -> u64 {
    document.text.len() as u64 + u64::from(document.pages) * IMAGE
}
