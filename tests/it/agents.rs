//! Sub-agents in processes of their own.

use serde_json::{Value, json};

use crate::harness::Home;
use crate::server::{Answer, Server};

const LOOK: &str = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -v grep | grep -c 'latigo __agent'; done | grep -c 1";

fn delegate() -> Answer {
    let input = json!({
        "description": "the work", "prompt": "do the work", "subagent_type": "general-purpose", "isolation": "process",
    });
    Answer::call("t1", "Agent", input)
}

fn bash(command: &str) -> Answer {
    Answer::call("b1", "Bash", json!({ "command": command, "description": "work" }))
}

#[test]
fn an_agent_is_a_process_whose_one_line_alone_reaches_the_parent() {
    let server = Server::start([
        delegate(),
        bash(&format!("{LOOK}; echo secret-step; echo made > made.txt")),
        Answer::text("The work is done."),
        Answer::text("All done."),
    ]);
    let home = Home::new().anthropic(server.url());
    let flags = ["-p", "go", "--output-format", "json", "--permission-mode", "bypassPermissions"];
    let output = home.pipe(&flags, "");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["result"], "All done.", "{}", String::from_utf8_lossy(&output.stderr));
    let asked = server.asked();
    let messages = |at: usize| asked[at].body["messages"].to_string();
    if cfg!(target_os = "linux") {
        assert!(messages(2).contains(r"1\nsecret-step"), "one such process ran: {}", messages(2));
    }
    assert!(messages(3).contains("The work is done."), "{}", messages(3));
    assert!(!messages(3).contains("secret-step"));
    assert!(home.project().join("made.txt").exists());
}

#[test]
fn what_the_session_denies_its_process_denies_too() {
    let server = Server::start([
        delegate(),
        bash("touch forbidden.txt"),
        Answer::text("I could not."),
        Answer::text("All done."),
    ]);
    let home = Home::new().anthropic(server.url());
    let rule = ["--disallowed-tools", "Bash(touch *)"];
    let output = home.pipe(&["-p", "go", "--permission-mode", "bypassPermissions", rule[0], rule[1]], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!home.project().join("forbidden.txt").exists());
    assert!(server.asked()[2].body["messages"].to_string().contains("deny rule"), "{:?}", server.asked()[2].body);
}
