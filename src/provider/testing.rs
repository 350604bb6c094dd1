//! Requests and transcripts for the tests of this room.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::wire::Decoder;
use crate::domain::{
    Block, CanonicalRequest, Effort, Mark, Media, Message, ModelInfo, ModelRef, ResultPart, Role, Sampling, Segment,
    StreamItem, Thinking, ToolCall, ToolResult, ToolSpec, Ttl, Wire,
};

/// Serves this on a port of its own; the address.
pub(super) async fn serve(app: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}

/// A request with one tool, a system text, a memory file and these messages, marked at its end.
pub(super) fn request(wire: Wire, id: &str, messages: Vec<Message>) -> CanonicalRequest {
    let spec = ToolSpec {
        name: "Read".to_owned(),
        description: "Reads a file.".to_owned(),
        input_schema: json!({"type": "object", "properties": {"file_path": {"type": "string"}}, "required": ["file_path"]}),
    };
    let mut segments = vec![
        Segment::tool(Arc::new(spec)),
        Segment::system("system", "You are Latigo."),
        Segment::memory("CLAUDE.md", "Use tabs."),
    ];
    segments.extend(messages.into_iter().map(|message| Segment::message("message", Arc::new(message))));
    let last = segments.len() - 1;
    CanonicalRequest {
        model: ModelRef::new(wire, id),
        info: Arc::new(ModelInfo::unknown(id)),
        segments: segments.into_iter().map(Arc::new).collect(),
        marks: vec![Mark { segment: 1, ttl: Ttl::OneHour }, Mark { segment: last, ttl: Ttl::FiveMinutes }],
        sampling: Sampling { max_output: 8_192, effort: None, thinking: false },
        session_key: "session-1".to_owned(),
    }
}

/// The request with its model's way of thinking, and the wish for it.
pub(super) fn thinking(mut request: CanonicalRequest, way: Thinking, effort: Option<Effort>) -> CanonicalRequest {
    let mut info = (*request.info).clone();
    info.thinking = way;
    request.info = Arc::new(info);
    request.sampling.thinking = true;
    request.sampling.effort = effort;
    request
}

/// A conversation with everything in it that a wire has rules about.
pub(super) fn everything(wire: Wire, id: &str) -> Vec<Message> {
    let me = ModelRef::new(wire, id);
    let other = ModelRef::new(wire, "another-model");
    let call = |id: &str, name: &str| {
        Block::ToolCall(ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            input: json!({"file_path": "a \"b\".rs"}),
        })
    };
    let think = |text: &str, signature: Option<&str>| Block::Thinking {
        text: text.to_owned(),
        signature: signature.map(str::to_owned),
    };
    let text = |text: &str| Block::Text { text: text.to_owned() };
    let image = Media { media_type: "image/png".to_owned(), data: "iVBORw0KGgo=".to_owned() };
    let own = match wire {
        Wire::OpenaiResponses => {
            json!({"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "sealed"})
        }
        _ => json!({"type": "redacted_thinking", "data": "sealed"}),
    };
    let results = |parts: Vec<(&str, Vec<ResultPart>, bool)>| -> Vec<Block> {
        let result = |(id, parts, is_error): (&str, _, _)| {
            Block::ToolResult(ToolResult { call_id: id.to_owned(), parts, is_error })
        };
        parts.into_iter().map(result).collect()
    };
    let mut mixed = results(vec![
        ("toolu_1", vec![ResultPart::Text("fn main() {}".to_owned()), ResultPart::Image(image.clone())], false),
        ("functions.Read:0", vec![ResultPart::Text(" \n".to_owned()), ResultPart::Image(image.clone())], true),
    ]);
    mixed.insert(0, text("a word before the results"));
    vec![
        Message { role: Role::User, blocks: vec![text("Look at this"), Block::Image(image)], by: None },
        Message::assistant(
            vec![
                think("I read.", Some("signed")),
                Block::Opaque { wire, item: own },
                think("unsigned", None),
                text("  \n"),
                text("I read both."),
                call("toolu_1", "Read"),
                call("functions.Read:0", "functions.Read"),
            ],
            me.clone(),
        ),
        Message { role: Role::User, blocks: mixed, by: None },
        Message::assistant(
            vec![think("not yours", Some("x")), Block::Opaque { wire: Wire::Replay, item: json!({}) }],
            other,
        ),
        Message::user("Go on."),
        Message::user("Please."),
        Message::assistant(vec![text("Done.")], me),
        Message::user("Thanks."),
    ]
}

/// What a decoder makes of some bytes, cut at these places.
pub(super) fn decode(mut decoder: Box<dyn Decoder>, bytes: &[u8], cuts: &[usize]) -> Vec<StreamItem> {
    let mut items = Vec::new();
    let mut from = 0;
    for cut in cuts.iter().copied().chain([bytes.len()]) {
        let cut = cut.clamp(from, bytes.len());
        items.extend(decoder.feed(&bytes[from..cut]));
        from = cut;
    }
    items.extend(decoder.finish());
    items
}

/// The items, one a line, for people.
pub(super) fn transcript(items: &[StreamItem]) -> String {
    let lines = items.iter().map(|item| match item {
        StreamItem::Started { model } => format!("started {}", model.as_deref().unwrap_or("-")),
        StreamItem::BlockStarted { index, kind } => format!("{index} begins {kind:?}"),
        StreamItem::Delta { index, text } => format!("{index} + {text:?}"),
        StreamItem::BlockDone { index, block } => format!("{index} done {}", serde_json::to_string(block).unwrap()),
        StreamItem::Usage(usage) => format!("usage {}", serde_json::to_string(usage).unwrap()),
        StreamItem::Ping => "ping".to_owned(),
        StreamItem::Limits(limits) => format!("limits {limits:?}"),
        StreamItem::Done { stop, usage } => {
            format!("done {stop:?} {}", serde_json::to_string(usage).unwrap())
        }
        StreamItem::Failed(error) => format!("failed {:?} {error}", error.kind),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The recorded streams of a wire: name and bytes.
pub(super) fn fixtures(wire: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/provider").join(wire);
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    found.sort();
    found
}
