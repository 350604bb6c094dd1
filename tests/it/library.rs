//! Recording and replaying, the browser, the search, export and import, in the real binary.

use serde_json::{Value, json};

use crate::harness::{Home, Latigo};
use crate::server::{Answer, Server};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A home in which one session was held and recorded.
fn recorded() -> Home {
    let read = json!({"file_path": "note.txt"});
    let server = Server::start([Answer::call("t1", "Read", read), Answer::text("It says zebra.")]);
    let home = Home::new().anthropic(server.url());
    std::fs::write(home.project().join("note.txt"), "a zebra\n").unwrap();
    let output = home.pipe(&["-p", "what does note.txt say?", "--record", "tape.jsonl"], "");
    assert_eq!(text(&output.stdout), "It says zebra.\n", "{}", text(&output.stderr));
    home
}

#[test]
fn a_recorded_session_replays_offline_twice_and_says_the_same() {
    // The server is gone by now: whatever is answered comes from the tape.
    let home = recorded();
    let replay = |more: &[&str]| {
        let mut arguments = vec!["-p", "what does note.txt say?", "--replay", "tape.jsonl"];
        arguments.extend(more);
        home.pipe(&arguments, "")
    };
    for more in [&["--output-format", "stream-json"][..], &["--output-format", "json", "--replay-tools", "recorded"]] {
        let (first, second) = (replay(more), replay(more));
        assert_eq!(text(&first.stdout), text(&second.stdout));
        assert!(text(&first.stdout).contains("It says zebra."), "{}", text(&first.stderr));
    }
    std::fs::remove_file(home.project().join("note.txt")).unwrap();
    assert_eq!(text(&replay(&["--replay-tools", "recorded"]).stdout), "It says zebra.\n", "nothing runs");
    let missed = replay(&[]);
    assert_eq!(missed.status.code(), Some(7));
    assert!(text(&missed.stderr).contains("is the first that differs"), "{}", text(&missed.stderr));
    let list = home.pipe(&["sessions", "list"], "");
    assert_eq!(text(&list.stdout).lines().count(), 1, "replays leave no session");
}

#[test]
fn sessions_are_found_exported_put_away_and_brought_back() {
    let home = recorded();
    let found = home.pipe(&["search", "zebra", "tool:Read", "--json"], "");
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!((found["hits"][0]["kind"].as_str(), found["hits"].as_array().unwrap().len()), (Some("result"), 1));
    let id = found["hits"][0]["session"].as_str().unwrap().to_owned();
    assert_eq!(home.pipe(&["search", "in:nothing"], "").status.code(), Some(2));
    let page = text(&home.pipe(&["sessions", "export", &id, "--format", "html"], "").stdout);
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("a zebra"));
    assert!(home.pipe(&["sessions", "export", &id, "-o", "out.json"], "").status.success());
    assert!(!home.pipe(&["sessions", "export", &id, "-o", "out.json"], "").status.success(), "never overwritten");
    assert!(home.pipe(&["sessions", "trash", &id], "").status.success());
    assert!(home.pipe(&["sessions", "list"], "").stdout.is_empty());
    assert_eq!(text(&home.pipe(&["sessions", "trash"], "").stdout).trim(), id);
    assert!(home.pipe(&["sessions", "restore", &id], "").status.success());
    let list = home.pipe(&["sessions", "list", "--json"], "");
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!((list[0]["id"].as_str(), list[0]["state"].as_str()), (Some(id.as_str()), Some("at rest")));
    let other = Home::new();
    let exported = home.project().join("out.json");
    assert!(other.pipe(&["sessions", "import", exported.to_str().unwrap()], "").status.success());
    assert!(text(&other.pipe(&["sessions", "show", &id], "").stdout).contains("It says zebra."));
}

#[test]
fn the_browser_opens_with_the_program_and_finds_what_was_said() {
    let home = recorded();
    let mut terminal = Latigo::start(&home, (80, 24), &["--resume"]);
    terminal.wait_for("Sessions of this project · 1");
    terminal.keys("\u{6}zebra");
    terminal.wait_for("result Read");
    terminal.keys("\r");
    terminal.wait_for("session resumed");
    terminal.keys("/timeline\r");
    terminal.wait_for("p n prompts");
    terminal.keys("p");
    terminal.wait_for("you: what does note.txt say?");
    terminal.keys("q");
    terminal.wait_screen("the prompt is back", |screen| !screen.contents().contains("p n prompts"));
}
