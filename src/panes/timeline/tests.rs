//! The state at an event against the state that was live then, and screens.
#![allow(clippy::unwrap_used, clippy::panic, let_underscore_drop, reason = "tests")]

use proptest::prelude::*;
use ratatui::buffer::Buffer;

use super::*;
use crate::domain::{
    Block, DeltaKind, DiffHunk, FileDiff, Message, Mode, ModelRef, Origin, ResponseNote, Shown, StopReason, Todo,
    TodoState, ToolCall, ToolResult, TurnEnd, Usage, Wire,
};

const NOW: u64 = 1_700_000_000_000;

fn id() -> SessionId {
    SessionId(uuid::Uuid::from_u128(5))
}

fn model() -> ModelRef {
    ModelRef::new(Wire::Anthropic, "claude")
}

fn prompt(turn: u32, text: &str) -> Body {
    Body::Prompted { turn, message: Arc::new(Message::user(text)), origin: Origin::Typed, typed: None }
}

fn answer(request: u32, text: &str, call: Option<u32>) -> Body {
    let mut blocks = vec![Block::Text { text: text.into() }];
    blocks.extend(call.map(|call| {
        let input = serde_json::json!({ "file_path": format!("/w/{call}.rs") });
        Block::ToolCall(ToolCall { id: format!("c{call}"), name: "Edit".into(), input })
    }));
    Body::Responded(ResponseNote {
        request,
        message: Arc::new(Message::assistant(blocks, model())),
        stop: StopReason::EndTurn,
        usage: Usage { input: 1_000 * u64::from(request), output: 10, ..Usage::default() },
        estimated: false,
        cost: Some(0.01),
        duration_ms: 5,
        cut: false,
    })
}

fn done(call: u32, is_error: bool) -> Body {
    let hunks: Vec<DiffHunk> = Vec::new();
    let file = FileDiff { path: format!("src/{call}.rs"), created: false, added: 3, removed: 1, hunks };
    Body::CallDone {
        result: ToolResult::text(format!("c{call}"), "ok", is_error),
        shown: Shown::Diff(vec![file]),
        summary: "+3 −1".into(),
        duration_ms: 7,
        full_output: None,
    }
}

fn todos(done: bool) -> Body {
    let status = if done { TodoState::Completed } else { TodoState::InProgress };
    let todo = Todo { content: "Mend \u{1b}[2Jit".into(), status, active_form: "Mending".into() };
    Body::TodosSet { todos: vec![todo] }
}

fn records(bodies: Vec<Body>) -> Vec<Arc<Record>> {
    let first =
        Body::SessionStarted { format: 1, id: id(), version: "0".into(), cwd: "/w".into(), project: "/w".into() };
    let all = std::iter::once(first).chain(bodies);
    (0..).zip(all).map(|(seq, body)| Arc::new(Record { seq, at: NOW + seq * 900, body })).collect()
}

fn opened(records: Vec<Arc<Record>>, seq: Option<u64>) -> Timeline {
    let (mut timeline, acts) = Timeline::open(None, seq);
    assert_eq!(acts, [Act::Send(Request::Library(LibraryRequest::Timeline { id: None, near: seq }))]);
    timeline.hear(&Event::Live(Live::Library(LibraryNews::Timeline { id: id(), records, more: false })));
    timeline
}

fn screen(timeline: &mut Timeline, width: u16, height: u16) -> String {
    let (theme, area) = (Theme::default(), Rect::new(0, 0, width, height));
    timeline.settle(area, &theme, 0);
    let mut buf = Buffer::empty(area);
    timeline.view(&theme, 0, &mut buf);
    let row = |y: u16| {
        let cells: String = (0..width).map(|x| buf[(x, y)].symbol()).collect();
        cells.trim_end().to_owned()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn press(timeline: &mut Timeline, code: KeyCode) {
    let _ = timeline.update(Said::Key(KeyEvent::from(code)), NOW);
}

fn some() -> Vec<Arc<Record>> {
    let delta = |text: &str| Body::Delta { request: 1, block: 0, kind: Some(DeltaKind::Text), text: text.into() };
    records(vec![
        Body::ModelSet { model: model(), effort: None },
        Body::TitleSet { title: "mend \u{1b}]0;it".into() },
        prompt(1, "mend the parser"),
        todos(false),
        delta("I w"),
        delta("ill."),
        answer(1, "I will.", Some(1)),
        done(1, true),
        Body::ModeSet { mode: Mode::AcceptEdits },
        Body::RuleAdded { rule: "Edit(src/**)".into(), file: None },
        answer(2, "Done.", None),
        todos(true),
        Body::TurnEnded { turn: 1, end: TurnEnd::Done },
        prompt(2, "thanks"),
    ])
}

#[test]
fn keys_step_and_jump_between_events_that_matter() {
    let mut timeline = opened(some(), None);
    assert_eq!(timeline.stops.len(), 13, "pieces of an answer are no moments");
    assert_eq!(timeline.at, 12);
    press(&mut timeline, KeyCode::Char('p'));
    assert!(matches!(timeline.record().unwrap().body, Body::Prompted { turn: 1, .. }));
    press(&mut timeline, KeyCode::Right);
    assert!(matches!(timeline.record().unwrap().body, Body::TodosSet { .. }));
    press(&mut timeline, KeyCode::Home);
    press(&mut timeline, KeyCode::Left);
    assert_eq!(timeline.at, 0);
    press(&mut timeline, KeyCode::Char('n'));
    press(&mut timeline, KeyCode::Char('n'));
    press(&mut timeline, KeyCode::Char('n'));
    assert_eq!(timeline.at, 12, "beyond the last prompt is the end");
    let mut timeline = opened(some(), Some(8));
    assert!(matches!(timeline.record().unwrap().body, Body::CallDone { .. }), "it begins at the record that was found");
    screen(&mut timeline, 100, 30);
    let bar = timeline.places.bar;
    let _ = timeline.update(Said::Click(Position::new(bar.right() - 1, bar.y)), NOW);
    assert_eq!(timeline.at, 12);
    let _ = timeline.update(Said::Click(Position::new(bar.x, bar.y)), NOW);
    assert_eq!(timeline.at, 0);
}

#[test]
fn it_plays_and_stops_at_the_end() {
    let mut timeline = opened(some(), None);
    press(&mut timeline, KeyCode::Char(' '));
    assert_eq!((timeline.at, timeline.next_tick(NOW)), (0, Some(0)), "played from the end it begins anew");
    let (mut now, mut steps) = (NOW, 0);
    while let Some(wait) = timeline.next_tick(now) {
        now += wait;
        timeline.tick(now);
        steps += 1;
        assert!(steps < 100);
    }
    assert_eq!(timeline.at, 12);
    assert_eq!(now - NOW, 11 * 225 + 3 * 225, "900 ms each at four times the speed; pieces between count too");
}

#[test]
fn a_session_of_nothing_and_a_late_answer_do_no_harm() {
    let mut timeline = opened(Vec::new(), Some(4));
    for code in [KeyCode::Left, KeyCode::Right, KeyCode::Char(' '), KeyCode::End, KeyCode::Char('n'), KeyCode::Tab] {
        press(&mut timeline, code);
        screen(&mut timeline, 40, 10);
        screen(&mut timeline, 1, 1);
    }
    let (mut other, _) = Timeline::open(Some(SessionId(uuid::Uuid::from_u128(9))), None);
    other.hear(&Event::Live(Live::Library(LibraryNews::Timeline { id: id(), records: some(), more: false })));
    assert!(!other.loaded, "the records of another session");
}

#[test]
fn screens() {
    let mut timeline = opened(some(), Some(8));
    insta::assert_snapshot!("timeline_80x24", screen(&mut timeline, 80, 24));
    insta::assert_snapshot!("timeline_160x30", screen(&mut timeline, 160, 30));
    press(&mut timeline, KeyCode::Tab);
    insta::assert_snapshot!("timeline_state_80x24", screen(&mut timeline, 80, 24));
}

/// Everything of a moment that can be seen.
fn seen(moment: &Moment) -> String {
    let facts = &moment.facts;
    format!(
        "{:?}",
        (
            (&facts.model, &facts.mode, &facts.title, &facts.turn, &facts.request, &facts.retry),
            (&facts.queue, &facts.todos, facts.calls.list(), facts.ledger.context, facts.ledger.session.cost()),
            (&moment.conversation, &moment.files, &moment.cwd, &moment.rules, moment.decisions),
        )
    )
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        (1u32..4, "[a-z ]{0,12}").prop_map(|(turn, text)| prompt(turn, &text)),
        (1u32..4, 0u32..3, "[a-z]{1,4}").prop_map(|(request, block, text)| Body::Delta {
            request,
            block,
            kind: Some(DeltaKind::Text),
            text
        }),
        (1u32..4, proptest::option::of(1u32..4)).prop_map(|(request, call)| answer(request, "said", call)),
        (1u32..4).prop_map(|call| Body::CallStarted { call_id: format!("c{call}") }),
        (1u32..4, any::<bool>()).prop_map(|(call, error)| done(call, error)),
        any::<bool>().prop_map(todos),
        Just(Body::ModeSet { mode: Mode::Plan }),
        Just(Body::Cleared),
        (1u32..4).prop_map(|turn| Body::TurnEnded { turn, end: TurnEnd::Interrupted }),
        Just(Body::Compacted { summary: "s".into(), kept: 1, tokens_before: 9, tokens_after: 2, auto: true }),
        "[a-z]{1,5}".prop_map(|path| Body::CwdSet { cwd: path.into() }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever way one goes through a session, the state at an event is the one that was live then.
    #[test]
    fn the_state_at_an_event_is_the_state_that_was_live(
        bodies in proptest::collection::vec(body(), 1..40),
        jumps in proptest::collection::vec(0usize..60, 1..8),
    ) {
        let records = records(bodies);
        // The live face hears one record after the other, as the engine tells them.
        let mut live = Moment::start(&records);
        let mut then = Vec::new();
        for record in &records {
            live.hear(record);
            then.push(seen(&live));
        }
        let mut timeline = opened(records, None);
        for jump in jumps {
            timeline.go(jump);
            timeline.fold();
            let index = timeline.stops[timeline.at];
            prop_assert_eq!(&seen(&timeline.moment), &then[index]);
        }
    }
}

#[test]
fn a_copy_begins_at_the_moment_and_a_long_session_is_gone_through_in_parts() {
    let mut timeline = opened(some(), Some(8));
    let key = |timeline: &mut Timeline, code| timeline.update(Said::Key(KeyEvent::from(code)), NOW);
    let until = timeline.record().unwrap().seq + 1;
    let request = FilesRequest::ForkAt { id: Some(id()), until };
    assert_eq!(key(&mut timeline, KeyCode::Char('f')), (vec![Act::Send(Request::Files(request))], Wish::Close));

    // The middle of a long session: more before, more behind.
    let all = some();
    let mut part = vec![all[0].clone()];
    let earlier = Box::new(crate::domain::Earlier { records: 6, ..crate::domain::Earlier::default() });
    part.push(Arc::new(Record { seq: 6, at: NOW, body: Body::Library(LibraryBody::Earlier(earlier)) }));
    part.extend(all.iter().skip(6).take(6).cloned());
    let (mut timeline, _) = Timeline::open(None, Some(7));
    timeline.hear(&Event::Live(Live::Library(LibraryNews::Timeline { id: id(), records: part, more: true })));
    let shown = screen(&mut timeline, 100, 20);
    assert!(shown.contains("… 1/") || shown.contains("… 2/"), "{shown}");
    let ask = |near| vec![Act::Send(Request::Library(LibraryRequest::Timeline { id: Some(id()), near: Some(near) }))];
    press(&mut timeline, KeyCode::Home);
    assert_eq!(key(&mut timeline, KeyCode::Left).0, ask(5));
    assert!(key(&mut timeline, KeyCode::Left).0.is_empty(), "it is asked for once");
    timeline.hear(&Event::Live(Live::Library(LibraryNews::Timeline { id: id(), records: all, more: false })));
    assert_eq!(timeline.record().unwrap().seq, 7, "the first event from there on that is no piece");
    press(&mut timeline, KeyCode::End);
    assert!(key(&mut timeline, KeyCode::Right).0.is_empty(), "nothing is behind");
}
