//! Imports of small transcripts, good and hostile.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde_json::{Value, json};

use super::*;
use crate::domain::{Block, LibraryBody, Shown, StopReason, Usage};

const ID: &str = "0b9b3f7e-1111-4222-8333-444455556666";

struct Place {
    folder: tempfile::TempDir,
    store: Store,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("data"));
    Place { folder, store }
}

fn entry(kind: &str, uuid: &str, parent: Option<&str>, message: &Value) -> Value {
    json!({"type": kind, "uuid": uuid, "parentUuid": parent, "sessionId": ID, "cwd": "/w/p", "gitBranch": "main",
        "timestamp": "2026-01-02T03:04:05.678Z", "isSidechain": false, "message": message})
}

fn transcript() -> Vec<Value> {
    let answer = |content: Value, stop: Value| {
        json!({"id": "msg_1", "role": "assistant", "model": "claude-sonnet-4-6", "content": content,
            "stop_reason": stop, "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 7, "cache_creation": {"ephemeral_1h_input_tokens": 3}}})
    };
    let mut result = entry(
        "user",
        "u4",
        Some("u3"),
        &json!({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "edited"}]}]}),
    );
    result["toolUseResult"] = json!({"filePath": "a.rs", "structuredPatch": [
        {"oldStart": 3, "newStart": 3, "lines": [" same", "-old", "+new"]}]});
    vec![
        json!({"type": "summary", "summary": "x", "leafUuid": "u9"}),
        json!({"type": "a-new-kind", "whatever": [1, 2]}),
        entry("user", "u1", None, &json!({"role": "user", "content": "fix it"})),
        entry(
            "assistant",
            "u2",
            Some("u1"),
            &answer(json!([{"type": "thinking", "thinking": "hm", "signature": "s"}]), json!(null)),
        ),
        entry(
            "assistant",
            "u3",
            Some("u2"),
            &answer(
                json!([{"type": "tool_use", "id": "t1", "name": "Edit", "input": {"file_path": "a.rs"}}]),
                json!("tool_use"),
            ),
        ),
        result,
        entry(
            "assistant",
            "side",
            Some("u1"),
            &json!({"id": "m9", "content": [{"type": "text", "text": "another branch"}]}),
        ),
        entry(
            "assistant",
            "u5",
            Some("u4"),
            &json!({"id": "msg_2", "model": "claude-sonnet-4-6", "content": [{"type": "text", "text": "Done."}], "stop_reason": "end_turn"}),
        ),
        json!({"type": "custom-title", "customTitle": "The \u{1b}[2Jfix", "sessionId": ID}),
        json!({"type": "tag", "tag": "work", "sessionId": ID}),
    ]
}

fn write(place: &Place, lines: &[String]) -> PathBuf {
    let path = place.folder.path().join(format!("{ID}.jsonl"));
    std::fs::write(&path, lines.join("\n")).unwrap();
    path
}

fn import(place: &Place, lines: &[String]) -> Result<Imported, String> {
    file(&place.store, &write(place, lines), &|cwd| cwd.to_path_buf())
}

fn good() -> Vec<String> {
    transcript().iter().map(ToString::to_string).collect()
}

#[test]
fn a_transcript_becomes_a_session() {
    let place = place();
    let id: SessionId = ID.parse().unwrap();
    assert_eq!(import(&place, &good()), Ok(Imported::Session { id, prompts: 1, skipped: 0 }));
    let (records, notices) = place.store.read(id).unwrap();
    assert!(notices.is_empty());
    let answers: Vec<_> = records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Responded(note) => Some(note),
            _ => None,
        })
        .collect();
    let [first, second] = answers.as_slice() else { panic!("{answers:?}") };
    assert!(
        matches!(first.message.blocks.as_slice(), [Block::Thinking { signature: Some(_), .. }, Block::ToolCall(_)]),
        "lines of one answer are one answer"
    );
    assert_eq!(first.stop, StopReason::ToolUse);
    let usage = Usage { input: 10, cache_read: 100, cache_write_5m: 4, cache_write_1h: 3, output: 5, thinking: 0 };
    assert_eq!(first.usage, usage);
    assert_eq!(second.message.text(), "Done.", "the newest leaf's branch");
    let shown = records.iter().find_map(|record| match &record.body {
        Body::CallDone { shown: Shown::Diff(files), .. } => Some((files[0].added, files[0].removed)),
        _ => None,
    });
    assert_eq!(shown, Some((1, 1)));
    let from = |record: &Record| matches!(&record.body, Body::Library(LibraryBody::Imported { .. }));
    assert!(records.iter().any(from) && matches!(records.last().unwrap().body, Body::TurnEnded { .. }));
    let listed = place.store.list(Some(Path::new("/w/p")));
    let [summary] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((summary.turns, summary.branch.as_deref()), (1, Some("main")));
    assert_eq!((summary.updated, summary.tags.as_slice()), (1_767_323_045_678, ["work".to_owned()].as_slice()));
    assert_eq!(import(&place, &good()), Ok(Imported::Known(id)));
}

#[test]
fn circles_torn_lines_and_foreign_files_do_no_harm() {
    let place = place();
    let mut circle = entry("user", "a", Some("b"), &json!({"content": "x"})).to_string();
    circle.push('\n');
    circle.push_str(&entry("user", "b", Some("a"), &json!({"content": "y"})).to_string());
    let found = import(&place, &[circle, "{torn".into(), "\"text\"".into(), "[]".into()]).unwrap();
    assert!(matches!(found, Imported::Session { prompts: 2, skipped: 3, .. }), "{found:?}");
    let other = Place { folder: tempfile::tempdir().unwrap(), ..self::place() };
    assert!(import(&other, &["not json".into()]).unwrap_err().contains("none of its 1 lines"));
    assert_eq!(import(&other, &[]), Ok(Imported::Empty));
    let odd = entry(
        "user",
        "a",
        None,
        &json!({"content": [{"type": "tool_result", "tool_use_id": 7, "content": {}}, 3, null, {"type": "image", "source": 1}]}),
    );
    assert_eq!(import(&other, &[odd.to_string()]), Ok(Imported::Empty));
    let open = transcript().into_iter().take(5).map(|line| line.to_string()).collect::<Vec<_>>();
    assert!(matches!(import(&other, &open), Ok(Imported::Session { .. })), "a call without result");
}

#[test]
fn a_folder_gives_its_transcripts_and_the_history() {
    let place = place();
    let root = place.folder.path().join(".claude");
    std::fs::create_dir_all(root.join("projects/-w-p/subagents")).unwrap();
    for name in [format!("projects/-w-p/{ID}.jsonl"), format!("projects/-w-p/subagents/{ID}.jsonl"), "x.jsonl".into()] {
        std::fs::write(root.join(name), "").unwrap();
    }
    let history = "{\"display\":\"one\",\"project\":\"/w/p\",\"timestamp\":1}\n{broken\n{\"display\":\"two\",\"project\":\"/w/p\"}\n";
    std::fs::write(root.join("history.jsonl"), history).unwrap();
    let found = files(&root);
    assert_eq!(found, [root.join("history.jsonl"), root.join(format!("projects/-w-p/{ID}.jsonl"))]);
    let project_of = |cwd: &Path| cwd.to_path_buf();
    assert_eq!(file(&place.store, &found[0], &project_of), Ok(Imported::History(2)));
    assert_eq!(file(&place.store, &found[0], &project_of), Ok(Imported::History(0)), "once is enough");
    assert_eq!(crate::session::history::load(&place.store.history(Path::new("/w/p"))), ["one", "two"]);
}

#[test]
fn our_own_export_comes_back() {
    let place = place();
    import(&place, &good()).unwrap();
    let id: SessionId = ID.parse().unwrap();
    let (records, _) = place.store.read(id).unwrap();
    let path = place.folder.path().join("out.json");
    std::fs::write(&path, crate::session::export::text(&records, crate::domain::ExportForm::Json)).unwrap();
    let other = self::place();
    assert!(matches!(file(&other.store, &path, &|cwd| cwd.into()), Ok(Imported::Session { .. })));
    assert_eq!(other.store.read(id).unwrap().0, records);
    std::fs::write(&path, "{\"format\":\"x\",\"version\":1,\"records\":[]}").unwrap();
    assert!(file(&other.store, &path, &|cwd| cwd.into()).unwrap_err().contains("`x`"));
}
