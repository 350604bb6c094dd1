//! The pane of tool servers, its keys and its screens.
#![allow(clippy::unwrap_used, reason = "tests")]

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::*;
use crate::domain::{ServerPrompt, ServerResource, ServerTool, ToolMarks};

fn server(name: &str, state: ServerState) -> ServerStatus {
    let tool = |name: &str, loaded: bool, change: &[&str]| ServerTool {
        name: name.into(),
        description: format!("What {name} does, in words of the server\nand more"),
        bytes: 400,
        loaded,
        marks: ToolMarks { reads: name == "read", destroys: name == "drop", asks: None },
        change: change.iter().map(|line| (*line).to_owned()).collect(),
    };
    ServerStatus {
        name: name.into(),
        state,
        source: "project .mcp.json:3".into(),
        reached: "stdio npx -y some-server".into(),
        about: "some-server 1.2 · protocol 2025-11-25".into(),
        tools: vec![
            tool("read", true, &[]),
            tool("drop", false, &["description was: drops", "description is:  drops\u{1b}[2J all"]),
        ],
        prompts: vec![ServerPrompt {
            name: "ask".into(),
            description: "Asks".into(),
            arguments: vec![("topic".into(), true)],
        }],
        resources: vec![ServerResource { uri: "demo://a".into(), name: "A".into(), ..ServerResource::default() }],
        log: vec!["started".into(), "error: \u{1b}]0;x\u{7} hidden".into()],
    }
}

fn open() -> Servers {
    let (mut pane, acts) = Servers::open();
    assert_eq!(acts, [send(ServerRequest::Report)]);
    let list = vec![
        server("github", ServerState::Ready),
        server("slow", ServerState::Connecting),
        server("broken", ServerState::Failed { reason: "it ended at once (exit status: 3)".into() }),
        server("unused", ServerState::Off { why: "you switched it off".into() }),
    ];
    pane.hear(&Event::Live(Live::Server(ServerNews::Status(list))));
    pane
}

fn key(pane: &mut Servers, code: KeyCode) -> (Vec<Act>, bool) {
    pane.update(Said::Key(KeyEvent::from(code)))
}

fn screen(pane: &mut Servers, width: u16, height: u16) -> String {
    let theme = Theme::default();
    let area = Rect { x: 0, y: 0, width, height };
    pane.settle(area, &theme);
    let mut buf = Buffer::empty(area);
    pane.view(&theme, &mut buf);
    let row = |y: u16| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_list_and_the_details_are_shown() {
    let mut pane = open();
    insta::assert_snapshot!("list", screen(&mut pane, 80, 10));
    key(&mut pane, KeyCode::Enter);
    insta::assert_snapshot!("details", screen(&mut pane, 80, 32));
    assert!(!screen(&mut pane, 80, 32).contains('\u{1b}'));
}

#[test]
fn keys_order_what_they_say() {
    let mut pane = open();
    let name = || "github".to_owned();
    assert_eq!(key(&mut pane, KeyCode::Char('r')).0, [send(ServerRequest::Reconnect(name()))]);
    assert_eq!(key(&mut pane, KeyCode::Char('e')).0, [send(ServerRequest::Switch { server: name(), on: false })]);
    assert_eq!(key(&mut pane, KeyCode::Char('y')).0, [send(ServerRequest::Agree(name()))]);
    key(&mut pane, KeyCode::Up);
    let on = ServerRequest::Switch { server: "unused".to_owned(), on: true };
    assert_eq!(key(&mut pane, KeyCode::Char('e')).0, [send(on)], "the choice goes round at the ends");
    key(&mut pane, KeyCode::Enter);
    assert_eq!(key(&mut pane, KeyCode::Esc), (Vec::new(), false), "back to the list first");
    assert!(key(&mut pane, KeyCode::Esc).1);
}

#[test]
fn nothing_breaks_where_there_is_no_room() {
    let mut pane = open();
    for (width, height) in [(1, 1), (4, 3), (20, 4), (200, 60)] {
        for code in [KeyCode::Enter, KeyCode::End, KeyCode::Esc, KeyCode::Down] {
            screen(&mut pane, width, height);
            key(&mut pane, code);
        }
    }
}
