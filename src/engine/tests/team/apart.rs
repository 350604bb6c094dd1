//! Agents with a place of their own, agents that go on, and what their files bring.

use super::*;
use crate::domain::{AgentFile, AgentTools, AgentWay, Isolation};

fn git(folder: &Path, words: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@b"];
    let done = std::process::Command::new("git").arg("-C").arg(folder).args(who).args(words).output().unwrap();
    assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// An agent that may do everything, and a project that is a repository.
fn worker(setup: &mut Setup, agent: AgentFile) {
    let agent = AgentFile { name: "worker".into(), description: "works".into(), prompt: "You work.".into(), ..agent };
    setup.stage.agents.push(agent);
    let project = setup.stage.place.project.clone();
    std::fs::create_dir_all(&project).unwrap();
    std::fs::write(project.join("a.txt"), "a\n").unwrap();
    git(&project, &["init", "--quiet"]);
    git(&project, &["add", "-A"]);
    git(&project, &["commit", "--quiet", "-m", "first"]);
    setup.tuning.team.worktrees = Some(setup.home.join("worktrees"));
    setup.tools = crate::tools::registry();
    setup.stage.mode = Mode::AcceptEdits;
}

fn send(to: &str, message: &str) -> Vec<StreamItem> {
    many(vec![call("again", "SendMessage", json!({ "to": to, "message": message }))])
}

fn work(input: &Value) -> Vec<StreamItem> {
    let mut whole = json!({ "description": "the work", "prompt": "work", "subagent_type": "worker" });
    whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
    many(vec![call("agent", "Agent", whole)])
}

#[tokio::test]
async fn what_an_agent_changes_in_its_worktree_is_kept_apart_and_told() {
    let model = |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(work(&json!({}))),
        (false, _) => Say::Now(text("done")),
        (true, 0) => Say::Now(many(vec![call("w", "Write", json!({ "file_path": "new.txt", "content": "n" }))])),
        (true, _) => Say::Now(text("written")),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        let way = AgentWay { isolation: Isolation::Worktree, ..AgentWay::default() };
        worker(setup, AgentFile { way, ..AgentFile::default() });
    });
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let end = ended(&bench).remove(0);
    let tree = end.worktree.expect("it is kept");
    assert_eq!(std::fs::read_to_string(tree.join("new.txt")).unwrap(), "n");
    assert!(!bench.root.path().join("project/new.txt").exists());
    let result = told(&play)[0].joined();
    assert!(result.contains("written") && result.contains(&tree.display().to_string()), "{result}");
    let noticed = bench.seen.iter().any(|record| match &record.body {
        Body::Noticed(notice) => {
            notice.text.contains("left its work in the worktree") && notice.text.contains("new.txt")
        }
        _ => false,
    });
    assert!(noticed, "the person is told");
}

#[tokio::test]
async fn a_clean_worktree_is_gone_and_the_persons_checkout_is_closed_to_it() {
    let own = Arc::new(std::sync::OnceLock::<std::path::PathBuf>::new());
    let target = Arc::clone(&own);
    let model = move |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(work(&json!({ "isolation": "worktree" }))),
        (false, _) => Say::Now(text("done")),
        (true, 0) => {
            let input = json!({ "file_path": target.get().unwrap(), "content": "n" });
            Say::Now(many(vec![call("w", "Write", input)]))
        }
        (true, _) => Say::Now(text("nothing")),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        worker(setup, AgentFile::default());
        own.set(setup.stage.place.project.join("new.txt")).unwrap();
    });
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(ended(&bench)[0].worktree, None);
    assert_eq!(told(&play)[0].joined(), "nothing");
    assert!(!bench.root.path().join("project/new.txt").exists());
}

#[tokio::test]
async fn a_finished_agent_goes_on_with_what_it_knows() {
    let model = |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(work(&json!({}))),
        (false, 1) => Say::Now(send("the work", "and now?")),
        (false, _) => Say::Now(text("done")),
        (true, 0) => Say::Now(text("the key is 7")),
        (true, _) => Say::Now(text(&format!("after {} answers, asked: {}", seen.step, seen.prompt))),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| worker(setup, AgentFile::default()));
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(told(&play)[0].joined(), "after 1 answers, asked: and now?");
    let ends = ended(&bench);
    assert_eq!((ends.len(), &ends[0].agent), (2, &ends[1].agent));
    let heard = play.heard.lock().unwrap();
    let child = heard.iter().rev().find(|request| seen(request).child).unwrap();
    assert!(format!("{:?}", child.segments).contains("the key is 7"));
}

#[tokio::test]
async fn a_message_to_nobody_names_those_that_there_are() {
    let model = |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(work(&json!({}))),
        (false, 1) => Say::Now(send("nobody", "hello")),
        (false, _) => Say::Now(text("done")),
        (true, _) => Say::Now(text("did it")),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| worker(setup, AgentFile::default()));
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let result = told(&play).remove(0);
    assert!(result.is_error && result.joined().contains("(the work)"), "{}", result.joined());
}

#[tokio::test]
async fn the_model_looks_at_its_agent_of_the_background_and_stops_it() {
    let model = |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(work(&json!({ "run_in_background": true, "name": "digger" }))),
        (false, 1) => Say::Now(many(vec![call("look", "TaskOutput", json!({ "task_id": "digger" }))])),
        (false, 2) => Say::Now(many(vec![call("stop", "TaskStop", json!({ "task_id": "digger" }))])),
        (false, _) => Say::Now(text("done")),
        (true, _) => Say::Never,
    };
    let (mut bench, play) = bench(Box::new(model), |setup| worker(setup, AgentFile::default()));
    bench.prompt("go").await;
    bench.until(|body| matches!(body, Body::Team(TeamBody::AgentEnded(_)))).await;
    assert_eq!(ended(&bench)[0].outcome, AgentOutcome::Stopped);
    let heard = play.heard.lock().unwrap();
    let all = format!("{:?}", heard.iter().rev().find(|request| !seen(request).child).unwrap().segments);
    assert!(all.contains("is being stopped") && (all.contains(": running") || all.contains(": begins")), "{all}");
}

#[tokio::test]
async fn skills_and_memory_stand_in_its_text_and_what_cannot_work_is_told() {
    let model = |seen: &Seen| {
        let first = !seen.child && seen.step == 0;
        Say::Now(if first { work(&json!({})) } else { text("done") })
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        let skill = crate::domain::CommandFile {
            name: "deploy".into(),
            body: "Run scripts/go.sh".into(),
            kind: crate::domain::PromptKind::Skill,
            ..Default::default()
        };
        setup.stage.commands.push(skill);
        let tools = AgentTools {
            allowed: Some(vec!["Grep".into()]),
            skills: vec!["deploy".into(), "gone".into()],
            servers: vec!["nowhere".into()],
            ..AgentTools::default()
        };
        let way = AgentWay { memory: Some("user".into()), ..AgentWay::default() };
        let hooks = Some(json!({ "Stopp": [] }));
        let notes = setup.home.join(".claude/agent-memory/worker");
        std::fs::create_dir_all(&notes).unwrap();
        std::fs::write(notes.join("MEMORY.md"), "- the key is 7\n").unwrap();
        worker(setup, AgentFile { tools, way, hooks, ..AgentFile::default() });
    });
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let heard = play.heard.lock().unwrap();
    let child = format!("{:?}", heard.iter().find(|request| seen(request).child).unwrap().segments);
    assert!(child.contains("Run scripts/go.sh") && child.contains("the key is 7"), "{child}");
    assert!(child.contains("name: \"Write\"") && !child.contains("name: \"Bash\""), "memory needs its tools");
    let told: Vec<&str> = bench
        .seen
        .iter()
        .filter_map(|record| match &record.body {
            Body::Noticed(notice) => Some(notice.text.as_str()),
            _ => None,
        })
        .collect();
    for word in ["`gone`", "`nowhere`", "`Stopp`"] {
        assert!(told.iter().any(|text| text.contains(word)), "{word}: {told:?}");
    }
}

#[tokio::test]
async fn a_session_runs_as_an_agent_with_its_text_its_tools_and_its_first_prompt() {
    let model = |seen: &Seen| Say::Now(text(&format!("asked: {}", seen.prompt)));
    let (mut bench, play) = bench(Box::new(model), |setup| {
        let tools = AgentTools { allowed: Some(vec!["Grep".into()]), ..AgentTools::default() };
        let initial_prompt = Some("Look around first.".to_owned());
        let lead = AgentFile {
            name: "lead".into(),
            prompt: "You lead.".into(),
            tools,
            initial_prompt,
            ..AgentFile::default()
        };
        setup.stage.shelf = Arc::new(crate::engine::Shelf { lead: Some(Arc::new(lead)), ..Default::default() });
        setup.tools = crate::tools::registry();
        setup.interactive = true;
    });
    assert_eq!(bench.end().await, TurnEnd::Done);
    let heard = play.heard.lock().unwrap();
    let first = format!("{:?}", heard[0].segments);
    assert!(first.contains("You lead.") && first.contains("Look around first."), "{first}");
    assert!(first.contains("name: \"Grep\"") && !first.contains("name: \"Bash\""), "{first}");
}
