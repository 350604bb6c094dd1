//! Hooks and the real binary: what a person's own hooks do, and what those of a folder may not.

use std::fs;

use serde_json::json;

use crate::harness::{Home, Latigo};
use crate::server::{Answer, Server};

/// A home whose own hooks refuse to read secrets and remember how the session ended, and a folder with one.
fn furnished(server: &Server) -> Home {
    let home = Home::new().anthropic(server.url());
    let own = json!({ "hooks": {
        "PreToolUse": [{ "matcher": "Read", "hooks": [{
            "type": "command",
            "if": "Read(secret*)",
            "command": "echo 'that one is private' >&2; exit 2",
        }]}],
        "SessionEnd": [{ "hooks": [{ "type": "command", "command": "env > \"$CLAUDE_PROJECT_DIR/../ended\"; sleep 2.5", "timeout": 5 }] }],
    }});
    let folder = home.project().join("../latigo/config");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("settings.json"), own.to_string()).unwrap();
    let theirs =
        json!({ "hooks": { "SessionStart": [{ "hooks": [{ "type": "command", "command": "touch canary" }] }] } });
    fs::create_dir_all(home.project().join(".claude")).unwrap();
    fs::write(home.project().join(".claude/settings.json"), theirs.to_string()).unwrap();
    fs::write(home.project().join("secret.txt"), "the word is plum").unwrap();
    home
}

#[test]
fn without_a_screen_own_hooks_run_and_those_of_the_folder_do_not() {
    let read = json!({ "file_path": "secret.txt" });
    let server = Server::start([Answer::call("t1", "Read", read), Answer::text("I may not.")]);
    let home = furnished(&server);
    let output = home.pipe(&["-p", "read it"], "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "I may not.\n");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("1 hook"), "{told}");
    let asked = server.asked();
    assert!(asked[1].body.to_string().contains("that one is private"), "{}", asked[1].body);
    assert!(!asked[1].body.to_string().contains("plum"));
    assert!(!home.project().join("canary").exists());
    // The end waited for its hook, longer than it waits for an engine that says nothing.
    let env = fs::read_to_string(home.project().join("../ended")).unwrap();
    assert!(env.contains("CLAUDE_PROJECT_DIR=") && !env.contains("sk-ant-test"), "{env}");
}

#[test]
fn the_screen_lists_hooks_and_trust_lets_them_run() {
    let server = Server::start([Answer::text("Hello.")]);
    let home = furnished(&server);
    let mut latigo = Latigo::start(&home, (100, 40), &["--trust"]);
    latigo.wait_for("Type a task");
    latigo.keys("hi\r");
    latigo.wait_for("Hello.");
    latigo.keys("/hooks\r");
    // The list comes from the engine, after the pane stands.
    for words in ["SessionStart", "touch canary", "stands in project .claude/settings.json", "ran       once"] {
        latigo.wait_for(words);
    }
    assert!(home.project().join("canary").exists());
}
