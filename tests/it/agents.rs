//! Sub-agents in processes of their own.

use serde_json::{Value, json};

use crate::harness::{Home, Latigo};
use crate::server::{Answer, Server};

/// How many of the command's ancestors are agents.
const LOOK: &str = "p=$PPID; while [ \"$p\" -gt 1 ]; do tr '\\0' ' ' < /proc/$p/cmdline; echo; \
    p=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$p/status); done | grep -c 'latigo __agent'";

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

#[test]
fn what_a_process_asks_stands_in_the_persons_queue_and_its_costs_in_the_report() {
    let server = Server::start([
        delegate(),
        bash("echo made > made.txt"),
        Answer::text("The work is done."),
        Answer::text("All done."),
    ]);
    let home = Home::new().anthropic(server.url());
    let file = home.project().join("report.json");
    let mut latigo = Latigo::start(&home, (120, 40), &["--report", &file.display().to_string(), "go"]);
    latigo.wait_for("asked by general-purpose · the work");
    assert!(latigo.screen().contains("made.txt") && !home.project().join("made.txt").exists());
    latigo.press_until("y", "All done.");
    assert!(home.project().join("made.txt").exists());
    assert!(server.asked()[3].body["messages"].to_string().contains("The work is done."));
    latigo.keys("\x04\x04");
    latigo.wait_exit();
    let rows: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let whose: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["agent"].as_str().unwrap()).collect();
    assert_eq!(whose.iter().filter(|agent| agent.starts_with("general-purpose a")).count(), 2, "{rows}");
    assert_eq!(whose.len(), 4, "{rows}");
    let ledger = home.pipe(&["cost", "--by", "agent", "--json"], "");
    let ledger = String::from_utf8(ledger.stdout).unwrap();
    assert!(ledger.contains("general-purpose a"), "{ledger}");
}

#[test]
fn an_agent_below_a_process_asks_and_is_stopped_alone() {
    let below = |id: &str, task: &str| {
        Answer::call(id, "Agent", json!({ "description": task, "prompt": task, "subagent_type": "general-purpose" }))
    };
    let server = Server::start([
        delegate(),
        below("t2", "the part"),
        bash("echo made > made.txt"),
        Answer::Never,
        Answer::text("The part was stopped."),
        Answer::text("All done."),
    ]);
    let home = Home::new().anthropic(server.url());
    let mut latigo = Latigo::start(&home, (120, 40), &["go"]);
    latigo.wait_for("asked by general-purpose · the part");
    // Once the question is gone the key is text.
    latigo.press_until("y", "❯ y");
    latigo.keys("\x15/agents");
    latigo.wait_for("❯ /agents");
    latigo.keys("\r");
    assert!(home.project().join("made.txt").exists());
    latigo.wait_for("↳ ◐ general-purpose · the part — asks the model");
    // The newest stands first: its conversation, then its end.
    latigo.keys("\r");
    latigo.wait_for("made.txt");
    latigo.keys("x");
    latigo.press_until("\x1b", "All done.");
    assert!(server.asked()[4].body["messages"].to_string().contains("stopped"), "{:?}", server.asked()[4].body);
}

/// Hosts are asked about where the network can be closed but for the way through us.
fn networks_can_be_closed() -> bool {
    std::process::Command::new("bwrap")
        .args(["--unshare-net", "--ro-bind", "/", "/", "true"])
        .status()
        .is_ok_and(|done| done.success())
}

#[test]
fn a_host_that_an_agent_wants_is_asked_about_with_its_name() {
    if !networks_can_be_closed() {
        return;
    }
    for isolation in ["none", "process"] {
        let input = json!({
            "description": "the work", "prompt": "do the work", "subagent_type": "general-purpose", "isolation": isolation,
        });
        let server = Server::start([
            Answer::call("t1", "Agent", input),
            bash("bash fetch.sh"),
            Answer::text("It was closed."),
            Answer::text("All done."),
        ]);
        let home = Home::new().anthropic(server.url());
        // What programs that obey HTTP_PROXY do.
        let fetch =
            "exec 3<>/dev/tcp/127.0.0.1/3128\nprintf 'CONNECT wanted.invalid:443 HTTP/1.1\\r\\n\\r\\n' >&3\ncat <&3\n";
        std::fs::write(home.project().join("fetch.sh"), fetch).unwrap();
        let settings = home.project().parent().unwrap().join("latigo/config");
        std::fs::create_dir_all(&settings).unwrap();
        std::fs::write(settings.join("settings.json"), r#"{"sandbox": {"enabled": true}}"#).unwrap();
        let mut latigo = Latigo::start(&home, (120, 40), &["go"]);
        latigo.wait_for("asked by the sandbox, for general-purpose");
        assert!(latigo.screen().contains("wanted.invalid"), "{}", latigo.screen());
        latigo.press_until("n", "All done.");
        let told = server.asked()[2].body["messages"].to_string();
        assert!(
            told.contains("the person does not want wanted.invalid to be reached") || told.contains("403"),
            "{told}"
        );
    }
}

#[test]
fn a_session_that_runs_as_an_agent_keeps_to_the_limits_of_its_file() {
    let server = Server::start([
        Answer::call("t1", "Write", json!({ "file_path": "made.txt", "content": "made" })),
        Answer::call("t2", "Bash", json!({ "command": "ls" })),
        Answer::text("All done."),
    ]);
    let home = Home::new().anthropic(server.url());
    let agents = home.project().parent().unwrap().join("home/.claude/agents");
    std::fs::create_dir_all(&agents).unwrap();
    let file = "---\nname: lead\ndescription: leads\ntools: Write, Read\nmaxTurns: 2\npermissionMode: acceptEdits\n\
                memory: user\n---\nYou lead.\n";
    std::fs::write(agents.join("lead.md"), file).unwrap();
    let output = home.pipe(&["-p", "go", "--agent", "lead"], "");
    assert_eq!(output.status.code(), Some(6), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("its memory count for a sub-agent only"));
    assert_eq!(std::fs::read_to_string(home.project().join("made.txt")).unwrap(), "made");
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    let names: Vec<&str> =
        asked[0].body["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Read", "Write"]);
}

#[test]
fn an_agent_commits_in_its_worktree_inside_the_sandbox() {
    let input = json!({
        "description": "the work", "prompt": "do the work", "subagent_type": "general-purpose", "isolation": "worktree",
    });
    let commit = "echo made > made.txt && git add -A && git -c user.name=a -c user.email=a@b commit -qm 'the work' && git log --oneline | head -1; \
                  touch \"$(git rev-parse --git-common-dir)/config.lock\" || echo closed";
    let server = Server::start([
        Answer::call("t1", "Agent", input),
        bash(commit),
        Answer::text("Committed."),
        Answer::text("All done."),
    ]);
    let home = Home::new().anthropic(server.url());
    let settings = home.project().parent().unwrap().join("latigo/config");
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join("settings.json"), r#"{"sandbox": {"enabled": true}}"#).unwrap();
    let git = |words: &[&str]| {
        let who = ["-c", "user.name=a", "-c", "user.email=a@b"];
        let done =
            std::process::Command::new("git").arg("-C").arg(home.project()).args(who).args(words).output().unwrap();
        assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    std::fs::remove_dir(home.project().join(".git")).unwrap();
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["commit", "--quiet", "--allow-empty", "-m", "first"]);
    let output = home.pipe(&["-p", "go"], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let told = server.asked()[2].body["messages"].to_string();
    if told.contains("no sandbox can be started") {
        return;
    }
    assert!(told.contains("the work") && told.contains("closed"), "{told}");
    let log = git(&["log", "--all", "--format=%s"]);
    assert!(log.contains("the work"), "{log}");
    assert_eq!(git(&["log", "--format=%s"]).trim(), "first", "the person's branch is where it was");
}
