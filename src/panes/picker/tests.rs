//! Key scripts and screens of the list.

use super::*;
use ratatui::crossterm::event::KeyEvent;

fn picker() -> Picker {
    let entry = |name: &str, detail: &str, current| Entry { name: name.to_owned(), detail: detail.to_owned(), current };
    let entries = vec![
        entry("anthropic/claude-sonnet-4-6", "$3 / $15", false),
        entry("anthropic/claude-opus-4-6", "$5 / $25", true),
        entry("ollama/qwen3\u{1b}[2J", "", false),
    ];
    Picker::new("Model", entries)
}

fn screen(picker: &mut Picker, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    picker.settle(area);
    let mut buf = Buffer::empty(area);
    let cursor = picker.view(&Theme::default(), &mut buf);
    let row = |y: u16| -> String {
        let cells = (0..width).map(|x| if cursor == Some(Position::new(x, y)) { "▮" } else { buf[(x, y)].symbol() });
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn press(picker: &mut Picker, code: KeyCode) -> Outcome {
    picker.update(Said::Key(KeyEvent::from(code)))
}

#[test]
fn moving_previews_and_enter_chooses() {
    let mut picker = picker();
    assert_eq!(picker.selected(), Some(1), "the choice starts on what is in use");
    assert_eq!(press(&mut picker, KeyCode::Down), Outcome::Preview(2));
    assert_eq!(press(&mut picker, KeyCode::Down), Outcome::Preview(0), "round at the end");
    assert_eq!(press(&mut picker, KeyCode::Char('q')), Outcome::Preview(2));
    assert_eq!(press(&mut picker, KeyCode::Enter), Outcome::Chosen(2));
    assert_eq!(press(&mut picker, KeyCode::Char('#')), Outcome::Nothing);
    assert_eq!(press(&mut picker, KeyCode::Enter), Outcome::Nothing, "nothing fits");
    assert_eq!(press(&mut picker, KeyCode::Esc), Outcome::Cancelled);
}

#[test]
fn entries_that_come_later_keep_choice_and_filter() {
    let mut picker = picker();
    let _ = press(&mut picker, KeyCode::Down);
    let mut entries = picker.entries.clone();
    entries.insert(0, Entry { name: "new".to_owned(), ..Entry::default() });
    picker.set_entries(entries);
    assert_eq!(picker.selected(), Some(3));
}

#[test]
fn the_mouse_chooses_and_leaves() {
    let mut picker = picker();
    let shown = screen(&mut picker, 80, 24);
    let row = shown.lines().position(|line| line.contains("sonnet")).map_or(0, |row| row as u16);
    assert_eq!(picker.update(Said::Click(Position::new(40, row))), Outcome::Chosen(0));
    assert_eq!(picker.update(Said::Click(Position::new(0, 0))), Outcome::Cancelled);
}

#[test]
fn screens() {
    insta::assert_snapshot!("models_80x24", screen(&mut picker(), 80, 24));
    let mut picker = picker();
    let _ = press(&mut picker, KeyCode::Char('c'));
    let _ = press(&mut picker, KeyCode::Char('l'));
    insta::assert_snapshot!("models_40x10", screen(&mut picker, 40, 10));
}
