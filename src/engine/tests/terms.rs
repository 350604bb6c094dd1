//! The terms of calls in the engine: parts of a change, links after the verdict, reserved files, keys in pieces.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;

const BEFORE: &str = "a1\na2\na3\na4\na5\na6\na7\na8\na9\na10\na11\na12\n";

/// A bench with the real tools whose model makes these calls, one answer each, and then ends.
fn bench(rules: &[(crate::policy::Tier, &str)], calls: &[(&str, Value)]) -> Bench {
    let root = Arc::new(TempDir::new().unwrap());
    let mut answers: Vec<Vec<StreamItem>> = Vec::new();
    for (at, (name, input)) in calls.iter().enumerate() {
        let call = ToolCall { id: format!("call-{at}"), name: (*name).into(), input: input.clone() };
        answers.push(vec![
            StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) },
            StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) },
        ]);
    }
    answers.push(text("done"));
    let top = root.path().to_path_buf();
    Bench::with(root, Open::New, answers, |setup| {
        std::fs::write(top.join("project/a"), BEFORE).unwrap();
        setup.tools = crate::tools::registry();
        let rule = |(tier, rule): &(crate::policy::Tier, &str)| RuleText {
            tier: *tier,
            text: (*rule).to_owned(),
            source: RuleSource { scope: RuleScope::User, file: None, line: None },
            anchor: setup.stage.place.project.clone(),
        };
        setup.stage.rules = rules.iter().map(rule).collect();
    })
}

fn edits() -> Value {
    json!({"file_path": "a", "edits": [
        {"old_string": "a2\n", "new_string": "B2\n"},
        {"old_string": "a11\n", "new_string": "B11\n"},
    ]})
}

#[tokio::test]
async fn the_person_accepts_one_part_of_a_change_and_the_model_is_told() {
    let mut bench = bench(&[], &[("Read", json!({"file_path": "a"})), ("MultiEdit", edits())]);
    bench.prompt("go").await;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
    bench.ask(Request::Answer { ask: 1, answer: Answer::Partly { parts: vec![1], comment: None } }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let file = bench.root.path().join("project/a");
    assert_eq!(std::fs::read_to_string(file).unwrap(), BEFORE.replace("a11", "B11"));
    let told = bench.results(2).join("\n");
    assert!(told.contains("accepted 1 of the 2 parts") && told.contains("+B2"), "{told}");
}

#[tokio::test]
async fn parts_that_there_are_not_change_nothing() {
    let mut bench = bench(&[], &[("Read", json!({"file_path": "a"})), ("MultiEdit", edits())]);
    bench.prompt("go").await;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
    bench.ask(Request::Answer { ask: 1, answer: Answer::Partly { parts: vec![7], comment: None } }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(std::fs::read_to_string(bench.root.path().join("project/a")).unwrap(), BEFORE);
    assert!(bench.results(2).join("\n").contains("It was not run"), "{:?}", bench.results(3));
}

#[tokio::test]
async fn a_link_that_comes_while_the_person_thinks_is_not_followed() {
    let mut bench = bench(&[], &[("Write", json!({"file_path": "new", "content": "x"}))]);
    bench.prompt("go").await;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
    let top = bench.root.path().to_path_buf();
    std::os::unix::fs::symlink(top.join("elsewhere"), top.join("project/new")).unwrap();
    bench.ask(Request::Answer { ask: 1, answer: Answer::Once { comment: None } }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(!top.join("elsewhere").exists(), "{:?}", bench.results(2));
}

#[tokio::test]
async fn searches_and_completion_leave_out_what_rules_reserve() {
    use crate::policy::Tier;
    let rules = [(Tier::Deny, "Read(secrets/**)"), (Tier::Ask, "Read(*.pem)")];
    let calls = [("Glob", json!({"pattern": "**/*"})), ("Grep", json!({"pattern": "needle"}))];
    let mut bench = bench(&rules, &calls);
    let project = bench.root.path().join("project");
    std::fs::create_dir_all(project.join("secrets")).unwrap();
    for name in ["secrets/x", "k.pem", "open"] {
        std::fs::write(project.join(name), "needle").unwrap();
    }
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    for at in [1, 2] {
        let told = bench.results(at).join("\n");
        assert!(told.contains("open") && told.contains("left out"), "{told}");
        assert!(!told.contains("secrets") && !told.contains("k.pem"), "{told}");
    }
    bench.ask(Request::ListFiles).await;
    let files = loop {
        match bench.events.recv().await {
            Some(Event::Live(Live::Files(files))) => break files,
            Some(_) => {}
            None => panic!("the engine is gone"),
        }
    };
    assert_eq!(files.iter().filter(|file| file.starts_with("secrets") || *file == "k.pem").count(), 0);
    assert!(files.contains(&"open".to_owned()));
}

#[tokio::test]
async fn a_key_in_two_deltas_is_in_no_record() {
    let (first, second) = KEY.split_at(7);
    let answer = vec![
        StreamItem::Delta { index: 0, text: format!("it is {first}") },
        StreamItem::Ping,
        StreamItem::Delta { index: 0, text: format!("{second}, really") },
        StreamItem::BlockDone { index: 0, block: Block::Text { text: format!("it is {KEY}, really") } },
        StreamItem::Done { stop: StopReason::EndTurn, usage: Some(Usage::default()) },
    ];
    let mut bench = Bench::new(vec![answer]);
    bench.prompt("tell").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let said: String = bench
        .seen
        .iter()
        .filter_map(|record| match &record.body {
            Body::Delta { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(said, "it is [key removed], really");
}
