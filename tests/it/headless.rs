//! `-p` and pipes: what is printed where, and the exit codes.

use serde_json::Value;

use crate::harness::Home;
use crate::server::{Answer, Server};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_answer_is_printed_and_nothing_else() {
    let server = Server::start([Answer::text("Forty-two.")]);
    let output = Home::new().anthropic(server.url()).pipe(&["-p", "what is it?"], "context\n");
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("Forty-two.\n", ""));
    assert_eq!(output.status.code(), Some(0));
    assert!(server.asked()[0].body["messages"].to_string().contains(r"what is it?\n\ncontext"));
}

#[test]
fn json_is_one_object_and_a_stream_ends_with_it() {
    let server = Server::start([Answer::text("Forty-two."), Answer::text("Forty-two.")]);
    let home = Home::new().anthropic(server.url());
    let output = home.pipe(&["-p", "x", "--output-format", "json"], "");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((result["result"].as_str(), result["is_error"].as_bool()), (Some("Forty-two."), Some(false)));
    let output = home.pipe(&["-p", "x", "--output-format", "stream-json"], "");
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.first().unwrap()["subtype"], "init");
    assert!(lines.iter().any(|line| line["type"] == "assistant"));
    assert_eq!(lines.last().unwrap()["type"], "result");
}

#[test]
fn what_would_ask_is_denied_and_the_turn_goes_on() {
    let write = serde_json::json!({"file_path": "made.txt", "content": "made\n"});
    let server = Server::start([Answer::call("t1", "Write", write), Answer::text("I may not.")]);
    let home = Home::new().anthropic(server.url());
    let output = home.pipe(&["-p", "make it", "--output-format", "json"], "");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["permission_denials"][0]["tool_name"], "Write");
    assert!(!home.project().join("made.txt").exists());
}

#[test]
fn every_kind_of_failure_has_its_code_and_says_why() {
    let output = Home::new().pipe(&["-p", "x"], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("ANTHROPIC_API_KEY") && output.stdout.is_empty());
    let server = Server::start([Answer::Status(401, "no such key".to_owned())]);
    let output = Home::new().anthropic(server.url()).pipe(&["-p", "x"], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("no such key"));
    let server = Server::start([Answer::Status(400, "not like this".to_owned())]);
    let output = Home::new().anthropic(server.url()).pipe(&["-p", "x"], "");
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn usage_errors_are_told_before_anything_runs() {
    let home = Home::new();
    for (arguments, words) in
        [(vec!["-p"], "no prompt"), (vec!["--modle", "x"], "--model"), (vec!["completion"], "completions")]
    {
        let output = home.pipe(&arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
    let output = home.pipe(&["-p"], &"x".repeat((10 << 20) + 1));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("10 MB"));
}

#[test]
fn help_version_and_completions_are_successes() {
    let home = Home::new();
    assert!(text(&home.pipe(&["--help"], "").stdout).contains("--output-format"));
    assert_eq!(text(&home.pipe(&["-v"], "").stdout), concat!("latigo ", env!("CARGO_PKG_VERSION"), "\n"));
    assert!(text(&home.pipe(&["completions", "bash"], "").stdout).contains("_latigo"));
}

#[test]
fn the_rehearsal_needs_no_key() {
    let output = Home::new().pipe(&["--rehearse", "-p", "fix the failing check"], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).to_lowercase().contains("rehearsal"));
}

/// The advice that the rehearsal gives when a call was denied has to work.
#[test]
fn the_rehearsal_goes_to_its_end_when_its_calls_are_allowed() {
    let flags = ["--permission-mode", "acceptEdits", "--allowed-tools", "Bash(sh check.sh)"];
    let arguments = ["--rehearse", "-p", "fix the failing check"].iter().chain(&flags).copied().collect::<Vec<_>>();
    let output = Home::new().pipe(&arguments, "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("all five checks pass"), "{}", text(&output.stdout));
}

#[test]
fn a_session_is_listed_and_shown() {
    let server = Server::start([Answer::text("Forty-two.")]);
    let home = Home::new().anthropic(server.url());
    assert!(home.pipe(&["-p", "what is it?"], "").status.success());
    let list = text(&home.pipe(&["sessions", "list"], "").stdout);
    assert!(list.contains("prompts   1") && list.contains("what is it?"), "{list}");
    let id = list.split(' ').next().unwrap();
    let shown = text(&home.pipe(&["sessions", "show", id], "").stdout);
    assert!(shown.contains("what is it?") && shown.contains("Forty-two."), "{shown}");
    assert_eq!(home.pipe(&["sessions", "show", "nothing"], "").status.code(), Some(1));
}
