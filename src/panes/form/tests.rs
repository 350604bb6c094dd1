//! The form of a server: filled in, refused, hostile.
#![allow(clippy::unwrap_used, reason = "tests")]

use ratatui::buffer::Buffer;
use serde_json::json;

use super::*;
use crate::theme::Theme;

fn field(name: &str, kind: FieldKind, required: bool) -> QuestionField {
    let description = format!("What {name} is for");
    QuestionField { name: name.into(), title: String::new(), description, required, kind, default: None }
}

fn options(names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).to_owned(), name.to_uppercase())).collect()
}

fn form() -> Form {
    let fields = vec![
        field("name", FieldKind::Text, true),
        field("age", FieldKind::Integer, false),
        field("agree", FieldKind::Flag, false),
        field("color", FieldKind::Choice(options(&["red", "green"])), false),
        field("days", FieldKind::Choices(options(&["mo", "tu"])), false),
    ];
    let message = "Please fill this in.\u{1b}[2J\nIt is for your account.".to_owned();
    Form::new(ServerQuestion { id: 7, server: "toy".into(), message, form: QuestionForm::Fields(fields) }, 0)
}

fn press(form: &mut Form, codes: &[KeyCode]) -> (Vec<Act>, bool) {
    let mut last = (Vec::new(), false);
    for code in codes {
        last = form.update(Said::Key(KeyEvent::from(*code)), 10_000);
    }
    last
}

fn answer(acts: &[Act]) -> ServerAnswer {
    match acts {
        [Act::Send(Request::Server(ServerRequest::Answer { id: 7, answer }))] => answer.clone(),
        other => unreachable!("{other:?}"),
    }
}

fn screen(form: &mut Form, width: u16, height: u16) -> String {
    let (theme, area) = (Theme::default(), Rect { x: 0, y: 0, width, height });
    form.settle(area, &theme);
    let mut buf = Buffer::empty(area);
    form.view(&theme, &mut buf);
    let row = |y: u16| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_filled_in_becomes_the_answer() {
    use KeyCode::{Char, Down, Enter, Right};
    let mut form = form();
    press(
        &mut form,
        &[Char('A'), Enter, Char('4'), Char('2'), Down, Char('y'), Down, Right, Right, Down, Right, Char(' ')],
    );
    insta::assert_snapshot!(screen(&mut form, 80, 16));
    let (acts, done) = press(&mut form, &[Down, Enter]);
    assert!(done);
    let wanted = json!({"name": "A", "age": 42, "agree": true, "color": "green", "days": ["tu"]});
    assert_eq!(answer(&acts), ServerAnswer::Accept(wanted));
}

#[test]
fn what_does_not_fit_is_not_sent() {
    use KeyCode::{Char, Down, Enter, Up};
    let mut form = form();
    assert!(!press(&mut form, &[Up, Up, Enter]).1, "a name is needed");
    assert!(screen(&mut form, 80, 16).contains("this is needed"));
    assert!(!press(&mut form, &[Char('A'), Down, Char('x'), Up, Up, Up, Enter]).1);
    assert!(screen(&mut form, 80, 16).contains("whole number"));
}

#[test]
fn declining_and_leaving_are_two_answers() {
    let mut form = form();
    assert_eq!(answer(&press(&mut form, &[KeyCode::Up, KeyCode::Enter]).0), ServerAnswer::Decline);
    assert_eq!(answer(&press(&mut form, &[KeyCode::Esc]).0), ServerAnswer::Cancel);
    assert_eq!(form.update(Said::Key(KeyEvent::from(KeyCode::Esc)), 100), (Vec::new(), false), "too early to count");
}

#[test]
fn an_address_is_shown_whole_and_the_safe_answer_has_the_focus() {
    let question = QuestionForm::Address("https://example.com/authorize?state=1".into());
    let mut form =
        Form::new(ServerQuestion { id: 7, server: "toy".into(), message: "Log in".into(), form: question }, 0);
    assert!(screen(&mut form, 80, 12).contains("https://example.com/authorize?state=1"));
    assert_eq!(answer(&press(&mut form, &[KeyCode::Enter]).0), ServerAnswer::Decline);
    let accept = ServerAnswer::Accept(Value::Null);
    assert_eq!(answer(&press(&mut form, &[KeyCode::Up, KeyCode::Enter]).0), accept);
    for (width, height) in [(1, 1), (10, 3), (200, 50)] {
        screen(&mut form, width, height);
    }
}
