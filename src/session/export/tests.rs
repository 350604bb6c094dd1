//! Exports of one session with hostile texts in it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use super::*;
use crate::domain::{
    Block, Body, DiffHunk, DiffLine, FileDiff, LineKind, Message, ModelRef, Origin, ResponseNote, SessionId, Shown,
    StopReason, ToolCall, ToolResult, TurnEnd, Usage, Wire,
};

const EVIL: &str = "<script>alert(1)</script>\u{1b}[2J\" onload='x'";

fn records() -> Vec<Record> {
    let id = SessionId(uuid::Uuid::from_u128(7));
    let project = std::path::PathBuf::from("/w/<b>");
    let call = ToolCall { id: "c".into(), name: EVIL.into(), input: serde_json::json!({ "command": EVIL }) };
    let markdown = format!(
        "# Head\n\n{EVIL}\n\n[a](javascript:alert(1)) ![p](https://x.y/z.png) [b](https://x.y)\n\n<img src=x onerror=y>\n\n```rust\n</pre>{EVIL}\n```"
    );
    let blocks = vec![
        Block::Thinking { text: EVIL.into(), signature: None },
        Block::Text { text: markdown },
        Block::ToolCall(call),
    ];
    let line = |kind, text: &str| DiffLine { kind, pieces: vec![(false, text.to_owned())] };
    let hunks = vec![DiffHunk { old_start: 1, new_start: 1, lines: vec![line(LineKind::Added, EVIL)] }];
    let shown = Shown::Diff(vec![FileDiff { path: EVIL.into(), created: false, added: 1, removed: 0, hunks }]);
    let bodies = vec![
        Body::SessionStarted { format: 1, id, version: "0".into(), cwd: project.clone(), project },
        Body::TitleSet { title: EVIL.into() },
        Body::Prompted {
            turn: 1,
            message: Arc::new(Message::user(EVIL)),
            origin: Origin::Typed,
            typed: Some(EVIL.into()),
        },
        Body::Responded(ResponseNote {
            request: 1,
            message: Arc::new(Message::assistant(blocks, ModelRef::new(Wire::Anthropic, "m"))),
            stop: StopReason::ToolUse,
            usage: Usage { input: 10, output: 5, ..Usage::default() },
            estimated: false,
            cost: Some(0.5),
            duration_ms: 3,
            cut: false,
        }),
        Body::CallDone {
            result: ToolResult::text("c", EVIL, true),
            shown,
            summary: EVIL.into(),
            duration_ms: 5,
            full_output: None,
        },
        Body::TurnEnded { turn: 1, end: TurnEnd::Done },
    ];
    (0..).zip(bodies).map(|(seq, body)| Record { seq, at: 1_700_000_000_000 + seq, body }).collect()
}

#[test]
fn nothing_in_a_page_is_alive() {
    let page = text(&records(), ExportForm::Html);
    for living in ["<script", "<img", "javascript:", "\u{1b}", "<b>"] {
        let inside = page.replace("<b>&lt;script", "");
        assert!(!inside.contains(living), "{living}\n{page}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("href=\"https://x.y\""));
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("<ins>+&lt;script"));
    insta::assert_snapshot!("page", page.replace(include_str!("page.css"), "…\n"));
}

#[test]
fn a_deep_text_is_shown_as_it_is() {
    let mut records = records();
    records.truncate(3);
    let deep = "> ".repeat(5_000) + "x";
    records.push(Record {
        seq: 9,
        at: 9,
        body: Body::Compacted { summary: deep, kept: 0, tokens_before: 1, tokens_after: 1, auto: true },
    });
    assert!(text(&records, ExportForm::Html).contains("<pre>&gt; &gt;"));
}

#[test]
fn json_holds_every_record() {
    let records = records();
    let whole: Whole = serde_json::from_str(&text(&records, ExportForm::Json)).unwrap();
    assert_eq!((whole.format.as_str(), whole.version), (JSON_NAME, JSON_VERSION));
    let back: Vec<Record> = whole.records.iter().map(|raw| serde_json::from_str(raw.get()).unwrap()).collect();
    assert_eq!(back, records);
}

#[test]
fn stream_json_is_a_line_a_block() {
    let lines = text(&records(), ExportForm::StreamJson);
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<String> = lines
        .iter()
        .map(|line| format!("{}/{}", line["type"].as_str().unwrap(), line["message"]["content"][0]["type"]))
        .collect();
    assert_eq!(
        kinds,
        [
            "system/null",
            "user/null",
            "assistant/\"thinking\"",
            "assistant/\"text\"",
            "assistant/\"tool_use\"",
            "user/\"tool_result\"",
            "result/null"
        ]
    );
    assert_eq!(lines.last().unwrap()["total_cost_usd"], 0.5);
    assert!(lines.iter().all(|line| line["session_id"] == "00000000-0000-0000-0000-000000000007"));
    assert_eq!(text(&records(), ExportForm::StreamJson), text(&records(), ExportForm::StreamJson));
}
