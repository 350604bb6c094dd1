//! What Esc, Ctrl+C and their kind do, and what leaves for the engine.

use ratatui::crossterm::event::MouseButton;
use ratatui::crossterm::event::MouseEventKind;

use super::play::{Play, start_info};
use crate::app::{Message, next_tick, take_dirty};
use crate::domain::*;

fn requests(play: &mut Play) -> Vec<Request> {
    play.take_acts()
        .into_iter()
        .filter_map(|act| match act {
            Act::Send(request) => Some(request),
            _ => None,
        })
        .collect()
}

#[test]
fn a_prompt_is_sent_and_remembered() {
    let mut play = Play::new(80, 24);
    play.write("hello").keys("enter");
    let acts = play.take_acts();
    let input = Input { text: "hello".to_owned(), images: Vec::new() };
    assert!(acts.contains(&Act::Send(Request::Prompt(input))), "{acts:?}");
    assert!(acts.contains(&Act::Remember("hello".to_owned())), "{acts:?}");
}

#[test]
fn without_a_model_enter_starts_the_rehearsal_and_text_is_not_lost() {
    let mut play = Play::bare(80, 24);
    play.open(start_info(false), Vec::new());
    play.keys("enter");
    assert_eq!(requests(&mut play), [Request::Rehearse]);
    play.write("my task").keys("enter");
    assert_eq!(requests(&mut play), []);
    let screen = play.screen();
    assert!(screen.contains("❯ my task"), "{screen}");
}

#[test]
fn ctrl_c_interrupts_then_clears_then_quits_twice() {
    let mut play = Play::new(80, 24);
    play.prompt(1, "go").keys("ctrl+c");
    assert_eq!(requests(&mut play), [Request::Interrupt]);
    play.wait(3_000).record(Body::TurnEnded { turn: 1, end: TurnEnd::Interrupted });
    play.take_acts();
    play.write("draft").keys("ctrl+c");
    assert!(play.model.composer.is_empty());
    assert!(!play.take_acts().contains(&Act::Quit));
    play.keys("ctrl+c");
    assert_eq!(play.take_acts(), []);
    assert!(play.screen().contains("press Ctrl+C again to quit"));
    play.keys("ctrl+c");
    assert_eq!(play.take_acts(), [Act::Quit]);
}

#[test]
fn the_second_ctrl_c_must_come_soon_and_next() {
    let mut play = Play::new(80, 24);
    play.keys("ctrl+c");
    assert_eq!(next_tick(&play.model, play.now), Some(2_000));
    play.wait(2_000);
    assert!(!play.screen().contains("again to quit"));
    play.keys("ctrl+c").write("x").keys("ctrl+c");
    assert!(!play.take_acts().contains(&Act::Quit));
}

#[test]
fn ctrl_d_quits_twice_on_an_empty_prompt_only() {
    let mut play = Play::new(80, 24);
    play.write("x").keys("ctrl+d ctrl+d");
    assert_eq!(play.take_acts(), []);
    play.keys("ctrl+c");
    play.take_acts();
    play.keys("ctrl+d ctrl+d");
    assert_eq!(play.take_acts(), [Act::Quit]);
}

#[test]
fn esc_never_clears_at_once_and_interrupts_first() {
    let mut play = Play::new(80, 24);
    play.write("draft").prompt(1, "go").keys("esc");
    assert_eq!(requests(&mut play), [Request::Interrupt]);
    assert!(!play.model.composer.is_empty());
    play.record(Body::TurnEnded { turn: 1, end: TurnEnd::Interrupted }).keys("esc");
    assert!(play.screen().contains("press Esc again to clear"));
    assert!(!play.model.composer.is_empty());
    play.keys("esc");
    assert!(play.model.composer.is_empty());
    play.keys("up");
    assert!(play.screen().contains("❯ draft"), "the text can be called back");
}

#[test]
fn shift_tab_cycles_modes() {
    let mut play = Play::new(80, 24);
    play.keys("shift+tab");
    assert_eq!(requests(&mut play), [Request::SetMode(Mode::AcceptEdits)]);
    play.record(Body::ModeSet { mode: Mode::Plan }).keys("shift+tab");
    assert_eq!(requests(&mut play), [Request::SetMode(Mode::Default)]);
}

#[test]
fn suspend_redraw_editor() {
    let mut play = Play::new(80, 24);
    play.write("abc").keys("ctrl+z ctrl+l ctrl+g");
    let edit = Act::Edit { purpose: EditPurpose::Prompt, text: "abc".to_owned() };
    assert_eq!(play.take_acts(), [Act::Suspend, Act::Redraw, edit.clone()]);
    play.keys("ctrl+x ctrl+e");
    assert_eq!(play.take_acts(), [edit]);
    play.message(Message::Edited { purpose: EditPurpose::Prompt, text: Some("longer\ntext\n".to_owned()) });
    assert!(play.screen().contains("❯ longer\n  text"));
}

#[test]
fn r_retries_now_only_while_a_request_waits_and_the_prompt_is_empty() {
    let mut play = Play::new(80, 24);
    play.prompt(1, "go").sent(1);
    play.failed(529, Some(9_000)).keys("r");
    assert_eq!(requests(&mut play), [Request::RetryNow]);
    play.write("pr").keys("r");
    assert_eq!(requests(&mut play), []);
}

#[test]
fn x_kills_the_chosen_running_call() {
    let mut play = Play::new(120, 40);
    play.prompt(1, "go").sent(1);
    play.call(0, "c1", "Bash", &serde_json::json!({"command": "sleep 100"})).screen();
    play.keys("tab tab x");
    assert_eq!(requests(&mut play), [Request::Kill { call_id: "c1".to_owned() }]);
}

#[test]
fn a_click_unfolds_a_call_and_the_wheel_scrolls() {
    let mut play = Play::new(80, 40);
    let before = play.worked().screen();
    let row = before.lines().position(|line| line.contains("Edit src/parser.rs")).unwrap();
    play.mouse(MouseEventKind::Down(MouseButton::Left), 12, row as u16);
    let after = play.screen();
    assert!(after.contains("text.lines()"), "{after}");
    play.size.height = 12;
    play.screen();
    play.mouse(MouseEventKind::ScrollUp, 5, 2);
    assert!(play.screen().contains('↓'));
}

#[test]
fn nothing_moves_at_rest() {
    let mut play = Play::new(120, 40);
    play.worked().screen();
    assert_eq!(next_tick(&play.model, play.now), None);
    play.prompt(2, "go").sent(1);
    assert_eq!(next_tick(&play.model, play.now), Some(100));
}

#[test]
fn only_what_changes_something_makes_it_dirty() {
    let mut play = Play::new(80, 24);
    assert!(take_dirty(&mut play.model));
    assert!(!take_dirty(&mut play.model));
    play.mouse(MouseEventKind::Moved, 3, 3);
    assert!(!take_dirty(&mut play.model));
    play.write("x");
    assert!(take_dirty(&mut play.model));
}

#[test]
fn unknown_commands_stay_in_the_prompt() {
    let mut play = Play::new(80, 24);
    play.write("/hepl").keys("enter");
    assert_eq!(requests(&mut play), []);
    let screen = play.screen();
    assert!(screen.contains("There is no command /hepl"), "{screen}");
}

#[test]
fn a_question_takes_the_keys_and_gives_them_back() {
    let mut play = Play::new(80, 24);
    play.write("dra").prompt(1, "go").sent(1);
    play.asked("c1", "cargo test").keys("1");
    assert_eq!(requests(&mut play), [], "too early to be an answer");
    play.wait(400).screen();
    play.keys("1");
    assert_eq!(requests(&mut play), [Request::Answer { ask: 1, answer: Answer::Once { comment: None } }]);
    play.write("ft");
    assert!(play.screen().contains("❯ draft"), "what was typed stayed");
}

#[test]
fn ctrl_c_stops_the_turn_behind_a_question() {
    let mut play = Play::new(80, 24);
    play.prompt(1, "go").sent(1);
    play.asked("c1", "cargo test").wait(400).keys("ctrl+c");
    assert_eq!(requests(&mut play), [Request::Interrupt]);
}

#[test]
fn f2_and_f3_hide_what_has_room() {
    let mut play = Play::new(120, 40);
    play.worked();
    let has = |screen: &str| (screen.contains("92 % hit"), screen.contains("─ activity ─"));
    assert_eq!(has(&play.screen()), (true, true));
    assert_eq!(has(&play.keys("f2").screen()), (false, true));
    assert_eq!(has(&play.keys("f3").screen()), (false, false));
    assert_eq!(has(&play.keys("f2 ctrl+x a").screen()), (true, true));
}

#[test]
fn a_dead_engine_is_told() {
    let mut play = Play::new(100, 24);
    play.prompt(1, "go").sent(1);
    play.delta(0, Some(DeltaKind::Text), "half");
    play.message(Message::Engine(Event::Closed));
    let screen = play.screen();
    assert!(screen.contains("The engine has stopped") && screen.contains("cut: the program ended here"), "{screen}");
    assert!(!screen.contains("esc to interrupt"), "{screen}");
}

#[test]
fn help_opens_on_an_empty_prompt_only() {
    let mut play = Play::new(80, 24);
    play.write("?");
    let screen = play.screen();
    assert!(screen.contains("Everywhere") && screen.contains("Shift+Tab"), "{screen}");
    play.keys("esc").write("why?");
    assert!(play.screen().contains("❯ why?"));
}

#[test]
fn the_palette_runs_commands_and_actions() {
    let mut play = Play::new(80, 24);
    play.keys("ctrl+p").write("next permission").keys("enter");
    assert_eq!(requests(&mut play), [Request::SetMode(Mode::AcceptEdits)]);
    play.keys("ctrl+p").write("/tools").keys("enter");
    assert!(play.screen().contains("tools are offered"));
    play.keys("esc ctrl+p").write("/title").keys("enter");
    assert!(play.screen().contains("❯ /title"), "an argument must follow");
}

#[test]
fn a_theme_is_tried_on_and_taken_off() {
    let mut play = Play::new(80, 24);
    play.write("/theme").keys("enter").screen();
    play.keys("down");
    assert_ne!(play.model.theme().name(), "dark");
    play.keys("ctrl+c");
    assert_eq!(play.model.theme().name(), "dark");
    play.take_acts();
    play.write("/theme").keys("enter down enter");
    let name = play.model.theme().name().to_owned();
    assert_ne!(name, "dark");
    assert!(play.take_acts().contains(&Act::SaveTheme(name)));
}

#[test]
fn a_model_is_chosen_from_the_list() {
    let mut play = Play::new(80, 24);
    play.write("/model").keys("enter");
    assert_eq!(requests(&mut play), [Request::ListModels]);
    let other = ModelRef::new(Wire::Ollama, "qwen-test");
    play.live(Live::Models(vec![(other.clone(), ModelInfo::unknown("qwen-test"))]));
    assert!(play.screen().contains("qwen-test"));
    play.keys("enter");
    assert_eq!(requests(&mut play), [Request::SetModel { model: other, effort: None }]);
}

#[test]
fn a_session_is_chosen_and_its_opening_closes_the_browser() {
    let mut play = Play::new(80, 24);
    play.write("/resume").keys("enter");
    assert_eq!(requests(&mut play), [Request::ListSessions(SessionScope::Project)]);
    let id = SessionId(uuid::Uuid::from_u128(9));
    let summary = SessionSummary {
        id,
        title: "fix the parser".into(),
        project: "/code/demo".into(),
        model: None,
        started: play.now,
        updated: play.now,
        turns: 3,
        cost: Some(0.5),
        tokens: 1_000,
        bytes: 10,
        prompt: String::new(),
        branch: None,
        pinned: false,
        tags: Vec::new(),
        state: crate::domain::SessionState::Rests,
        parent: None,
    };
    play.live(Live::Sessions(SessionScope::Project, vec![summary]));
    assert!(play.screen().contains("fix the parser"));
    assert!(next_tick(&play.model, play.now).is_some(), "the preview is asked for after a moment");
    play.wait(200);
    play.take_acts();
    play.keys("enter");
    assert_eq!(requests(&mut play), [Request::Resume(id)]);
    play.open(start_info(true), Vec::new());
    assert!(play.screen().contains("❯ "));
}

#[test]
fn a_paste_goes_to_the_prompt_wherever_the_focus_is() {
    let mut play = Play::new(80, 24);
    play.keys("tab ctrl+t").message(Message::Paste("pasted".to_owned()));
    assert!(play.screen().contains("❯ pasted"));
}

#[test]
fn the_terminals_background_does_not_change_a_chosen_theme() {
    let mut play = Play::new(80, 24);
    play.message(Message::Background { light: true });
    assert_eq!(play.model.theme().name(), "dark");
}

#[test]
fn keys_in_a_layer_do_not_act_behind_it() {
    let mut play = Play::new(80, 24);
    play.prompt(1, "go").sent(1);
    play.call(0, "c1", "Bash", &serde_json::json!({"command": "sleep 100"})).screen();
    play.write("/tools").keys("enter x");
    assert_eq!(requests(&mut play), [], "no call is in view");
    play.keys("esc f3 i");
    assert_eq!(requests(&mut play), [], "the layer closes, the turn goes on");
    play.keys("f3 enter x");
    assert_eq!(requests(&mut play), [Request::Kill { call_id: "c1".to_owned() }]);
}

#[test]
fn who_looks_elsewhere_is_called_for_a_question_and_for_the_folder() {
    let mut play = Play::new(80, 24);
    play.prompt(1, "go").sent(1);
    play.message(Message::Focus(false)).take_acts();
    play.asked("c1", "cargo test");
    assert!(play.take_acts().iter().any(|act| matches!(act, Act::Notify(text) if text.contains("Bash"))));
    play.live(Live::Folder(Box::default()));
    assert!(play.take_acts().iter().any(|act| matches!(act, Act::Notify(text) if text.contains("folder"))));
    play.message(Message::Focus(true)).take_acts();
    play.live(Live::Folder(Box::default()));
    assert!(!play.take_acts().iter().any(|act| matches!(act, Act::Notify(_))));
}

#[test]
fn the_folders_question_stands_over_everything_and_a_paste_is_no_answer() {
    let mut play = Play::new(80, 24);
    play.keys("ctrl+p").live(Live::Folder(Box::default())).wait(400);
    assert!(play.screen().contains("Do you trust this folder?"));
    play.message(Message::Paste("1".into())).take_acts();
    assert!(play.screen().contains("Do you trust this folder?"));
    play.keys("esc");
    assert_eq!(play.take_acts(), [Act::Send(Request::AnswerFolder(FolderAnswer::Without))]);
    assert!(!play.screen().contains("Do you trust this folder?"));
}

#[test]
fn every_theme_is_brought_down_to_the_colours_of_the_terminal() {
    let colours = |play: &mut Play| {
        play.screen();
        let (buf, _) = play.draw();
        let more = |color: ratatui::style::Color| matches!(color, ratatui::style::Color::Rgb(..));
        buf.content().iter().filter(|cell| more(cell.fg) || more(cell.bg)).count()
    };
    let mut play = Play::with_depth(80, 24, crate::theme::ColorDepth::Ansi256);
    play.open(start_info(true), Vec::new());
    assert_eq!(colours(&mut play), 0);
    play.message(Message::Background { light: true });
    assert_eq!(play.model.theme().name(), "light");
    assert_eq!(colours(&mut play), 0);
    play.write("/theme").keys("enter down");
    assert_eq!(colours(&mut play), 0, "tried on");
    play.keys("esc").write("/theme dark").keys("enter");
    assert_eq!(colours(&mut play), 0, "chosen by name");
}
