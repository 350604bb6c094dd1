//! A session of which the end is read first, against the same session as a whole.
#![allow(clippy::unwrap_used, reason = "tests")]

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::{Msg, Scene};
use super::*;
use crate::domain::{
    Block, Body, Branches, FileMove, FilesBody, LibraryBody, LibraryNews, Live, Message, ModelRef, MoveKind, Origin,
    ResponseNote, SessionId, Shown, StopReason, ToolCall, ToolResult, TurnEnd, Usage, Wire,
};
use crate::theme::Theme;

/// A session in which something was taken back.
fn session() -> Vec<Arc<Record>> {
    let mut bodies = Vec::new();
    for turn in 1..=6u32 {
        let message = Arc::new(Message::user(format!("question {turn}")));
        bodies.push(Body::Prompted { turn, message, origin: Origin::Typed, typed: None });
        let input = serde_json::json!({ "command": format!("run {turn}") });
        let call = ToolCall { id: format!("c{turn}"), name: "Bash".into(), input };
        let blocks = vec![Block::Text { text: format!("answer {turn}") }, Block::ToolCall(call)];
        bodies.push(Body::Responded(ResponseNote {
            request: turn,
            message: Arc::new(Message::assistant(blocks, ModelRef::new(Wire::Anthropic, "m"))),
            stop: StopReason::ToolUse,
            usage: Usage { input: 10, output: 2, ..Usage::default() },
            estimated: false,
            cost: Some(0.5),
            duration_ms: 1,
            cut: false,
        }));
        bodies.push(Body::CallDone {
            result: ToolResult::text(format!("c{turn}"), "ok", false),
            shown: Shown::Nothing,
            summary: format!("result {turn}"),
            duration_ms: 1,
            full_output: None,
        });
        bodies.push(Body::TurnEnded { turn, end: TurnEnd::Done });
    }
    // Back to before the third prompt, from the end.
    let step = FileMove { kind: MoveKind::Undo, steps: Vec::new(), skipped: Vec::new(), conversation: Some(8) };
    bodies.push(Body::Files(FilesBody::Moved(step)));
    (0..).zip(bodies).map(|(seq, body)| Arc::new(Record { seq, at: seq, body })).collect()
}

/// What stands in the place of the records before that number.
fn head(all: &[Arc<Record>], before: u64) -> Vec<Arc<Record>> {
    if before == 0 {
        return Vec::new();
    }
    let mut branches = Branches::default();
    all.iter().filter(|record| record.seq < before).for_each(|record| {
        branches.see(record);
    });
    let earlier = Earlier { records: before, bytes: before * 100, branches, ..Earlier::default() };
    let body = Body::Library(LibraryBody::Earlier(Box::new(earlier)));
    vec![Arc::new(Record { seq: before, at: 0, body })]
}

#[derive(Default)]
struct Pane {
    facts: Facts,
    conversation: Conversation,
}

impl Pane {
    fn hear(&mut self, event: &Event) {
        self.facts.hear(event);
        self.conversation.hear(event, &self.facts);
    }

    fn tail(all: &[Arc<Record>], from: u64) -> Self {
        let mut pane = Self { conversation: Conversation::bare(), ..Self::default() };
        let tail = all.iter().filter(|record| record.seq >= from).cloned();
        for record in head(all, from).into_iter().chain(tail) {
            pane.hear(&Event::Recorded(record));
        }
        pane
    }

    fn more(&mut self, all: &[Arc<Record>], (from, before): (u64, u64)) {
        let part = all.iter().filter(|record| (from..before).contains(&record.seq)).cloned();
        let records = head(all, from).into_iter().chain(part).collect();
        let id = SessionId(uuid::Uuid::nil());
        self.hear(&Event::Live(Live::Library(LibraryNews::Earlier { id, before, records })));
    }

    fn screen(&mut self, height: u16) -> String {
        let (theme, area) = (Theme::default(), Rect::new(0, 0, 60, height));
        let scene = Scene { facts: &self.facts, theme: &theme, now: 0, still: true, utc_offset: 0 };
        self.conversation.settle(area, scene);
        let mut buf = Buffer::empty(area);
        self.conversation.view(&theme, area, &mut buf);
        let row =
            |y| (0..area.width).map(|x| buf[(x, y)].symbol().to_owned()).collect::<String>().trim_end().to_owned();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn what_is_read_later_stands_where_it_belongs() {
    let all = session();
    let mut whole = Pane::tail(&all, 0);
    let mut parts = Pane::tail(&all, 20);
    let screen = parts.screen(60);
    assert!(screen.contains("20 events before this (2.0 KB)") && !screen.contains("question 5"), "{screen}");
    parts.more(&all, (8, 20));
    parts.more(&all, (4, 20));
    assert!(parts.screen(60).contains("8 events before this"), "an answer that comes twice is taken once");
    parts.more(&all, (0, 8));
    assert_eq!(parts.screen(60), whole.screen(60));
    let ids = |pane: &Pane| pane.facts.calls.list().iter().map(|call| call.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&parts), ids(&whole));
    assert!(!parts.screen(60).contains("question 3") && parts.screen(60).contains("question 2"), "taken back");
    // The calls that show are those that are meant.
    whole.conversation.update(Msg::Details);
    parts.conversation.update(Msg::Details);
    assert_eq!(parts.screen(60), whole.screen(60));
}

#[test]
fn whoever_scrolls_to_the_mark_is_given_what_was_before_and_stays_where_he_is() {
    let all: Vec<Arc<Record>> = session().into_iter().filter(|record| record.seq < 24).collect();
    let mut pane = Pane::tail(&all, 12);
    pane.screen(6);
    assert!(pane.conversation.ask_earlier().is_empty(), "the end is in view");
    while !pane.conversation.wants_earlier() {
        pane.conversation.update(Msg::Scroll(-1));
        pane.screen(6);
    }
    let request = LibraryRequest::Earlier { before: 12, back_to: None };
    assert_eq!(pane.conversation.ask_earlier(), [Act::Send(Request::Library(request))]);
    assert!(pane.conversation.ask_earlier().is_empty(), "once");
    pane.more(&all, (4, 12));
    let screen = pane.screen(6);
    assert!(screen.contains("question 4"), "{screen}");
    pane.conversation.update(Msg::Scroll(-3));
    assert!(pane.screen(6).contains("result 3") || pane.screen(6).contains("run 3"), "{}", pane.screen(6));
    // A place is found again, whatever was read when it was noted.
    let place = pane.conversation.place().unwrap();
    let mut other = Pane::tail(&all, 0);
    other.screen(6);
    other.conversation.return_to(place);
    assert_eq!(other.screen(6), pane.screen(6));
    let mut far = Pane::tail(&all, 16);
    far.screen(6);
    far.conversation.return_to(place);
    let request = LibraryRequest::Earlier { before: 16, back_to: Some(place.record) };
    assert_eq!(far.conversation.ask_earlier(), [Act::Send(Request::Library(request))]);
    far.more(&all, (4, 16));
    assert_eq!(far.screen(6), pane.screen(6));
}

#[test]
fn no_more_is_read_than_memory_is_meant_for() {
    let all = session();
    let mut pane = Pane::tail(&all, 20);
    let unread = pane.conversation.fold.unread.as_mut().unwrap();
    (unread.wanted, unread.opened) = (true, unread.bytes + MOST);
    assert!(pane.conversation.wants_earlier());
    pane.conversation.fold.unread.as_mut().unwrap().opened += 1;
    assert!(!pane.conversation.wants_earlier() && pane.conversation.ask_earlier().is_empty());
    assert!(!pane.conversation.want_earlier(), "a search ends there");
}
