//! What the screen shows.

use insta::assert_snapshot;
use serde_json::json;

use super::play::{Play, start_info};
use crate::domain::*;

#[test]
fn welcome_with_a_model() {
    assert_snapshot!(Play::new(80, 24).screen());
}

#[test]
fn welcome_without_a_model() {
    let mut play = Play::bare(80, 24);
    play.open(start_info(false), Vec::new());
    assert_snapshot!(play.screen());
}

#[test]
fn before_the_engine_speaks_there_is_a_prompt() {
    let mut play = Play::bare(80, 24);
    let screen = play.screen();
    assert!(screen.lines().any(|line| line.starts_with("❯ ")), "{screen}");
}

#[test]
fn lines_of_a_program_stand_above_the_bottom_line() {
    let lines = |count: usize| {
        let line = |n: usize| {
            crate::base::text::painted(&format!("  \u{1b}[32mline {n}\u{1b}[0m of the \u{1b}[1mprogram\u{1b}[2J"))
        };
        Live::Catalog(CatalogNews::StatusLine((1..=count).map(line).collect()))
    };
    let mut play = Play::new(80, 24);
    play.live(lines(2));
    assert_snapshot!(play.screen());
    let mut small = Play::new(60, 12);
    small.live(lines(3));
    let screen = small.screen();
    assert!(screen.contains("  line 1 of the program") && !screen.contains("line 2"), "{screen}");
    small.live(lines(0));
    assert!(!small.screen().contains("line 1"));
}

#[test]
fn rehearsal_says_so() {
    let mut play = Play::bare(120, 24);
    play.open(StartInfo { rehearsal: true, ..start_info(true) }, Vec::new());
    assert_snapshot!(play.screen());
}

#[test]
fn streaming() {
    let mut play = Play::new(80, 24);
    play.prompt(1, "explain the parser").sent(1);
    play.delta(0, Some(DeltaKind::Thinking), "Let me think about it for a moment.");
    play.delta(1, Some(DeltaKind::Text), "# The parser\n\nIt reads *lines*:\n\n- one\n- two\n\n```rust\nfn parse");
    play.delta(1, None, "() {}\n");
    play.wait(2_300);
    assert_snapshot!(play.screen());
}

#[test]
fn a_turn_folded() {
    assert_snapshot!(Play::new(80, 24).worked().screen());
}

#[test]
fn a_turn_wide_and_tall() {
    assert_snapshot!(Play::new(160, 50).worked().screen());
}

#[test]
fn a_turn_unfolded() {
    assert_snapshot!(Play::new(80, 30).worked().keys("ctrl+o").screen());
}

#[test]
fn a_turn_on_a_small_screen() {
    assert_snapshot!(Play::new(40, 10).worked().screen());
}

#[test]
fn running_with_live_output() {
    let mut play = Play::new(120, 34);
    play.prompt(1, "run the tests").sent(1);
    play.call(0, "c1", "Bash", &json!({"command": "cargo test --all"}));
    play.record(Body::CallOutput { call_id: "c1".into(), text: "compiling a\ncompiling b\n10 %\r50 %\r99 %\n".into() });
    play.wait(4_100);
    assert_snapshot!(play.screen());
}

#[test]
fn a_retry_counts_down() {
    let mut play = Play::new(80, 16);
    play.prompt(1, "hello").sent(1);
    play.delta(0, Some(DeltaKind::Text), "half an answ");
    play.failed(529, Some(4_000)).wait(1_200);
    assert_snapshot!(play.screen());
}

#[test]
fn the_text_of_an_attempt_that_was_asked_again_is_shown_once() {
    let mut play = Play::new(80, 16);
    play.prompt(1, "hello").sent(1);
    play.delta(0, Some(DeltaKind::Text), "The answer is fo");
    play.failed(529, Some(100)).wait(200).sent(2);
    play.delta(0, Some(DeltaKind::Text), "The answer is forty-two.");
    play.responded(vec![Block::Text { text: "The answer is forty-two.".into() }], false);
    let screen = play.screen();
    assert_eq!(screen.matches("The answer is fo").count(), 1, "{screen}");
    assert!(screen.contains("overloaded (529): asked again"), "{screen}");
}

#[test]
fn a_cut_answer_is_marked() {
    let mut play = Play::new(80, 16);
    play.prompt(1, "hello").sent(1);
    play.delta(0, Some(DeltaKind::Text), "As far as it ca");
    play.responded(vec![Block::Text { text: "As far as it ca".into() }], true);
    let screen = play.screen();
    assert!(screen.contains("As far as it ca") && screen.contains("cut:"), "{screen}");
    let screen = play.record(Body::TurnEnded { turn: 1, end: TurnEnd::Interrupted }).screen();
    assert!(screen.contains("interrupted by you") && !screen.contains("cut:"), "{screen}");
}

#[test]
fn scrolled_up_there_is_a_pill() {
    let mut play = Play::new(80, 16);
    for turn in 0..12 {
        play.prompt(turn, &format!("question {turn}"));
    }
    play.screen();
    play.keys("pageup").screen();
    play.prompt(13, "one more").prompt(14, "and another");
    assert_snapshot!(play.screen());
    let screen = play.keys("ctrl+end").screen();
    assert!(screen.contains("and another") && !screen.contains('↓'), "{screen}");
}

#[test]
fn narrow_sidebar_is_an_overlay() {
    assert_snapshot!(Play::new(80, 24).worked().keys("f2").screen());
}

#[test]
fn narrow_activity_is_an_overlay() {
    assert_snapshot!(Play::new(80, 24).worked().keys("f3").screen());
}

#[test]
fn a_question_over_the_conversation() {
    for (name, width, height) in [("question", 80, 24), ("question_wide", 120, 34), ("question_small", 40, 10)] {
        let mut play = Play::new(width, height);
        for turn in 0..12 {
            play.prompt(turn, &format!("question {turn}"));
        }
        play.sent(1);
        play.asked("c1", "cargo test --all").wait(400);
        assert_snapshot!(name, play.screen());
        let before = play.screen();
        if height == 10 {
            continue;
        }
        assert_ne!(before, play.keys("ctrl+home").screen(), "the conversation scrolls behind it");
    }
}

#[test]
fn details_of_a_call() {
    assert_snapshot!(Play::new(80, 34).worked().keys("f3 k enter").screen());
}

#[test]
fn cost_and_cache() {
    let mut play = Play::new(100, 16);
    play.worked();
    assert_snapshot!("cost", play.write("/cost").keys("enter").screen());
    play.keys("esc");
    assert_snapshot!("cache", play.write("/cache").keys("enter").screen());
}

fn context_item(category: &str, label: &str, tokens: u64) -> ContextItem {
    ContextItem {
        key: ItemKey::Result(label.to_owned()),
        category: category.to_owned(),
        label: label.to_owned(),
        tokens,
        cost: Some(tokens as f64 * 2e-7),
        again: 20_000,
        again_cost: Some(0.09),
        pinned: label == "Read src/parser.rs",
        leaving: false,
        hidden: false,
    }
}

fn context_report() -> ContextReport {
    ContextReport {
        window: 200_000,
        reserve: 20_000,
        measured: Some(61_900),
        items: vec![
            context_item("tools", "Bash", 900),
            context_item("mcp docs", "mcp__docs__find", 4_000),
            context_item("system", "system prompt", 2_000),
            context_item("memory", "/p/CLAUDE.md", 3_000),
            context_item("messages", "you: fix the parser\u{1b}[2J", 12_000),
            context_item("results", "Read src/parser.rs", 27_000),
            context_item("results", "Bash cargo test", 13_000),
        ],
        idle: 9_900,
        idle_cost: Some(0.05),
        turns_left: Some(7),
    }
}

#[test]
fn context_by_category() {
    let mut play = Play::new(80, 24);
    play.write("/context").keys("enter");
    assert!(play.screen().contains("counting"));
    play.live(Live::Report(Box::new(Report::Context(context_report()))));
    assert_snapshot!("context_80", play.screen());
    let mut play = Play::new(160, 40);
    play.write("/context").keys("enter");
    play.live(Live::Report(Box::new(Report::Context(context_report()))));
    assert_snapshot!("context_160", play.keys("j e").screen());
    let acts = play.keys("e").take_acts();
    let ejected = |act: &Act| matches!(act, Act::Send(Request::Context(ContextRequest::Eject { on: true, .. })));
    assert!(acts.iter().any(ejected), "{acts:?}");
    let acts = play.keys("p").take_acts();
    assert!(acts.iter().any(|act| matches!(act, Act::Send(Request::Context(ContextRequest::Pin { .. })))), "{acts:?}");
}

#[test]
fn a_draft_of_a_summary_is_edited_and_accepted() {
    let mut play = Play::new(80, 24);
    let draft = SummaryDraft {
        summary: "## Goal\nMend the parser.\n\n# Kept word for word\n## The user's words\n- never touch main.rs, because it is generated by the build and checked elsewhere".to_owned(),
        messages: 42,
        results: 31,
        tokens_before: 58_200,
        tokens_after: 4_100,
        gathered: false,
    };
    play.live(Live::Context(ContextNews::Draft(Box::new(draft))));
    assert_snapshot!("summary_editor", play.keys("down end space N o w .").screen());
    let acts = play.keys("ctrl+s").take_acts();
    let accepted = acts.iter().find_map(|act| match act {
        Act::Send(Request::Context(ContextRequest::Accept { summary })) => Some(summary.clone()),
        _ => None,
    });
    assert!(accepted.is_some_and(|summary| summary.starts_with("## Goal\nMend the parser. Now.\n")), "{acts:?}");
}

#[test]
fn the_price_of_a_change_is_asked_first() {
    let mut play = Play::new(80, 24);
    let question = PriceQuestion {
        what: "switch to claude-haiku-5-5".to_owned(),
        cause: BreakCause::Model,
        tokens: 41_000,
        cost: Some(0.21),
    };
    play.live(Live::Context(ContextNews::Price(Box::new(question))));
    assert_snapshot!("price", play.screen());
    play.take_acts();
    assert_eq!(play.keys("2").take_acts(), [Act::Send(Request::Context(ContextRequest::Decide(Choice::Later)))]);
}

#[test]
fn the_next_request_is_taken_apart() {
    let mut play = Play::new(80, 24);
    play.write("/inspect").keys("enter");
    let node = |depth, label: &str, tokens, change| InspectNode {
        depth,
        label: label.to_owned(),
        text: format!("the text of {label}"),
        tokens,
        change,
        mark: (label == "Bash").then_some("1 hour"),
    };
    let inspection = Inspection {
        model: "anthropic/claude-opus-5-5".to_owned(),
        nodes: vec![
            node(0, "tools", 900, NodeChange::Same),
            node(1, "Bash", 900, NodeChange::Same),
            node(0, "messages", 300, NodeChange::Same),
            node(1, "you", 200, NodeChange::Same),
            node(1, "answer", 100, NodeChange::New),
        ],
        raw: "{\n  \"model\": \"claude-opus-5-5\"\n}".to_owned(),
        tokens: 1_200,
        cached: 1_100,
    };
    play.live(Live::Context(ContextNews::Inspected(Box::new(inspection))));
    assert_snapshot!("inspect_tree", play.screen());
    assert!(play.keys("j enter").screen().contains("the text of Bash"));
    let changes = play.keys("esc tab").screen();
    assert!(changes.contains("answer") && !changes.contains("Bash"), "{changes}");
    assert!(play.keys("tab").screen().contains("\"model\": \"claude-opus-5-5\""));
}

#[test]
fn what_broke_the_cache_is_one_key_away() {
    let mut play = Play::new(100, 24);
    play.worked().record(Body::CacheBroken(CacheBreak {
        cause: BreakCause::Memory,
        segment: Some("/p/CLAUDE.md".into()),
        tokens: 9_000,
        cost: Some(0.03),
        request: 2,
        ..CacheBreak::default()
    }));
    play.take_acts();
    let acts = play.keys("f4").take_acts();
    assert_eq!(acts, [Act::Send(Request::Context(ContextRequest::ShowBreak { request: 2 }))]);
    let line = |kind, text: &str| DiffLine { kind, pieces: vec![(false, text.to_owned())] };
    let hunk = DiffHunk {
        old_start: 1,
        new_start: 1,
        lines: vec![line(LineKind::Removed, "use tabs"), line(LineKind::Added, "use blanks")],
    };
    let diff = FileDiff { path: "/p/CLAUDE.md".into(), created: false, added: 1, removed: 1, hunks: vec![hunk] };
    let news = ContextNews::Break { request: 2, label: "/p/CLAUDE.md".into(), shown: Shown::Diff(vec![diff]) };
    play.live(Live::Context(news));
    assert_snapshot!("break_diff", play.screen());
}

#[test]
fn todos_in_sidebar_and_sheet() {
    let mut play = Play::new(110, 34);
    let todo =
        |content: &str, status| Todo { content: content.into(), status, active_form: format!("{content} (now)") };
    play.worked().record(Body::TodosSet {
        todos: vec![
            todo("Read the parser", TodoState::Completed),
            todo("Fix it", TodoState::InProgress),
            todo("Run the tests", TodoState::Pending),
        ],
    });
    let broken = CacheBreak {
        cause: BreakCause::Tools,
        segment: Some("Bash".into()),
        tokens: 12_000,
        cost: Some(0.04),
        ..CacheBreak::default()
    };
    play.record(Body::CacheBroken(broken));
    assert_snapshot!(play.screen());
    let screen = play.keys("ctrl+t").screen();
    assert!(screen.contains("▸ Fix it (now)"), "{screen}");
}

#[test]
fn a_crashed_turn_does_not_run_after_a_resume() {
    let mut play = Play::new(80, 24);
    let mut records = vec![];
    for body in [
        Body::Prompted {
            turn: 1,
            message: std::sync::Arc::new(Message::user("go")),
            origin: Origin::Typed,
            typed: None,
        },
        Body::CallStarted { call_id: "c9".into() },
    ] {
        records.push(play.make(body));
    }
    play.open(start_info(true), records);
    let screen = play.screen();
    assert!(!screen.contains("esc to interrupt"), "{screen}");
}

#[test]
fn idle_never_says_how_to_interrupt_and_busy_always_does() {
    for (width, height) in [(80, 24), (40, 10), (160, 50)] {
        let mut play = Play::new(width, height);
        assert!(!play.screen().contains("esc to interrupt"));
        play.prompt(1, "go").sent(1);
        let screen = play.screen();
        assert!(screen.contains("esc to interrupt"), "{width}x{height}\n{screen}");
        play.record(Body::TurnEnded { turn: 1, end: TurnEnd::Done });
        assert!(!play.screen().contains("esc to interrupt"));
    }
}

#[test]
fn no_size_panics() {
    for width in [1, 2, 5, 20, 33, 79, 100, 131] {
        for height in [1, 2, 3, 5, 8, 12, 31] {
            let mut play = Play::new(width, height);
            play.worked().prompt(2, "go").sent(1);
            play.screen();
            for keys in ["ctrl+o", "f2", "f3", "enter", "esc esc esc", "tab j k n p", "ctrl+t", "pageup pagedown"] {
                play.keys(keys).screen();
            }
        }
    }
}

#[test]
fn hostile_text_never_reaches_the_screen_raw() {
    const EVIL: &str = "a\u{1b}[31mred\u{1b}]0;t\u{7}\u{202e}rtl\u{9b}2J\u{0}\r\u{feff}\u{e0041}z";
    let mut play = Play::bare(120, 45);
    let mut info = start_info(true);
    info.cwd = EVIL.into();
    info.branch = Some(EVIL.into());
    info.tools = vec![EVIL.into()];
    info.memory[0].path = EVIL.into();
    play.open(info, Vec::new());
    play.record(Body::TitleSet { title: EVIL.into() });
    play.live(Live::Notice(Notice::error(EVIL).hint(EVIL)));
    hostile(&mut play, "");
    play.prompt(1, EVIL).sent(1);
    play.delta(0, Some(DeltaKind::Thinking), EVIL);
    play.delta(1, Some(DeltaKind::Text), EVIL);
    play.call(2, EVIL, EVIL, &json!({"command": EVIL, EVIL: EVIL}));
    play.record(Body::CallOutput { call_id: EVIL.into(), text: EVIL.into() });
    hostile(&mut play, "");
    play.done(EVIL, Shown::Text { text: EVIL.into(), language: Some(EVIL.into()) }, EVIL, true);
    play.record(Body::TodosSet {
        todos: vec![Todo { content: EVIL.into(), status: TodoState::Pending, active_form: EVIL.into() }],
    });
    play.record(Body::QueueSet { queue: vec![Queued { id: 1, text: EVIL.into() }] });
    play.record(Body::ShellRan { command: EVIL.into(), output: EVIL.into(), exit: Some(1) });
    let error = ModelError::new(ErrorKind::Server, EVIL);
    play.record(Body::RequestFailed { request: 1, error: error.clone(), retry_in_ms: Some(900) });
    hostile(&mut play, "");
    let broken = CacheBreak {
        cause: BreakCause::Tools,
        segment: Some(EVIL.into()),
        tokens: 5,
        cost: None,
        ..CacheBreak::default()
    };
    play.record(Body::CacheBroken(broken));
    play.record(Body::RuleAdded { rule: EVIL.into(), file: Some(EVIL.into()) });
    play.record(Body::Compacted { summary: EVIL.into(), kept: 1, tokens_before: 9, tokens_after: 1, auto: true });
    play.record(Body::TurnEnded { turn: 1, end: TurnEnd::Declined { explanation: Some(EVIL.into()) } });
    play.record(Body::TurnEnded { turn: 1, end: TurnEnd::Failed { error } });
    for keys in ["ctrl+o", "ctrl+t", "esc f2", "f2 f3", "f3 tab tab enter"] {
        hostile(&mut play, keys);
    }
    play.keys("esc esc").prompt(2, "go").sent(1);
    play.asked("c8", EVIL).live(Live::CallPreview {
        call_id: "c8".into(),
        shown: Shown::List(vec![EVIL.into()]),
        parts: 0,
    });
    hostile(&mut play, "");
    play.record(Body::TurnEnded { turn: 2, end: TurnEnd::Interrupted });
    for command in ["/tools", "/permissions", "/cost", "/cache"] {
        play.keys("esc esc").write(command);
        hostile(&mut play, "enter");
    }
    for act in play.take_acts() {
        if let Act::Title(title) | Act::Notify(title) = act {
            assert!(!title.chars().any(char::is_control), "{title:?}");
        }
    }
}

fn hostile(play: &mut Play, keys: &str) {
    if !keys.is_empty() {
        play.keys(keys);
    }
    let (buf, _) = play.draw();
    for cell in buf.content() {
        let bad =
            |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{feff}' || c >= '\u{e0000}';
        assert!(!cell.symbol().chars().any(bad), "{:?} is on the screen", cell.symbol());
    }
}

#[test]
fn an_answer_that_is_asked_again_with_more_room_is_shown_once() {
    let mut play = Play::new(80, 16);
    play.prompt(1, "hello").sent(1);
    play.delta(0, Some(DeltaKind::Text), "A long answer that");
    play.responded(Vec::new(), true);
    let error = ModelError::new(ErrorKind::Rejected, "the answer reached the output limit; asking again with 32000");
    play.record(Body::RequestFailed { request: 1, error, retry_in_ms: Some(0) });
    play.sent(1);
    play.delta(0, Some(DeltaKind::Text), "A long answer that is whole.");
    let screen = play.screen();
    assert_eq!(screen.matches("A long answer").count(), 1, "{screen}");
    assert!(screen.contains("the answer reached the output limit"), "{screen}");
    assert!(!screen.contains("cut:"), "{screen}");
}

#[test]
fn a_call_that_ran_stays_when_its_answer_was_cut() {
    let mut play = Play::new(80, 16);
    play.prompt(1, "hello").sent(1);
    play.delta(0, Some(DeltaKind::Text), "I look.");
    let input = json!({"file_path": "/code/demo/a.rs"});
    play.call(1, "c1", "Read", &input);
    let kind = DeltaKind::ToolCall { id: "c2".into(), name: "Grep".into() };
    play.delta(2, Some(kind), "{\"pat");
    let call = Block::ToolCall(ToolCall { id: "c1".into(), name: "Read".into(), input });
    play.responded(vec![Block::Text { text: "I look.".into() }, call], true);
    play.failed(500, None);
    play.done("c1", Shown::Nothing, "3 lines", false);
    let screen = play.screen();
    assert!(screen.contains("● Read a.rs") && screen.contains("3 lines"), "{screen}");
    assert!(!screen.contains("Grep"), "{screen}");
}

#[test]
fn a_history_shows_each_turn_with_its_own_time_and_cost() {
    let mut live = Play::new(80, 24);
    live.worked();
    let mut records = live.log.clone();
    live.now += 60_000;
    live.prompt(2, "and now?").record(Body::TurnEnded { turn: 2, end: TurnEnd::Done });
    records.extend(live.log.iter().skip(records.len()).cloned());
    let mut again = Play::bare(80, 24);
    again.now = live.now;
    again.open(start_info(true), records);
    assert_eq!(again.screen(), live.screen());
    assert!(live.screen().contains("4.0 s · $0.04"));
}

#[test]
fn a_hint_of_several_rows_has_one_arrow() {
    let mut play = Play::new(60, 24);
    let notice =
        Notice::warning("Nothing was sent").hint("set the one variable or the other and start again ".repeat(3));
    let screen = play.live(Live::Notice(notice)).screen();
    assert!(screen.contains("start again") && screen.matches('→').count() == 1, "{screen}");
}

#[test]
fn help_lists_every_key() {
    let mut play = Play::new(80, 60);
    assert_snapshot!(play.write("?").screen());
}

#[test]
fn a_summary_is_drafted_in_view_and_becomes_a_mark() {
    let mut play = Play::new(80, 24).worked_once();
    play.summarises();
    play.delta(0, Some(DeltaKind::Thinking), "What matters");
    play.delta(0, None, " here?");
    play.delta(1, Some(DeltaKind::Text), "The parser dropped the last line;\nit is mended.");
    assert_snapshot!("summary_draft", play.screen());
    play.responded(Vec::new(), false);
    let summary = "The parser dropped the last line;\nit is mended.".to_owned();
    play.record(Body::Compacted { summary, kept: 0, tokens_before: 12_000, tokens_after: 3_000, auto: false });
    play.record(Body::TurnEnded { turn: 1, end: TurnEnd::Done });
    assert_snapshot!("summary_done", play.screen());
    // The turn before has its own line, and the summary is not paid twice.
    assert!(play.screen().contains(" · $0.01"), "{}", play.screen());
}

#[test]
fn a_summary_that_is_stopped_changes_nothing_and_keeps_its_draft() {
    let mut play = Play::new(80, 30).worked_once();
    play.summarises();
    play.delta(0, Some(DeltaKind::Text), "The parser dropped");
    play.record(Body::TurnEnded { turn: 1, end: TurnEnd::Interrupted });
    let screen = play.screen();
    assert!(screen.contains("no summary was made"), "{screen}");
    assert!(play.keys("ctrl+o").screen().contains("The parser dropped"));
}

#[test]
fn an_answer_cut_by_a_crash_is_shown_once_and_thinking_stays() {
    let mut play = Play::new(80, 24);
    play.prompt(1, "go").sent(1);
    play.delta(0, Some(DeltaKind::Thinking), "hmm");
    play.delta(1, Some(DeltaKind::Text), "Half an answer");
    let records = play.log.clone();
    play.open(start_info(true), records);
    play.record(Body::Resumed { version: "1".into(), cwd: "/code/demo".into() });
    play.responded(vec![Block::Text { text: "Half an answer".into() }], true);
    play.record(Body::TurnEnded { turn: 1, end: TurnEnd::Interrupted });
    let screen = play.screen();
    assert_eq!(screen.matches("Half an answer").count(), 1, "{screen}");
    assert!(screen.contains("the program ended in the middle of this turn"), "{screen}");
    assert!(screen.contains("tokens"), "the thinking is still there: {screen}");
    let again = Play::reopened(&play).screen();
    assert_eq!(again.matches("Half an answer").count(), 1, "{again}");
    assert!(again.contains("the program ended in the middle of this turn"), "{again}");
}
