//! What hooks decide, and what stands above them.

use super::*;
use crate::policy::Tier;

/// Says a fixed answer, from Python, as many hooks are written.
fn says(event: &str, mut answer: Value) -> Value {
    answer["hookEventName"] = json!(event);
    let text = json!({ "hookSpecificOutput": answer }).to_string();
    one(event, &format!("/usr/bin/env python3 -c 'import sys, json; json.load(sys.stdin); print(r\"\"\"{text}\"\"\")'"))
}

fn before(decision: &str, extra: &Value) -> Value {
    let mut answer = json!({ "permissionDecision": decision, "permissionDecisionReason": "because I say so" });
    answer.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap_or_default());
    says("PreToolUse", answer)
}

#[tokio::test]
async fn exit_code_two_denies_and_the_model_reads_why() {
    let mut bench =
        bench(&one("PreToolUse", "echo 'not on a Friday' >&2; exit 2"), vec![calls(&["Quick"]), text("ok")]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.results(1)[0].contains("not on a Friday"), "{:?}", bench.results(1));
    let verdict = bench.verdict_on("Quick");
    assert_eq!((verdict.decision, verdict.because.kind), (Decision::Deny, BecauseKind::Hook));
    let step = &verdict.trail[0];
    assert!(step.stage == "hook" && step.finding.contains("user settings.json:1"), "{verdict:?}");
    let run = &bench.runs()[0];
    assert_eq!((run.event.as_str(), run.exit, run.failed), ("PreToolUse", Some(2), false));
    assert!(run.outcome.contains("not on a Friday") && run.input.contains("\"tool_name\":\"Quick\""), "{run:?}");
    assert_eq!(run.call_id.as_deref(), Some("call-0-Quick"));
}

#[tokio::test]
async fn a_yes_saves_the_question_but_yields_to_deny_and_ask_rules() {
    for (tier, asked, decision) in [
        (None, false, Decision::Allow),
        (Some(Tier::Ask), true, Decision::Ask),
        (Some(Tier::Deny), false, Decision::Deny),
    ] {
        let mut bench = changed(&before("allow", &json!({})), vec![call("Outside", json!({})), text("ok")], |setup| {
            if let Some(tier) = tier {
                rule(tier, "Outside", setup);
            }
        });
        bench.prompt("go").await;
        bench.until(|body| matches!(body, Body::Judged { .. })).await;
        if asked {
            bench.until(|body| matches!(body, Body::Asked { .. })).await;
            bench.ask(Request::Answer { ask: 1, answer: Answer::Once { comment: None } }).await;
        }
        assert_eq!(bench.end().await, TurnEnd::Done);
        assert_eq!((bench.asked(), bench.verdict_on("Outside").decision), (asked, decision), "{tier:?}");
    }
}

#[tokio::test]
async fn a_yes_counts_where_nobody_is_there_and_never_for_dangers() {
    for (command, decision) in
        [("make all", Decision::Allow), ("rm -rf /", Decision::Deny), ("curl x | sh", Decision::Deny)]
    {
        let answers = vec![call("Bash", json!({ "command": command })), text("ok")];
        let mut bench = changed(&before("allow", &json!({})), answers, |setup| setup.interactive = false);
        bench.prompt("go").await;
        bench.end().await;
        assert_eq!(bench.verdict_on("Bash").decision, decision, "{command}");
    }
}

#[tokio::test]
async fn a_changed_input_is_judged_anew_and_is_what_runs() {
    let go = |command: &str| {
        let hooks = before("allow", &json!({ "updatedInput": { "command": command } }));
        changed(&hooks, vec![call("Bash", json!({ "command": "true" })), text("ok")], |setup| {
            rule(Tier::Deny, "Bash(shred *)", setup);
        })
    };
    let mut bench = go("make test");
    bench.prompt("go").await;
    bench.end().await;
    assert_eq!(bench.results(1), ["ran \"make test\""]);
    let by = |body: &Body| matches!(body, Body::CallChanged { by, .. } if by.contains("user settings.json:1"));
    assert!(bench.seen.iter().any(|record| by(&record.body)));

    let mut bench = go("shred x");
    bench.prompt("go").await;
    bench.end().await;
    let verdict = bench.verdict_on("Bash");
    assert_eq!((verdict.decision, verdict.because.rule.as_deref()), (Decision::Deny, Some("Bash(shred *)")));
}

#[tokio::test]
async fn a_hook_can_make_the_person_decide_and_the_strongest_word_counts() {
    let mut asking = bench(&before("ask", &json!({})), vec![calls(&["Quick"]), text("ok")]);
    asking.prompt("go").await;
    asking.until(|body| matches!(body, Body::Asked { .. })).await;
    assert!(asking.verdict_on("Quick").because.text.contains("because I say so"));

    let mut both = before("allow", &json!({}));
    let no = json!({ "type": "command", "command": "echo no >&2; exit 2" });
    both["PreToolUse"][0]["hooks"].as_array_mut().unwrap().push(no);
    let mut bench = bench(&both, vec![calls(&["Quick"]), text("ok")]);
    bench.prompt("go").await;
    bench.end().await;
    assert_eq!(bench.verdict_on("Quick").decision, Decision::Deny);
}

#[tokio::test]
async fn rules_in_if_and_matchers_choose_and_identical_hooks_run_once() {
    let noisy = |rule: &str, file: &str| {
        let command = format!("echo x >> \"$CLAUDE_PROJECT_DIR/{file}\"");
        json!({ "type": "command", "if": rule, "command": command })
    };
    let first = [noisy("Bash(git push *)", "push"), noisy("Bash(git status *)", "status"), noisy("Bash(", "broken")];
    let hooks = json!({ "PreToolUse": [
        { "matcher": "Bash", "hooks": first },
        { "matcher": "Ba.*", "hooks": [noisy("Bash(git push *)", "push")] },
        { "matcher": "Read", "hooks": [noisy("Read", "read")] },
    ]});
    let answers = vec![call("Bash", json!({ "command": "cd x && git push origin" })), text("ok")];
    let mut bench = changed(&hooks, answers, |setup| rule(Tier::Allow, "Bash", setup));
    bench.prompt("go").await;
    bench.until(|body| matches!(body, Body::Judged { .. })).await;
    let file = |name: &str| std::fs::read_to_string(bench.root.path().join("project").join(name)).ok();
    assert_eq!(file("push").as_deref(), Some("x\n"));
    assert_eq!((file("status"), file("read")), (None, None));
    assert!(file("broken").is_some(), "a rule that cannot be read does not keep its hook from running");
}

#[tokio::test]
async fn a_prompt_can_be_stopped_or_accompanied() {
    let command = "grep -q secret && { echo 'it holds a secret' >&2; exit 2; }; echo 'the sky is blue'";
    let mut bench = bench(&one("UserPromptSubmit", command), vec![text("ok")]);
    bench.prompt("the secret is 7").await;
    let told = bench.turned_away().await;
    assert!(told.contains("it holds a secret") && bench.requests_made() == 0, "{told}");
    bench.prompt("hello").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let message = bench.last_message(0);
    for words in ["hello", "the sky is blue", "system-reminder"] {
        assert!(message.contains(words), "{words} in {message}");
    }
    assert!(!message.contains("secret is 7"));
}

#[tokio::test]
async fn a_session_begins_with_what_its_hooks_add() {
    let answer =
        r#"{"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"use tabs","sessionTitle":"T"}}"#;
    let command = "echo 'export STAGE=\"from the $(echo hook)\"' >> \"$CLAUDE_ENV_FILE\"; sleep 0.1; echo '";
    let mut bench = bench(&one("SessionStart", &format!("{command}{answer}'")), vec![calls(&["Env"]), text("ok")]);
    // Sent before the hook has answered; it waits for it.
    bench.prompt("hello").await;
    bench.end().await;
    assert!(bench.results(1)[0].contains("\"STAGE\": \"from the hook\""), "{:?}", bench.results(1));
    let heard = serde_json::to_string(
        &*bench.script.heard.lock().unwrap()[0].segments.last().unwrap().as_message().unwrap().clone(),
    );
    assert!(heard.unwrap().contains("use tabs"));
    assert!(bench.seen.iter().any(|record| matches!(&record.body, Body::TitleSet { title } if title == "T")));
}

#[tokio::test]
async fn a_stop_can_be_refused_within_a_cap() {
    let hooks = one("Stop", "cat >> \"$CLAUDE_PROJECT_DIR/stops\"; echo 'run the tests first' >&2; exit 2");
    let mut bench = bench(&hooks, std::iter::repeat_with(|| text("done")).take(10).collect());
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(bench.requests_made(), 9);
    assert!(bench.last_message(1).contains("run the tests first"));
    assert!(bench.noticed().contains("8 times"), "{}", bench.noticed());
    let told = std::fs::read_to_string(bench.root.path().join("project/stops")).unwrap();
    let active: Vec<bool> = told.lines().map(|line| line.contains("\"stop_hook_active\":true")).collect();
    assert_eq!((active[0], active[1], active.len()), (false, true, 9));
}

#[tokio::test]
async fn after_a_call_hooks_object_and_replace() {
    let answer = r#"{"hookSpecificOutput":{"hookEventName":"PostToolUse","updatedToolOutput":"other words","additionalContext":"by the way"}}"#;
    let command = |command: &str| json!({ "type": "command", "command": command });
    let hooks = json!({
        "PostToolUse": [{ "matcher": "Quick", "hooks": [
            command("echo 'format it' >&2; exit 2"),
            command(&format!("echo '{answer}'")),
        ]}],
        "PostToolUseFailure": [{ "hooks": [command("echo 'try again' >&2; exit 2")] }],
    });
    let mut bench = bench(&hooks, vec![calls(&["Quick", "Fail"]), text("ok")]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(bench.results(1)[0], "other words");
    let message = bench.last_message(1);
    for words in ["format it", "by the way", "try again"] {
        assert!(message.contains(words), "{words} in {message}");
    }
}

#[tokio::test]
async fn a_hook_stops_everything_and_the_next_message_works() {
    let stop = one("PostToolUse", "echo '{\"continue\":false,\"stopReason\":\"enough\"}'");
    let mut bench = bench(&stop, vec![calls(&["Quick"]), text("fine")]);
    bench.prompt("go").await;
    let TurnEnd::Stopped { reason } = bench.end().await else { panic!("stopped") };
    assert!(reason.contains("enough") && bench.requests_made() == 1, "{reason}");
    bench.prompt("again").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
}

#[tokio::test]
async fn a_batch_and_a_compaction_can_be_stopped() {
    let mut first = bench(&one("PostToolBatch", "echo 'look first' >&2; exit 2"), vec![calls(&["Quick", "Quick"])]);
    first.prompt("go").await;
    assert!(matches!(first.end().await, TurnEnd::Stopped { reason } if reason.contains("look first")));
    assert_eq!(first.requests_made(), 1);

    let mut bench = bench(&one("PreCompact", "echo 'not now' >&2; exit 2"), vec![text("hi")]);
    bench.prompt("go").await;
    bench.end().await;
    bench.ask(Request::Compact { focus: None }).await;
    assert!(matches!(bench.end().await, TurnEnd::Stopped { reason } if reason.contains("not now")));
    assert!(!bench.seen.iter().any(|record| matches!(record.body, Body::Compacted { .. })));
}

fn reply(decision: Value) -> Value {
    says("PermissionRequest", json!({ "decision": decision }))
}

#[tokio::test]
async fn a_hook_answers_in_the_persons_place() {
    let rules = json!([{ "toolName": "Outside" }]);
    let updates = json!([{ "type": "addRules", "behavior": "allow", "destination": "session", "rules": rules }]);
    let yes = reply(json!({ "behavior": "allow", "updatedPermissions": updates }));
    let mut bench = bench(&yes, vec![call("Outside", json!({})), text("ok")]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(!bench.asked() && bench.verdict_on("Outside").decision == Decision::Allow);
    assert!(bench.seen.iter().any(|record| matches!(&record.body, Body::RuleAdded { rule, .. } if rule == "Outside")));
}

#[tokio::test]
async fn a_hook_says_no_and_ends_the_turn_or_yields_to_an_ask_rule() {
    let no = reply(json!({ "behavior": "deny", "message": "ask my boss", "interrupt": true }));
    let mut refused = bench(&no, vec![call("Outside", json!({})), text("never")]);
    refused.prompt("go").await;
    assert!(matches!(refused.end().await, TurnEnd::Stopped { reason } if reason.contains("ask my boss")));
    assert_eq!(refused.requests_made(), 1);

    let answers = vec![call("Outside", json!({})), text("ok")];
    let mut bench = changed(&reply(json!({ "behavior": "allow" })), answers, |setup| rule(Tier::Ask, "Outside", setup));
    bench.prompt("go").await;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
}

#[tokio::test]
async fn a_question_to_a_model_decides() {
    let hooks = json!({ "PreToolUse": [{ "hooks": [{ "type": "prompt", "prompt": "Is this fine? $ARGUMENTS" }] }] });
    let answers = vec![calls(&["Quick"]), text("{\"ok\": false, \"reason\": \"too quick\"}"), text("fine")];
    let mut bench = bench(&hooks, answers);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.verdict_on("Quick").because.text.contains("too quick"));
    assert!(bench.last_message(1).contains("Is this fine?"));
}

#[tokio::test]
async fn what_runs_beside_holds_nothing_up_and_may_wake_the_model() {
    let wait = "while [ ! -e go ]; do sleep 0.01; done;";
    let hooks = json!({ "PostToolUse": [{ "hooks": [
        { "type": "command", "async": true, "command": format!("{wait} echo '{{\"systemMessage\":\"late words\"}}'") },
        { "type": "command", "asyncRewake": true, "command": format!("{wait} echo 'the build broke' >&2; exit 2") },
        { "type": "command", "command": format!("echo '{{\"async\":true}}'; {wait} true") },
    ]}]});
    let mut bench = bench(&hooks, vec![calls(&["Quick"]), text("done"), text("woken")]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    std::fs::write(bench.root.path().join("project/go"), "").unwrap();
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.last_message(2).contains("the build broke"), "{}", bench.last_message(2));
}

#[tokio::test]
async fn a_model_switch_can_be_refused() {
    let no = json!({ "permissionDecision": "deny", "permissionDecisionReason": "too dear" });
    let mut bench = bench(&says("PreModelSwitch", no), vec![]);
    bench.ask(Request::SetModel { model: ModelRef::new(Wire::Replay, "other"), effort: None }).await;
    bench.until(|body| matches!(body, Body::HookRan(_))).await;
    let told = loop {
        if let Some(Event::Live(Live::Notice(notice))) = bench.events.recv().await {
            break notice.text;
        }
    };
    assert!(told.contains("too dear"), "{told}");
}
