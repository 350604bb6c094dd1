//! The panes over the steps, on their own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::*;
use crate::domain::*;
use crate::panes::said::Said;
use crate::theme::Theme;

fn theme() -> Theme {
    Theme::load("dark", &[]).0
}

fn key(code: KeyCode) -> Said {
    Said::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn news(news: FilesNews) -> Event {
    Event::Live(Live::FilesNews(news))
}

fn step(turn: u32, prompt: &str, files: usize) -> StepLine {
    StepLine { turn, at: u64::from(turn) * 3_600_000, prompt: prompt.to_owned(), files, gaps: false }
}

fn steps() -> Vec<StepLine> {
    vec![
        step(1, "Explain the parser", 0),
        step(2, "Fix the failing test in the parser\nand run it", 3),
        step(5, "Rename it \x1b[2J everywhere", 1),
    ]
}

fn a_diff(path: &str, created: bool) -> FileDiff {
    let line = |kind, text: &str| DiffLine { kind, pieces: vec![(false, text.to_owned())] };
    let hunk = |start: u32, old: &str, new: &str| DiffHunk {
        old_start: start,
        new_start: start,
        lines: vec![line(LineKind::Same, "fn parse() {"), line(LineKind::Removed, old), line(LineKind::Added, new)],
    };
    let hunks = vec![hunk(10, "    skip(1);", "    lines();"), hunk(40, "    old();", "    new();")];
    FileDiff { path: path.to_owned(), created, added: 2, removed: 2, hunks }
}

fn preview() -> MovePreview {
    let file = |path: &str, act, skip, diff| MoveFile { path: path.into(), act, skip, diff };
    MovePreview {
        turn: 2,
        files: vec![
            file("src/parser.rs", MoveAct::Change, None, Some(a_diff("src/parser.rs", false))),
            file("src/new.rs", MoveAct::Delete, None, Some(a_diff("src/new.rs", false))),
            file("notes.md", MoveAct::Change, Some(SkipReason::Edited), Some(a_diff("notes.md", false))),
            file("logo.png", MoveAct::Create, None, None),
            file("link", MoveAct::Change, Some(SkipReason::Link), None),
        ],
        gaps: vec!["the project has more than 20000 files; the rest is not watched".into()],
        prompts: 2,
    }
}

fn screen(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buf = Buffer::empty(area);
    draw(area, &mut buf);
    let rows = area.rows().map(|row| {
        let cells = row.columns().map(|cell| buf[(cell.x, cell.y)].symbol().to_owned());
        cells.collect::<String>().trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn rewind_screen(pane: &mut Rewind, width: u16, height: u16) -> String {
    screen(width, height, |area, buf| {
        pane.settle(area, &theme());
        pane.view(&theme(), buf);
    })
}

fn opened() -> Rewind {
    let (mut pane, acts) = Rewind::open(0);
    assert_eq!(acts, [Act::Send(Request::Files(FilesRequest::ListSteps))]);
    pane.hear(&news(FilesNews::Steps(steps())));
    pane
}

#[test]
fn the_steps_are_listed_and_the_newest_is_chosen() {
    let mut pane = opened();
    insta::assert_snapshot!("steps_80x24", rewind_screen(&mut pane, 80, 24));
    let (acts, done) = pane.update(&key(KeyCode::Up));
    assert!(acts.is_empty() && !done);
    let (acts, _) = pane.update(&key(KeyCode::Enter));
    assert_eq!(acts, [Act::Send(Request::Files(FilesRequest::Preview { turn: 2 }))]);
    assert!(pane.update(&key(KeyCode::Esc)).1);
}

#[test]
fn a_preview_shows_files_conflicts_and_the_difference() {
    let mut pane = opened();
    pane.update(&key(KeyCode::Up));
    pane.hear(&news(FilesNews::Preview(Box::new(preview()))));
    insta::assert_snapshot!("preview_80x24", rewind_screen(&mut pane, 80, 24));
    insta::assert_snapshot!("preview_160x50", rewind_screen(&mut pane, 160, 50));
    rewind_screen(&mut pane, 40, 10);
    // The person's own edit is taken along only when it is chosen; a link never is.
    let mut pane = opened_preview();
    for _ in 0..2 {
        pane.update(&key(KeyCode::Down));
        pane.update(&key(KeyCode::Down));
        pane.update(&key(KeyCode::Char(' ')));
    }
    let (acts, done) = pane.update(&key(KeyCode::Enter));
    let chosen = vec![PathBuf::from("notes.md")];
    let rewind = FilesRequest::Rewind { turn: 2, files: true, conversation: true, chosen };
    assert_eq!((acts, done), (vec![Act::Send(Request::Files(rewind))], true));
    let (acts, _) = opened_preview().update(&key(KeyCode::Char('3')));
    let files = FilesRequest::Rewind { turn: 2, files: true, conversation: false, chosen: Vec::new() };
    assert_eq!(acts, [Act::Send(Request::Files(files))]);
    let (acts, done) = opened_preview().update(&key(KeyCode::Char('f')));
    assert_eq!((acts, done), (vec![Act::Send(Request::Files(FilesRequest::Fork { before: Some(2) }))], true));
}

fn opened_preview() -> Rewind {
    let mut pane = opened();
    pane.update(&key(KeyCode::Up));
    pane.hear(&news(FilesNews::Preview(Box::new(preview()))));
    rewind_screen(&mut pane, 80, 24);
    pane
}

fn report() -> DiffReport {
    let file = |path: &str, note: Option<&str>, current| DiffFile {
        path: path.into(),
        note: note.map(str::to_owned),
        diff: if note.is_some() { FileDiff { hunks: Vec::new(), ..a_diff(path, false) } } else { a_diff(path, false) },
        seen: note.is_none().then(|| BlobId::of(path.as_bytes())),
        current,
    };
    DiffReport {
        turn: None,
        steps: steps(),
        files: vec![
            file("logo.png", Some("a binary file"), true),
            file("src/deep/parser.rs", None, true),
            file("src/deep/token.rs", None, false),
        ],
        gaps: Vec::new(),
    }
}

fn changes_screen(pane: &mut Changes, width: u16, height: u16) -> String {
    screen(width, height, |area, buf| {
        pane.settle(area, &theme());
        pane.view(&theme(), buf);
    })
}

#[test]
fn changes_are_a_tree_with_hunks_and_one_can_be_taken_back() {
    let (mut pane, acts) = Changes::open();
    assert_eq!(acts, [Act::Send(Request::Files(FilesRequest::Diff { turn: None }))]);
    pane.hear(&news(FilesNews::Diff(Box::new(report()))));
    changes_screen(&mut pane, 80, 24);
    // Over the folder's row to the first file in it, and to its second hunk.
    for code in [KeyCode::Down, KeyCode::Down, KeyCode::Char('n'), KeyCode::Char('x')] {
        pane.update(&key(code));
    }
    insta::assert_snapshot!("changes_80x24", changes_screen(&mut pane, 80, 24));
    insta::assert_snapshot!("changes_160x50", changes_screen(&mut pane, 160, 50));
    let (acts, _) = pane.update(&key(KeyCode::Char('x')));
    let revert = FilesRequest::RevertHunk {
        turn: None,
        path: "src/deep/parser.rs".into(),
        hunk: 1,
        seen: BlobId::of(b"src/deep/parser.rs"),
    };
    assert_eq!(acts, [Act::Send(Request::Files(revert))]);
    // What is not on disk as it is shown cannot be taken back.
    pane.update(&key(KeyCode::Down));
    changes_screen(&mut pane, 80, 24);
    pane.update(&key(KeyCode::Char('x')));
    assert_eq!(pane.update(&key(KeyCode::Char('x'))).0, []);
    let (acts, _) = pane.update(&key(KeyCode::Right));
    assert_eq!(acts, [Act::Send(Request::Files(FilesRequest::Diff { turn: Some(1) }))]);
    changes_screen(&mut pane, 30, 6);
}
