//! Every event that fires reaches its hook, with the fields that are documented.

use super::*;

/// Hooks for all events that fire, which put down what they are told.
fn scribes() -> Value {
    let mut all = serde_json::Map::new();
    for event in Name::ALL {
        let command = format!("cat >> \"$CLAUDE_PROJECT_DIR/{}.jsonl\"", event.name());
        all.insert(event.name().into(), one(event.name(), &command)[event.name()].clone());
    }
    Value::Object(all)
}

fn told(bench: &Bench, event: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(bench.root.path().join(format!("project/{event}.jsonl")));
    let text = text.unwrap_or_else(|_| panic!("{event} did not fire"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The values of one field in all that an event told.
fn field(bench: &Bench, event: &str, key: &str) -> Vec<Value> {
    told(bench, event).iter().map(|told| told[key].clone()).collect()
}

fn sorted(values: Vec<Value>) -> Vec<String> {
    let mut texts: Vec<String> = values.iter().map(|value| value.as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

impl Bench {
    async fn ran(&mut self, event: &str) {
        self.until(|body| matches!(body, Body::HookRan(run) if run.event == event)).await;
    }
}

fn furnish(setup: &mut Setup) {
    setup.stage.memory =
        vec![MemoryFile { scope: MemoryScope::Project, path: "/p/CLAUDE.md".into(), text: "x".into() }];
    setup.stage.commands = vec![CommandFile {
        name: "ship".into(),
        description: String::new(),
        argument_hint: None,
        path: "/p/ship.md".into(),
        source: "project".into(),
        body: "ship $ARGUMENTS".into(),
        ..CommandFile::default()
    }];
    setup.stage.edit_rule = Arc::new(|_| Ok("/p/settings.local.json".into()));
    std::fs::create_dir_all(setup.stage.place.project.join("sub")).unwrap();
}

#[tokio::test]
async fn every_event_that_fires_is_told() {
    let answers = vec![
        calls(&["Quick", "Fail", "Move"]),
        call("Outside", json!({ "x": 1 })),
        text("done"),
        text("from a command"),
        text("a summary"),
        vec![StreamItem::Failed(ModelError::new(ErrorKind::Auth, "no key"))],
    ];
    let mut bench = changed(&scribes(), answers, furnish);
    bench.prompt("first").await;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
    bench.ran("Notification").await;
    let answer = Answer::Always { rule: "Outside".into(), scope: SaveScope::Local };
    bench.ask(Request::Answer { ask: 1, answer }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.ran("Notification").await;
    bench.ask(Request::RunCommand { name: "ship".into(), arguments: "it".into() }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.ask(Request::Compact { focus: Some("tests".into()) }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.ask(Request::SetModel { model: ModelRef::new(Wire::Replay, "other"), effort: None }).await;
    bench.ran("PostModelSwitch").await;
    bench.prompt("fails").await;
    bench.ran("StopFailure").await;
    bench.ask(Request::Clear).await;
    bench.ran("SessionStart").await;
    bench.ask(Request::Shutdown).await;
    while bench.events.recv().await.is_some() {}

    sessions(&bench);
    tools(&bench);
    turns(&bench);
}

fn sessions(bench: &Bench) {
    let project = bench.root.path().join("project").display().to_string();
    assert_eq!(field(bench, "SessionStart", "source"), ["startup", "compact", "clear"]);
    let first = &told(bench, "SessionStart")[0];
    for key in ["session_id", "transcript_path", "cwd", "permission_mode", "hook_event_name", "model"] {
        assert!(first[key].is_string(), "{key} of {first}");
    }
    assert_eq!(first["cwd"], json!(project));
    assert_eq!(field(bench, "InstructionsLoaded", "memory_type")[0], "Project");
    assert_eq!(field(bench, "UserPromptSubmit", "prompt"), ["first", "/ship it", "fails"]);
    let expansion = &told(bench, "UserPromptExpansion")[0];
    assert_eq!((&expansion["command_name"], &expansion["prompt"]), (&json!("ship"), &json!("ship it")));
    assert_eq!(field(bench, "CwdChanged", "new_cwd"), [json!(format!("{project}/sub"))]);
    assert_eq!(field(bench, "ConfigChange", "source"), ["local_settings"]);
    assert_eq!(field(bench, "PreModelSwitch", "to_model"), ["other"]);
    assert_eq!(field(bench, "PostModelSwitch", "from_model"), ["m"]);
    let kinds = field(bench, "Notification", "notification_type");
    assert!(kinds.contains(&json!("permission_prompt")) && kinds.contains(&json!("idle_prompt")), "{kinds:?}");
    assert_eq!(field(bench, "SessionEnd", "reason"), ["clear", "prompt_input_exit"]);
}

fn tools(bench: &Bench) {
    assert_eq!(sorted(field(bench, "PreToolUse", "tool_name")), ["Fail", "Move", "Outside", "Quick"]);
    assert_eq!(field(bench, "PermissionRequest", "tool_name"), ["Outside"]);
    assert_eq!(told(bench, "PreToolUse").last().unwrap()["tool_input"], json!({ "x": 1 }));
    assert_eq!(sorted(field(bench, "PostToolUse", "tool_name")), ["Move", "Outside", "Quick"]);
    let failed = &told(bench, "PostToolUseFailure")[0];
    assert_eq!((&failed["error"], &failed["is_interrupt"]), (&json!("it did not work"), &json!(false)));
    let batches = told(bench, "PostToolBatch");
    assert_eq!((batches.len(), batches[0]["tool_calls"].as_array().unwrap().len()), (2, 3));
    assert_eq!(batches[1]["tool_calls"][0]["tool_response"], "Outside is done");
}

fn turns(bench: &Bench) {
    let stop = &told(bench, "Stop")[0];
    assert_eq!((&stop["stop_hook_active"], &stop["last_assistant_message"]), (&json!(false), &json!("done")));
    assert_eq!(field(bench, "StopFailure", "error"), ["authentication_failed"]);
    assert_eq!(field(bench, "PreCompact", "custom_instructions"), ["tests"]);
    let summary = field(bench, "PostCompact", "compact_summary");
    assert!(summary[0].as_str().unwrap().starts_with("a summary\n\n# Kept word for word"), "{summary:?}");
}

#[tokio::test]
async fn the_auto_modes_no_is_told() {
    let answer = r#"{"hookSpecificOutput":{"hookEventName":"PermissionDenied","retry":true}}"#;
    let hooks = one("PermissionDenied", &format!("cat > \"$CLAUDE_PROJECT_DIR/denied\"; echo '{answer}'"));
    let block = "{\"verdict\":\"block\",\"reason\":\"not asked for\"}";
    let mut bench = bench(&hooks, vec![calls(&["Make"]), text(block), text("ok")]);
    bench.ask(Request::SetMode(Mode::Auto)).await;
    bench.prompt("go").await;
    bench.end().await;
    assert!(bench.root.path().join("project/denied").exists());
    assert!(bench.results(2)[0].contains("try this call again"), "{:?}", bench.results(2));
}

#[tokio::test]
async fn a_hook_has_the_environment_that_is_promised() {
    let hooks = one("Stop", "cd \"$CLAUDE_PROJECT_DIR\"; { env; pwd; tty; } > env.txt 2>&1; true");
    let mut bench = changed(&hooks, vec![text("done")], |setup| {
        let mut env = (*setup.stage.env).clone();
        env.insert("OTEL_EXPORTER_OTLP_ENDPOINT".into(), "x".into());
        env.insert("MINE".into(), "yes".into());
        setup.stage.env = Arc::new(env);
    });
    bench.prompt("go").await;
    bench.end().await;
    let env = std::fs::read_to_string(bench.root.path().join("project/env.txt")).unwrap();
    let project = bench.root.path().join("project").display().to_string();
    for line in [format!("CLAUDE_PROJECT_DIR={project}"), "MINE=yes".into(), project, "not a tty".into()] {
        assert!(env.lines().any(|known| known == line), "{line} in {env}");
    }
    assert!(env.contains("CLAUDE_CODE_SESSION_ID=") && !env.contains("OTEL_"), "{env}");
}

#[tokio::test]
async fn hooks_of_a_folder_that_is_not_trusted_do_not_run() {
    for (scope, trusted, runs) in [
        (RuleScope::Project, false, 0),
        (RuleScope::Local, false, 0),
        (RuleScope::User, false, 1),
        (RuleScope::Managed, false, 1),
        (RuleScope::Project, true, 1),
    ] {
        let config = Arc::new(config(scope, &one("UserPromptSubmit", "touch \"$CLAUDE_PROJECT_DIR/canary\"")));
        let mut bench = Bench::with(Arc::new(TempDir::new().unwrap()), Open::New, vec![text("hi")], |setup| {
            setup.stage.hooks = config;
            setup.stage.trusted = trusted;
        });
        bench.prompt("go").await;
        bench.end().await;
        let canary = bench.root.path().join("project/canary").exists();
        assert_eq!((bench.runs().len(), canary), (runs, runs == 1), "{scope}");
    }
}

#[tokio::test]
async fn without_hooks_nothing_is_recorded_of_them() {
    let mut bench = bench(&json!({}), vec![calls(&["Quick"]), text("done")]);
    bench.prompt("go").await;
    bench.end().await;
    assert!(bench.runs().is_empty());
}
