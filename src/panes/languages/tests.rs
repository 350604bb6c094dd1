//! The pane of language servers, its keys and its screens.
#![allow(clippy::unwrap_used, reason = "tests")]

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::*;
use crate::domain::{LanguageProblem, Severity};

fn server(name: &str, state: LanguageState) -> LanguageStatus {
    let problem = |line, severity, message: &str| LanguageProblem {
        path: "/p/src/parser.rs".into(),
        line,
        column: 5,
        severity,
        source: "rustc".into(),
        code: "E0308".into(),
        message: message.into(),
    };
    let runs = state == LanguageState::Ready;
    LanguageStatus {
        name: name.into(),
        source: "installed".into(),
        command: format!("/usr/bin/{name} --stdio"),
        extensions: vec![".rs".into(), ".toy".into()],
        about: "some-server 1.2".into(),
        pid: runs.then_some(4242),
        open: 3,
        restarts: u32::from(runs),
        busy: if runs { vec!["Indexing".into()] } else { Vec::new() },
        problems: if runs {
            vec![
                problem(3, Severity::Error, "mismatched types\n  expected `u8`"),
                problem(9, Severity::Warning, "unused\u{1b}[2J variable"),
            ]
        } else {
            Vec::new()
        },
        log: vec!["started".into(), "\u{1b}]0;x\u{7} hidden".into()],
        state,
    }
}

fn open() -> Languages {
    let (mut pane, acts) = Languages::open();
    assert_eq!(acts, [send(LanguageRequest::Report)]);
    let list = vec![
        server("rust-analyzer", LanguageState::Ready),
        server("pylsp", LanguageState::Unasked),
        server("gopls", LanguageState::Asleep),
        server("broken", LanguageState::Failed { reason: "it ended (exit status: 3)".into() }),
        server("again", LanguageState::Retrying { reason: "it ended".into(), in_ms: 2_000 }),
        server("unused", LanguageState::Off { why: "you stopped it".into() }),
    ];
    pane.hear(&Event::Live(Live::Language(LanguageNews::Status(list))));
    pane
}

fn key(pane: &mut Languages, code: KeyCode) -> (Vec<Act>, bool) {
    pane.update(Said::Key(KeyEvent::from(code)))
}

fn screen(pane: &mut Languages, width: u16, height: u16) -> String {
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
    insta::assert_snapshot!("details", screen(&mut pane, 80, 20));
    assert!(!screen(&mut pane, 80, 20).contains('\u{1b}'));
    let mut none = Languages::open().0;
    assert!(screen(&mut none, 60, 4).contains("Looking"));
    none.hear(&Event::Live(Live::Language(LanguageNews::Status(Vec::new()))));
    assert!(screen(&mut none, 80, 4).contains("lspServers"));
}

#[test]
fn keys_order_what_they_say() {
    let mut pane = open();
    let start = |name: &str| vec![send(LanguageRequest::Start(name.to_owned()))];
    assert_eq!(key(&mut pane, KeyCode::Char('s')).0, start("rust-analyzer"));
    key(&mut pane, KeyCode::Down);
    assert_eq!(key(&mut pane, KeyCode::Char('r')).0, start("pylsp"));
    assert_eq!(key(&mut pane, KeyCode::Char('x')).0, [send(LanguageRequest::Stop("pylsp".to_owned()))]);
    key(&mut pane, KeyCode::Enter);
    assert_eq!(key(&mut pane, KeyCode::Esc), (Vec::new(), false), "back to the list first");
    assert!(key(&mut pane, KeyCode::Esc).1);
    for (width, height) in [(1, 1), (4, 3), (20, 4), (200, 60)] {
        for code in [KeyCode::Enter, KeyCode::End, KeyCode::Esc, KeyCode::Down] {
            screen(&mut pane, width, height);
            key(&mut pane, code);
        }
    }
}
