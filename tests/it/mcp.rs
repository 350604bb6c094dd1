//! Tool servers in the real binary: Latigo itself is the server, so both sides are ours.

use serde_json::{Value, json};

use crate::harness::Home;
use crate::server::{Answer, Server};

/// A list with Latigo as the server `own`, in a folder that is trusted for the run.
fn home(server: &Server) -> Home {
    let home = Home::new().anthropic(server.url());
    let own = json!({"mcpServers": {"own": {"command": env!("CARGO_BIN_EXE_latigo"), "args": ["mcp", "serve"]}}});
    std::fs::write(home.project().join(".mcp.json"), own.to_string()).unwrap();
    std::fs::write(home.project().join("notes.txt"), "the secret word is heron\n").unwrap();
    home
}

fn results(asked: &Value) -> String {
    asked["messages"].as_array().unwrap().last().unwrap().to_string()
}

#[test]
fn tools_of_a_server_stand_in_the_request_and_are_called_through_the_gate() {
    let read = json!({"name": "mcp__own__LS", "arguments": {"path": "."}});
    let server = Server::start([
        Answer::call("t1", "mcp__own__Read", json!({"file_path": "notes.txt"})),
        Answer::call("t2", "CallMcpTool", json!({"name": "mcp__own__Read", "arguments": {"file": "x"}})),
        Answer::call("t3", "CallMcpTool", read),
        Answer::call("t4", "ToolSearch", json!({"query": "select:mcp__own__Grep"})),
        Answer::text("Done."),
    ]);
    let home = home(&server);
    let flags = ["-p", "go", "--trust", "--allowed-tools", "mcp__own"];
    let output = home.pipe(&flags, "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Done.\n", "{}", String::from_utf8_lossy(&output.stderr));
    let asked = server.asked();
    let names: Vec<&str> =
        asked[0].body["tools"].as_array().unwrap().iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert!(names.contains(&"mcp__own__Read") && names.contains(&"ToolSearch"), "{names:?}");
    assert!(results(&asked[1].body).contains("heron"));
    assert!(results(&asked[2].body).contains("file_path"), "the input is held against the schema");
    assert!(results(&asked[3].body).contains("notes.txt"), "{}", results(&asked[3].body));
    assert!(results(&asked[4].body).contains("input_schema"));
    let prefix = |index: usize| asked[index].body["tools"].to_string();
    assert!((1..5).all(|index| prefix(index) == prefix(0)), "finding a tool leaves the prefix alone");
}

#[test]
fn without_a_rule_or_trust_nothing_of_a_server_runs() {
    let call = || Answer::call("t1", "mcp__own__Read", json!({"file_path": "notes.txt"}));
    let server = Server::start([call(), Answer::text("No."), call(), Answer::text("No."), call(), Answer::text("No.")]);
    let home = home(&server);
    home.pipe(&["-p", "go", "--trust"], "");
    assert!(results(&server.asked()[1].body).contains("denied"), "nobody is there to be asked");
    home.pipe(&["-p", "go", "--allowed-tools", "mcp__own"], "");
    assert!(results(&server.asked()[3].body).contains("there is no tool"), "an untrusted folder starts nothing");
    let plan = ["-p", "go", "--trust", "--permission-mode", "plan", "--allowed-tools", "mcp__own"];
    home.pipe(&plan, "");
    assert!(results(&server.asked()[5].body).contains("Plan mode"), "{}", results(&server.asked()[5].body));
}

#[test]
fn servers_are_added_listed_and_removed() {
    let home = Home::new();
    let run = |arguments: &[&str]| {
        let output = home.pipe(arguments, "");
        (
            output.status.code(),
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        )
    };
    let own = env!("CARGO_BIN_EXE_latigo");
    let (code, told) = run(&["mcp", "add", "own", "--", own, "mcp", "serve"]);
    assert_eq!(code, Some(0), "{told}");
    let (_, listed) = run(&["mcp", "list"]);
    assert!(listed.contains("own:") && listed.contains("✓") && listed.contains("local"), "{listed}");
    assert!(run(&["mcp", "get", "own"]).1.contains("Read"));
    let (code, told) = run(&["mcp", "add-json", "web", r#"{"url": "http://h"}"#]);
    assert!(code == Some(1) && told.contains("no `type`"), "{told}");
    assert_eq!(
        run(&["mcp", "add", "--transport", "http", "--scope", "user", "-H", "X: y", "web", "http://127.0.0.1:9/mcp"]).0,
        Some(0)
    );
    assert!(run(&["mcp", "list"]).1.contains("web: http http://127.0.0.1:9/mcp"));
    assert_eq!(run(&["mcp", "remove", "own"]).0, Some(0));
    assert_eq!(run(&["mcp", "remove", "own"]).0, Some(1));
    assert_eq!(run(&["mcp", "reset-project-choices"]).0, Some(0));
}
