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

#[test]
fn a_session_recorded_on_the_screen_replays_twice_and_looks_the_same() {
    let read = json!({"file_path": "note.txt"});
    let server = Server::start([Answer::call("t1", "Read", read), Answer::text("It says zebra.")]);
    let home = Home::new().anthropic(server.url());
    std::fs::write(home.project().join("note.txt"), "a zebra\n").unwrap();
    let times = regex::Regex::new(r"[0-9]+\.[0-9]+ s\b|[0-9]{2}:[0-9]{2}").unwrap();
    let play = |arguments: &[&str]| {
        let mut terminal = Latigo::start(&home, (100, 30), &[arguments, &["what does note.txt say?"]].concat());
        terminal.wait_for("It says zebra.");
        terminal.wait_quiet();
        // All but the times that were measured.
        let screen = times.replace_all(&terminal.screen(), "#").into_owned();
        let screen: Vec<String> = screen.lines().map(|line| line.trim_end().to_owned()).collect();
        terminal.keys("\u{4}\u{4}");
        assert_eq!(terminal.wait_exit(), 0);
        screen
    };
    play(&["--record", "tape.jsonl"]);
    let replay = ["--replay", "tape.jsonl", "--replay-tools", "recorded"];
    assert_eq!(play(&replay), play(&replay));
    assert_eq!(server.asked().len(), 2, "nothing is asked of a model again");
}

#[test]
fn a_session_is_asked_again_of_another_model_and_compared() {
    let home = recorded();
    let list: Value = serde_json::from_slice(&home.pipe(&["sessions", "list", "--json"], "").stdout).unwrap();
    let id = list[0]["id"].as_str().unwrap().to_owned();
    let read = json!({"file_path": "note.txt"});
    let server = Server::start([Answer::call("t9", "Read", read.clone()), Answer::text("Something else.")]);
    let other = home.anthropic(server.url());
    let replay = other.pipe(&["replay", &id, "--model", "claude-haiku-4-5", "--json"], "");
    assert!(replay.status.success(), "{}", text(&replay.stderr));
    let told: Value = serde_json::from_slice(&replay.stdout).unwrap();
    let steps = told["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2, "{told}");
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|asked| asked.body["model"] == "claude-haiku-4-5"));
    // Each step is asked with the history as it was, whatever the other model says.
    assert!(asked[1].body["messages"].to_string().contains("a zebra"), "{}", asked[1].body);
    let words = told.to_string();
    assert!(words.contains("same") && words.contains("claude-haiku-4-5"), "{words}");
    assert!(other.pipe(&["sessions", "list"], "").stdout.len() < 400, "a comparison is no session");
}

#[test]
fn a_session_of_claude_code_is_imported_and_goes_on() {
    let server = Server::start([Answer::text("Going on.")]);
    let home = Home::new().anthropic(server.url());
    let id = "0198c0de-0000-7000-8000-000000000001";
    let cwd = home.project().canonicalize().unwrap().display().to_string();
    let entry = |kind: &str, uuid: &str, parent: Value, message: Value| {
        json!({"type": kind, "uuid": uuid, "parentUuid": parent, "sessionId": id, "cwd": cwd, "gitBranch": "main",
            "timestamp": "2026-01-02T03:04:05.678Z", "isSidechain": false, "message": message})
    };
    let answer = |content: Value, stop: &str| {
        json!({"id": "msg_1", "role": "assistant", "model": "claude-sonnet-4-6", "content": content,
            "stop_reason": stop, "usage": {"input_tokens": 10, "output_tokens": 5}})
    };
    let call = json!([{"type": "tool_use", "id": "toolu_7", "name": "Read", "input": {"file_path": "/w/a.rs"}}]);
    let result = json!([{"type": "tool_result", "tool_use_id": "toolu_7", "content": "the walrus line"}]);
    let said = json!([{"type": "text", "text": "I read it."}]);
    let lines = [
        entry("user", "u1", Value::Null, json!({"role": "user", "content": "read the file"})),
        entry("assistant", "u2", json!("u1"), answer(call, "tool_use")),
        entry("user", "u3", json!("u2"), json!({"role": "user", "content": result})),
        entry("assistant", "u4", json!("u3"), answer(said, "end_turn")),
    ];
    let transcript: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(home.project().join(format!("{id}.jsonl")), transcript).unwrap();
    let import = home.pipe(&["sessions", "import", &format!("{id}.jsonl")], "");
    assert!(import.status.success(), "{}", text(&import.stderr));
    let imported = text(&import.stdout).split_whitespace().next().unwrap().to_owned();
    let output = home.pipe(&["-p", "and then?", "--resume", &imported], "");
    assert_eq!(text(&output.stdout), "Going on.\n", "{}", text(&output.stderr));
    let messages = server.asked()[0].body["messages"].as_array().unwrap().clone();
    let all = messages.iter().map(Value::to_string).collect::<Vec<_>>();
    assert!(all[0].contains("read the file") && all[1].contains("toolu_7"), "{all:?}");
    assert!(all[2].contains("the walrus line") && all[2].contains("toolu_7"), "{all:?}");
    assert!(all.last().unwrap().contains("and then?") && all.iter().any(|message| message.contains("I read it.")));
    // What was said in it is found, and a session found by its words opens at the place.
    let found = home.pipe(&["search", "walrus", "--json"], "");
    assert!(text(&found.stdout).contains(&imported), "{}", text(&found.stdout));
}

#[test]
fn a_session_of_another_folder_is_opened_there() {
    let home = recorded();
    let other = home.project().parent().unwrap().join("elsewhere");
    std::fs::create_dir_all(other.join(".git")).unwrap();
    let mut terminal = Latigo::start_in(&home, &other, (100, 30), &[]);
    terminal.wait_for("❯");
    terminal.keys("/resume\r");
    terminal.wait_for("Sessions of this project");
    terminal.keys("\u{1}");
    terminal.wait_for("what does note.txt say?");
    terminal.keys("\r");
    terminal.wait_for("Open it there");
    terminal.keys("\r");
    terminal.wait_for("session resumed");
    terminal.wait_for("It says zebra.");
}
