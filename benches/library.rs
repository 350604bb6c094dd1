//! The list of 10,000 sessions and the search through their logs, over a library that is made for the purpose.
//!
//! `LATIGO_BENCH_TURNS` sets how long the sessions are: 2 (65 MB in all) unless set, 31 for 1 GB.

#![allow(clippy::unwrap_used, reason = "benches")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use divan::{Bencher, black_box};
use jiff::tz::TimeZone;
use latigo::domain::{
    Block, Body, Message, ModelRef, Origin, Record, ResponseNote, SessionId, Shown, StopReason, ToolCall, ToolResult,
    TurnEnd, Usage, Wire,
};
use latigo::session::Store;
use latigo::session::search::{Index, Query};

const SESSIONS: u128 = 10_000;
const NOW: u64 = 1_795_780_800_000;
const WORDS: [&str; 24] = [
    "parser", "lexer", "token", "error", "cache", "prompt", "budget", "session", "engine", "driver", "panel", "render",
    "scroll", "border", "diff", "patch", "commit", "branch", "merge", "rebase", "index", "query", "filter", "search",
];

fn main() {
    divan::main();
}

/// Words that look like some, the same every time.
fn words(seed: &mut u64, count: usize) -> String {
    let mut text = String::new();
    for _ in 0..count {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(WORDS[(*seed >> 33) as usize % WORDS.len()]);
        text.push(' ');
    }
    text
}

fn bodies(seed: &mut u64, turns: u32, number: u128) -> Vec<Body> {
    let model = ModelRef::new(Wire::Anthropic, "claude-sonnet-4-6");
    let mut bodies = vec![Body::SessionStarted {
        format: 1,
        id: SessionId(uuid::Uuid::from_u128(number)),
        version: "0".into(),
        cwd: "/w/p".into(),
        project: "/w/p".into(),
    }];
    for turn in 1..=turns {
        let id = format!("c{turn}");
        let input = serde_json::json!({ "command": words(seed, 5) });
        let call = ToolCall { id: id.clone(), name: "Bash".into(), input };
        let blocks = vec![Block::Text { text: words(seed, 60) }, Block::ToolCall(call)];
        bodies.push(Body::Prompted {
            turn,
            message: Arc::new(Message::user(format!("{}number {number}", words(seed, 6)))),
            origin: Origin::Typed,
            typed: None,
        });
        bodies.push(Body::Responded(ResponseNote {
            request: turn,
            message: Arc::new(Message::assistant(blocks, model.clone())),
            stop: StopReason::ToolUse,
            usage: Usage { input: 1_000, output: 50, ..Usage::default() },
            estimated: false,
            cost: Some(0.01),
            duration_ms: 5,
            cut: false,
        }));
        bodies.push(Body::CallDone {
            result: ToolResult::text(id, words(seed, 240), false),
            shown: Shown::Nothing,
            summary: "20 lines".into(),
            duration_ms: 3,
            full_output: None,
        });
        bodies.push(Body::TurnEnded { turn, end: TurnEnd::Done });
    }
    bodies
}

/// The library, made once.
fn library() -> &'static (tempfile::TempDir, Store, PathBuf) {
    static LIBRARY: OnceLock<(tempfile::TempDir, Store, PathBuf)> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("data"));
        let turns = std::env::var("LATIGO_BENCH_TURNS").ok().and_then(|turns| turns.parse().ok()).unwrap_or(2);
        let mut seed = 7;
        for number in 1..=SESSIONS {
            let mut log = store.create(SessionId(uuid::Uuid::from_u128(number)), Path::new("/w/p")).unwrap();
            for body in bodies(&mut seed, turns, number) {
                let seq = log.next_seq();
                log.append(&Record { seq, at: NOW - 1_000_000 + number as u64, body }).unwrap();
            }
        }
        let path = folder.path().join("search.sqlite3");
        Index::open(&path, store.clone()).unwrap().refresh(|_, _| true).unwrap();
        (folder, store, path)
    })
}

/// The list with its index on disk, as the browser opens it.
#[divan::bench(sample_count = 20)]
fn list_of_ten_thousand(bencher: Bencher<'_, '_>) {
    let (_, store, _) = library();
    bencher.bench(|| black_box(store.list(None)).len());
}

/// A search from the opening of the index to the passages: what typing a letter costs.
#[divan::bench(sample_count = 20, args = ["parser", "parser lexer", "\"parser lexer\"", "number 77", "tool:Bash cache", "err"])]
fn search(bencher: Bencher<'_, '_>, text: &str) {
    let (_, store, path) = library();
    let query = Query::parse(text, NOW, &TimeZone::UTC).unwrap();
    bencher.bench(|| Index::open(path, store.clone()).unwrap().search(black_box(&query), 50).unwrap().hits.len());
}

/// Looking for what is new when nothing is.
#[divan::bench(sample_count = 10)]
fn nothing_new(bencher: Bencher<'_, '_>) {
    let (_, store, path) = library();
    bencher.bench(|| Index::open(path, store.clone()).unwrap().refresh(|_, _| true).unwrap());
}
