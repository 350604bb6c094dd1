//! Key scripts and screens of the browser.

#![allow(clippy::unwrap_used, clippy::panic, let_underscore_drop, reason = "tests")]

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyModifiers};

use super::*;
use crate::base::text;
use crate::domain::{Body, ExportForm, FilesRequest, Found, Hit, HitKind, Message, Origin, Record, SessionState};
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Position;

const NOW: u64 = 1_700_000_000_000;

fn summary(number: u32, title: &str, minutes: u64) -> SessionSummary {
    SessionSummary {
        id: id(number),
        title: title.to_owned(),
        project: format!("/home/ada/project{}", number % 3).into(),
        model: None,
        started: NOW - minutes * 60_000 - 1,
        updated: NOW - minutes * 60_000,
        turns: number,
        cost: (number != 3).then_some(0.42 * f64::from(number)),
        tokens: u64::from(number) * 12_300,
        bytes: 1,
        prompt: String::new(),
        branch: None,
        pinned: false,
        tags: Vec::new(),
        state: crate::domain::SessionState::Rests,
        parent: None,
    }
}

fn id(number: u32) -> SessionId {
    SessionId(uuid::Uuid::from_u128(u128::from(number)))
}

/// The answer to what the browser asked for last.
fn hear(pane: &mut Sessions, sessions: Vec<SessionSummary>) {
    pane.hear(&Event::Live(Live::Sessions(pane.scope(), sessions)));
}

fn browser() -> Sessions {
    let mut pane = Sessions::default();
    let acts = pane.open("", Here::default(), NOW);
    assert_eq!(acts, [Act::Send(Request::ListSessions(SessionScope::Project))]);
    hear(
        &mut pane,
        vec![
            summary(1, "fix the failing parser test", 0),
            summary(2, "漢字 in table cells\u{1b}[2J\nsecond line", 42),
            summary(3, "write the release notes for the next version, with every change since spring", 60 * 26),
            summary(4, "", 60 * 24 * 90),
        ],
    );
    screen(&mut pane, 80, 24);
    pane
}

fn screen(pane: &mut Sessions, width: u16, height: u16) -> String {
    let theme = Theme::default();
    let area = Rect::new(0, 0, width, height);
    pane.settle(area, &theme, NOW + 1_000);
    let mut buf = Buffer::empty(area);
    let cursor = pane.view(&theme, &mut buf);
    let row = |y: u16| -> String {
        let mut out = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buf[(x, y)].symbol();
            out.push_str(if cursor == Some(Position::new(x, y)) { "▮" } else { symbol });
            x += text::width(symbol).max(1) as u16;
        }
        out.trim_end().to_owned()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn press(pane: &mut Sessions, code: KeyCode) -> Vec<Act> {
    pane.update(Said::Key(KeyEvent::from(code)), NOW)
}

fn typed(pane: &mut Sessions, text: &str) {
    text.chars().for_each(|letter| drop(press(pane, KeyCode::Char(letter))));
}

fn previewed(pane: &mut Sessions, number: u32) {
    let prompt = Body::Prompted {
        turn: 1,
        message: Arc::new(Message::user("why does\nit fail? \u{1b}]0;x")),
        origin: Origin::Typed,
        typed: None,
    };
    let records = vec![Arc::new(Record { seq: 0, at: NOW, body: prompt })];
    pane.hear(&Event::Live(Live::Preview { id: id(number), records }));
}

#[test]
fn typing_narrows_and_enter_resumes() {
    let mut pane = browser();
    typed(&mut pane, "release");
    insta::assert_snapshot!("filtered_40x10", screen(&mut pane, 40, 10));
    assert_eq!(press(&mut pane, KeyCode::Enter), [Act::Send(Request::Resume(id(3)))]);
    assert!(!pane.is_open());
}

#[test]
fn a_preview_is_asked_for_when_the_choice_rests() {
    let mut pane = browser();
    for _ in 0..3 {
        assert!(press(&mut pane, KeyCode::Down).is_empty());
    }
    assert_eq!(pane.next_tick(NOW), Some(REST_MS));
    assert!(pane.tick(NOW + REST_MS - 1).is_empty());
    assert_eq!(pane.tick(NOW + REST_MS), [Act::Send(Request::PreviewSession(id(4)))]);
    assert_eq!(pane.next_tick(NOW + REST_MS), None, "no clock while nothing waits");
    previewed(&mut pane, 2);
    assert!(pane.shown_preview().is_none(), "an answer that comes late is not shown for another session");
    previewed(&mut pane, 4);
    assert!(pane.shown_preview().is_some());
}

#[test]
fn all_projects_and_back() {
    let mut pane = browser();
    let toggle = Said::Key(KeyEvent::new(KeyCode::Char('a'), KeyModifiers::CONTROL));
    let acts = pane.update(toggle.clone(), NOW);
    assert_eq!(acts, [Act::Send(Request::ListSessions(SessionScope::All))]);
    hear(&mut pane, vec![summary(1, "one", 0)]);
    // The list of the project, asked for before, took longer.
    pane.hear(&Event::Live(Live::Sessions(SessionScope::Project, Vec::new())));
    assert!(screen(&mut pane, 80, 24).contains("project1"));
    assert_eq!(pane.update(toggle, NOW), [Act::Send(Request::ListSessions(SessionScope::Project))]);
}

#[test]
fn a_click_chooses_and_a_second_one_resumes() {
    let mut pane = browser();
    let row = screen(&mut pane, 80, 24).lines().position(|line| line.contains("release")).unwrap() as u16;
    let click = Said::Click(Position::new(5, row));
    assert!(pane.update(click.clone(), NOW).is_empty());
    assert_eq!(pane.update(click, NOW), [Act::Send(Request::Resume(id(3)))]);
}

#[test]
fn a_filter_may_come_with_the_command() {
    let mut pane = Sessions::default();
    let _ = pane.open("  parser \n test ", Here::default(), NOW);
    hear(&mut pane, vec![summary(1, "other", 0), summary(2, "the parser test", 1)]);
    assert_eq!(press(&mut pane, KeyCode::Enter), [Act::Send(Request::Resume(id(2)))]);
}

#[test]
fn ten_thousand_rows_are_moved_through_and_searched() {
    let mut pane = Sessions::default();
    let _ = pane.open("", Here::default(), NOW);
    let many = (0..10_000).map(|number| summary(number, &format!("session {number} about the parser"), 1)).collect();
    hear(&mut pane, many);
    let _ = press(&mut pane, KeyCode::End);
    assert!(screen(&mut pane, 80, 24).contains("session 9999"));
    typed(&mut pane, "77 par");
    assert!(pane.sieve.len() < 1_000 && pane.sieve.len() > 10);
}

fn ctrl(pane: &mut Sessions, letter: char) -> Vec<Act> {
    pane.update(Said::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)), NOW)
}

fn library(request: LibraryRequest) -> [Act; 1] {
    [Act::Send(Request::Library(request))]
}

#[test]
fn deeds_go_to_the_engine_and_what_they_came_to_is_told() {
    let mut pane = browser();
    assert!(ctrl(&mut pane, 'r').is_empty());
    typed(&mut pane, " now");
    let title = "fix the failing parser test now".to_owned();
    assert_eq!(press(&mut pane, KeyCode::Enter), library(LibraryRequest::Rename { id: id(1), title }));
    let _ = press(&mut pane, KeyCode::Tab);
    assert_eq!(press(&mut pane, KeyCode::Char('p')), library(LibraryRequest::Pin { id: id(1), on: true }));
    let _ = ctrl(&mut pane, 't');
    typed(&mut pane, "#work  later, work");
    let tags = vec!["work".to_owned(), "later".to_owned()];
    assert_eq!(press(&mut pane, KeyCode::Enter), library(LibraryRequest::Tag { id: id(1), tags }));
    let _ = press(&mut pane, KeyCode::Tab);
    let form = ExportForm::Html;
    let export = LibraryRequest::Export { id: Some(id(1)), form, path: None };
    assert_eq!(press(&mut pane, KeyCode::Char('h')), library(export));
    let _ = press(&mut pane, KeyCode::Tab);
    let fork = Act::Send(Request::Files(FilesRequest::ForkOf(id(1))));
    assert_eq!(press(&mut pane, KeyCode::Char('f')), [fork]);
    assert_eq!(ctrl(&mut pane, 'd'), library(LibraryRequest::Trash(id(1))));
    let told = Notice::info("The session lies in the trash.");
    let acts = pane.hear(&Event::Live(Live::Library(LibraryNews::Done(told))));
    assert_eq!(acts, [Act::Send(Request::ListSessions(SessionScope::Project))], "the list may have changed");
    assert!(screen(&mut pane, 80, 24).contains("in the trash. · Ctrl+Y brings it back"));
    assert_eq!(ctrl(&mut pane, 'y'), library(LibraryRequest::Restore(id(1))));
    assert!(ctrl(&mut pane, 'y').is_empty(), "once");
}

#[test]
fn sessions_are_sorted_pinned_and_hung_below_what_they_come_from() {
    let mut pane = browser();
    let mut sessions = vec![summary(1, "b", 1), summary(2, "a", 2), summary(3, "c", 3), summary(4, "d", 4)];
    sessions[3].pinned = true;
    sessions[0].parent = Some(id(3));
    sessions[2].tags = vec!["later".into()];
    sessions[2].branch = Some("main".into());
    sessions[1].state = SessionState::Interrupted;
    hear(&mut pane, sessions);
    let order = |pane: &Sessions| pane.summaries.iter().map(|summary| summary.title.clone()).collect::<String>();
    assert_eq!(order(&pane), "dacb", "a branch stands below what it comes from");
    let _ = ctrl(&mut pane, 'b');
    assert_eq!(order(&pane), "dbac");
    let _ = ctrl(&mut pane, 's');
    let _ = ctrl(&mut pane, 's');
    assert_eq!(order(&pane), "dabc", "by title, the pinned one first all the same");
    let _ = ctrl(&mut pane, 'b');
    insta::assert_snapshot!("tree_80x24", screen(&mut pane, 80, 24));
    // Sessions that name each other hang on nothing and are not lost.
    let mut round = vec![summary(1, "x", 1), summary(2, "y", 2)];
    round[0].parent = Some(id(2));
    round[1].parent = Some(id(1));
    hear(&mut pane, round);
    assert_eq!(pane.summaries.len(), 2);
}

fn hit(number: u32, project: &str) -> Hit {
    Hit {
        agent: None,
        session: id(number),
        title: "the parser\u{1b}[2J".into(),
        project: project.into(),
        seq: 7,
        at: NOW - 3_600_000,
        kind: HitKind::Result,
        tool: Some("Bash".into()),
        passage: vec![(false, "test ".into()), (true, "parser".into()), (false, " … FAILED\u{1b}]0;x".into())],
    }
}

#[test]
fn a_search_finds_places_and_goes_there() {
    let mut pane = Sessions::default();
    let here = Here { session: Some(id(1)), project: "/w/one".into() };
    let _ = pane.open("", here.clone(), NOW);
    let _ = ctrl(&mut pane, 'f');
    typed(&mut pane, "parser");
    let ask = pane.tick(NOW + 100);
    let search = LibraryRequest::Search { query: "parser".into(), number: 1 };
    assert_eq!(ask, library(search), "asked once, when typing rests");
    let hits = vec![hit(1, "/w/one"), hit(2, "/w/one"), hit(3, "/w/two")];
    let found =
        Found { number: 1, query: "parser".into(), hits, reading: Some((3 << 20, 9 << 20)), ..Found::default() };
    let late = Found { number: 0, hits: Vec::new(), ..found.clone() };
    for found in [found, late] {
        pane.hear(&Event::Live(Live::Library(LibraryNews::Found(Box::new(found)))));
    }
    insta::assert_snapshot!("search_80x24", screen(&mut pane, 80, 24));
    let _ = press(&mut pane, KeyCode::Down);
    let _ = press(&mut pane, KeyCode::Down);
    assert!(press(&mut pane, KeyCode::Enter).is_empty() && pane.is_open());
    assert_eq!(
        pane.take_goto(),
        Some(Goto::Timeline { session: id(3), seq: Some(7) }),
        "of another project: only looked at"
    );
    let _ = press(&mut pane, KeyCode::Up);
    assert_eq!(press(&mut pane, KeyCode::Enter), [Act::Send(Request::Resume(id(2)))]);
    assert_eq!(pane.take_goto(), Some(Goto::Open { session: id(2), spot: Spot::Record(7) }));
    assert_eq!(pane.take_goto(), None);
    let acts = pane.open_search("parser", here, NOW);
    assert_eq!(acts.len(), 2, "a query that comes with the command is asked at once");
}

#[test]
fn screens() {
    let mut pane = browser();
    previewed(&mut pane, 1);
    insta::assert_snapshot!("list_80x24", screen(&mut pane, 80, 24));
    insta::assert_snapshot!("list_40x10", screen(&mut pane, 40, 10));
    insta::assert_snapshot!("list_120x16", screen(&mut pane, 120, 16));
    let _ = press(&mut pane, KeyCode::Esc);
    assert!(!pane.is_open());
}
