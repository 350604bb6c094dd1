//! From the entries of a transcript to records: prompts, answers, calls with their results.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::{Entry, Facts};
use crate::domain::{
    Block, Body, DiffHunk, DiffLine, FileDiff, Hash, LibraryBody, LineKind, Media, Message, ModelRef, Origin, Record,
    RequestNote, ResponseNote, ResultPart, Role, SessionId, Shown, StopReason, ToolCall, ToolResult, TurnEnd, Usage,
    Wire,
};

/// The version of the log's schema that is written.
const FORMAT: u32 = 1;

/// What a session begins with.
pub(super) struct Start {
    pub id: SessionId,
    pub cwd: PathBuf,
    pub project: PathBuf,
    pub from: PathBuf,
}

/// The records of a conversation.
pub(super) fn records(chain: &[&Entry], facts: &Facts, start: Start) -> Vec<Record> {
    let mut talk = Talk { at: chain.iter().find_map(|entry| time(entry)).unwrap_or_default(), ..Talk::default() };
    let branch = chain.iter().rev().find_map(|entry| entry.git_branch.clone()).filter(|branch| !branch.is_empty());
    let from = LibraryBody::Imported { program: "claude-code".into(), from: start.from, session: start.id.to_string() };
    let version = env!("CARGO_PKG_VERSION").to_owned();
    talk.put(Body::SessionStarted { format: FORMAT, id: start.id, version, cwd: start.cwd, project: start.project });
    talk.put(Body::Library(from));
    if let Some(title) = &facts.title {
        talk.put(Body::TitleSet { title: title.clone() });
    }
    if let Some(tag) = &facts.tag {
        talk.put(Body::Library(LibraryBody::Tagged { tags: vec![tag.clone()] }));
    }
    if let Some(branch) = branch {
        talk.put(Body::Library(LibraryBody::OnBranch { branch }));
    }
    for entry in chain {
        talk.see(entry);
    }
    talk.finish()
}

#[derive(Default)]
struct Talk {
    records: Vec<Record>,
    at: u64,
    turn: u32,
    in_turn: bool,
    request: u32,
    model: Option<ModelRef>,
    /// The answer that is being put together from its lines: its id, and what is known of it.
    answer: Option<(String, Answer)>,
    /// Calls of the last answer without result, in the model's order.
    open: Vec<String>,
    /// Calls whose results are to be joined.
    results: Vec<String>,
}

#[derive(Default)]
struct Answer {
    blocks: Vec<Block>,
    model: String,
    usage: Usage,
    stop: Option<String>,
}

impl Talk {
    fn see(&mut self, entry: &Entry) {
        if let Some(at) = time(entry) {
            self.at = self.at.max(at);
        }
        let Some(message) = &entry.message else { return };
        match entry.kind.as_str() {
            "assistant" => self.assistant(message),
            "user" if entry.is_compact_summary => {
                self.close_answer();
                self.end_turn();
                let summary = text_of(message);
                self.put(Body::Compacted { summary, kept: 0, tokens_before: 0, tokens_after: 0, auto: true });
            }
            "user" => self.user(message, entry),
            _ => {}
        }
    }

    fn assistant(&mut self, message: &Value) {
        let id = string(message, "id");
        if self.answer.as_ref().is_some_and(|(known, _)| *known != id) {
            self.close_answer();
        }
        let (_, answer) = self.answer.get_or_insert_with(|| (id, Answer::default()));
        answer.blocks.extend(blocks(message.get("content")));
        answer.model = string(message, "model");
        if let Some(counts) = message.get("usage") {
            answer.usage = usage(counts);
        }
        answer.stop = message.get("stop_reason").and_then(Value::as_str).map(str::to_owned).or(answer.stop.take());
    }

    /// The answer is whole: the next entry is none of its lines.
    fn close_answer(&mut self) {
        let Some((_, answer)) = self.answer.take() else { return };
        self.join();
        let id = if answer.model.is_empty() { "unknown".to_owned() } else { answer.model };
        let model = ModelRef::new(Wire::Anthropic, id);
        if self.model.as_ref() != Some(&model) {
            self.put(Body::ModelSet { model: model.clone(), effort: None });
            self.model = Some(model.clone());
        }
        self.request += 1;
        self.put(Body::RequestSent(request(self.request, self.turn, model.clone())));
        self.open = answer.blocks.iter().filter_map(call_id).map(str::to_owned).collect();
        let stop = match answer.stop.as_deref() {
            Some("max_tokens") => StopReason::MaxTokens,
            Some("end_turn") | None if self.open.is_empty() => StopReason::EndTurn,
            Some("tool_use" | "end_turn") | None => StopReason::ToolUse,
            Some(other) => StopReason::Other(other.to_owned()),
        };
        self.put(Body::Responded(ResponseNote {
            request: self.request,
            message: Arc::new(Message::assistant(answer.blocks, model)),
            stop,
            usage: answer.usage,
            estimated: false,
            cost: None,
            duration_ms: 0,
            cut: false,
        }));
    }

    fn user(&mut self, message: &Value, entry: &Entry) {
        self.close_answer();
        let mut said = Vec::new();
        for block in blocks(message.get("content")) {
            match block {
                Block::ToolResult(result) => self.result(result, entry.tool_use_result.as_ref()),
                other => said.push(other),
            }
        }
        if said.is_empty() || entry.is_meta {
            return;
        }
        // Calls that nobody answered are closed before the person speaks again.
        for call in std::mem::take(&mut self.open) {
            self.result(ToolResult::text(call, "The call was interrupted.", true), None);
        }
        self.join();
        self.end_turn();
        self.turn += 1;
        self.in_turn = true;
        let message = Message { role: Role::User, blocks: said, by: None };
        let typed = Some(message.text());
        self.put(Body::Prompted { turn: self.turn, message: Arc::new(message), origin: Origin::Typed, typed });
    }

    fn result(&mut self, result: ToolResult, detail: Option<&Value>) {
        self.open.retain(|call| *call != result.call_id);
        let text = result.joined();
        let summary = if result.is_error {
            text.lines().next().unwrap_or_default().chars().take(80).collect()
        } else {
            format!("{} lines", text.lines().count())
        };
        let shown = detail.and_then(patch).unwrap_or(Shown::Text { text, language: None });
        self.results.push(result.call_id.clone());
        self.put(Body::CallDone { result, shown, summary, duration_ms: 0, full_output: None });
    }

    fn join(&mut self) {
        if !self.results.is_empty() {
            let calls = std::mem::take(&mut self.results);
            self.put(Body::ResultsJoined { calls, extra: Vec::new() });
        }
    }

    fn end_turn(&mut self) {
        if std::mem::take(&mut self.in_turn) {
            self.put(Body::TurnEnded { turn: self.turn, end: TurnEnd::Done });
        }
    }

    fn put(&mut self, body: Body) {
        let seq = self.records.len() as u64;
        self.records.push(Record { seq, at: self.at, body });
    }

    fn finish(mut self) -> Vec<Record> {
        self.close_answer();
        // A call without result is closed by the resume, as after a crash.
        if self.open.is_empty() {
            self.join();
            self.end_turn();
        }
        self.records
    }
}

fn request(request: u32, turn: u32, model: ModelRef) -> RequestNote {
    RequestNote {
        request,
        turn,
        attempt: 1,
        model,
        segments: 0,
        prefix: Hash::EMPTY,
        added: Vec::new(),
        marks: Vec::new(),
        max_output: 0,
        estimate: 0,
        expected_read: 0,
        summary: false,
        effort: None,
        thinking: false,
    }
}

fn time(entry: &Entry) -> Option<u64> {
    let time: jiff::Timestamp = entry.timestamp.as_deref()?.parse().ok()?;
    u64::try_from(time.as_millisecond()).ok()
}

fn call_id(block: &Block) -> Option<&str> {
    if let Block::ToolCall(call) = block { Some(&call.id) } else { None }
}

/// Blocks of a message of the Anthropic API. Those that nobody knows are left out.
fn blocks(content: Option<&Value>) -> Vec<Block> {
    match content {
        Some(Value::String(text)) if !text.is_empty() => vec![Block::Text { text: text.clone() }],
        Some(Value::Array(list)) => list.iter().filter_map(block).collect(),
        _ => Vec::new(),
    }
}

fn block(value: &Value) -> Option<Block> {
    Some(match value.get("type")?.as_str()? {
        "text" => Block::Text { text: string(value, "text") },
        "thinking" => Block::Thinking {
            text: string(value, "thinking"),
            signature: value.get("signature").and_then(Value::as_str).map(str::to_owned),
        },
        "redacted_thinking" => Block::Opaque { wire: Wire::Anthropic, item: value.clone() },
        "image" => Block::Image(media(value)?),
        "tool_use" => Block::ToolCall(ToolCall {
            id: string(value, "id"),
            name: string(value, "name"),
            input: value
                .get("input")
                .filter(|input| input.is_object())
                .cloned()
                .unwrap_or_else(|| serde_json::json!({})),
        }),
        "tool_result" => Block::ToolResult(ToolResult {
            call_id: string(value, "tool_use_id"),
            parts: parts(value.get("content")),
            is_error: value.get("is_error").and_then(Value::as_bool).unwrap_or(false),
        }),
        _ => return None,
    })
}

fn parts(content: Option<&Value>) -> Vec<ResultPart> {
    match content {
        Some(Value::String(text)) => vec![ResultPart::Text(text.clone())],
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|part| match part.get("type")?.as_str()? {
                "text" => Some(ResultPart::Text(string(part, "text"))),
                "image" => media(part).map(ResultPart::Image),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn media(value: &Value) -> Option<Media> {
    let source = value.get("source")?;
    Some(Media { media_type: string(source, "media_type"), data: source.get("data")?.as_str()?.to_owned() })
}

/// The structured patch that edits leave beside their result.
fn patch(detail: &Value) -> Option<Shown> {
    let hunks = detail.get("structuredPatch")?.as_array()?;
    let (mut added, mut removed, mut made) = (0, 0, Vec::new());
    for hunk in hunks {
        let number = |key: &str| hunk.get(key).and_then(Value::as_u64).unwrap_or(1) as u32;
        let mut lines = Vec::new();
        for line in hunk.get("lines")?.as_array()?.iter().filter_map(Value::as_str) {
            let (kind, text) = match (line.strip_prefix('+'), line.strip_prefix('-')) {
                (Some(text), _) => (LineKind::Added, text),
                (_, Some(text)) => (LineKind::Removed, text),
                _ => (LineKind::Same, line.strip_prefix(' ').unwrap_or(line)),
            };
            added += u32::from(kind == LineKind::Added);
            removed += u32::from(kind == LineKind::Removed);
            lines.push(DiffLine { kind, pieces: vec![(false, text.to_owned())] });
        }
        made.push(DiffHunk { old_start: number("oldStart"), new_start: number("newStart"), lines });
    }
    let path = string(detail, "filePath");
    (!made.is_empty()).then(|| Shown::Diff(vec![FileDiff { path, created: false, added, removed, hunks: made }]))
}

fn usage(counts: &Value) -> Usage {
    let count = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or(0);
    let written = count(counts.get("cache_creation_input_tokens"));
    let hour = count(counts.get("cache_creation").and_then(|split| split.get("ephemeral_1h_input_tokens")));
    Usage {
        input: count(counts.get("input_tokens")),
        cache_read: count(counts.get("cache_read_input_tokens")),
        cache_write_5m: written.saturating_sub(hour),
        cache_write_1h: hour.min(written),
        output: count(counts.get("output_tokens")),
        thinking: 0,
    }
}

fn text_of(message: &Value) -> String {
    let parts: Vec<String> = blocks(message.get("content"))
        .into_iter()
        .filter_map(|block| match block {
            Block::Text { text } => Some(text),
            _ => None,
        })
        .collect();
    parts.join("\n")
}

fn string(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
