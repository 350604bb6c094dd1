//! Servers and hooks that the file of an agent brings, through a whole agent.

use super::*;
use crate::domain::{AgentFile, AgentTools, AgentWay, Isolation};
use crate::hooks;

/// A server in the shell with two tools.
const ARMS: &str = r#"
    *'"tools/list"'*) say '{"tools":[{"name":"look","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},{"name":"burn","inputSchema":{"type":"object"}}]}' ;;
    *'"tools/call"'*) say '{"content":[{"type":"text","text":"looked"}]}' ;;
"#;

fn worker(setup: &mut Setup, agent: AgentFile) {
    let path = std::env::var("PATH").unwrap_or_default();
    setup.stage.env = Arc::new([("PATH".to_owned(), path)].into());
    let plan = crate::engine::ServerPlan { folder: setup.home.join("mcp"), ..Default::default() };
    setup.stage.servers = Arc::new(plan);
    let agent = AgentFile { name: "worker".into(), description: "works".into(), prompt: "You work.".into(), ..agent };
    setup.stage.agents.push(agent);
    setup.tools = crate::tools::registry();
    setup.stage.mode = Mode::AcceptEdits;
}

fn work() -> Vec<StreamItem> {
    many(vec![call("agent", "Agent", json!({ "description": "w", "prompt": "w", "subagent_type": "worker" }))])
}

/// An agent with a server of its own and this list of tools, which calls `name` and says what it heard.
async fn with_server(tools: &[&str], name: &'static str) -> (Bench, Arc<Play>) {
    let model = move |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(work()),
        (true, 0) => Say::Now(many(vec![call("c", name, json!({}))])),
        _ => Say::Now(text("done")),
    };
    let tools = AgentTools {
        allowed: Some(tools.iter().map(ToString::to_string).collect()),
        own_servers: vec![(
            "toy".into(),
            json!({ "command": "/bin/sh", "args": ["-c", toy_server(r#"{"tools":{}}"#, ARMS)] }),
        )],
        ..AgentTools::default()
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        worker(setup, AgentFile { tools, ..AgentFile::default() });
        let source = RuleSource { scope: RuleScope::User, file: None, line: None };
        let anchor = setup.home.clone();
        setup.stage.rules =
            vec![RuleText { tier: crate::policy::Tier::Allow, text: "mcp__toy".into(), source, anchor }];
    });
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    (bench, play)
}

fn requests(play: &Play) -> Vec<String> {
    let heard = play.heard.lock().unwrap();
    heard.iter().filter(|request| seen(request).child).map(|request| format!("{:?}", request.segments)).collect()
}

#[tokio::test]
async fn the_tools_of_an_agents_own_server_are_those_that_its_list_names() {
    let (_bench, play) = with_server(&["Read", "mcp__toy__look"], "mcp__toy__look").await;
    let asked = requests(&play);
    assert!(asked[0].contains("mcp__toy__look") && !asked[0].contains("mcp__toy__burn"), "{}", asked[0]);
    assert!(asked[1].contains("looked"), "{}", asked[1]);
    let (_bench, play) = with_server(&["Read", "mcp__toy__look"], "mcp__toy__burn").await;
    assert!(requests(&play)[1].contains("there is no tool `mcp__toy__burn`"), "{}", requests(&play)[1]);
}

#[tokio::test]
async fn a_list_that_names_nothing_of_the_own_server_is_told() {
    let (bench, play) = with_server(&["Read"], "mcp__toy__look").await;
    let asked = requests(&play);
    assert!(!asked[0].contains("mcp__toy") && asked[1].contains("there is no tool"), "{}", asked[1]);
    let told = bench.seen.iter().any(|record| match &record.body {
        Body::Noticed(notice) => notice.text.contains("name nothing of its server `toy`"),
        _ => false,
    });
    assert!(told);
}

#[tokio::test]
async fn hooks_make_the_worktree_of_an_agent_and_clear_it_away() {
    let model = |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(work()),
        (true, 0) => Say::Now(many(vec![call("w", "Write", json!({ "file_path": "new.txt", "content": "n" }))])),
        _ => Say::Now(text("done")),
    };
    let (mut bench, _play) = bench(Box::new(model), |setup| {
        let root = setup.home.display().to_string();
        let way = AgentWay { isolation: Isolation::Worktree, ..AgentWay::default() };
        worker(setup, AgentFile { way, ..AgentFile::default() });
        setup.tuning.team.worktrees = Some(setup.home.join("worktrees"));
        let command = |line: String| json!([{ "hooks": [{ "type": "command", "command": line }] }]);
        let value = json!({
            "WorktreeCreate": command(format!("cat > {root}/asked.json; mkdir -p {root}/tree; echo made >&2; echo {root}/tree")),
            "WorktreeRemove": command(format!("cat > {root}/gone.json; mv {root}/tree {root}/left")),
        });
        let source = RuleSource { scope: RuleScope::User, file: None, line: None };
        let (hooks, problems) = hooks::brought(&value, &source);
        assert!(problems.is_empty(), "{problems:?}");
        setup.stage.hooks = Arc::new(hooks::Config { hooks, ..hooks::Config::default() });
    });
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let root = bench.root.path();
    let read =
        |name: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(root.join(name)).unwrap()).unwrap() };
    let agent = ended(&bench)[0].agent.clone();
    assert_eq!(read("asked.json")["name"], format!("worktree-{agent}"));
    assert_eq!(read("gone.json")["worktree_path"], root.join("tree").display().to_string());
    assert_eq!(std::fs::read_to_string(root.join("left/new.txt")).unwrap(), "n", "it worked there");
    assert!(!root.join("project/new.txt").exists());
    assert_eq!(ended(&bench)[0].worktree, None);
    let runs = bench
        .seen
        .iter()
        .filter(|record| matches!(&record.body, Body::HookRan(run) if run.event.starts_with("Worktree")));
    assert_eq!(runs.count(), 2, "both are on record");
}
