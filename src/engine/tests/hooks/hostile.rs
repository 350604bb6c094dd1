//! Hooks that hang, flood, crash and babble: the session goes on.

use super::*;

/// A turn with one call goes through whatever the hook does, and the run is on record as this failure.
async fn survives(handler: Value, failure: &str) {
    let hooks = json!({ "PreToolUse": [{ "hooks": [handler.clone()] }] });
    let mut bench = bench(&hooks, vec![calls(&["Quick"]), text("done")]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(bench.results(1), ["Quick is done"], "{handler}");
    let run = &bench.runs()[0];
    assert_eq!(run.failed, !failure.is_empty(), "{handler}: {run:?}");
    assert!(run.outcome.contains(failure) && run.output.len() < 20_000, "{handler}: {}", run.outcome);
    assert!(bench.noticed().contains(failure), "{}", bench.noticed());
}

fn sh(command: &str) -> Value {
    json!({ "type": "command", "command": command, "timeout": 20 })
}

#[tokio::test]
async fn hooks_that_fail_decide_nothing() {
    survives(sh("exit 1"), "exit 1").await;
    survives(sh("echo 'bad luck' >&2; exit 1"), "bad luck").await;
    survives(sh("/no/such/program"), "exit 127").await;
    survives(sh("kill -9 $$"), "a signal ended it").await;
    survives(json!({ "type": "command", "command": "/no/such", "args": ["x"] }), "exit").await;
}

#[tokio::test]
async fn hooks_that_babble_decide_nothing() {
    survives(sh("echo '{\"hookSpecificOutput\": garbage'"), "is none").await;
    let other = r#"{"hookSpecificOutput":{"hookEventName":"Stop","permissionDecision":"deny"}}"#;
    survives(sh(&format!("echo '{other}'")), "instead of").await;
    let odd = r#"{"continue":"no","hookSpecificOutput":7,"decision":[],"systemMessage":3}"#;
    survives(sh(&format!("echo '{odd}'")), "").await;
    survives(sh("printf '\\377\\000\\033[2J'"), "").await;
}

#[tokio::test]
async fn hooks_that_hang_are_stopped_with_all_they_started() {
    let mark = format!("7{}", std::process::id());
    let command = format!("trap '' TERM; sleep {mark} & sleep {mark}");
    survives(json!({ "type": "command", "command": command, "timeout": 0.3 }), "too long").await;
    let left = std::fs::read_dir("/proc").into_iter().flatten().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&format!("sleep\0{mark}"))
    });
    assert!(!left, "nothing of it is left");
}

#[tokio::test]
async fn hooks_that_flood_are_read_and_cut() {
    survives(sh("head -c 20000000 /dev/zero | tr '\\0' x; head -c 20000000 /dev/zero >&2"), "").await;
    survives(json!({ "type": "command", "command": "exec yes", "timeout": 0.3 }), "too long").await;
    // One that never reads what it is told.
    survives(sh("exec 0<&-; true"), "").await;
}

#[tokio::test]
async fn a_failure_blocks_where_that_was_asked_for() {
    let handler = json!({ "type": "command", "command": "sleep 30", "timeout": 0.2, "onFailure": "block" });
    let mut bench = bench(&json!({ "PreToolUse": [{ "hooks": [handler] }] }), vec![calls(&["Quick"]), text("done")]);
    bench.prompt("go").await;
    bench.end().await;
    assert!(bench.results(1)[0].contains("too long"), "{:?}", bench.results(1));
}

#[tokio::test]
async fn long_texts_go_into_a_file() {
    let mut bench = bench(&one("UserPromptSubmit", "head -c 50000 /dev/zero | tr '\\0' y"), vec![text("done")]);
    bench.prompt("go").await;
    bench.end().await;
    let message = bench.last_message(0);
    assert!(message.len() < 6_000 && message.contains("This hook wrote 50000 characters"), "{message}");
    let path = message.split("the whole text is in ").nth(1).unwrap().split(".]").next().unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap().len(), 50_000);
}

#[tokio::test]
async fn the_person_stops_hooks_and_the_next_message_works() {
    let mut bench = bench(&one("UserPromptSubmit", "grep -q slow && sleep 1000; true"), vec![text("done")]);
    bench.prompt("slow one").await;
    loop {
        if let Some(Event::Live(Live::HookRuns(Some(what)))) = bench.events.recv().await {
            assert_eq!(what, "UserPromptSubmit hook runs");
            break;
        }
    }
    bench.ask(Request::Interrupt).await;
    assert!(bench.turned_away().await.contains("you stopped it"));
    bench.prompt("quick one").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
}

#[tokio::test]
async fn the_end_waits_for_its_hooks_a_short_time_only() {
    let mut bench = changed(&one("SessionEnd", "sleep 1000"), vec![text("done")], |setup| {
        let mut env = (*setup.stage.env).clone();
        env.insert("CLAUDE_CODE_SESSIONEND_HOOKS_TIMEOUT_MS".into(), "200".into());
        setup.stage.env = Arc::new(env);
    });
    bench.prompt("go").await;
    bench.end().await;
    bench.ask(Request::Shutdown).await;
    let end = bench.ran_to_close();
    tokio::time::timeout(Duration::from_secs(10), end).await.expect("the engine closes");
}

#[tokio::test]
async fn a_hundred_hooks_are_bounded() {
    let many: Vec<Value> = (0..100).map(|number| sh(&format!("echo {number} > /dev/null"))).collect();
    let hooks = json!({ "PreToolUse": [{ "hooks": many }] });
    let mut bench = bench(&hooks, vec![calls(&["Quick"]), text("done")]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(bench.runs().len(), 64);
}
