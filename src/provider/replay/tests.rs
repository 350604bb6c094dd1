//! Recordings, their pace, their figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::domain::{Block, ErrorKind, Mark, Message, ModelRef, Role, StopReason, ToolResult, Ttl, Usage};
use crate::provider::testing::{request, transcript};

fn recording(steps: serde_json::Value, otherwise: serde_json::Value) -> Recording {
    let model = json!({"id": "rehearsal", "window": 200_000, "max_output": 32_000, "prices": null});
    let text = json!({"name": "test", "model": model, "steps": steps, "otherwise": otherwise}).to_string();
    Recording::parse(&text).unwrap()
}

fn conversation(messages: Vec<Message>) -> Arc<CanonicalRequest> {
    Arc::new(request(Wire::Replay, "rehearsal", messages))
}

fn answer(text: &str) -> Message {
    Message::assistant(vec![Block::Text { text: text.to_owned() }], ModelRef::new(Wire::Replay, "rehearsal"))
}

fn results(text: &str) -> Message {
    let blocks = vec![
        Block::ToolResult(ToolResult::text("c", text, false)),
        Block::Text { text: "<system-reminder>nobody reads this</system-reminder>".to_owned() },
    ];
    Message { role: Role::User, blocks, by: None }
}

async fn all(provider: &Arc<dyn Provider>, request: Arc<CanonicalRequest>) -> Vec<StreamItem> {
    let mut receiver = provider.stream(request);
    let mut items = Vec::new();
    while let Some(item) = receiver.recv().await {
        items.push(item);
    }
    items
}

fn usage_of(items: &[StreamItem]) -> Usage {
    match items.last() {
        Some(StreamItem::Done { usage: Some(usage), .. }) => *usage,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_right_step_answers() {
    let recording = recording(
        json!([
            {"when": {"prompt": "fix (\\w+)", "step": 1}, "say": [
                {"think": "Hm."}, {"text": "I look at ${1} in ${project}, ${unknown}."},
                {"call": {"name": "Read", "input": {"file_path": "${project}/a.rs", "n": 1}}}]},
            {"when": {"prompt": "fix", "step": 2, "result": "FAILED.*two"}, "say": [{"text": "Red."}], "stop": "max_tokens"},
            {"when": {"prompt": "fix", "step": 2}, "say": [{"text": "Green."}]},
            {"when": {"nth": 2}, "say": [{"text": "Second."}], "usage": {"input": 1, "cache_read": 2, "cache_write_5m": 3, "cache_write_1h": 4, "output": 5}},
        ]),
        json!([]),
    );
    let vars = BTreeMap::from([("project".to_owned(), "/p".to_owned())]);
    let provider = Replay::with_vars(recording, vars);
    let first = all(&provider, conversation(vec![Message::user("please fix it")])).await;
    let text = transcript(&first);
    assert!(text.contains("I look at it in /p, ${unknown}."), "{text}");
    assert!(text.contains(r#""name":"Read","input":{"file_path":"/p/a.rs","n":1}"#), "{text}");
    assert!(matches!(first.last(), Some(StreamItem::Done { stop: StopReason::ToolUse, .. })));
    let with = |text: &str| conversation(vec![Message::user("fix it"), answer("ok"), results(text)]);
    assert!(transcript(&all(&provider, with("FAILED one\ntwo")).await).contains("done MaxTokens"));
    assert!(transcript(&all(&provider, with("ok")).await).contains("Green."));
    let second = all(&provider, conversation(vec![Message::user("a"), answer("b"), Message::user("c")])).await;
    assert_eq!(usage_of(&second).cache_write_1h, 4);
    let missed = all(&provider, conversation(vec![Message::user("what is this?")])).await;
    let Some(StreamItem::Failed(error)) = missed.last() else { panic!("{missed:?}") };
    assert_eq!(error.kind, ErrorKind::ReplayMiss);
    assert!(error.message.contains("what is this?") && error.message.contains("`test`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn pieces_keep_their_pace() {
    let steps = json!([{"say": [{"text": "aaaa bbbb cccc dddd eeee", "rate": 2.0}, {"pause": 500}, {"text": "done"}]}]);
    let provider = Replay::new(recording(steps, json!([])));
    let start = Instant::now();
    all(&provider, conversation(vec![Message::user("a")])).await;
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(2_500) && took < Duration::from_millis(2_600), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn failures_can_be_played_and_tries_counted() {
    let steps = json!([
        {"when": {"attempt": 1}, "say": [{"text": "I was"}, {"fail": {"kind": "overloaded", "message": "Overloaded", "retry_after_ms": 10}}]},
        {"when": {"attempt": 2}, "say": [{"text": "Now."}]},
    ]);
    let provider = Replay::new(recording(steps, json!([{"text": "again"}])));
    let ask = || conversation(vec![Message::user("a")]);
    assert!(transcript(&all(&provider, ask()).await).ends_with("failed Overloaded Overloaded"));
    assert!(transcript(&all(&provider, ask()).await).contains("Now."));
    assert!(transcript(&all(&provider, ask()).await).contains("again"));
}

#[tokio::test(start_paused = true)]
async fn the_same_request_gives_the_same_answer_and_calls_have_ids_of_their_own() {
    let steps = json!([{"say": [{"call": {"name": "LS"}}, {"call": {"name": "LS", "input": {}}}]}]);
    let ids = |items: &[StreamItem]| -> Vec<String> {
        let calls = items.iter().filter_map(|item| match item {
            StreamItem::BlockDone { block: Block::ToolCall(call), .. } => Some(call.id.clone()),
            _ => None,
        });
        calls.collect()
    };
    let fresh = || Replay::new(recording(steps.clone(), json!([])));
    let one = all(&fresh(), conversation(vec![Message::user("a")])).await;
    assert_eq!(one, all(&fresh(), conversation(vec![Message::user("a")])).await);
    let two = all(&fresh(), conversation(vec![Message::user("b")])).await;
    let (one, two) = (ids(&one), ids(&two));
    assert!(one[0] != one[1] && one[0] != two[0] && one[0].len() <= 40, "{one:?} {two:?}");
}

#[tokio::test(start_paused = true)]
async fn figures_come_from_the_prefix_cache() {
    let provider = Replay::new(recording(json!([]), json!([{"text": "12345678"}])));
    let long = "x".repeat(9_000);
    let mut messages = vec![Message::user(long.clone())];
    let ask = |messages: &[Message]| {
        let mut request = request(Wire::Replay, "rehearsal", messages.to_vec());
        request.marks = vec![Mark { segment: request.segments.len() - 1, ttl: Ttl::FiveMinutes }];
        Arc::new(request)
    };
    let first = usage_of(&all(&provider, ask(&messages)).await);
    assert_eq!((first.input, first.cache_read, first.output), (0, 0, 3));
    assert!(first.cache_write_5m > 2_500, "{first:?}");
    messages.extend([answer("12345678"), Message::user("more")]);
    let second = usage_of(&all(&provider, ask(&messages)).await);
    assert_eq!((second.cache_read, second.input), (first.cache_write_5m, 0));
    assert!(second.cache_write_5m > 0 && second.cache_write_5m < 100, "{second:?}");
    // Beyond twenty blocks nothing is found.
    let far: Vec<Message> = (0..24).flat_map(|_| [answer("y"), Message::user("z")]).collect();
    let mut distant = messages.clone();
    distant.extend(far);
    assert_eq!(usage_of(&all(&provider, ask(&distant)).await).cache_read, 0);
    // Nor after five minutes, nor with another beginning.
    let mut changed = messages.clone();
    changed[0] = Message::user(format!("{long}!"));
    assert_eq!(usage_of(&all(&provider, ask(&changed)).await).cache_read, 0);
    tokio::time::advance(Duration::from_secs(301)).await;
    assert_eq!(usage_of(&all(&provider, ask(&messages)).await).cache_read, 0);
}

#[tokio::test(start_paused = true)]
async fn short_prefixes_are_not_kept() {
    let provider = Replay::new(recording(json!([]), json!([{"text": "ok"}])));
    for _ in 0..2 {
        let usage = usage_of(&all(&provider, conversation(vec![Message::user("short")])).await);
        assert_eq!((usage.cache_read, usage.cache_write_5m, usage.cache_write_1h), (0, 0, 0));
        assert!(usage.input > 0);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_listening_ends_it() {
    let provider = Replay::new(recording(json!([{"say": [{"text": "a b c", "rate": 0.1}]}]), json!([])));
    let receiver = provider.stream(conversation(vec![Message::user("a")]));
    drop(receiver);
    assert_eq!(provider.models().await.unwrap()[0].id, "rehearsal");
}

#[test]
fn broken_recordings_say_where() {
    let with = |step: &str| {
        let text = format!(
            r#"{{"name":"n","model":{{"id":"m","window":1,"max_output":1,"prices":null}},"steps":[{{"say":[]}},{step}]}}"#
        );
        Recording::parse(&text).unwrap_err()
    };
    assert!(with(r#"{"when":{"prompt":"("},"say":[]}"#).starts_with("step 2"));
    assert!(with(r#"{"say":[{"text":"a","think":"b"}]}"#).starts_with("step 2"));
    assert!(with(r#"{"say":[{"text":"a","rate":0}]}"#).contains("rate"));
    assert!(with(r#"{"wen":{},"say":[]}"#).contains("wen"));
    assert!(Recording::parse("{").is_err());
}
