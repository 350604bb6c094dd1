//! Dialogs, plan mode, tasks and commands of the background, with the real tools.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;

fn call(id: &str, name: &str, input: Value) -> Vec<StreamItem> {
    let call = ToolCall { id: id.into(), name: name.into(), input };
    vec![
        StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) },
        StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) },
    ]
}

fn bench(mode: Mode, answers: Vec<Vec<StreamItem>>) -> Bench {
    Bench::with(Arc::new(TempDir::new().unwrap()), Open::New, answers, |setup| {
        setup.tools = crate::tools::registry();
        setup.stage.mode = mode;
        setup.stage.modes = vec![Mode::Default, Mode::Plan];
        setup.stage.env = Arc::new(BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]));
    })
}

fn person(request: PersonRequest) -> Request {
    Request::Team(TeamRequest::Person(request))
}

async fn proposed(bench: &mut Bench) -> (String, std::path::PathBuf) {
    let record =
        bench.until(|body| matches!(body, Body::Team(TeamBody::Person(PersonBody::PlanProposed { .. })))).await;
    let Body::Team(TeamBody::Person(PersonBody::PlanProposed { call_id, file, .. })) = &record.body else {
        panic!("a plan")
    };
    (call_id.clone(), file.clone())
}

#[tokio::test]
async fn a_plan_is_kept_shown_and_carried_out_when_it_is_approved() {
    let plan = json!({ "plan": "1. write a.txt" });
    let write = |id: &str| call(id, "Write", json!({ "file_path": "a.txt", "content": "x" }));
    let answers = vec![write("early"), call("plan", "ExitPlanMode", plan), write("late"), text("done")];
    let mut bench = bench(Mode::Plan, answers);
    bench.prompt("plan it").await;
    let (call_id, file) = proposed(&mut bench).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "1. write a.txt");
    assert!(!file.starts_with(bench.root.path().join("project")), "the plan is outside of the project");
    assert!(bench.results(1)[0].contains("Plan mode is on"), "no write before: {:?}", bench.results(1));
    assert!(!bench.root.path().join("project/a.txt").exists());
    let decision = PlanDecision::Approved { mode: Mode::AcceptEdits };
    let edited = Some("1. write a.txt\n// and nothing else".to_owned());
    bench.ask(person(PersonRequest::Decide { call_id, decision, edited })).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.results(2)[0].contains("// and nothing else"), "{:?}", bench.results(2));
    assert!(std::fs::read_to_string(&file).unwrap().contains("nothing else"));
    assert!(bench.root.path().join("project/a.txt").exists(), "approved edits run");
}

#[tokio::test]
async fn a_plan_that_is_sent_back_changes_nothing() {
    let plan = |text: &str| call("plan", "ExitPlanMode", json!({ "plan": text }));
    let write = call("w", "Write", json!({ "file_path": "a.txt", "content": "x" }));
    let mut bench = bench(Mode::Plan, vec![plan("all at once"), write, text("well")]);
    bench.prompt("plan it").await;
    let (call_id, _) = proposed(&mut bench).await;
    let decision = PlanDecision::Rejected { comment: Some("in small steps".to_owned()) };
    bench.ask(person(PersonRequest::Decide { call_id, decision, edited: None })).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.results(1)[0].contains("in small steps"));
    assert!(bench.results(2)[0].contains("Plan mode is on"));
    assert!(!bench.root.path().join("project/a.txt").exists());
}

#[tokio::test]
async fn questions_come_back_answered_and_a_stop_ends_them() {
    let option = |label: &str| json!({ "label": label, "description": "" });
    let question = json!({"question": "Which?", "header": "Which", "options": [option("A"), option("B")]});
    let ask = |id: &str| call(id, "AskUserQuestion", json!({ "questions": [question] }));
    let mut bench = bench(Mode::Default, vec![ask("q1"), ask("q2")]);
    bench.prompt("ask me").await;
    let asked = |body: &Body| matches!(body, Body::Team(TeamBody::Person(PersonBody::QuestionsAsked { .. })));
    bench.until(asked).await;
    let answer = PersonAnswer { question: "Which?".into(), chosen: vec!["B".into()], words: None };
    let request = PersonRequest::Answer { call_id: "q1".into(), answers: Some(vec![answer]) };
    bench.ask(person(request)).await;
    bench.until(asked).await;
    assert_eq!(bench.results(1), ["The user answers:\nWhich?\n→ B"]);
    bench.ask(Request::Interrupt).await;
    assert_eq!(bench.end().await, TurnEnd::Interrupted);
}

#[tokio::test]
async fn a_job_returns_at_once_and_its_end_begins_a_turn() {
    let run = json!({ "command": "while [ ! -e go ]; do sleep 0.05; done; echo built", "run_in_background": true });
    let answers = vec![call("job", "Bash", run), text("it runs"), text("I heard")];
    let mut bench = bench(Mode::BypassPermissions, answers);
    bench.prompt("build").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.results(1)[0].contains("in the background as b1"), "{:?}", bench.results(1));
    std::fs::write(bench.root.path().join("project/go"), "").unwrap();
    assert_eq!(bench.end().await, TurnEnd::Done);
    let heard = bench.script.heard.lock().unwrap();
    let last = format!("{:?}", heard.last().unwrap().segments.last());
    assert!(last.contains("Background task") && last.contains("completed") && last.contains("built"), "{last}");
}

#[tokio::test]
async fn an_early_death_is_the_result_itself() {
    let run = json!({ "command": "echo no; exit 3", "run_in_background": true });
    let mut bench = bench(Mode::BypassPermissions, vec![call("job", "Bash", run), text("oh")]);
    bench.prompt("build").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.results(1)[0].contains("Exit code 3"), "{:?}", bench.results(1));
}

#[tokio::test]
async fn a_running_command_goes_to_the_background_and_is_stopped_with_all_it_started() {
    let run = json!({ "command": "echo $$ > pid; sleep 300 & sleep 300" });
    let kill = json!({ "shell_id": "b1" });
    let answers = vec![call("job", "Bash", run), call("kill", "KillShell", kill), text("stopped")];
    let mut bench = bench(Mode::BypassPermissions, answers);
    bench.prompt("serve").await;
    bench.until(|body| matches!(body, Body::CallStarted { .. })).await;
    let pid = bench.root.path().join("project/pid");
    while !pid.exists() {
        tokio::task::yield_now().await;
    }
    bench.ask(Request::Team(TeamRequest::Job(JobRequest::Background { call_id: None }))).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.results(1)[0].contains("The user put this command into the background as b1"));
    assert!(bench.results(2)[0].contains("being stopped"));
    // It may have ended before the turn did.
    let ended = |body: &Body| matches!(body, Body::Team(TeamBody::Job(JobBody::Ended(_))));
    if !bench.seen.iter().any(|record| ended(&record.body)) {
        bench.until(ended).await;
    }
    let pid: u32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    assert!(!crate::base::process::is_running(pid), "nothing of it is left");
}

#[tokio::test]
async fn a_command_that_waits_for_input_can_be_typed_to() {
    let run = json!({ "command": "read -p 'name? ' name; echo hello $name" });
    let mut bench = bench(Mode::BypassPermissions, vec![call("job", "Bash", run), text("greeted")]);
    bench.prompt("greet").await;
    let waits = |live: Live| match live {
        Live::Team(TeamNews::Job(JobNote::Changed(job))) if job.state == JobState::Waits => Some(job.id),
        _ => None,
    };
    let id = if cfg!(target_os = "linux") { bench.live(waits).await } else { "b1".to_owned() };
    bench.ask(Request::Team(TeamRequest::Job(JobRequest::Type { id, text: "Ada".into() }))).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(bench.results(1)[0].contains("hello Ada"), "{:?}", bench.results(1));
}

#[tokio::test]
async fn tasks_last_through_a_restart() {
    let root = Arc::new(TempDir::new().unwrap());
    let tools = |setup: &mut Setup| setup.tools = crate::tools::registry();
    let create = |subject: &str| call(subject, "TaskCreate", json!({ "subject": subject }));
    let link = call("link", "TaskUpdate", json!({ "taskId": "2", "addBlockedBy": ["1"] }));
    let answers = vec![create("first"), create("second"), link, text("noted")];
    let mut bench = Bench::with(Arc::clone(&root), Open::New, answers, tools);
    bench.prompt("plan").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.ask(Request::Shutdown).await;
    while bench.events.recv().await.is_some() {}
    let answers = vec![call("list", "TaskList", json!({})), text("seen")];
    let mut bench = Bench::with(root, Open::Latest, answers, tools);
    bench.prompt("go on").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(bench.results(1), ["1 [ ] first\n2 [ ] second needs: 1"]);
}
