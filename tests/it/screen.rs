//! The full screen: from the first frame to the terminal given back.

use crate::harness::{Home, Latigo};
use crate::server::{Answer, Server};

const CTRL_D: &str = "\x04";

/// Waits for the composer.
fn ready(latigo: &Latigo) {
    latigo.wait_for("❯");
}

fn given_back(latigo: &Latigo) {
    latigo.wait_screen("the terminal as it was", |screen| {
        !screen.alternate_screen()
            && !screen.bracketed_paste()
            && !screen.hide_cursor()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    latigo.wait_raw("\x1b[<1u");
}

#[test]
fn without_a_key_the_screen_says_how_to_set_one() {
    let latigo = Latigo::start(&Home::new(), (100, 30), &[]);
    ready(&latigo);
    latigo.wait_for("ANTHROPIC_API_KEY");
}

#[test]
fn a_prompt_is_answered() {
    let server = Server::start([Answer::text("The answer is **forty-two**.")]);
    let mut latigo = Latigo::start(&Home::new().anthropic(server.url()), (100, 30), &[]);
    ready(&latigo);
    latigo.keys("what is it?");
    latigo.wait_for("what is it?");
    latigo.keys("\r");
    latigo.wait_for("The answer is forty-two.");
    let asked = server.asked();
    assert!(asked[0].body["messages"].to_string().contains("what is it?"));
}

#[test]
fn a_prompt_on_the_command_line_is_sent_at_once() {
    let server = Server::start([Answer::text("Right away.")]);
    let latigo = Latigo::start(&Home::new().openai(server.url()), (100, 30), &["do it"]);
    latigo.wait_for("Right away.");
    assert_eq!(server.asked()[0].path, "/v1/chat/completions");
}

#[test]
fn a_question_of_the_gate_can_be_answered() {
    let write = serde_json::json!({"file_path": "made.txt", "content": "made\n"});
    let server = Server::start([Answer::call("t1", "Write", write), Answer::text("It is there.")]);
    let home = Home::new().anthropic(server.url());
    let mut latigo = Latigo::start(&home, (100, 30), &["make it"]);
    latigo.wait_for("Allow");
    assert!(!home.project().join("made.txt").exists());
    // Keys of the first 300 ms are not taken for an answer, so it is given until it is.
    latigo.press_until("1", "It is there.");
    assert_eq!(std::fs::read_to_string(home.project().join("made.txt")).unwrap(), "made\n");
}

#[test]
fn every_size_is_drawn_and_nothing_is_lost() {
    let mut latigo = Latigo::start(&Home::new(), (100, 30), &[]);
    ready(&latigo);
    latigo.keys("kept");
    latigo.wait_for("kept");
    for (columns, rows) in [(80, 24), (40, 10), (200, 60), (10, 4), (100, 30)] {
        latigo.resize(columns, rows);
        latigo.keys("x");
        latigo.wait_screen("the composer with what was typed", |screen| screen.contents().contains('x'));
    }
    latigo.wait_for("keptxxxxx");
}

#[test]
fn leaving_by_key_gives_the_terminal_back() {
    let mut latigo = Latigo::start(&Home::new(), (80, 24), &[]);
    ready(&latigo);
    latigo.keys(CTRL_D);
    latigo.keys(CTRL_D);
    assert_eq!(latigo.wait_exit(), 0);
    given_back(&latigo);
}

#[test]
fn a_signal_gives_the_terminal_back_and_has_its_code() {
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut latigo = Latigo::start(&Home::new(), (80, 24), &[]);
        ready(&latigo);
        latigo.signal(signal);
        assert_eq!(latigo.wait_exit(), code, "{signal}");
        given_back(&latigo);
    }
}

#[test]
fn a_stop_gives_the_terminal_back_until_it_goes_on() {
    let mut latigo = Latigo::start(&Home::new(), (80, 24), &[]);
    ready(&latigo);
    latigo.keys("before");
    latigo.wait_for("before");
    // In a session of its own the system ignores the stop, so the program comes back by itself.
    latigo.keys("\x1a");
    latigo.wait_raw("\x1b[?1049l");
    latigo.wait_screen("the screen again", |screen| screen.alternate_screen() && screen.contents().contains("before"));
    latigo.keys("after");
    latigo.wait_for("beforeafter");
}

#[test]
fn the_terminals_colour_is_no_input() {
    let mut latigo = Latigo::start(&Home::new(), (80, 24), &[]);
    ready(&latigo);
    // The question has been asked, so an answer is expected.
    latigo.wait_raw("\x1b]11;?");
    latigo.keys("a\x1b]11;rgb:ffff/ffff/ffff\x07b");
    latigo.wait_for("ab");
    assert!(!latigo.screen().contains("ffff"));
}

#[test]
fn an_editor_gets_the_terminal_and_its_text_comes_back() {
    let home = Home::new().with("EDITOR", "printf 'from the editor' >");
    let mut latigo = Latigo::start(&home, (80, 24), &[]);
    ready(&latigo);
    latigo.keys("\x07");
    latigo.wait_for("from the editor");
    latigo.keys("!");
    latigo.wait_for("from the editor!");
}
