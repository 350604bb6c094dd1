//! Recording and playing, and what a miss says.
#![allow(clippy::unwrap_used, clippy::panic, let_underscore_drop, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::base::secrets::Redactor;
use crate::domain::{
    Block, CanonicalRequest, ErrorKind, Message, ModelInfo, ModelRef, Sampling, Segment, StreamItem, ToolOutcome,
};
use crate::provider::Provider;
use crate::provider::replay::{Recording, Replay};

const KEY: &str = "sk-ant-0123456789";

fn ground(project: &str) -> Ground {
    let secrets = Redactor::new([KEY.to_owned()]);
    Ground { project: project.into(), data: "/data/latigo".into(), secrets }
}

fn model() -> (ModelRef, ModelInfo) {
    let info = ModelInfo::unknown("m");
    (ModelRef::new(crate::domain::Wire::Replay, "m"), info)
}

fn request(system: &str, texts: &[&str], session: &str) -> Arc<CanonicalRequest> {
    let (model, info) = model();
    let mut segments = vec![Arc::new(Segment::system("system", system))];
    segments.extend(texts.iter().map(|text| Arc::new(Segment::message("you", Arc::new(Message::user(*text))))));
    let sampling = Sampling { max_output: 100, effort: None, thinking: false };
    let session_key = session.to_owned();
    Arc::new(CanonicalRequest { model, info: Arc::new(info), segments, marks: Vec::new(), sampling, session_key })
}

fn scripted() -> Arc<dyn Provider> {
    let script = format!(
        r#"{{"name":"t","model":{{"id":"m","window":1000,"max_output":100,"prices":null}},
        "steps":[{{"when":{{"prompt":"twice","attempt":2}},"say":[{{"text":"second"}}]}},
                 {{"when":{{"prompt":"fail"}},"say":[{{"fail":{{"kind":"overloaded","status":529,"message":"{KEY} no","retry_after_ms":null}}}}]}}],
        "otherwise":[{{"text":"in /w/one with {KEY}"}},{{"call":{{"name":"Read","input":{{"file_path":"/w/one/a.rs"}}}}}}]}}"#
    );
    Replay::new(Recording::parse(&script).unwrap())
}

async fn all(provider: &Arc<dyn Provider>, request: Arc<CanonicalRequest>) -> Vec<StreamItem> {
    let mut items = provider.stream(request);
    let mut heard = Vec::new();
    while let Some(item) = items.recv().await {
        heard.push(item);
    }
    heard
}

fn texts(items: &[StreamItem]) -> Vec<String> {
    items
        .iter()
        .filter_map(|item| match item {
            StreamItem::BlockDone { block: Block::Text { text }, .. } => Some(text.clone()),
            StreamItem::BlockDone { block: Block::ToolCall(call), .. } => Some(call.input.to_string()),
            StreamItem::Failed(error) => Some(error.message.clone()),
            _ => None,
        })
        .collect()
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.jsonl");
    (folder, path)
}

#[tokio::test]
async fn a_tape_answers_as_the_model_did_in_another_place_too() {
    let (_folder, path) = file();
    let recorder = Recorder::create(&path, ground("/w/one"), model(), 7).unwrap();
    let listened = recorder.listen(scripted());
    let first = all(&listened, request("work in /w/one", &["hello", KEY], "s-one")).await;
    let again = all(&listened, request("work in /w/one", &["twice"], "s-one")).await;
    let second = all(&listened, request("work in /w/one", &["twice"], "s-one")).await;
    let failed = all(&listened, request("work in /w/one", &["fail"], "s-one")).await;
    let mut outcome = ToolOutcome::text("see /w/one/a.rs and /data/latigo/s-one/out", "1 line");
    outcome.cwd = Some("/w/one/src".into());
    recorder.tool("c1", "Bash", &outcome);
    let tape = std::fs::read_to_string(&path).unwrap();
    assert!(!tape.contains(KEY) && !tape.contains("/w/one") && !tape.contains("s-one"), "{tape}");
    assert!(Recorder::create(&path, ground("/w/one"), model(), 7).unwrap_err().contains("exists"));

    let player = Player::open(&path, ground("/home/me/two")).unwrap();
    assert_eq!((player.header().at, player.header().model.id.as_str()), (7, "m"));
    let provider = player.provider();
    let here = |texts: &[&str]| request("work in /home/me/two", texts, "s-two");
    let played = all(&provider, here(&["hello", KEY])).await;
    assert_eq!(texts(&played), ["in /home/me/two with [key removed]", r#"{"file_path":"/home/me/two/a.rs"}"#]);
    assert_eq!(
        played.len(),
        first.len() - first.iter().filter(|item| matches!(item, StreamItem::Delta { .. })).count() + 2
    );
    assert_ne!(texts(&again), texts(&second));
    assert_eq!(texts(&all(&provider, here(&["twice"])).await).len(), 2);
    for _ in 0..2 {
        assert_eq!(texts(&all(&provider, here(&["twice"])).await), ["second"], "the last answer stays");
    }
    assert_eq!(texts(&failed).len(), 1);
    assert_eq!(texts(&all(&provider, here(&["fail"])).await), ["[key removed] no"]);
    let outcome = player.tool("c1").unwrap();
    assert_eq!(outcome.parts.len(), 1);
    assert_eq!(outcome.cwd, Some("/home/me/two/src".into()));
    assert!(format!("{outcome:?}").contains("/home/me/two/a.rs and /data/latigo/s-two/out"));
    assert!(player.tool("c2").is_none());
}

#[tokio::test]
async fn a_miss_names_the_first_difference() {
    let (_folder, path) = file();
    let recorder = Recorder::create(&path, ground("/w"), model(), 7).unwrap();
    let listened = recorder.listen(scripted());
    for texts in [&["one"][..], &["one", "two\nsame\nold"]] {
        all(&listened, request("be good", texts, "s")).await;
    }
    let player = Player::open(&path, ground("/w")).unwrap();
    let why = async |request: Arc<CanonicalRequest>| {
        let items = all(&player.provider(), request).await;
        let [StreamItem::Failed(error)] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!(error.kind, ErrorKind::ReplayMiss);
        error.message.split_once(": ").unwrap().1.to_owned()
    };
    assert_eq!(
        why(request("be good", &["one", "two\nsame\nnew"], "s")).await,
        "beside recorded request 2, segment 3 (message `you`) is the first that differs:\n- old\n+ new"
    );
    assert_eq!(
        why(request("be bad", &["one"], "s")).await,
        "beside recorded request 1, segment 1 (system `system`) is the first that differs:\n- be good\n+ be bad"
    );
    let longer = why(request("be good", &["one", "two\nsame\nold", "three"], "s")).await;
    assert!(longer.contains("segment 4 (message `you`) is one more than was recorded"), "{longer}");
    let mut other = (*request("be good", &["one"], "s")).clone();
    other.model.id = "n".into();
    assert!(why(Arc::new(other)).await.contains("the model is rehearsal/n, not rehearsal/m"));
    let mut other = (*request("be good", &["one"], "s")).clone();
    other.sampling.max_output = 5;
    assert!(why(Arc::new(other)).await.contains("max_output: 5"));
}

#[tokio::test]
async fn what_the_person_stopped_is_stopped_again() {
    let (_folder, path) = file();
    let recorder = Recorder::create(&path, ground("/w"), model(), 7).unwrap();
    let slow = r#"{"name":"t","model":{"id":"m","window":1000,"max_output":100,"prices":null},
        "otherwise":[{"text":"begun"},{"pause":100000000},{"text":"never"}]}"#;
    let listened = recorder.listen(Replay::new(Recording::parse(slow).unwrap()));
    let listen = async |provider: Arc<dyn Provider>| {
        let mut items = provider.stream(request("x", &["y"], "s"));
        while let Some(item) = items.recv().await {
            if matches!(item, StreamItem::BlockDone { .. }) {
                return;
            }
        }
        panic!("it ended");
    };
    listen(listened).await;
    // The recorder notices the end in its own time.
    while !std::fs::read_to_string(&path).unwrap().contains("\"cut\":true") {
        tokio::task::yield_now().await;
    }
    let player = Player::open(&path, ground("/w")).unwrap();
    listen(player.provider()).await;
}

#[test]
fn no_file_is_played_that_is_no_tape() {
    let (_folder, path) = file();
    let open = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Player::open(&path, ground("/w")).map(drop)
    };
    assert!(open("").unwrap_err().contains("no recording of `--record`"));
    assert!(open("{}\n").unwrap_err().contains("latigo_traffic"));
    let (model, info) = model();
    let header = Header { latigo_traffic: 1, version: "0".into(), at: 0, model, info };
    let header = serde_json::to_string(&header).unwrap();
    assert!(open(&header.replace(":1,", ":9,")).unwrap_err().contains("format 9"));
    assert!(open(&format!("{header}\n{{\"segment\"")).is_ok(), "a torn end");
    assert!(open(&format!("{header}\nnonsense\n")).unwrap_err().contains("line 2"));
    assert!(Player::open(std::path::Path::new("/"), ground("/w")).is_err());
}
