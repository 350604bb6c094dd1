//! Language servers through the whole engine: the toy server, the real tools, a scripted model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;

use super::*;
use crate::domain::{LanguageNews, LanguageRequest, LanguageState};
use crate::engine::LanguagePlan;
use crate::lsp::{Entry, parse};
use crate::policy::{RuleText, Tier};

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/lsp/toy.py");

fn call(name: &str, input: Value) -> Vec<StreamItem> {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let id = format!("call-{}", COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let call = ToolCall { id, name: name.into(), input };
    vec![
        StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) },
        StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) },
    ]
}

struct Project {
    root: Arc<TempDir>,
    folder: PathBuf,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = Arc::new(TempDir::new().unwrap());
        let folder = root.path().canonicalize().unwrap().join("project");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Self { root, folder }
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    fn bench(&self, rules: &[(Tier, &str)], unasked: bool, answers: Vec<Vec<StreamItem>>) -> Bench {
        Bench::with(Arc::clone(&self.root), Open::New, answers, |setup| {
            setup.tools = crate::tools::registry();
            let rule = |(tier, rule): &(Tier, &str)| RuleText {
                tier: *tier,
                text: (*rule).to_owned(),
                source: RuleSource { scope: RuleScope::User, file: None, line: None },
                anchor: self.folder.clone(),
            };
            setup.stage.rules = rules.iter().map(rule).collect();
            setup.stage.place = Place { cwd: self.folder.clone(), project: self.folder.clone(), added: Vec::new() };
            setup.stage.env = Arc::new([("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())].into());
            let value = json!({"command": "python3", "args": [TOY], "extensionToLanguage": {".toy": "toy"}});
            let entry = Entry { name: "toy".into(), scope: RuleScope::User, source: "t".into(), value, off: None };
            let mut config = parse(&entry, &std::collections::BTreeMap::new()).unwrap().0;
            config.unasked = unasked;
            let plan = LanguagePlan { servers: vec![config], wait_ms: 20_000, ..LanguagePlan::default() };
            setup.stage.languages = Arc::new(plan);
        })
    }
}

#[tokio::test]
async fn what_an_edit_breaks_stands_in_its_result_and_only_that() {
    let project = Project::new(&[("a.toy", "BAD old\nfine\n")]);
    let path = project.folder.join("a.toy");
    let mut bench = project.bench(
        &[(Tier::Allow, "Edit")],
        false,
        vec![
            call("Read", json!({"file_path": path})),
            call("Edit", json!({"file_path": path, "old_string": "fine", "new_string": "BAD new"})),
            call("Edit", json!({"file_path": path, "old_string": "BAD new", "new_string": "good"})),
            text("done"),
        ],
    );
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let [edit] = bench.results(2).try_into().unwrap();
    assert!(
        edit.ends_with(
            "New problems after this change, by the language server:\na.toy:2:1 error: BAD in: BAD new (toy bad)"
        ),
        "{edit}"
    );
    let [second] = bench.results(3).try_into().unwrap();
    assert!(!second.contains("problems"), "{second}");
    let summaries: Vec<String> = bench
        .seen
        .iter()
        .filter_map(|record| match &record.body {
            Body::CallDone { summary, .. } => Some(summary.clone()),
            _ => None,
        })
        .collect();
    assert!(summaries.iter().any(|summary| summary.ends_with("· 1 error")), "{summaries:?}");
}

#[tokio::test]
async fn the_tool_answers_and_rules_about_reading_hold() {
    let project = Project::new(&[("a.toy", "def one\ncall one\n"), ("secret.toy", "call one\n")]);
    let path = project.folder.join("a.toy");
    let ask = |operation: &str, path: &PathBuf| {
        call("LSP", json!({"operation": operation, "filePath": path, "line": 1, "character": 5}))
    };
    let answers = vec![
        ask("findReferences", &path),
        ask("hover", &project.folder.join("secret.toy")),
        call("LSP", json!({"operation": "goToDefinition", "filePath": path})),
        call("LSP", json!({"operation": "rename", "filePath": path, "line": 1, "character": 5})),
        call("LSP", json!({"operation": "workspaceSymbol", "filePath": path, "query": "one"})),
        text("done"),
    ];
    let mut bench = project.bench(&[(Tier::Deny, "Read(secret.toy)")], false, answers);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let all: Vec<String> = (1..6).flat_map(|request| bench.results(request)).collect();
    assert_eq!(all[0], "a.toy:1:5  def one\na.toy:2:6  call one\n1 more lie in files that a rule keeps from you.");
    assert!(all[1].contains("secret.toy") && !all[1].contains("is a word"), "{}", all[1]);
    assert!(all[2].contains("`line` and `character` are needed"), "{}", all[2]);
    assert!(all[3].contains("unknown variant"), "what changes files is no operation of this tool: {}", all[3]);
    assert_eq!(all[4], "function one  a.toy:1");
}

#[tokio::test]
async fn a_rename_is_asked_about_as_the_change_that_it_is_and_can_be_undone() {
    let project = Project::new(&[("a.toy", "def one\n"), ("b.toy", "call one\n")]);
    let input = json!({"filePath": project.folder.join("a.toy"), "line": 1, "character": 5, "newName": "two"});
    let mut bench = project.bench(&[], false, vec![call("Rename", input), text("done")]);
    bench.prompt("go").await;
    let shown = bench
        .live(|live| match live {
            Live::CallPreview { shown, .. } => Some(shown),
            _ => None,
        })
        .await;
    let crate::domain::Shown::Diff(diffs) = shown else { panic!("{shown:?}") };
    assert_eq!(diffs.iter().map(|diff| diff.path.as_str()).collect::<Vec<_>>(), ["a.toy", "b.toy"]);
    assert_eq!(project.text("b.toy"), "call one\n");
    let asked = |record: &Arc<Record>| match &record.body {
        Body::Asked { ask, .. } => Some(*ask),
        _ => None,
    };
    let ask = match bench.seen.iter().find_map(asked) {
        Some(ask) => ask,
        None => asked(&bench.until(|body| matches!(body, Body::Asked { .. })).await).unwrap(),
    };
    bench.ask(Request::Answer { ask, answer: crate::domain::Answer::Once { comment: None } }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!((project.text("a.toy").as_str(), project.text("b.toy").as_str()), ("def two\n", "call two\n"));
    let held = bench.seen.iter().any(|record| {
        matches!(&record.body,
        Body::Files(crate::domain::FilesBody::Changed { steps, .. }) if steps.len() == 2)
    });
    assert!(held, "both files are kept as they were");
}

#[tokio::test]
async fn a_rename_that_touches_a_forbidden_file_changes_nothing() {
    let project = Project::new(&[("a.toy", "def one\n"), ("b.toy", "call one\n")]);
    let input = json!({"filePath": project.folder.join("a.toy"), "line": 1, "character": 5, "newName": "two"});
    let rules = [(Tier::Allow, "Edit"), (Tier::Deny, "Edit(b.toy)")];
    let mut bench = project.bench(&rules, false, vec![call("Rename", input), text("done")]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!((project.text("a.toy").as_str(), project.text("b.toy").as_str()), ("def one\n", "call one\n"));
    // `Read` alone allows no change.
    let input = json!({"filePath": project.folder.join("a.toy"), "line": 1, "character": 5, "newName": "two"});
    let bench = project.bench(&[(Tier::Allow, "Read")], false, vec![call("Rename", input)]);
    bench.prompt("go").await;
    let mut bench = bench;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
}

#[tokio::test]
async fn the_tools_stand_in_the_request_whatever_the_server_does_and_a_yes_is_kept() {
    let project = Project::new(&[("a.toy", "x\n")]);
    let mut bench = project.bench(&[], true, vec![text("one"), text("two")]);
    bench.prompt("go").await;
    bench.end().await;
    bench.ask(Request::Language(LanguageRequest::Start("toy".into()))).await;
    let ready = |live| match live {
        Live::Language(LanguageNews::Status(all)) => all.iter().any(|s| s.state == LanguageState::Ready).then_some(()),
        _ => None,
    };
    bench.live(ready).await;
    bench.prompt("again").await;
    bench.end().await;
    let heard = bench.script.heard.lock().unwrap();
    let tools =
        |index: usize| heard[index].segments.iter().filter_map(|segment| tool_name(&segment.body)).collect::<Vec<_>>();
    assert_eq!(tools(0), tools(1));
    assert!(["LSP", "Rename"].iter().all(|name| tools(0).iter().any(|tool| tool == name)), "{:?}", tools(0));
}

fn tool_name(body: &SegmentBody) -> Option<String> {
    match body {
        SegmentBody::Tool(spec) => Some(spec.name.clone()),
        _ => None,
    }
}
