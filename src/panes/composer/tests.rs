//! Key scripts and screens of the prompt.

#![allow(clippy::unwrap_used, clippy::panic, let_underscore_drop, reason = "tests")]

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect, Size};

use super::*;
use crate::domain::{Record, Request};
use crate::theme::Theme;

fn key(composer: &mut Composer, code: KeyCode, modifiers: KeyModifiers) -> Reply {
    composer.update(Msg::Key(KeyEvent::new(code, modifiers)), 1_000)
}

fn press(composer: &mut Composer, code: KeyCode) -> Reply {
    key(composer, code, KeyModifiers::NONE)
}

fn ctrl(composer: &mut Composer, letter: char) -> Reply {
    key(composer, KeyCode::Char(letter), KeyModifiers::CONTROL)
}

fn typed(composer: &mut Composer, text: &str) -> Reply {
    let mut last = Reply::default();
    for letter in text.chars() {
        last = if letter == '\n' { press(composer, KeyCode::Enter) } else { press(composer, KeyCode::Char(letter)) };
    }
    last
}

fn with(text: &str) -> Composer {
    let mut composer = Composer::new(vec!["old one".to_owned(), "old\ntwo".to_owned()]);
    let _ = typed(&mut composer, text);
    composer
}

fn prompt(reply: &Reply) -> &str {
    match &reply.submitted {
        Some(Submission::Prompt(input)) => &input.text,
        other => panic!("no prompt but {other:?}"),
    }
}

fn queued(texts: &[&str]) -> Event {
    let queue = texts.iter().enumerate().map(|(id, text)| Queued { id: id as u32, text: (*text).to_owned() }).collect();
    Event::Recorded(Arc::new(Record { seq: 1, at: 1, body: Body::QueueSet { queue } }))
}

fn files(names: &[&str]) -> Event {
    Event::Live(Live::Files(Arc::new(names.iter().map(|name| (*name).to_owned()).collect())))
}

/// The screen with the prompt at its bottom, and the cursor as `▮`.
fn screen(composer: &mut Composer, width: u16, height: u16) -> String {
    let theme = Theme::default();
    let wanted = composer.desired_height(width, height / 2);
    composer.settle(Size::new(width, wanted));
    let all = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(all);
    let cursor = composer.view(&theme, Rect { y: height - wanted, height: wanted, ..all }, &mut buf);
    show(&buf, cursor)
}

fn show(buf: &Buffer, cursor: Option<Position>) -> String {
    let mut out = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let mut line = String::new();
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let symbol = buf[(x, y)].symbol();
            let mark = cursor == Some(Position::new(x, y));
            line.push_str(if mark { "▮" } else { symbol });
            x += (crate::base::text::width(symbol).max(1)) as u16;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn enter_sends_and_the_other_enters_break_the_line() {
    let mut composer = with("a");
    for modifiers in [KeyModifiers::SHIFT, KeyModifiers::ALT, KeyModifiers::CONTROL] {
        assert!(key(&mut composer, KeyCode::Enter, modifiers).submitted.is_none());
    }
    let _ = ctrl(&mut composer, 'j');
    let _ = typed(&mut composer, "b\\\nc");
    let reply = press(&mut composer, KeyCode::Enter);
    assert_eq!(prompt(&reply), "a\n\n\n\nb\nc");
    assert_eq!(reply.acts, [Act::Remember("a\n\n\n\nb\nc".to_owned())]);
    assert!(composer.is_empty());
    assert!(press(&mut composer, KeyCode::Enter).submitted.is_none(), "an empty prompt is not sent");
}

#[test]
fn readline_keys_do_what_hands_expect() {
    let mut composer = with("one two three");
    let _ = ctrl(&mut composer, 'w');
    assert_eq!(composer.text(), "one two ");
    let _ = ctrl(&mut composer, 'a');
    let _ = key(&mut composer, KeyCode::Char('d'), KeyModifiers::ALT);
    let _ = ctrl(&mut composer, 'e');
    let _ = ctrl(&mut composer, 'y');
    assert!(composer.text().starts_with("two one"), "{}", composer.text());
    let _ = ctrl(&mut composer, 'u');
    assert!(composer.is_empty());
    let _ = ctrl(&mut composer, '_');
    assert!(composer.text().starts_with("two one"));
    let _ = key(&mut composer, KeyCode::Char('b'), KeyModifiers::ALT);
    let _ = ctrl(&mut composer, 'k');
    assert_eq!(composer.text(), "two ");
}

#[test]
fn history_walks_from_the_first_and_the_last_row() {
    let mut composer = with("draft");
    let _ = press(&mut composer, KeyCode::Up);
    assert_eq!(composer.text(), "old\ntwo");
    let _ = press(&mut composer, KeyCode::Up);
    assert_eq!(composer.text(), "old\ntwo", "the first Up went to the first row");
    let _ = press(&mut composer, KeyCode::Up);
    assert_eq!(composer.text(), "old one");
    let _ = press(&mut composer, KeyCode::Down);
    let _ = press(&mut composer, KeyCode::Down);
    assert_eq!(composer.text(), "draft");
    assert!(!press(&mut composer, KeyCode::Down).used);
}

#[test]
fn search_finds_types_on_and_gives_up() {
    let mut composer = with("draft");
    let _ = ctrl(&mut composer, 'r');
    let _ = typed(&mut composer, "old");
    assert_eq!(composer.text(), "old\ntwo");
    insta::assert_snapshot!(screen(&mut composer, 40, 10));
    let _ = ctrl(&mut composer, 'r');
    assert_eq!(composer.text(), "old one");
    let _ = ctrl(&mut composer, 'g');
    assert_eq!(composer.text(), "draft");
    let _ = ctrl(&mut composer, 'r');
    let _ = typed(&mut composer, "one");
    assert_eq!(prompt(&press(&mut composer, KeyCode::Enter)), "old one");
    let mut composer = with("draft");
    let _ = ctrl(&mut composer, 'r');
    let _ = typed(&mut composer, "zzz");
    assert!(press(&mut composer, KeyCode::Enter).submitted.is_none(), "with nothing found Enter only leaves");
    assert_eq!(composer.text(), "draft");
}

#[test]
fn the_newest_waiting_message_comes_back() {
    let mut composer = with("");
    composer.hear(&queued(&["first", "second\nline"]));
    let reply = press(&mut composer, KeyCode::Up);
    assert_eq!(reply.acts, [Act::Send(Request::EditQueued { id: 1, text: String::new() })]);
    assert_eq!(composer.text(), "second\nline");
    composer.hear(&queued(&[]));
    let _ = composer.clear();
    assert!(press(&mut composer, KeyCode::Up).acts.is_empty(), "then the history comes");
    assert_eq!(composer.text(), "second\nline");
}

#[test]
fn a_shell_command_is_marked_and_sent_as_such() {
    let mut composer = with("!ls -l");
    assert!(composer.is_shell());
    assert_eq!(composer.text(), "!ls -l");
    let reply = press(&mut composer, KeyCode::Enter);
    assert_eq!(reply.submitted, Some(Submission::Shell("ls -l".to_owned())));
    assert!(!composer.is_shell());
    let _ = press(&mut composer, KeyCode::Up);
    assert!(composer.is_shell() && composer.text() == "!ls -l", "the history keeps the mark");
    let _ = ctrl(&mut composer, 'u');
    let _ = press(&mut composer, KeyCode::Backspace);
    assert!(composer.is_empty());
}

#[test]
fn commands_are_told_from_text() {
    assert_eq!(typed(&mut with(""), "/help\n").submitted, Some(Submission::Command("/help".to_owned())));
    assert_eq!(typed(&mut with(""), "/hel\n").submitted, Some(Submission::Command("/help".to_owned())));
    assert_eq!(prompt(&typed(&mut with(""), "/usr/bin/x is broken\n")), "/usr/bin/x is broken");
    let mut composer = with("");
    let reply = typed(&mut composer, "/hlep me\n");
    assert_eq!(reply.submitted, Some(Submission::Command("/hlep me".to_owned())));
    assert_eq!(composer.text(), "/hlep me", "a name that does not exist stays for mending");
    let mut composer = with("/titl");
    assert!(press(&mut composer, KeyCode::Enter).submitted.is_none(), "a title must follow");
    assert_eq!(composer.text(), "/title ");
}

#[test]
fn files_are_asked_for_once_and_completed() {
    let mut composer = with("see ");
    assert_eq!(typed(&mut composer, "@").acts, [Act::Send(Request::ListFiles)]);
    composer.hear(&files(&["src/", "src/main.rs", "README.md"]));
    assert!(typed(&mut composer, "main").acts.is_empty());
    let _ = press(&mut composer, KeyCode::Tab);
    assert_eq!(composer.text(), "see @src/main.rs ");
    assert!(typed(&mut composer, "@").acts.is_empty(), "still fresh");
    let late = composer.update(Msg::Key(KeyEvent::from(KeyCode::Char('@'))), 1_000 + FILES_FRESH_MS);
    assert_eq!(late.acts, [Act::Send(Request::ListFiles)]);
    assert_eq!(prompt(&typed(&mut with("@nothing"), "\n")), "@nothing");
}

#[test]
fn a_large_paste_is_kept_aside_whole() {
    let mut composer = with("look: ");
    let text = "0123456789 abcdef\n".repeat((10 << 20) / 18);
    let _ = composer.update(Msg::Paste(text.clone()), 0);
    let _ = typed(&mut composer, " ok");
    assert!(composer.editor.text().len() < 100, "the paste itself never enters the text area");
    insta::assert_snapshot!(screen(&mut composer, 40, 10));
    let reply = press(&mut composer, KeyCode::Enter);
    assert_eq!(prompt(&reply), format!("look: {text} ok"));
    assert_eq!(reply.acts, [Act::Remember("look:  ok".to_owned())], "the history on disk stays small");
    let _ = press(&mut composer, KeyCode::Up);
    assert_eq!(composer.text().len(), text.len() + 9, "in this session it comes back whole");
}

#[test]
fn control_characters_are_shown_and_sent_as_they_are() {
    let mut composer = with("");
    let _ = composer.update(Msg::Paste("a\u{1b}[31mb\u{202e}c\td".to_owned()), 0);
    let screen = screen(&mut composer, 80, 4);
    assert!(!screen.contains('\u{1b}') && !screen.contains('\u{202e}'));
    insta::assert_snapshot!(screen);
    assert_eq!(prompt(&press(&mut composer, KeyCode::Enter)), "a\u{1b}[31mb\u{202e}c\td");
}

#[test]
fn a_burst_of_keys_is_one_edit() {
    let mut composer = with("");
    let burst = "word ".repeat(20_000);
    let reply = typed(&mut composer, &format!("{burst}\n"));
    assert_eq!(prompt(&reply), burst.trim());
}

#[test]
fn a_click_moves_the_cursor() {
    let mut composer = with("hello world");
    composer.settle(Size::new(40, 1));
    let _ = composer.update(Msg::Click { column: 7, row: 0 }, 0);
    let _ = typed(&mut composer, ",");
    assert_eq!(composer.text(), "hello, world");
}

#[test]
fn stash_and_restore() {
    let mut composer = with("!make");
    let _ = ctrl(&mut composer, 's');
    assert!(composer.is_empty());
    let _ = ctrl(&mut composer, 's');
    assert_eq!(composer.text(), "!make");
}

#[test]
fn screens() {
    insta::assert_snapshot!("empty_80x24", screen(&mut with(""), 80, 24));
    let mut composer = with("Please read the whole file and tell me where the parser loses the last token of a line.");
    let _ = ctrl(&mut composer, 'j');
    let _ = typed(&mut composer, "漢字も大丈夫 👩‍👩‍👧");
    composer.hear(&queued(&["also run the tests", "and\nformat \u{1b}[2J", "three", "four", "five"]));
    insta::assert_snapshot!("text_80x24", screen(&mut composer, 80, 24));
    insta::assert_snapshot!("text_40x10", screen(&mut composer, 40, 10));
    insta::assert_snapshot!("commands_80x24", screen(&mut with("/co"), 80, 24));
    insta::assert_snapshot!("commands_40x10", screen(&mut with("/"), 40, 10));
    let mut composer = with("see @ma");
    composer.hear(&files(&["src/main.rs", "src/map\u{1b}.rs", "Makefile", "tests/format.rs"]));
    let _ = press(&mut composer, KeyCode::Down);
    insta::assert_snapshot!("files_40x10", screen(&mut composer, 40, 10));
}

fn any_key() -> impl Strategy<Value = Msg> {
    let code = prop_oneof![
        4 => any::<char>().prop_map(KeyCode::Char),
        4 => prop::sample::select("ab @/!\\".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        6 => prop::sample::select(vec![
            KeyCode::Left, KeyCode::Right, KeyCode::Up, KeyCode::Down, KeyCode::Home, KeyCode::End, KeyCode::Enter,
            KeyCode::Backspace, KeyCode::Delete, KeyCode::Tab, KeyCode::Esc,
        ]),
        4 => prop::sample::select("abdefhjknrsuwygy_".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
    ];
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
        KeyModifiers::SHIFT,
    ]);
    prop_oneof![
        12 => (code, modifiers).prop_map(|(code, modifiers)| Msg::Key(KeyEvent::new(code, modifiers))),
        1 => "[a-z👩\u{200d}e\u{301}\u{202e}\t\n]{0,12}".prop_map(Msg::Paste),
        1 => Just(Msg::Paste("x\ny\nz".to_owned())),
        1 => (0..50u16, 0..6u16).prop_map(|(column, row)| Msg::Click { column, row }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_keys_can_break_it(
        script in prop::collection::vec(any_key(), 0..60), width in 1..50u16, height in 1..8u16, every in 1..5usize,
    ) {
        let theme = Theme::default();
        let mut composer = Composer::new(vec!["one".to_owned(), "!two\nlines".to_owned()]);
        composer.hear(&queued(&["waiting"]));
        composer.hear(&files(&["a b.rs", "src/", "b.rs"]));
        for (index, msg) in script.into_iter().enumerate() {
            let _ = composer.update(msg, index as u64);
            if index % every == 0 {
                let wanted = composer.desired_height(width, height);
                prop_assert!(wanted >= 1 && wanted <= height.max(1));
                composer.settle(Size::new(width, wanted));
                let area = Rect::new(0, 0, width, height);
                let mut buf = Buffer::empty(area);
                let place = Rect { y: height - wanted, height: wanted, ..area };
                if let Some(cursor) = composer.view(&theme, place, &mut buf) {
                    prop_assert!(place.contains(cursor));
                }
            }
        }
    }
}
