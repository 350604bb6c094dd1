//! Commands and skills over the whole engine: what the model is told, what enters the conversation, what is granted.

use super::*;
use crate::base::text::{Paint, Painted};
use crate::catalog::{self, Ground};

/// A bench with the real tools and the commands and skills of its project, which lies in `project`.
pub(super) fn shelved(files: &[(&str, &str)], answers: Vec<Vec<StreamItem>>) -> Bench {
    shelved_at(Arc::new(TempDir::new().unwrap()), Open::New, files, answers)
}

fn shelved_at(root: Arc<TempDir>, open: Open, files: &[(&str, &str)], answers: Vec<Vec<StreamItem>>) -> Bench {
    for (path, text) in files {
        let path = root.path().join("project").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let base = std::fs::canonicalize(root.path()).unwrap();
    Bench::with(root, open, answers, |setup| {
        let (home, project) = (base.join("home"), base.join("project"));
        setup.stage.place = Place { cwd: project.clone(), project: project.clone(), added: Vec::new() };
        let scan: Scan = Arc::new(move || {
            let ground =
                Ground { claude: None, home: &home, cwd: &project, project: &project, plugins: &[], bundled: true };
            Scanned { commands: catalog::prompts(&ground).0, ..Scanned::default() }
        });
        setup.stage.commands = scan().commands;
        setup.stage.shelf = Arc::new(Shelf { scan: Some(scan), ..Shelf::default() });
        setup.tools = crate::tools::registry();
    })
}

pub(super) fn call(name: &str, input: Value) -> Vec<StreamItem> {
    let call = ToolCall { id: format!("call-{input}"), name: name.into(), input };
    vec![
        StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) },
        StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) },
    ]
}

impl Bench {
    /// The system text and the last message of a request.
    pub(super) fn heard(&self, request: usize) -> (String, String) {
        let heard = self.script.heard.lock().unwrap();
        let text = |segment: &Arc<Segment>| match &segment.body {
            SegmentBody::System(text) => text.to_string(),
            _ => String::new(),
        };
        let last = heard[request].segments.last().unwrap().as_message().unwrap().text();
        (heard[request].segments.iter().map(text).collect(), last)
    }

    async fn run(&mut self, name: &str, arguments: &str) {
        self.ask(Request::RunCommand { name: name.into(), arguments: arguments.into() }).await;
        self.end().await;
    }
}

const DEPLOY: &str = "---\nname: deploy\ndescription: Deploys the site\n---\nRun the SECRET steps for $0.";

#[tokio::test]
async fn a_skill_shows_its_name_first_and_its_text_when_the_model_asks() {
    let answers = vec![call("Skill", json!({"skill": "deploy", "args": "live"})), text("ok"), text("ok")];
    let mut bench = shelved(&[(".claude/skills/deploy/SKILL.md", DEPLOY)], answers);
    bench.prompt("deploy it").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let (system, last) = bench.heard(0);
    assert!(system.contains("- deploy: Deploys the site\n") && system.contains("- code-review: "), "{system}");
    assert!(!system.contains("SECRET") && !last.contains("SECRET"));
    let result = bench.results(1).concat();
    assert!(result.starts_with("<skill name=\"deploy\" folder=\""), "{result}");
    assert!(result.contains("Run the SECRET steps for live.\n</skill>"), "{result}");
    assert!(!bench.verdict().1, "a skill that brings nothing is not asked about");
    assert!(bench.log().contains(r#""catalog":{"used":{"name":"deploy""#));
}

#[tokio::test]
async fn an_unknown_skill_names_the_known_ones() {
    let mut bench = shelved(&[], vec![call("Skill", json!({"skill": "nope"})), text("ok")]);
    bench.prompt("go").await;
    bench.end().await;
    let result = bench.results(1).concat();
    assert!(result.contains("There is no skill `nope`. The skills are: agent-builder, code-review, pdf."), "{result}");
}

#[tokio::test]
async fn the_person_uses_commands_and_stacked_skills() {
    let files = [
        (".claude/skills/deploy/SKILL.md", DEPLOY),
        (".claude/commands/git/say.md", "Say $1 with @notes.txt"),
        ("notes.txt", "THE NOTES"),
    ];
    let mut bench = shelved(&files, vec![text("ok"), text("ok")]);
    bench.run("git:say", "hello").await;
    let (_, last) = bench.heard(0);
    assert!(last.contains("THE NOTES") && last.contains("Say hello with @notes.txt"), "{last}");
    bench.run("deploy", "/pdf a.pdf").await;
    let (_, last) = bench.heard(1);
    assert!(last.contains("SECRET steps for a.pdf") && last.contains("<skill name=\"pdf\">"), "{last}");
    let typed = bench.seen.iter().rev().find_map(|record| match &record.body {
        Body::Prompted { typed, .. } => typed.clone(),
        _ => None,
    });
    assert_eq!(typed.as_deref(), Some("/deploy a.pdf"));
}

#[tokio::test]
async fn shell_lines_pass_the_gate_and_a_refused_one_stops_all() {
    let files = [
        (".claude/commands/ok.md", "---\nallowed-tools: Bash(printf *)\n---\nGot: !`printf 'a%sb' $0`"),
        (".claude/commands/no.md", "Got: !`rm -rf $0`"),
        (".claude/commands/bad.md", "---\nallowed-tools: Bash(false)\n---\nGot: !`false`"),
    ];
    let mut bench = shelved(&files, vec![text("ok"), text("ok")]);
    bench.run("ok", "1").await;
    assert!(bench.heard(0).1.contains("Got: a1b"), "{}", bench.heard(0).1);
    for (name, why) in [("no", "may not run"), ("bad", "failed")] {
        bench.ask(Request::RunCommand { name: name.into(), arguments: "x".into() }).await;
        let notice = bench.live(|live| if let Live::Refused(notice) = live { Some(notice) } else { None }).await;
        assert!(notice.text.contains(why), "{}", notice.text);
    }
    assert_eq!(bench.script.heard.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn allowed_tools_hold_for_the_turn_and_are_asked_about_when_the_model_brings_them() {
    let skill = "---\ndescription: x\nallowed-tools: Bash(touch *)\n---\nTouch it.";
    let touch = || call("Bash", json!({"command": "touch made"}));
    let answers = vec![touch(), text("ok"), touch(), call("Skill", json!({"skill": "t"}))];
    let mut bench = shelved(&[(".claude/skills/t/SKILL.md", skill)], answers);
    bench.run("t", "").await;
    assert_eq!(bench.verdict().0.decision, Decision::Allow, "{:?}", bench.verdict().0);
    bench.prompt("again").await;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
    let (verdict, _) = bench.verdict();
    assert_eq!(verdict.decision, Decision::Ask, "{verdict:?}");
    bench.ask(Request::Answer { ask: 1, answer: Answer::No { comment: Some("no".into()) } }).await;
    bench.until(|body| matches!(body, Body::Asked { ask: 2, .. })).await;
    assert!(bench.verdict().0.because.text.contains("allow rules of its own"), "{:?}", bench.verdict().0);
}

#[tokio::test]
async fn a_changed_skill_is_new_at_once_and_a_new_one_stands_at_the_tail() {
    let mut bench = shelved(&[(".claude/skills/deploy/SKILL.md", DEPLOY)], vec![text("ok"), text("ok")]);
    bench.run("deploy", "x").await;
    let before = bench.heard(0).0;
    let folder = bench.root.path().join("project/.claude/skills");
    std::fs::write(folder.join("deploy/SKILL.md"), DEPLOY.replace("SECRET", "CHANGED")).unwrap();
    std::fs::create_dir_all(folder.join("fresh")).unwrap();
    std::fs::write(folder.join("fresh/SKILL.md"), "---\ndescription: Brand new\n---\nx").unwrap();
    bench.run("deploy", "x").await;
    let (system, last) = bench.heard(1);
    assert_eq!(system, before, "the prefix stays");
    assert!(last.contains("CHANGED steps") && last.contains("- fresh: Brand new"), "{last}");
}

/// What the model reads of its last request besides the prefix.
fn tail(bench: &Bench, request: usize) -> String {
    let heard = bench.script.heard.lock().unwrap();
    let messages = heard[request].segments.iter().filter_map(|segment| segment.as_message().cloned());
    messages.map(|message| serde_json::to_string(&message.blocks).unwrap()).collect()
}

#[tokio::test]
async fn instructions_of_a_folder_come_with_the_first_file_that_is_read_there() {
    let read = |path: &str| call("Read", json!({"file_path": path}));
    let answers = vec![read("deep/a.rs"), read("deep/b.rs"), text("ok")];
    let files = [("deep/CLAUDE.md", "THE DEEP RULE"), ("deep/a.rs", "a"), ("deep/b.rs", "b")];
    let mut bench = with_memory(&files, answers);
    bench.prompt("go").await;
    bench.end().await;
    assert!(!tail(&bench, 0).contains("THE DEEP RULE"));
    assert!(tail(&bench, 1).contains("THE DEEP RULE"), "{}", tail(&bench, 1));
    assert_eq!(tail(&bench, 2).matches("THE DEEP RULE").count(), 1, "it is told once");
    assert_eq!(tail(&bench, 2).matches("THE RUST RULE").count(), 1, "{}", tail(&bench, 2));
}

/// The same bench with instructions of folders and one rule for Rust files.
fn with_memory(files: &[(&str, &str)], answers: Vec<Vec<StreamItem>>) -> Bench {
    let root = Arc::new(TempDir::new().unwrap());
    for (path, text) in files {
        let path = root.path().join("project").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let base = std::fs::canonicalize(root.path()).unwrap();
    Bench::with(root, Open::New, answers, |setup| {
        let (home, project) = (base.join("home"), base.join("project"));
        setup.stage.place = Place { cwd: project.clone(), project: project.clone(), added: Vec::new() };
        let file = MemoryFile { scope: MemoryScope::User, path: "/r.md".into(), text: "THE RUST RULE".into() };
        let rule = catalog::PathRule { file, globs: vec!["**/*.rs".into()], root: project.clone() };
        let nested: Nested = Arc::new(move |path: &Path| {
            let ground =
                Ground { claude: None, home: &home, cwd: &project, project: &project, plugins: &[], bundled: false };
            catalog::nested(&ground, &catalog::MemoryWish::default(), path)
        });
        setup.stage.shelf = Arc::new(Shelf { nested: Some(nested), rules: vec![rule], ..Shelf::default() });
        setup.tools = crate::tools::registry();
    })
}

#[tokio::test]
async fn a_style_counts_from_the_next_message_and_its_price_is_said() {
    let root = Arc::new(TempDir::new().unwrap());
    let mut bench = Bench::with(root, Open::New, vec![text("ok"), text("ok")], |setup| {
        let (styles, _) = catalog::styles(&Ground {
            claude: None,
            home: Path::new("/nowhere"),
            cwd: Path::new("/nowhere"),
            project: Path::new("/nowhere"),
            plugins: &[],
            bundled: true,
        });
        setup.stage.shelf = Arc::new(Shelf { style: styles[0].clone(), styles, ..Shelf::default() });
    });
    bench.prompt("one").await;
    bench.end().await;
    bench.ask(Request::Catalog(CatalogRequest::Choose { kind: PageKind::Styles, key: "concise".into() })).await;
    let notice = bench.live(|live| if let Live::Notice(notice) = live { Some(notice.text) } else { None }).await;
    assert!(notice.starts_with("The output style is Concise from the next message on. About "), "{notice}");
    bench.prompt("two").await;
    bench.end().await;
    assert!(!bench.heard(0).0.contains("Output style") && bench.heard(1).0.contains("# Output style: Concise"));
}

#[tokio::test]
async fn the_status_line_is_told_the_state_and_says_its_lines() {
    let root = Arc::new(TempDir::new().unwrap());
    let window = RateWindow { name: "five_hour", used: 12.5, resets_at: Some(1_800_000_000) };
    let mut answer = text("ok");
    answer.insert(0, StreamItem::Limits(RateLimits { windows: vec![window] }));
    let mut bench = Bench::with(root, Open::New, vec![answer], |setup| {
        let command = "cat > told.json; printf '\\033[31mhello\\033[0m\\nmore'".to_owned();
        let status_line = Some(StatusLine { command, padding: 2, refresh_s: None, pull_request: false });
        let lead = Some(Arc::new(AgentFile { name: "boss".into(), ..AgentFile::default() }));
        setup.stage.shelf = Arc::new(Shelf { lead, status_line, ..Shelf::default() });
        setup.stage.env = Arc::new(std::env::vars().filter(|(name, _)| name == "PATH").collect());
    });
    bench.prompt("one").await;
    let lines = bench
        .live(|live| match live {
            Live::Catalog(CatalogNews::StatusLine(lines)) => Some(lines),
            _ => None,
        })
        .await;
    let text = |line: &[Painted]| line.iter().map(|span| span.text.as_str()).collect::<String>();
    assert_eq!(lines.iter().map(|line| text(line)).collect::<Vec<_>>(), ["  hello", "  more"]);
    assert_eq!(lines[0][1].look.fg, Some(Paint::Index(1)));
    let told = std::fs::read_to_string(bench.root.path().join("project/told.json")).unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["model"]["id"], "m");
    let documented = [
        "/session_id",
        "/transcript_path",
        "/cwd",
        "/version",
        "/prompt_id",
        "/model/id",
        "/model/display_name",
        "/output_style/name",
        "/effort/level",
        "/thinking/enabled",
        "/fast_mode",
        "/workspace/current_dir",
        "/workspace/project_dir",
        "/workspace/added_dirs",
        "/cost/total_cost_usd",
        "/cost/total_duration_ms",
        "/cost/total_api_duration_ms",
        "/cost/total_lines_added",
        "/cost/total_lines_removed",
        "/context_window/total_input_tokens",
        "/context_window/total_output_tokens",
        "/context_window/context_window_size",
        "/context_window/used_percentage",
        "/context_window/remaining_percentage",
        "/context_window/current_usage",
        "/exceeds_200k_tokens",
        "/prompt_cache/miss_reason",
    ];
    for field in documented {
        assert!(told.pointer(field).is_some(), "{field} is missing in {told:#}");
    }
    assert!(told["workspace"]["project_dir"].as_str().is_some_and(|path| path.ends_with("/project")));
    assert_eq!(told["permission_mode"], "default");
    assert_eq!(told["agent"]["name"], "boss");
    assert_eq!(
        told["rate_limits"],
        json!({ "five_hour": { "used_percentage": 12.5, "resets_at": 1_800_000_000_u64 } })
    );
}

const GUARD: &str = "---
description: Guards
hooks:
  UserPromptSubmit:
    - hooks:
        - type: command
          command: echo each >> heard
        - type: command
          once: true
          command: echo once >> heard
---
Guard.";

#[tokio::test]
async fn hooks_of_a_skill_hold_for_the_session_also_when_it_is_opened_again_and_for_no_other() {
    let root = Arc::new(TempDir::new().unwrap());
    let files = [(".claude/skills/guard/SKILL.md", GUARD)];
    let heard = |word: &str| {
        let text = std::fs::read_to_string(root.path().join("project/heard")).unwrap_or_default();
        text.lines().filter(|line| *line == word).count()
    };
    let answers = vec![text("ok"), text("ok"), text("ok")];
    let mut bench = shelved_at(Arc::clone(&root), Open::New, &files, answers);
    bench.run("guard", "").await;
    bench.prompt("one").await;
    bench.end().await;
    let (each, once) = (heard("each"), heard("once"));
    assert!(each > 0 && once == 1, "{each} {once}");
    drop(bench);

    let mut again = loop {
        let answers = vec![text("ok"), text("ok")];
        let mut again = shelved_at(Arc::clone(&root), Open::Latest, &files, answers);
        let Some(Event::Opened { records, .. }) = again.events.recv().await else { panic!("opened") };
        // The engine that was dropped may hold the lock for a moment more.
        if !records.is_empty() {
            break again;
        }
        tokio::task::yield_now().await;
    };
    again.prompt("two").await;
    again.end().await;
    assert_eq!((heard("each"), heard("once")), (each + 1, 1));
    again.ask(Request::Clear).await;
    again.prompt("three").await;
    again.end().await;
    assert_eq!(heard("each"), each + 1, "another session has no such hooks");
}

#[tokio::test]
async fn shell_lines_can_be_switched_off() {
    const LINES: &str = "---\ndescription: d\nallowed-tools: Bash(touch *)\n---\nBefore\n!`touch ran`\nafter";
    let root = Arc::new(TempDir::new().unwrap());
    let mut bench = shelved_at(Arc::clone(&root), Open::New, &[(".claude/commands/x.md", LINES)], vec![text("ok")]);
    bench.ask(Request::Interrupt).await;
    bench.run("x", "").await;
    assert!(root.path().join("project/ran").exists());
    let root = Arc::new(TempDir::new().unwrap());
    std::fs::create_dir_all(root.path().join("project")).unwrap();
    let mut bench = Bench::with(Arc::clone(&root), Open::New, vec![text("ok")], |setup| {
        let file =
            CommandFile { name: "x".into(), body: "Before\n!`touch ran`\nafter".into(), ..CommandFile::default() };
        setup.stage.commands = vec![CommandFile { source: "user".into(), path: "/x.md".into(), ..file }];
        setup.stage.shelf = Arc::new(Shelf { no_shell: true, ..Shelf::default() });
        setup.tools = crate::tools::registry();
    });
    bench.run("x", "").await;
    assert!(bench.heard(0).1.contains("Before\n[shell lines are switched off: disableSkillShellExecution]\nafter"));
    assert!(!root.path().join("project/ran").exists());
}

#[tokio::test]
async fn after_a_compaction_instructions_count_as_they_stand_on_disk() {
    let root = Arc::new(TempDir::new().unwrap());
    let (file, notes) = (root.path().join("RULES.md"), root.path().join("memory"));
    std::fs::write(&file, "OLD rules").unwrap();
    let (path, folder) = (file.clone(), notes.clone());
    let scan: Scan = Arc::new(move || {
        let text = std::fs::read_to_string(&path).unwrap();
        let memory = vec![MemoryFile { scope: MemoryScope::Project, path: path.clone(), text }];
        let index = Some((folder.join("MEMORY.md"), "NEW notes".to_owned()));
        Scanned { memory, auto: Some(AutoMemory { folder: folder.clone(), index }), ..Scanned::default() }
    });
    let answers = vec![text("one"), text("## Goal\nGo on."), text("two")];
    let mut bench = Bench::with(Arc::clone(&root), Open::New, answers, |setup| {
        setup.interactive = false;
        setup.stage.memory = scan().memory;
        let auto = Some(AutoMemory { folder: notes.clone(), index: None });
        setup.stage.shelf = Arc::new(Shelf { scan: Some(scan), auto, ..Shelf::default() });
    });
    bench.prompt("one").await;
    bench.end().await;
    std::fs::write(&file, "NEW rules").unwrap();
    bench.ask(Request::Compact { focus: None }).await;
    let notice = bench
        .live(|live| match live {
            Live::Notice(notice) if notice.text.starts_with("After the compaction") => Some(notice.text),
            _ => None,
        })
        .await;
    assert!(notice.contains("RULES.md") && notice.contains("own notes"), "{notice}");
    bench.prompt("two").await;
    bench.end().await;
    let heard = bench.script.heard.lock().unwrap();
    let sent = |at: usize| format!("{:?}", heard[at].segments);
    let last = heard.len() - 1;
    assert!(sent(0).contains("OLD rules") && !sent(0).contains("NEW"));
    assert!(sent(last).contains("NEW rules") && sent(last).contains("NEW notes") && !sent(last).contains("OLD rules"));
}

#[tokio::test]
async fn the_pages_list_what_there_is() {
    let mut bench = shelved(&[(".claude/skills/deploy/SKILL.md", DEPLOY)], Vec::new());
    for (kind, wanted) in [(PageKind::Skills, "/deploy"), (PageKind::Config, "/deploy"), (PageKind::Memory, "Read at")]
    {
        bench.ask(Request::Catalog(CatalogRequest::Page(kind))).await;
        let page = bench
            .live(|live| match live {
                Live::Catalog(CatalogNews::Page(page)) => Some(page),
                _ => None,
            })
            .await;
        assert!(page.kind == kind && page.rows.iter().any(|row| row.name.starts_with(wanted)), "{page:?}");
    }
}
