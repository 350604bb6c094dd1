//! What tools of servers change on the disk is kept like what commands change, and can be taken back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::steps::{files, pairs};
use super::*;
use crate::domain::{ServerNews, ServerState};
use crate::engine::ServerPlan;
use crate::mcp;

/// A server in the shell whose tool changes a file, makes one and removes one in the folder that it is started in.
const ARMS: &str = r#"
    *'"tools/list"'*) say '{"tools":[{"name":"write","inputSchema":{"type":"object"}}]}' ;;
    *'"tools/call"'*) printf new > new.txt; printf more >> a.txt; rm -f old.txt; say '{"content":[{"type":"text","text":"written"}]}' ;;
"#;

fn call(name: &str, input: Value) -> Vec<StreamItem> {
    let call = ToolCall { id: format!("call-{name}"), name: name.into(), input };
    vec![
        StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) },
        StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) },
    ]
}

async fn bench(answers: Vec<Vec<StreamItem>>) -> Bench {
    let root = Arc::new(TempDir::new().unwrap());
    let project = root.path().join("project");
    std::fs::create_dir_all(&project).unwrap();
    std::fs::write(project.join("a.txt"), "one").unwrap();
    std::fs::write(project.join("old.txt"), "old").unwrap();
    let mut bench = Bench::with(root, Open::New, answers, |setup| {
        let value = json!({ "command": "/bin/sh", "args": ["-c", toy_server(r#"{"tools":{}}"#, ARMS)] });
        let entry = mcp::Entry { name: "toy".into(), scope: RuleScope::User, source: "test".into(), value, off: None };
        let env = [("PATH".to_owned(), std::env::var("PATH").unwrap_or_default())].into();
        let config = mcp::parse(&entry, &env).unwrap().0;
        let folder = setup.home.join("mcp");
        setup.stage.env = Arc::new(env);
        setup.stage.servers = Arc::new(ServerPlan { servers: vec![config], folder, ..ServerPlan::default() });
        setup.tools = crate::tools::registry();
        let source = RuleSource { scope: RuleScope::User, file: None, line: None };
        let anchor = setup.home.clone();
        let tier = crate::policy::Tier::Allow;
        setup.stage.rules = vec![RuleText { tier, text: "mcp__toy".into(), source, anchor }];
    });
    let ready = |live: Live| match live {
        Live::Server(ServerNews::Status(all)) => {
            all.iter().all(|server| server.state == ServerState::Ready && !server.tools.is_empty()).then_some(())
        }
        _ => None,
    };
    bench.live(ready).await;
    bench
}

/// Plays one turn in which the tool runs, and takes it back.
async fn is_taken_back(answers: Vec<Vec<StreamItem>>) {
    let mut bench = bench(answers).await;
    bench.prompt("write").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(files(&bench.root), pairs(&[("a.txt", "onemore"), ("new.txt", "new")]));
    let kept = bench.seen.iter().any(|record| match &record.body {
        Body::Files(FilesBody::Changed { steps, .. }) => steps.len() == 3,
        _ => false,
    });
    assert!(kept, "all three are on record");
    bench
        .ask(Request::Files(FilesRequest::Rewind { turn: 1, files: true, conversation: false, chosen: Vec::new() }))
        .await;
    bench.until(|body| matches!(body, Body::Files(FilesBody::Moved(_)))).await;
    assert_eq!(files(&bench.root), pairs(&[("a.txt", "one"), ("old.txt", "old")]));
}

#[tokio::test]
async fn what_a_servers_tool_changed_is_taken_back() {
    is_taken_back(vec![call("mcp__toy__write", json!({})), text("done")]).await;
}

#[tokio::test]
async fn a_tool_that_is_called_by_way_of_the_search_is_no_exception() {
    let input = json!({ "name": "mcp__toy__write", "arguments": {} });
    is_taken_back(vec![call("CallMcpTool", input), text("done")]).await;
}

#[tokio::test]
async fn nor_is_one_that_a_sub_agent_calls() {
    let input = json!({ "description": "w", "prompt": "w", "subagent_type": "general-purpose" });
    let answers = vec![call("Agent", input), call("mcp__toy__write", json!({})), text("written"), text("done")];
    is_taken_back(answers).await;
}
