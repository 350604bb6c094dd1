//! A walk through the whole list: every event that is documented fires at a real point, and hooks in the shell and in
//! Python hear it.

use std::collections::BTreeSet;

use tokio::sync::oneshot;

use super::super::super::driver::{Driver, News, What};
use super::super::super::hooks::Elicited;
use super::*;
use crate::mcp;

/// For each event one hook in the shell and one in Python, which put down what they are told.
fn scribes() -> Value {
    let python = "import json,os,sys; told=json.load(sys.stdin); \
                  open(os.environ['CLAUDE_PROJECT_DIR']+'/'+told['hook_event_name']+'.py.jsonl','a').write(json.dumps(told)+'\\n')";
    let mut all = serde_json::Map::new();
    for event in Name::ALL {
        let name = event.name();
        let mut shell = format!("cat >> \"$CLAUDE_PROJECT_DIR/{name}.jsonl\"");
        let mut python = format!("python3 -I -S -c \"{python}\"");
        if *event == Name::WorktreeCreate {
            for line in [&mut shell, &mut python] {
                line.push_str("; mkdir -p \"$CLAUDE_PROJECT_DIR/tree\"; echo made; echo \"$CLAUDE_PROJECT_DIR/tree\"");
            }
        }
        let handler = |command: String| json!({ "type": "command", "command": command });
        let matcher = if *event == Name::FileChanged { ".envrc|watched.txt" } else { "" };
        all.insert(name.into(), json!([{ "matcher": matcher, "hooks": [handler(shell), handler(python)] }]));
    }
    Value::Object(all)
}

/// What was told of one event, by the shell's hook.
fn told(project: &Path, event: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(project.join(format!("{event}.jsonl"))).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The events that both kinds of hooks were told of.
fn heard_by_both(project: &Path) -> BTreeSet<&'static str> {
    let both = |name: &str| {
        [format!("{name}.jsonl"), format!("{name}.py.jsonl")].iter().all(|file| project.join(file).exists())
    };
    Name::ALL.iter().map(|event| event.name()).filter(|name| both(name)).collect()
}

impl Bench {
    fn project(&self) -> std::path::PathBuf {
        self.root.path().join("project")
    }

    /// Until both hooks of an event have run so often in all.
    async fn have_run(&mut self, event: &str, times: usize) {
        let count = |bench: &Self| bench.runs().iter().filter(|run| run.event == event).count();
        while count(self) < times * 2 {
            self.until(|body| matches!(body, Body::HookRan(run) if run.event == event)).await;
        }
    }
}

fn registry(setup: &mut Setup, names: &[&str]) {
    let all = crate::tools::registry();
    setup.tools.extend(names.iter().map(|name| crate::tools::named(&all, name).unwrap().clone()));
}

fn furnish(setup: &mut Setup) {
    registry(setup, &["TaskCreate", "TaskUpdate", "Read"]);
    let project = setup.stage.place.project.clone();
    std::fs::create_dir_all(project.join("sub")).unwrap();
    std::fs::write(project.join("sub/a.rs"), "fn main() {}\n").unwrap();
    let memory =
        |path: &str, text: &str| MemoryFile { scope: MemoryScope::Project, path: path.into(), text: text.into() };
    setup.stage.memory = vec![memory("/p/CLAUDE.md", "x\n\nContents of /p/more.md, imported above:\n\ny")];
    let rule = crate::catalog::PathRule {
        file: memory("/p/.claude/rules/rust.md", "r"),
        globs: vec!["**/*.rs".into()],
        root: project.clone(),
    };
    let nested = memory("/p/sub/CLAUDE.md", "n");
    setup.stage.shelf = Arc::new(Shelf {
        rules: vec![rule],
        nested: Some(Arc::new(move |_| vec![nested.clone()])),
        ..Shelf::default()
    });
    setup.stage.commands = vec![CommandFile {
        name: "ship".into(),
        path: "/p/ship.md".into(),
        source: "project".into(),
        body: "ship $ARGUMENTS".into(),
        ..CommandFile::default()
    }];
    setup.stage.edit_rule = Arc::new(|_| Ok("/p/settings.local.json".into()));
    Arc::make_mut(&mut setup.stage.hooks).setup = Some("init");
}

/// A session with everything that a person and a model do.
async fn session() -> BTreeSet<&'static str> {
    let answers = vec![
        calls(&["Quick", "Fail", "Move"]),
        call("TaskCreate", json!({ "subject": "Tidy up", "description": "all of it" })),
        call("TaskUpdate", json!({ "taskId": "1", "status": "completed" })),
        call("Read", json!({ "file_path": "a.rs" })),
        call("Outside", json!({ "x": 1 })),
        text("done"),
        text("from a command"),
        text("a summary"),
        vec![StreamItem::Failed(ModelError::new(ErrorKind::Auth, "no key"))],
    ];
    let mut bench = changed(&scribes(), answers, furnish);
    bench.have_run("SessionStart", 1).await;
    bench.prompt("first").await;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
    let answer = Answer::Always { rule: "Outside".into(), scope: SaveScope::Local };
    bench.ask(Request::Answer { ask: 1, answer }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.have_run("Notification", 1).await;
    bench.ask(Request::RunCommand { name: "ship".into(), arguments: "it".into() }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.ask(Request::Compact { focus: None }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.ask(Request::SetModel { model: ModelRef::new(Wire::Replay, "other"), effort: None }).await;
    bench.have_run("PostModelSwitch", 1).await;
    bench.ask(Request::Hook(HookRequest::AddFolder(bench.root.path().join("data")))).await;
    bench.have_run("DirectoryAdded", 1).await;
    std::fs::write(bench.project().join("sub/.envrc"), "export A=1").unwrap();
    bench.have_run("FileChanged", 1).await;
    bench.prompt("fails").await;
    bench.have_run("StopFailure", 1).await;
    bench.have_run("MessageDisplay", 2).await;
    bench.ask(Request::Shutdown).await;
    while bench.events.recv().await.is_some() {}
    what_they_say(&bench.project());
    heard_by_both(&bench.project())
}

fn what_they_say(project: &Path) {
    let of =
        |event: &str, key: &str| -> Vec<Value> { told(project, event).iter().map(|told| told[key].clone()).collect() };
    assert_eq!(of("Setup", "trigger"), ["init"]);
    let task = &told(project, "TaskCreated")[0];
    let fields = ["task_id", "task_subject", "task_description"].map(|key| task[key].as_str().unwrap());
    assert_eq!(fields, ["1", "Tidy up", "all of it"]);
    assert_eq!(of("TaskCompleted", "task_id"), ["1"]);
    let reasons: BTreeSet<String> =
        of("InstructionsLoaded", "load_reason").iter().map(|reason| reason.as_str().unwrap().to_owned()).collect();
    let all = ["compact", "include", "nested_traversal", "path_glob_match", "session_start"];
    assert_eq!(reasons, all.map(str::to_owned).into());
    let rule = told(project, "InstructionsLoaded").into_iter().find(|told| told["load_reason"] == "path_glob_match");
    let rule = rule.unwrap();
    assert_eq!(rule["globs"], json!(["**/*.rs"]));
    assert_eq!(rule["trigger_file_path"], json!(project.join("sub/a.rs")));
    let part = told(project, "InstructionsLoaded").into_iter().find(|told| told["load_reason"] == "include").unwrap();
    assert_eq!((&part["file_path"], &part["parent_file_path"]), (&json!("/p/more.md"), &json!("/p/CLAUDE.md")));
    let words = told(project, "MessageDisplay");
    assert!(
        words.iter().any(|told| told["delta"] == "done" && told["final"] == true && told["index"] == 0),
        "{words:?}"
    );
    assert_eq!(of("DirectoryAdded", "source"), ["slash_command"]);
    let file = &told(project, "FileChanged")[0];
    assert_eq!((&file["file_path"], &file["event"]), (&json!(project.join("sub/.envrc")), &json!("add")));
}

/// What the auto mode refuses.
async fn refused() -> BTreeSet<&'static str> {
    let block = "{\"verdict\":\"block\",\"reason\":\"not asked for\"}";
    let mut bench = bench(&scribes(), vec![calls(&["Make"]), text(block), text("ok")]);
    bench.ask(Request::SetMode(Mode::Auto)).await;
    bench.prompt("go").await;
    bench.end().await;
    heard_by_both(&bench.project())
}

/// An agent with a name of its own.
async fn agents() -> BTreeSet<&'static str> {
    let task = json!({ "description": "look", "prompt": "look", "subagent_type": "explore", "name": "scout" });
    let answers = vec![call("Agent", task), text("seen"), text("done")];
    let mut bench = changed(&scribes(), answers, |setup| registry(setup, &["Agent", "Read"]));
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let idle = told(&bench.project(), "TeammateIdle");
    assert_eq!(idle[0]["teammate_name"], "scout");
    assert!(idle[0]["team_name"].as_str().unwrap().starts_with("session-"));
    heard_by_both(&bench.project())
}

/// A driver whose news the test passes on itself.
struct Hands {
    driver: Box<Driver>,
    news: mpsc::Receiver<News>,
    events: mpsc::Receiver<Event>,
    root: TempDir,
}

async fn hands(hooks: &Value) -> Hands {
    let root = TempDir::new().unwrap();
    let mut made = setup(root.path(), &Arc::new(Script::default()), Open::New);
    made.stage.hooks = Arc::new(config(RuleScope::User, hooks));
    made.stage.env = Arc::new([("PATH".to_owned(), std::env::var("PATH").unwrap_or_default())].into());
    let (tell, news) = mpsc::channel(256);
    let (events, told) = mpsc::channel(1024);
    let driver = Box::new(Box::pin(Driver::open_first(made, tell, events)).await);
    Hands { driver, news, events: told, root }
}

impl Hands {
    /// Passes news on until what is waited for has come.
    async fn until(&mut self, mut done: impl FnMut(&mut mpsc::Receiver<Event>) -> bool) {
        let work = async {
            while !done(&mut self.events) {
                let news = self.news.recv().await.unwrap();
                self.driver.on_news(news).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), work).await.expect("what was waited for");
    }
}

/// A tool server asks, and the person answers.
async fn servers() -> BTreeSet<&'static str> {
    let mut hands = hands(&scribes()).await;
    let (reply, mut answer) = oneshot::channel();
    let question = mcp::News::Question {
        server: "desk".into(),
        message: "Which room?".into(),
        form: QuestionForm::Fields(Vec::new()),
        login: false,
        reply,
    };
    hands.driver.on_news(News { epoch: 0, what: What::Server(Box::new(question)) }).await;
    let asks = |event: Event| matches!(event, Event::Live(Live::Server(ServerNews::Asks(_))));
    hands.until(|events| std::iter::from_fn(|| events.try_recv().ok()).any(asks)).await;
    let accept = ServerAnswer::Accept(json!({ "room": 7 }));
    hands.driver.on_request(Request::Server(ServerRequest::Answer { id: 1, answer: accept })).await;
    let mut given = None;
    hands
        .until(|_| {
            given = given.take().or_else(|| answer.try_recv().ok());
            given.is_some()
        })
        .await;
    assert_eq!(given, Some(ServerAnswer::Accept(json!({ "room": 7 }))));
    let project = hands.root.path().join("project");
    let asked = &told(&project, "Elicitation")[0];
    assert_eq!((&asked["mcp_server_name"], &asked["mode"]), (&json!("desk"), &json!("form")));
    let result = &told(&project, "ElicitationResult")[0];
    assert_eq!((&result["action"], &result["content"]), (&json!("accept"), &json!({ "room": 7 })));
    heard_by_both(&project)
}

/// Somebody needs a worktree.
async fn worktrees() -> BTreeSet<&'static str> {
    let hands = hands(&scribes()).await;
    let hooks = hands.driver.worktree_hooks().unwrap();
    let project = hands.root.path().join("project");
    assert_eq!(hooks.create("try").await, Ok(Some(project.join("tree"))));
    assert!(hooks.remove(&project.join("tree")).await);
    assert_eq!(told(&project, "WorktreeCreate")[0]["name"], "try");
    assert_eq!(told(&project, "WorktreeRemove")[0]["worktree_path"], json!(project.join("tree")));
    heard_by_both(&project)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_of_the_list_fires() {
    let (mut all, refused, agents, servers, trees) =
        tokio::join!(session(), refused(), agents(), servers(), worktrees());
    all.extend(refused.into_iter().chain(agents).chain(servers).chain(trees));
    let silent: Vec<&str> = Name::ALL.iter().map(|event| event.name()).filter(|name| !all.contains(name)).collect();
    assert!(silent.is_empty(), "these never fired: {silent:?}");
}

#[tokio::test]
async fn a_hook_answers_a_server_in_the_persons_place() {
    let answer = r#"{"hookSpecificOutput":{"hookEventName":"Elicitation","action":"accept","content":{"room":3}}}"#;
    let mut hooks = one("Elicitation", &format!("echo '{answer}'"));
    let no = r#"{"hookSpecificOutput":{"hookEventName":"ElicitationResult","action":"decline"}}"#;
    for (replace, expected) in [(false, ServerAnswer::Accept(json!({ "room": 3 }))), (true, ServerAnswer::Decline)] {
        if replace {
            hooks["ElicitationResult"] = one("x", &format!("echo '{no}'"))["x"].clone();
        }
        let mut hands = hands(&hooks).await;
        let (reply, mut answer) = oneshot::channel();
        let form = QuestionForm::Address("https://x".into());
        let question = Elicited { server: "desk".into(), message: "?".into(), form, login: false, reply };
        hands.driver.server_asks(question).await;
        let mut given = None;
        hands
            .until(|_| {
                given = given.take().or_else(|| answer.try_recv().ok());
                given.is_some()
            })
            .await;
        assert_eq!(given, Some(expected));
    }
}

#[tokio::test]
async fn a_worktree_hook_that_fails_makes_none() {
    for (command, problem) in [
        ("exit 1", "exit 1"),
        ("echo not/absolute", "no absolute path"),
        ("true", "named no folder"),
        ("echo /x; exit 2", "no reason"),
    ] {
        let hands = hands(&one("WorktreeCreate", command)).await;
        let made = hands.driver.worktree_hooks().unwrap().create("try").await;
        assert!(made.as_ref().is_err_and(|why| why.contains(problem)), "{command}: {made:?}");
    }
    let hands = hands(&one("Stop", "true")).await;
    assert!(hands.driver.worktree_hooks().is_none(), "git makes it");
}

#[tokio::test]
async fn a_task_is_sent_back_or_kept_open_by_a_hook() {
    let mut hooks = one("TaskCreated", "grep -q Forbidden && { echo 'not that one' >&2; exit 2; }; true");
    hooks["TaskCompleted"] =
        one("x", "echo '{\"continue\": false, \"stopReason\": \"tests are missing\"}'")["x"].clone();
    let answers = vec![
        call("TaskCreate", json!({ "subject": "Forbidden" })),
        call("TaskCreate", json!({ "subject": "Fine" })),
        call("TaskUpdate", json!({ "taskId": "1", "status": "completed" })),
        text("done"),
    ];
    let mut bench = changed(&hooks, answers, |setup| registry(setup, &["TaskCreate", "TaskUpdate"]));
    bench.prompt("go").await;
    bench.end().await;
    assert!(bench.results(1)[0].contains("not on the list") && bench.results(1)[0].contains("not that one"));
    assert!(bench.results(2)[0].contains("Task 1 is on the list"), "{:?}", bench.results(2));
    assert!(bench.results(3)[0].contains("not completed") && bench.results(3)[0].contains("tests are missing"));
}
