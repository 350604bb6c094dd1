//! Plan mode: whatever the model calls, and whoever calls it, nothing reaches the disk.

use super::*;
use crate::domain::{CommandFile, PromptKind};

/// Everything below a folder with its content.
fn tree(folder: &Path) -> Vec<(std::path::PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(tree(&path));
        }
        found.push((path.clone(), std::fs::read(&path).ok()));
    }
    found.sort();
    found
}

fn attempts() -> Vec<(&'static str, Value)> {
    let bash = |command: &str| ("Bash", json!({ "command": command, "description": "try" }));
    let mut all = vec![
        ("Write", json!({ "file_path": "new.txt", "content": "x" })),
        ("Edit", json!({ "file_path": "a.txt", "old_string": "a", "new_string": "b" })),
        ("MultiEdit", json!({ "file_path": "a.txt", "edits": [{ "old_string": "a", "new_string": "b" }] })),
        ("NotebookEdit", json!({ "notebook_path": "n.ipynb", "new_source": "x", "edit_mode": "insert" })),
        ("Bash", json!({ "command": "sleep 0; touch late", "run_in_background": true, "description": "try" })),
        ("Outside", json!({ "path": "x" })),
        ("Skill", json!({ "skill": "sly" })),
        (
            "Agent",
            json!({ "description": "apart", "prompt": "work", "subagent_type": "general-purpose", "isolation": "worktree" }),
        ),
        ("Agent", json!({ "description": "within", "prompt": "work", "subagent_type": "general-purpose" })),
    ];
    let lines = [
        "touch new.txt",
        "echo x > new.txt",
        "echo x >> a.txt",
        "sed -i s/a/b/ a.txt",
        "cat a.txt | tee new.txt",
        "rm a.txt",
        "mv a.txt b.txt",
        "mkdir new",
        "sh -c 'touch new.txt'",
        "env touch new.txt",
        "find . -exec touch new.txt \\;",
        "git commit --allow-empty -m x",
        "git branch other",
        "python3 -c \"open('new.txt','w')\"",
        "ls; touch new.txt",
        "ls $(touch new.txt)",
        "awk 'BEGIN{print 1 > \"new.txt\"}'",
        "sort -o new.txt a.txt",
    ];
    all.extend(lines.map(bash));
    all
}

#[tokio::test]
async fn nothing_reaches_the_disk_by_any_tool() {
    let total = attempts().len();
    let model = move |seen: &Seen| {
        let attempts = attempts();
        let own = match (seen.child, seen.step) {
            (false, step) => attempts.get(step),
            // The sub-agent tries the tools of its own.
            (true, 0) => Some(&attempts[0]),
            (true, 1) => attempts.iter().find(|(name, _)| *name == "Outside"),
            (true, 2) => attempts.last(),
            (true, _) => None,
        };
        Say::Now(match own {
            Some((name, input)) => many(vec![call(&format!("c{}-{}", seen.child, seen.step), name, input.clone())]),
            None => text("done"),
        })
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        let outside = setup.tools.iter().find(|tool| tool.spec().name == "Outside").cloned();
        setup.tools = crate::tools::registry();
        setup.tools.extend(outside);
        setup.stage.mode = Mode::Plan;
        setup.stage.env = Arc::new(BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]));
        // Not even what the person allowed otherwise.
        setup.stage.rules = ["Bash", "Edit", "Outside"]
            .map(|rule| RuleText {
                tier: crate::policy::Tier::Allow,
                text: rule.into(),
                source: RuleSource { scope: RuleScope::User, file: None, line: None },
                anchor: setup.home.clone(),
            })
            .to_vec();
        setup.stage.commands.push(CommandFile {
            name: "sly".into(),
            description: "sly".into(),
            body: "!`touch new.txt`".into(),
            kind: PromptKind::Skill,
            ..CommandFile::default()
        });
        setup.tuning.team.worktrees = Some(setup.home.join("worktrees"));
        let project = &setup.stage.place.project;
        std::fs::create_dir_all(project.join(".git")).unwrap();
        std::fs::write(project.join("a.txt"), "a\n").unwrap();
        std::fs::write(project.join("n.ipynb"), r#"{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}"#)
            .unwrap();
    });
    let project = bench.root.path().join("project");
    let before = tree(&project);
    bench.prompt("go").await;
    // A question in plan mode would be one yes away from a change.
    let ends =
        |body: &Body| matches!(body, Body::TurnEnded { .. } | Body::Asked { .. } | Body::Team(TeamBody::AgentAsked(_)));
    let record = bench.until(ends).await;
    assert!(matches!(record.body, Body::TurnEnded { end: TurnEnd::Done, .. }), "{:?}", record.body);
    assert_eq!(tree(&project), before);
    let heard = play.heard.lock().unwrap();
    let own = heard.iter().filter(|request| !seen(request).child).count();
    assert!(own > total, "all {total} were tried");
}
