//! Hooks that are not commands: sub-agents that look first, and tools of servers.

use super::*;
use crate::domain::HookTrial;

fn agent(event: &str) -> Value {
    json!({ event: [{ "hooks": [{ "type": "agent", "prompt": "Are the notes kept? $ARGUMENTS" }] }] })
}

fn with_reading(setup: &mut Setup) {
    let all = crate::tools::registry();
    setup.tools.push(crate::tools::named(&all, "Read").unwrap().clone());
    std::fs::write(setup.stage.place.project.join("notes.txt"), "kept: no\n").unwrap();
}

#[tokio::test]
async fn an_agent_looks_at_files_before_it_decides() {
    let answers = vec![
        text("first answer"),
        call("Read", json!({ "file_path": "notes.txt" })),
        text("I looked. {\"ok\": false, \"reason\": \"notes.txt says no\"}"),
        text("second answer"),
        text("{\"ok\": true}"),
    ];
    let mut bench = changed(&agent("Stop"), answers, with_reading);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let heard: Vec<String> =
        bench.script.heard.lock().unwrap().iter().map(|request| format!("{:?}", request.segments)).collect();
    assert_eq!(heard.len(), 5, "{heard:#?}");
    assert!(heard[1].contains("Are the notes kept?") && heard[1].contains("stop_hook_active"), "{}", heard[1]);
    assert!(heard[2].contains("kept: no"), "{}", heard[2]);
    assert!(heard[3].contains("notes.txt says no"), "{}", heard[3]);
    let runs = bench.runs();
    assert_eq!((runs.len(), runs[0].outcome.contains("notes.txt says no")), (2, true), "{runs:?}");
}

#[tokio::test]
async fn an_agent_can_change_nothing_and_asks_nobody() {
    let answers = vec![text("first answer"), calls(&["Make"]), text("{\"ok\": true}")];
    let mut bench = changed(&agent("Stop"), answers, with_reading);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(!bench.asked());
    assert!(bench.last_message(2).contains("there is no tool"), "{}", bench.last_message(2));
}

#[tokio::test]
async fn an_agent_that_does_not_come_to_an_answer_decides_nothing() {
    let hooks = json!({ "Stop": [{ "hooks": [{ "type": "agent", "prompt": "?", "timeout": 0.05 }] }] });
    let mut bench = changed(&hooks, vec![text("first answer"), Vec::new()], with_reading);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.runs()[0].failed && bench.noticed().contains("took too long"), "{}", bench.noticed());
}

/// A server in a few lines of the shell, which says what it was called with, as a decision.
const TOY: &str = r#"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"toy","version":"1"}}}\n' "$id" ;;
    *'"tools/list"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"scan","inputSchema":{"type":"object"}}]}}\n' "$id" ;;
    *'"tools/call"'*)
      file=$(printf '%s' "$line" | sed -n 's/.*"file":"\([^"]*\)".*/\1/p')
      printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"{\\"decision\\":\\"block\\",\\"reason\\":\\"%s is unclean\\"}"}]}}\n' "$id" "$file" ;;
  esac
done
"#;

fn with_server(setup: &mut Setup) {
    let value = json!({ "command": "/bin/sh", "args": ["-c", TOY] });
    let entry =
        crate::mcp::Entry { name: "toy".into(), scope: RuleScope::User, source: "test".into(), value, off: None };
    let (config, _) = crate::mcp::parse(&entry, &setup.stage.env).unwrap();
    let times = crate::mcp::Times { start_ms: 10_000, ..crate::mcp::Times::default() };
    let folder = setup.home.join("servers");
    setup.stage.servers = Arc::new(ServerPlan { servers: vec![config], times, folder, ..ServerPlan::default() });
}

fn scan() -> Value {
    json!({ "PostToolUse": [{ "matcher": "Quick", "hooks": [
        { "type": "mcp_tool", "server": "toy", "tool": "scan", "input": { "file": "${tool_input.file_path}" } },
    ] }] })
}

#[tokio::test]
async fn a_servers_tool_is_called_with_fields_of_the_event() {
    let answers = vec![call("Quick", json!({ "file_path": "a.rs" })), text("done")];
    let mut bench = changed(&scan(), answers, with_server);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let runs = bench.runs();
    assert!(runs[0].outcome.contains("a.rs is unclean"), "{runs:?} {}", bench.noticed());
    assert!(bench.last_message(1).contains("a.rs is unclean"), "{}", bench.last_message(1));
}

#[tokio::test]
async fn a_servers_tool_that_is_denied_or_missing_is_not_called() {
    let denied = |setup: &mut Setup| {
        with_server(setup);
        rule(crate::policy::Tier::Deny, "mcp__toy", setup);
    };
    for (change, problem) in [(denied as fn(&mut Setup), "a rule denies mcp__toy__scan"), (|_| {}, "no tool server")] {
        let answers = vec![call("Quick", json!({ "file_path": "a.rs" })), text("done")];
        let mut bench = changed(&scan(), answers, change);
        bench.prompt("go").await;
        assert_eq!(bench.end().await, TurnEnd::Done);
        assert!(bench.noticed().contains(problem), "{}", bench.noticed());
    }
}

#[tokio::test]
async fn a_hook_is_tried_on_a_recorded_event_and_nothing_comes_of_it() {
    let hooks = one("PreToolUse", "cat > \"$CLAUDE_PROJECT_DIR/seen\"; echo 'not now' >&2; exit 2");
    let mut bench = bench(&hooks, vec![text("hi")]);
    bench.prompt("go").await;
    bench.end().await;
    let source = RuleSource { scope: RuleScope::User, file: Some("settings.json".into()), line: Some(1) };
    let hook = "cat > \"$CLAUDE_PROJECT_DIR/seen\"; echo 'not now' >&2; exit 2";
    let input = r#"{"hook_event_name":"PreToolUse","tool_name":"Bash"}"#;
    let trial = HookTrial { event: "PreToolUse".into(), hook: hook.into(), source, input: input.into() };
    bench.ask(Request::Hook(HookRequest::Try(Box::new(trial.clone())))).await;
    let run = bench
        .live(|live| match live {
            Live::Hook(HookNews::Tried(run)) => Some(run),
            _ => None,
        })
        .await;
    assert_eq!((run.exit, run.outcome.as_str(), run.input.as_str()), (Some(2), "blocks: not now", input));
    let seen = std::fs::read_to_string(bench.root.path().join("project/seen")).unwrap();
    assert_eq!(seen.trim(), input);
    assert!(bench.runs().is_empty(), "a trial is not on record");
    let gone = HookTrial { hook: "other".into(), ..trial.clone() };
    let cut = HookTrial { input: "{\"a\": \"b\n[… 9000 bytes in all]".into(), ..trial };
    for (trial, problem) in [(gone, "any more"), (cut, "too long")] {
        bench.ask(Request::Hook(HookRequest::Try(Box::new(trial)))).await;
        let why = bench
            .live(|live| match live {
                Live::Hook(HookNews::Untried(why)) => Some(why),
                _ => None,
            })
            .await;
        assert!(why.contains(problem), "{why}");
    }
}
