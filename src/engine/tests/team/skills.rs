//! Skills that run in a sub-agent, and what comes in on the way.

use super::*;
use crate::domain::{CommandFile, PromptKind, Traits};
use crate::engine::{Scanned, Shelf};

fn skill(name: &str, traits: Traits) -> CommandFile {
    CommandFile {
        name: name.into(),
        description: format!("about {name}"),
        body: format!("Do {name}: $ARGUMENTS"),
        path: format!("/skills/{name}/SKILL.md").into(),
        source: "user".into(),
        kind: PromptKind::Skill,
        traits: Traits { described: true, ..traits },
        ..CommandFile::default()
    }
}

fn forked() -> Traits {
    Traits { agent: Some("explore".into()), waits: true, ..Traits::default() }
}

fn added(bench: &Bench) -> Vec<String> {
    let texts = bench.seen.iter().filter_map(|record| match &record.body {
        Body::ContextAdded { text, .. } => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn a_forked_skill_of_the_model_is_a_sub_agent_with_its_text_as_the_prompt() {
    let model = |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(many(vec![call("s", "Skill", json!({ "skill": "dig", "args": "deep" }))])),
        (false, _) => Say::Now(text("done")),
        (true, _) => Say::Now(text(&format!("heard {}", seen.prompt.contains("Do dig: deep")))),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        setup.tools = crate::tools::registry();
        setup.stage.commands = vec![skill("dig", forked())];
    });
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(told(&play)[0].joined(), "heard true");
    assert_eq!(ended(&bench).len(), 1);
}

#[tokio::test]
async fn a_forked_skill_of_the_person_comes_back_as_a_turn() {
    let model = |seen: &Seen| {
        let heard = format!("heard {}", seen.prompt.contains("gold at 3 m"));
        Say::Now(text(if seen.child { "gold at 3 m" } else { &heard }))
    };
    let (mut bench, _play) = bench(Box::new(model), |setup| setup.stage.commands = vec![skill("dig", forked())]);
    bench.ask(Request::RunCommand { name: "dig".into(), arguments: "deep".into() }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let last = bench.seen.iter().rev().find_map(|record| match &record.body {
        Body::Responded(note) => Some(note.message.text()),
        _ => None,
    });
    assert_eq!(last.as_deref(), Some("heard true"));
    assert_eq!(ended(&bench)[0].outcome, AgentOutcome::Done);
}

#[tokio::test]
async fn skills_for_certain_files_and_of_folders_below_are_told_when_such_a_file_is_touched() {
    let model = |seen: &Seen| match seen.step {
        0 | 1 => {
            Say::Now(many(vec![call(&format!("r{}", seen.step), "Read", json!({ "file_path": "apps/web/x.rs" }))]))
        }
        _ => Say::Now(text("done")),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        setup.tools = crate::tools::registry();
        let project = setup.stage.place.project.clone();
        std::fs::create_dir_all(project.join("apps/web")).unwrap();
        std::fs::write(project.join("apps/web/x.rs"), "fn x() {}\n").unwrap();
        let folder = project.join("apps/web/.claude/skills/deploy");
        let below = CommandFile {
            path: folder.join("SKILL.md"),
            source: "project".into(),
            ..skill("deploy", Traits { folder: Some(folder), ..Traits::default() })
        };
        let rust = skill("rust", Traits { paths: vec!["**/*.rs".into()], ..Traits::default() });
        setup.stage.commands = vec![skill("deploy", Traits::default()), rust];
        setup.stage.shelf = Arc::new(Shelf {
            nested: Some(Arc::new(|_| Vec::new())),
            nested_skills: Some(Arc::new(move |_| (vec![below.clone()], Vec::new()))),
            ..Shelf::default()
        });
    });
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let first = format!("{:?}", play.heard.lock().unwrap()[0].segments);
    assert!(first.contains("- deploy: about deploy") && !first.contains("- rust"), "{first}");
    let told = added(&bench);
    assert_eq!(told.len(), 1, "once: {told:?}");
    assert!(told[0].contains("- rust: about rust") && told[0].contains("- apps/web:deploy: about deploy"), "{told:?}");
}

#[tokio::test]
async fn a_new_kind_of_agent_is_there_at_once_and_told_at_the_tail() {
    let model = |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => {
            let input = json!({ "description": "d", "prompt": "p", "subagent_type": "late" });
            Say::Now(many(vec![call("a", "Agent", input)]))
        }
        (false, _) => Say::Now(text("done")),
        (true, _) => Say::Now(text("late but here")),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        let mut agents = setup.stage.agents.clone();
        agents.push(crate::domain::AgentFile {
            name: "late".into(),
            description: "came later".into(),
            ..crate::domain::AgentFile::default()
        });
        let scan = move || Scanned { agents: agents.clone(), ..Scanned::default() };
        setup.stage.shelf = Arc::new(Shelf { scan: Some(Arc::new(scan)), ..Shelf::default() });
    });
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(told(&play)[0].joined(), "late but here");
    assert!(added(&bench).iter().any(|text| text.contains("- late: came later")));
}
