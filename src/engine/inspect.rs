//! The next request taken apart: its pieces with their tokens, what is new in it, the bytes that would go out.

use std::sync::Arc;

use super::driver::Driver;
use super::report::{block_text, is_fixed, tool_text};
use crate::domain::{
    CanonicalRequest, ContextNews, InspectNode, Inspection, Live, Mark, NodeChange, Notice, Segment, SegmentBody,
    SegmentKind, Ttl,
};
use crate::prompt::Shape;
use crate::usage::{Counter, Tiktoken};

/// Bytes of the raw form that are shown.
const RAW: usize = 4 << 20;

impl Driver {
    pub(super) async fn inspect(&mut self) {
        let now = self.setup.clock.wall_ms();
        let Some((canonical, cached)) = self.machine.next_request(now) else {
            return self.notice(Notice::warning("No model is configured, so there is no request to look at.")).await;
        };
        let before = self.machine.last_shape().cloned();
        let whole = self.machine.measured(canonical.segments.iter().map(|segment| u64::from(segment.tokens)).sum());
        let raw = self.provider(&canonical).ok().and_then(|provider| provider.wire_form(&canonical));
        let raw = raw.map_or_else(|| "nothing goes over a wire here".to_owned(), |bytes| pretty(&bytes));
        let raw = self.setup.secrets.text(&raw).into_owned();
        let secrets = self.setup.secrets.clone();
        self.beside(move || {
            let mut inspection = take_apart(&canonical, before.as_ref());
            scale(&mut inspection, whole);
            inspection.nodes.iter_mut().for_each(|node| node.text = secrets.text(&node.text).into_owned());
            Live::Context(ContextNews::Inspected(Box::new(Inspection { raw, cached, ..inspection })))
        });
    }
}

fn pretty(bytes: &[u8]) -> String {
    let value = serde_json::from_slice::<serde_json::Value>(bytes);
    let mut text = value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_default();
    if let Some(end) = (RAW..text.len()).find(|at| text.is_char_boundary(*at)) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn take_apart(canonical: &CanonicalRequest, before: Option<&Shape>) -> Inspection {
    let tokenizer = Tiktoken::load().ok();
    let tokens = |text: &str| match &tokenizer {
        Some(tokenizer) => tokenizer.count(text) as u64,
        None => crate::base::text::tokens(text),
    };
    let shape = Shape::of(canonical);
    let shared = before.map_or(0, |before| before.shared(&shape));
    let known = before.map(Shape::labels).unwrap_or_default();
    let mut nodes: Vec<InspectNode> = Vec::new();
    let mut part: Option<(usize, &str)> = None;
    for (index, segment) in canonical.segments.iter().enumerate() {
        let name = part_name(segment);
        if part.is_none_or(|(_, current)| current != name) {
            part = Some((nodes.len(), name));
            nodes.push(node(0, name.to_owned(), String::new(), 0));
        }
        let change = match before {
            Some(_) if index < shared => NodeChange::Same,
            Some(_) if is_fixed(segment) && known.contains(&(segment.kind, segment.label.clone())) => {
                NodeChange::Changed
            }
            Some(before) if !is_fixed(segment) && index < before.len() => NodeChange::Changed,
            _ => NodeChange::New,
        };
        let mark = canonical.marks.iter().find(|mark| mark.segment == index).map(life);
        let from = nodes.len();
        push_segment(segment, change, &tokens, &mut nodes);
        if let Some(last) = nodes.get_mut(from) {
            last.mark = mark;
        }
        let sum = nodes.get(from).map_or(0, |node| node.tokens);
        if let Some(head) = part.and_then(|(at, _)| nodes.get_mut(at)) {
            head.tokens += sum;
        }
    }
    let here: Vec<(SegmentKind, String)> = shape.labels();
    for (kind, label) in known.into_iter().filter(|known| known.0 != SegmentKind::Message && !here.contains(known)) {
        let text = format!("It stood in the request before ({kind:?}).");
        nodes.push(InspectNode { change: NodeChange::Gone, ..node(1, label, text, 0) });
    }
    let all = nodes.iter().filter(|node| node.depth == 0).map(|node| node.tokens).sum();
    Inspection { model: canonical.model.to_string(), nodes, raw: String::new(), tokens: all, cached: 0 }
}

/// Brings the counts of a tokenizer of another family to the sum that is to be expected.
fn scale(inspection: &mut Inspection, whole: u64) {
    let counted = inspection.tokens.max(1) as f64;
    for node in &mut inspection.nodes {
        node.tokens = (node.tokens as f64 * whole as f64 / counted).round() as u64;
    }
    inspection.tokens = whole;
}

fn push_segment(
    segment: &Arc<Segment>,
    change: NodeChange,
    tokens: &dyn Fn(&str) -> u64,
    nodes: &mut Vec<InspectNode>,
) {
    let Some(message) = segment.as_message() else {
        let text = super::context::plain(segment);
        let count = match &segment.body {
            SegmentBody::Tool(spec) => tokens(&tool_text(spec)),
            _ => tokens(&text),
        };
        nodes.push(InspectNode { change, ..node(1, segment.label.clone(), text, count) });
        return;
    };
    let at = nodes.len();
    nodes.push(InspectNode { change, ..node(1, segment.label.clone(), super::context::plain(segment), 0) });
    let mut sum = 0;
    for block in &message.blocks {
        let text = block_text(block);
        let count = tokens(&text);
        sum += count;
        let label = match block {
            crate::domain::Block::Text { .. } => "text".to_owned(),
            crate::domain::Block::Thinking { .. } => "thinking".to_owned(),
            crate::domain::Block::Opaque { .. } => "sealed item".to_owned(),
            crate::domain::Block::Image(_) => "image".to_owned(),
            crate::domain::Block::Document(document) => format!("PDF {}", document.name),
            crate::domain::Block::ToolCall(call) => format!("call {}", crate::prompt::call_line(call)),
            crate::domain::Block::ToolResult(result) => format!("result of {}", result.call_id),
        };
        let first = text.lines().next().unwrap_or_default().chars().take(60).collect::<String>();
        nodes.push(InspectNode { change, ..node(2, format!("{label}: {first}"), text, count) });
    }
    if let Some(head) = nodes.get_mut(at) {
        head.tokens = sum;
    }
}

fn node(depth: u8, label: String, text: String, tokens: u64) -> InspectNode {
    InspectNode { depth, label, text, tokens, change: NodeChange::Same, mark: None }
}

fn part_name(segment: &Segment) -> &'static str {
    match segment.kind {
        SegmentKind::Tool => "tools",
        SegmentKind::System => "system",
        SegmentKind::Memory => "instructions",
        SegmentKind::Message => "messages",
    }
}

fn life(mark: &Mark) -> &'static str {
    match mark.ttl {
        Ttl::FiveMinutes => "5 minutes",
        Ttl::OneHour => "1 hour",
    }
}
