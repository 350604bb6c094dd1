//! Tests of the index over logs in a temporary folder.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::*;
use crate::domain::{
    Block, Body, DiffHunk, DiffLine, FileDiff, HitKind, LineKind, Message, ModelRef, Origin, Record, ResponseNote,
    SessionId, Shown, StopReason, ToolCall, ToolResult, Usage, Wire,
};

const NOW: u64 = 1_795_780_800_000;
const DAY: u64 = 86_400_000;

struct Place {
    folder: tempfile::TempDir,
    store: Store,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("data"));
        Self { folder, store }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cache/search.sqlite3")
    }

    fn index(&self) -> Index {
        Index::open(&self.path(), self.store.clone()).unwrap()
    }

    fn write(&self, number: u128, project: &str, at: u64, bodies: Vec<Body>) {
        let mut log = self.store.create(id(number), Path::new(project)).unwrap();
        let first = Body::SessionStarted {
            format: 1,
            id: id(number),
            version: "0".into(),
            cwd: project.into(),
            project: project.into(),
        };
        for body in std::iter::once(first).chain(bodies) {
            let seq = log.next_seq();
            log.append(&Record { seq, at: at + seq, body }).unwrap();
        }
    }

    fn append(&self, number: u128, at: u64, body: Body) {
        self.store.annotate(id(number), vec![body], at).unwrap();
    }
}

fn id(number: u128) -> SessionId {
    SessionId(uuid::Uuid::from_u128(number))
}

fn prompt(text: &str) -> Body {
    let message = format!("<system-reminder>hidden thing</system-reminder>{text}");
    Body::Prompted { turn: 1, message: Arc::new(Message::user(message)), origin: Origin::Typed, typed: None }
}

fn answer(text: &str, call: Option<ToolCall>) -> Body {
    let mut blocks = vec![Block::Text { text: text.into() }];
    blocks.extend(call.map(Block::ToolCall));
    Body::Responded(ResponseNote {
        request: 1,
        message: Arc::new(Message::assistant(blocks, ModelRef::new(Wire::Anthropic, "m"))),
        stop: StopReason::EndTurn,
        usage: Usage::default(),
        estimated: false,
        cost: None,
        duration_ms: 1,
        cut: false,
    })
}

fn call(id: &str, name: &str, input: &serde_json::Value) -> ToolCall {
    ToolCall { id: id.into(), name: name.into(), input: input.clone() }
}

fn done(id: &str, text: &str, shown: Shown) -> Body {
    Body::CallDone {
        result: ToolResult::text(id, text, false),
        shown,
        summary: String::new(),
        duration_ms: 1,
        full_output: None,
    }
}

fn find(index: &mut Index, text: &str) -> Vec<(u128, HitKind, String)> {
    index.refresh(|_, _| true).unwrap();
    let query = Query::parse(text, NOW, &TimeZone::UTC).unwrap();
    let hits = index.search(&query, 20).unwrap().hits;
    hits.into_iter()
        .map(|hit| {
            let passage = hit.passage.iter().map(|(_, text)| text.as_str()).collect();
            (hit.session.0.as_u128(), hit.kind, passage)
        })
        .collect()
}

fn diff() -> Shown {
    let line = |kind, text: &str| DiffLine { kind, pieces: vec![(false, text.to_owned())] };
    let lines = vec![line(LineKind::Same, "keep"), line(LineKind::Removed, "alpha"), line(LineKind::Added, "omega")];
    let hunks = vec![DiffHunk { old_start: 1, new_start: 1, lines }];
    Shown::Diff(vec![FileDiff { path: "src/late.rs".into(), created: false, added: 1, removed: 1, hunks }])
}

fn filled() -> Place {
    let place = Place::new();
    let model = Body::ModelSet { model: ModelRef::new(Wire::Anthropic, "claude-sonnet-4-6"), effort: None };
    place.write(
        1,
        "/w/one",
        NOW - 10 * DAY,
        vec![
            model,
            prompt("why does the parser fail?"),
            answer("The lexer is wrong.", Some(call("c1", "Bash", &serde_json::json!({ "command": "cargo test" })))),
            done("c1", "test parser ... FAILED", Shown::Nothing),
        ],
    );
    place.write(
        2,
        "/w/two",
        NOW - DAY,
        vec![
            prompt("rename the parser"),
            answer("", Some(call("c2", "Edit", &serde_json::json!({ "file_path": "/w/two/src/late.rs", "n": [1] })))),
            done("c2", "done", diff()),
            Body::ShellRan { command: "make clean".into(), output: "gone".into(), exit: Some(0) },
        ],
    );
    place
}

#[test]
fn everything_that_was_said_and_done_is_found() {
    let place = filled();
    let mut index = place.index();
    let kinds = |index: &mut Index, text: &str| -> Vec<(u128, HitKind)> {
        find(index, text).into_iter().map(|(id, kind, _)| (id, kind)).collect()
    };
    assert_eq!(
        kinds(&mut index, "parser"),
        [(2, HitKind::Prompt), (1, HitKind::Result), (1, HitKind::Prompt)],
        "the newest first"
    );
    assert_eq!(kinds(&mut index, "lex"), [(1, HitKind::Answer)], "the last word may be a beginning");
    assert_eq!(kinds(&mut index, "lex "), []);
    assert_eq!(kinds(&mut index, "cargo"), [(1, HitKind::Call)]);
    assert_eq!(kinds(&mut index, "omega"), [(2, HitKind::Diff)]);
    assert_eq!(kinds(&mut index, "keep"), [], "what did not change is no part of a change");
    assert_eq!(kinds(&mut index, "make"), [(2, HitKind::Shell)]);
    assert_eq!(kinds(&mut index, "hidden"), [], "what the program adds to a prompt");
    assert_eq!(kinds(&mut index, "parser -rename"), [(1, HitKind::Result), (1, HitKind::Prompt)]);
    assert_eq!(kinds(&mut index, "\"parser fail\""), [(1, HitKind::Prompt)]);
    let (_, _, passage) = find(&mut index, "failed parser").remove(0);
    assert_eq!(passage, "test parser ... FAILED");
}

#[test]
fn filters_narrow() {
    let place = filled();
    let mut index = place.index();
    let ids =
        |index: &mut Index, text: &str| -> Vec<u128> { find(index, text).into_iter().map(|(id, ..)| id).collect() };
    assert_eq!(ids(&mut index, "parser project:one"), [1, 1]);
    assert_eq!(ids(&mut index, "project:nowhere"), []);
    assert_eq!(ids(&mut index, "tool:bash"), [1, 1]);
    assert_eq!(ids(&mut index, "parser tool:bash"), [1]);
    assert_eq!(ids(&mut index, "file:src/late.rs in:diff"), [2]);
    assert_eq!(ids(&mut index, "file:late.rs"), [2, 2, 2], "the call, its result and the change");
    assert_eq!(ids(&mut index, "model:sonnet in:prompt"), [1]);
    assert_eq!(ids(&mut index, "after:2d in:prompt"), [2]);
    assert_eq!(ids(&mut index, "before:2d in:prompt"), [1]);
    assert_eq!(ids(&mut index, "date:2026-11-17 in:prompt"), [1]);
    assert_eq!(ids(&mut index, "session:00000000-0000-0000-0000-000000000002 parser"), [2]);
}

#[test]
fn what_grows_is_read_on_and_what_goes_is_forgotten() {
    let place = filled();
    let mut index = place.index();
    assert_eq!(find(&mut index, "zebra"), []);
    place.append(1, NOW, prompt("a zebra"));
    place.append(2, NOW + 1, Body::TitleSet { title: "the zebra session".into() });
    assert_eq!(find(&mut index, "zebra").len(), 2);
    let query = Query::parse("zebra", NOW, &TimeZone::UTC).unwrap();
    let titles: Vec<String> = index.search(&query, 9).unwrap().hits.into_iter().map(|hit| hit.title).collect();
    assert!(
        titles.contains(&"the zebra session".to_owned()) && titles.contains(&"why does the parser fail?".to_owned())
    );
    place.store.trash(id(1)).unwrap();
    assert_eq!(find(&mut index, "zebra").len(), 1);
    place.store.restore(id(1)).unwrap();
    assert_eq!(find(&mut index, "zebra").len(), 2);
    // A second index over the same logs says the same.
    let other = Place { folder: tempfile::tempdir().unwrap(), store: place.store.clone() };
    assert_eq!(find(&mut other.index(), "parser -zebra").len(), 3);
}

#[test]
fn a_broken_or_foreign_index_is_made_again() {
    let place = filled();
    assert_eq!(find(&mut place.index(), "cargo").len(), 1);
    for junk in ["not a database at all".repeat(1000).into_bytes(), Vec::new()] {
        remove(&place.path());
        std::fs::write(place.path(), junk).unwrap();
        assert_eq!(find(&mut place.index(), "cargo").len(), 1);
    }
    let index = place.index();
    index.db.pragma_update(None, "user_version", 99).unwrap();
    drop(index);
    assert_eq!(find(&mut place.index(), "cargo").len(), 1);
}

#[test]
fn no_query_is_an_error_of_the_database() {
    let place = filled();
    let mut index = place.index();
    for text in
        ["\"", "a\"b", "*", "NEAR(a b)", "text:x", "a OR", "(", "'; DROP TABLE docs; --", "\0 x", "^a", "- -", "in:"]
    {
        index.refresh(|_, _| true).unwrap();
        if let Ok(query) = Query::parse(text, NOW, &TimeZone::UTC) {
            index.search(&query, 5).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
    assert_eq!(find(&mut index, "parser").len(), 3);
}

#[test]
fn damaged_lines_are_passed_over() {
    let place = filled();
    let log = place.store.log(id(1), Path::new("/w/one"));
    let mut bytes = std::fs::read(&log).unwrap();
    bytes.extend_from_slice(b"{\"crc\":\"00000000\",\"record\":{}}\n\xff\xfe\n");
    bytes.extend_from_slice(&vec![b'x'; 100_000]);
    bytes.extend_from_slice(b"\n{torn");
    std::fs::write(&log, bytes).unwrap();
    assert_eq!(find(&mut place.index(), "lexer").len(), 1);
}

#[test]
fn logs_of_sub_agents_are_searched_too() {
    let place = filled();
    let path = place.store.agents(id(1)).join("a7.jsonl");
    let mut log = place.store.create_at(id(1), &path).unwrap();
    let first = Body::SessionStarted {
        format: 1,
        id: id(1),
        version: "0".into(),
        cwd: "/w/one".into(),
        project: "/w/one".into(),
    };
    for (seq, body) in (0..).zip([first, prompt("find the walrus"), answer("A walrus in the lexer.", None)]) {
        log.append(&Record { seq, at: NOW, body }).unwrap();
    }
    let mut index = place.index();
    index.refresh(|_, _| true).unwrap();
    let look = |index: &Index, text: &str| {
        let query = Query::parse(text, NOW, &TimeZone::UTC).unwrap();
        let hits = index.search(&query, 9).unwrap().hits;
        hits.into_iter().map(|hit| (hit.session, hit.agent, hit.kind)).collect::<Vec<_>>()
    };
    let agent = Some("a7".to_owned());
    let both = [(id(1), agent.clone(), HitKind::Answer), (id(1), agent.clone(), HitKind::Prompt)];
    assert_eq!(look(&index, "walrus project:one"), both);
    assert_eq!(look(&index, "walrus project:two"), []);
    assert_eq!(look(&index, &format!("walrus in:answer session:{}", id(1))), [both[0].clone()]);
    assert_eq!(look(&index, "lexer").len(), 2, "of the session and of the agent");
    // It goes and comes with its session.
    drop(log);
    place.store.trash(id(1)).unwrap();
    index.refresh(|_, _| true).unwrap();
    assert_eq!(look(&index, "walrus"), []);
}
