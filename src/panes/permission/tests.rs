//! Key scripts and screens of the question.

#![allow(clippy::unwrap_used, clippy::panic, let_underscore_drop, reason = "tests")]

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyModifiers};
use serde_json::{Value, json};

use super::*;
use crate::domain::{
    Answer, Because, BecauseKind, Block, DeltaKind, EditPurpose, Message, Mode, ModelRef, Record, ResponseNote,
    RuleScope, RuleSource, SaveScope, SessionId, StopReason, ToolCall, TrailStep, TurnEnd, Usage, Wire,
};
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Position;

const APPEARED: u64 = 10_000;
const ARMED: u64 = APPEARED + DEAD_MS;

fn recorded(body: Body) -> Event {
    Event::Recorded(Arc::new(Record { seq: 1, at: 1, body }))
}

fn opened() -> Event {
    let info = StartInfo {
        session: SessionId(uuid::Uuid::nil()),
        cwd: "/home/ada/work".into(),
        project: "/home/ada/work".into(),
        branch: None,
        model: None,
        mode: Mode::Default,
        modes: Vec::new(),
        memory: Vec::new(),
        commands: Vec::new(),
        agents: Vec::new(),
        tools: Vec::new(),
        servers: Vec::new(),
        rehearsal: false,
        sandbox: crate::domain::SandboxState::Off,
    };
    Event::Opened { info: Box::new(info), records: Vec::new() }
}

fn verdict(suggestion: Option<&str>) -> Verdict {
    let source =
        RuleSource { scope: RuleScope::Project, file: Some(".claude/settings.json".to_owned()), line: Some(12) };
    let because = Because {
        kind: BecauseKind::Rule,
        rule: Some("Bash(cargo *)".to_owned()),
        source: Some(source),
        text: "An ask rule covers it.".to_owned(),
    };
    let step = |stage: &str, finding: &str| TrailStep { stage: stage.to_owned(), finding: finding.to_owned() };
    Verdict {
        decision: Decision::Ask,
        because,
        read_only: false,
        suggestion: suggestion.map(str::to_owned),
        trail: vec![
            step("deny rules", "none of 3 matches"),
            step("part", "`cargo test` needs permission: it runs the project's code"),
        ],
    }
}

fn said(id: &str, name: &str, input: Value) -> Event {
    let call = ToolCall { id: id.to_owned(), name: name.to_owned(), input };
    let by = ModelRef::new(Wire::Replay, "m");
    recorded(Body::Responded(ResponseNote {
        request: 1,
        message: Arc::new(Message::assistant(vec![Block::ToolCall(call)], by)),
        stop: StopReason::ToolUse,
        usage: Usage::default(),
        estimated: false,
        cost: None,
        duration_ms: 1,
        cut: false,
    }))
}

/// A modal that asks about one call of this tool.
fn asking(name: &str, input: Value, suggestion: Option<&str>) -> Permission {
    let mut pane = Permission::default();
    pane.hear(&opened(), 1);
    pane.hear(&said("a", name, input), 2);
    ask(&mut pane, 1, "a", suggestion);
    pane
}

fn ask(pane: &mut Permission, ask: u32, id: &str, suggestion: Option<&str>) {
    pane.hear(&recorded(Body::Judged { call_id: id.to_owned(), verdict: verdict(suggestion) }), APPEARED);
    pane.hear(&recorded(Body::Asked { ask, call_id: id.to_owned() }), APPEARED);
}

fn bash(command: &str) -> Permission {
    asking("Bash", json!({"command": command, "description": "Run it"}), Some("Bash(cargo test:*)"))
}

fn screen_at(pane: &mut Permission, (width, height): (u16, u16), now: u64) -> String {
    let theme = Theme::default();
    let area = Rect::new(0, 0, width, height);
    pane.settle(area, &theme, now);
    let mut buf = Buffer::empty(area);
    let cursor = pane.view(&theme, &mut buf);
    let mut out = String::new();
    for y in 0..height {
        let row: String =
            (0..width).map(|x| if cursor == Some(Position::new(x, y)) { "▮" } else { buf[(x, y)].symbol() }).collect();
        writeln!(out, "{}", row.trim_end()).unwrap();
    }
    out
}

fn screen(pane: &mut Permission, size: (u16, u16)) -> String {
    screen_at(pane, size, ARMED)
}

fn press(pane: &mut Permission, code: KeyCode, now: u64) -> Vec<Act> {
    screen_at(pane, (80, 24), now);
    pane.update(Said::Key(KeyEvent::new(code, KeyModifiers::NONE)), now)
}

fn keys(pane: &mut Permission, text: &str) -> Vec<Act> {
    text.chars().flat_map(|letter| press(pane, KeyCode::Char(letter), ARMED)).collect()
}

fn answer(acts: &[Act]) -> Option<Answer> {
    match acts {
        [Act::Send(Request::Answer { answer, .. })] => Some(answer.clone()),
        [] | [Act::Send(Request::TestRule { .. })] => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_in_the_dead_time_do_not_count() {
    let mut pane = bash("cargo test");
    for code in [KeyCode::Char('y'), KeyCode::Enter, KeyCode::Esc, KeyCode::Char('1')] {
        assert!(press(&mut pane, code, ARMED - 1).is_empty());
    }
    assert_eq!(pane.next_tick(ARMED - 1), Some(1));
    assert!(!screen_at(&mut pane, (80, 24), ARMED - 1).contains('›'), "nothing has the focus yet");
    assert_eq!(pane.next_tick(ARMED), None);
    assert!(screen(&mut pane, (80, 24)).contains("› 1 Yes, once"));
    let acts = press(&mut pane, KeyCode::Enter, ARMED);
    assert_eq!(answer(&acts), Some(Answer::Once { comment: None }));
    assert!(!pane.is_open());
}

#[test]
fn every_answer_has_its_keys() {
    let once = Answer::Once { comment: None };
    let session = Answer::Session { rule: "Bash(cargo test:*)".to_owned() };
    let no = Answer::No { comment: None };
    for (letters, want) in [("1ya", &once), ("2s", &session), ("4nd", &no)] {
        for letter in letters.chars() {
            let acts = press(&mut bash("cargo test"), KeyCode::Char(letter), ARMED);
            assert_eq!(answer(&acts).as_ref(), Some(want), "{letter}");
        }
    }
    assert_eq!(answer(&press(&mut bash("x"), KeyCode::Esc, ARMED)), Some(no.clone()));
    let mut pane = bash("x");
    for _ in 0..3 {
        assert!(press(&mut pane, KeyCode::Down, ARMED).is_empty());
    }
    assert_eq!(answer(&press(&mut pane, KeyCode::Enter, ARMED)), Some(no));
}

#[test]
fn a_rule_is_edited_and_its_place_is_chosen() {
    let mut pane = bash("cargo test");
    assert_eq!(answer(&keys(&mut pane, "3")), None);
    insta::assert_snapshot!("rule_80x24", screen(&mut pane, (80, 24)));
    let _ = press(&mut pane, KeyCode::Backspace, ARMED);
    let _ = keys(&mut pane, "y)");
    let _ = press(&mut pane, KeyCode::Tab, ARMED);
    let acts = press(&mut pane, KeyCode::Enter, ARMED);
    let want = Answer::Always { rule: "Bash(cargo test:*y)".to_owned(), scope: SaveScope::Project };
    assert_eq!(answer(&acts), Some(want), "letters in a field are letters");
}

#[test]
fn a_comment_goes_with_a_no_or_a_yes() {
    let mut pane = bash("x");
    let _ = keys(&mut pane, "c");
    assert!(press(&mut pane, KeyCode::Enter, ARMED).is_empty(), "without words it is no comment");
    let _ = pane.update(Said::Paste("use\nmake".to_owned()), ARMED);
    insta::assert_snapshot!("comment_40x10", screen(&mut pane, (40, 10)));
    let edit = pane.update(Said::Key(KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL)), ARMED);
    assert_eq!(edit, [Act::Edit { purpose: EditPurpose::Comment { ask: 1 }, text: "use make".to_owned() }]);
    pane.set_comment(1, "use just\n");
    let acts = press(&mut pane, KeyCode::Enter, ARMED);
    assert_eq!(answer(&acts), Some(Answer::No { comment: Some("use just".to_owned()) }));

    let mut pane = bash("x");
    let _ = press(&mut pane, KeyCode::Tab, ARMED);
    let _ = keys(&mut pane, "ok");
    let acts = press(&mut pane, KeyCode::Enter, ARMED);
    assert_eq!(answer(&acts), Some(Answer::Once { comment: Some("ok".to_owned()) }));
}

#[test]
fn a_paste_never_answers() {
    let mut pane = bash("x");
    assert!(pane.update(Said::Paste("y\n1\n".to_owned()), ARMED).is_empty());
    assert!(pane.is_open());
}

#[test]
fn without_a_suggestion_nothing_can_be_kept() {
    let mut pane = asking("Bash", json!({"command": "rm -rf /"}), None);
    assert!(keys(&mut pane, "23sw").is_empty());
    let shown = screen(&mut pane, (80, 24));
    assert!(!shown.contains("session") && !shown.contains("Always"), "{shown}");
    assert_eq!(answer(&keys(&mut pane, "4")), Some(Answer::No { comment: None }));
}

#[test]
fn a_long_command_is_read_to_its_end_before_a_yes() {
    let command = (1..=60).fold(String::new(), |text, line| format!("{text}echo line {line}\n"));
    let mut pane = bash(&format!("{command}rm -rf target"));
    insta::assert_snapshot!("long_80x24", screen(&mut pane, (80, 24)));
    assert!(keys(&mut pane, "y").is_empty(), "the end was not seen");
    assert!(press(&mut pane, KeyCode::End, ARMED).is_empty());
    assert!(screen(&mut pane, (80, 24)).contains("rm -rf target"));
    assert!(answer(&keys(&mut pane, "y")).is_some());

    let mut pane = bash(&command);
    assert_eq!(answer(&keys(&mut pane, "n")), Some(Answer::No { comment: None }), "a no needs no reading");
}

#[test]
fn questions_queue_and_go_when_they_are_settled() {
    let mut pane = bash("one");
    for (id, number) in [("b", 2), ("c", 3)] {
        pane.hear(&said(id, "Bash", json!({"command": id})), 3);
        ask(&mut pane, number, id, None);
    }
    assert!(screen(&mut pane, (80, 24)).contains("Allow Bash? · 1 of 3"));
    let _ = keys(&mut pane, "y");
    assert!(screen_at(&mut pane, (80, 24), ARMED + 1).contains("2 of 3"));
    assert!(press(&mut pane, KeyCode::Char('y'), ARMED + 1).is_empty(), "the next one has its own dead time");
    let answer = Answer::Once { comment: None };
    pane.hear(&recorded(Body::Decided { ask: 2, call_id: "b".to_owned(), answer }), ARMED + 2);
    assert!(screen_at(&mut pane, (80, 24), ARMED + 3).contains("3 of 3"));
    pane.hear(&recorded(Body::TurnEnded { turn: 1, end: TurnEnd::Interrupted }), ARMED + 4);
    assert!(!pane.is_open());
}

#[test]
fn a_call_that_still_streams_is_shown_as_far_as_it_is_known() {
    let mut pane = Permission::default();
    pane.hear(&opened(), 1);
    let delta = |kind: Option<DeltaKind>, text: &str| {
        recorded(Body::Delta { request: 1, block: 2, kind, text: text.to_owned() })
    };
    let kind = DeltaKind::ToolCall { id: "a".to_owned(), name: "Bash".to_owned() };
    pane.hear(&delta(Some(kind), r#"{"command": "car"#), 2);
    ask(&mut pane, 1, "a", Some("Bash(cargo:*)"));
    let shown = screen(&mut pane, (80, 24));
    assert!(shown.contains("Allow Bash?") && shown.contains("still arriving") && shown.contains("car"), "{shown}");
    assert!(keys(&mut pane, "y").is_empty(), "half a command is not allowed");
    pane.hear(&delta(None, r#"go test"}"#), 3);
    assert!(screen(&mut pane, (80, 24)).contains("cargo test"));
    assert!(answer(&keys(&mut pane, "y")).is_some());
}

#[test]
fn a_click_on_an_answer_is_the_answer() {
    let mut pane = bash("x");
    let shown = screen(&mut pane, (80, 24));
    let row = shown.lines().position(|line| line.contains("4 No")).unwrap() as u16;
    let click = Said::Click(Position::new(10, row));
    assert!(pane.update(click.clone(), ARMED - 1).is_empty(), "not in the dead time");
    assert_eq!(answer(&pane.update(click, ARMED)), Some(Answer::No { comment: None }));
}

#[test]
fn the_trail_opens_and_closes() {
    let mut pane = bash("cargo test");
    let _ = keys(&mut pane, "?");
    insta::assert_snapshot!("trail_80x24", screen(&mut pane, (80, 24)));
    assert!(press(&mut pane, KeyCode::Esc, ARMED).is_empty(), "Esc only closes the trail");
    assert!(screen(&mut pane, (80, 24)).contains("cargo test"));
}

#[test]
fn screens() {
    let mut pane = bash("cargo test --workspace -- --nocapture");
    insta::assert_snapshot!("bash_80x24", screen(&mut pane, (80, 24)));
    insta::assert_snapshot!("bash_40x10", screen(&mut pane, (40, 10)));
    let mut pane = bash("ѕudo rm -rf \u{202e}/tmp\u{200b}/x; echo \u{1b}[2J");
    insta::assert_snapshot!("hostile_80x24", screen(&mut pane, (80, 24)));
    let edit = json!({
        "file_path": "/home/ada/work/src/parser.rs",
        "old_string": "fn parse(text: &str) -> Token {\n    next(text)\n}",
        "new_string": "fn parse(text: &str) -> Option<Token> {\n    next(text)\n}",
    });
    let mut pane = asking("Edit", edit, Some("Edit(/src/**)"));
    insta::assert_snapshot!("edit_80x24", screen(&mut pane, (80, 24)));
    insta::assert_snapshot!("edit_40x10", screen(&mut pane, (40, 10)));
    let write = json!({"file_path": "/etc/x\n.conf", "content": "a\nb\n"});
    insta::assert_snapshot!("write_80x24", screen(&mut asking("Write", write, None), (80, 24)));
    let other = json!({"query": "first\nsecond \u{1b}[0m", "limit": 3, "deep": {"a": [1, 2]}});
    insta::assert_snapshot!(
        "mcp_80x24",
        screen(&mut asking("mcp__db__query", other, Some("mcp__db__query")), (80, 24))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_breaks_it(
        command in "\\PC{0,80}|[ \n\u{202e}\u{1b}ѕ]{0,200}",
        script in prop::collection::vec(prop::sample::select(vec![
            KeyCode::Up, KeyCode::Down, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Tab, KeyCode::Esc,
            KeyCode::Enter, KeyCode::Backspace, KeyCode::Left, KeyCode::Delete, KeyCode::Char('3'), KeyCode::Char('c'),
            KeyCode::Char('?'), KeyCode::Char('é'),
        ]), 0..24),
        width in 1..60u16, height in 1..30u16,
    ) {
        let mut pane = bash(&command);
        for code in script {
            screen_at(&mut pane, (width, height), ARMED);
            let _ = pane.update(Said::Key(KeyEvent::from(code)), ARMED);
            let _ = pane.update(Said::Wheel(3), ARMED);
        }
    }
}

#[test]
fn a_low_screen_asks_to_see_the_command_and_no_more() {
    let low = (40, 10);
    let mut pane = bash("cargo test");
    screen(&mut pane, low);
    assert!(answer(&pane.update(Said::Key(KeyEvent::from(KeyCode::Char('y'))), ARMED)).is_some());
    let mut pane = bash("one\ntwo\nthree");
    assert!(screen(&mut pane, low).contains("a yes waits"));
    assert!(pane.update(Said::Key(KeyEvent::from(KeyCode::Char('y'))), ARMED).is_empty());
    screen(&mut pane, low);
    assert!(screen(&mut pane, low).contains("two"));
}

fn tested(pane: &mut Permission, rule: &str, outcome: Result<crate::domain::RuleCover, String>) {
    let test = crate::domain::RuleTest { rule: rule.to_owned(), call_id: Some("a".to_owned()), outcome };
    pane.hear(&Event::Live(Live::RuleTested(Box::new(test))), ARMED);
}

#[test]
fn an_edited_rule_is_tried_on_the_spot() {
    let mut pane = bash("cargo test");
    let test = |rule: &str| Act::Send(Request::TestRule { rule: rule.to_owned(), call_id: Some("a".to_owned()) });
    assert_eq!(press(&mut pane, KeyCode::Char('3'), ARMED), [test("Bash(cargo test:*)")]);
    tested(
        &mut pane,
        "Bash(cargo test:*)",
        Ok(crate::domain::RuleCover { this_call: Some(true), covered: 12, of: 20 }),
    );
    insta::assert_snapshot!("rule_tested_80x24", screen(&mut pane, (80, 24)));
    press(&mut pane, KeyCode::Home, ARMED);
    assert_eq!(press(&mut pane, KeyCode::Delete, ARMED), [test("ash(cargo test:*)")]);
    assert!(screen(&mut pane, (80, 24)).contains("Everything that this rule covers"), "an old answer says nothing");
    tested(&mut pane, "ash(cargo test:*)", Ok(crate::domain::RuleCover { this_call: Some(false), covered: 0, of: 1 }));
    assert!(screen(&mut pane, (80, 24)).contains("It does not cover this call"));
    tested(&mut pane, "ash(cargo test:*)", Err("it names no tool".to_owned()));
    assert!(screen(&mut pane, (80, 24)).contains("it names no tool"));
    assert_eq!(press(&mut pane, KeyCode::Enter, ARMED), [], "a broken rule is not saved");
}

#[test]
fn shift_tab_allows_a_file_for_the_session_and_no_command() {
    let mut pane = asking("Read", json!({"file_path": "/etc/hosts"}), Some("Read(//etc/**)"));
    let session = Request::Answer { ask: 1, answer: Answer::Session { rule: "Read(//etc/**)".to_owned() } };
    assert_eq!(press(&mut pane, KeyCode::BackTab, ARMED), [Act::Send(session)]);
    assert_eq!(press(&mut bash("cargo test"), KeyCode::BackTab, ARMED), []);
    let mut without = asking("Read", json!({"file_path": "/etc/hosts"}), None);
    assert_eq!(press(&mut without, KeyCode::BackTab, ARMED), []);
}

#[test]
fn a_call_that_another_rule_lets_run_is_not_asked_about_any_more() {
    let mut pane = Permission::default();
    pane.hear(&opened(), APPEARED);
    for (ask, id) in [(1, "a"), (2, "b")] {
        pane.hear(&said(id, "Bash", json!({"command": "ls"})), APPEARED);
        pane.hear(&recorded(Body::Judged { call_id: id.to_owned(), verdict: verdict(None) }), APPEARED);
        pane.hear(&recorded(Body::Asked { ask, call_id: id.to_owned() }), APPEARED);
    }
    pane.hear(&recorded(Body::CallStarted { call_id: "a".to_owned() }), ARMED);
    let screen = screen_at(&mut pane, (80, 24), ARMED + DEAD_MS);
    assert!(pane.is_open(), "{screen}");
    let acts = pane.update(Said::Key(KeyEvent::new(KeyCode::Char('1'), KeyModifiers::NONE)), ARMED + DEAD_MS);
    assert!(matches!(&acts[..], [Act::Send(Request::Answer { ask: 2, .. })]), "{acts:?}");
}

/// A question about a change of two files with three parts.
fn changing() -> Permission {
    use crate::domain::{DiffHunk, DiffLine, FileDiff, LineKind};
    let line = |kind, text: &str| DiffLine { kind, pieces: vec![(false, text.to_owned())] };
    let hunk = |at: u32, old: &str, new: &str| DiffHunk {
        old_start: at,
        new_start: at,
        lines: vec![line(LineKind::Same, "around"), line(LineKind::Removed, old), line(LineKind::Added, new)],
    };
    let file = |path: &str, hunks| FileDiff { path: path.to_owned(), created: false, added: 2, removed: 2, hunks };
    let files = vec![
        file("src/a.rs", vec![hunk(1, "let a = 1;", "let a = 2;"), hunk(40, "let b = 1;", "let b = 2;")]),
        file("src/b.rs", vec![hunk(7, "old", "new")]),
    ];
    let input = json!({"file_path": "src/a.rs", "edits": []});
    let mut pane = asking("MultiEdit", input, Some("Edit(/src/**)"));
    pane.set_preview("a", Shown::Diff(files), 3);
    pane
}

#[test]
fn parts_of_a_change_can_be_chosen() {
    let mut pane = changing();
    insta::assert_snapshot!("parts_offered", screen(&mut pane, (80, 24)));
    assert!(keys(&mut pane, "p").is_empty());
    assert!(keys(&mut pane, " ").is_empty());
    insta::assert_snapshot!("parts_80", screen(&mut pane, (80, 24)));
    insta::assert_snapshot!("parts_120", screen(&mut pane, (120, 40)));
    let acts = press(&mut pane, KeyCode::Enter, ARMED);
    assert_eq!(answer(&acts), Some(Answer::Partly { parts: vec![1, 2], comment: None }));
    assert!(!pane.is_open());
}

#[test]
fn none_of_the_parts_is_no_answer_and_all_of_them_are_a_yes() {
    let mut pane = changing();
    assert!(keys(&mut pane, "pn").is_empty());
    assert!(press(&mut pane, KeyCode::Enter, ARMED).is_empty() && pane.is_open());
    // A whole file at once, then back without an answer; the choice stays.
    assert!(keys(&mut pane, "fq").is_empty());
    assert!(screen(&mut pane, (80, 24)).contains("2 chosen"), "{}", screen(&mut pane, (80, 24)));
    assert!(keys(&mut pane, "pa").is_empty());
    assert_eq!(answer(&press(&mut pane, KeyCode::Enter, ARMED)), Some(Answer::Once { comment: None }));
    // Nothing can be chosen where the engine cannot make single parts.
    let mut pane = changing();
    pane.set_preview("a", Shown::List(vec!["x".to_owned()]), 3);
    assert!(keys(&mut pane, "p6").is_empty() && pane.is_open());
    assert!(!screen(&mut pane, (80, 24)).contains("only some of it"));
}
