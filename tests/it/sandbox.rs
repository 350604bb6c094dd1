//! The sandbox in the whole program: settings, the gate, what runs, the record, the badge, the doctor.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Home, Latigo};
use crate::server::{Answer, Server};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A home whose own settings are these.
fn home(settings: &Value, server: &Server) -> Home {
    let home = Home::new().anthropic(server.url());
    put(&home, "latigo/config/settings.json", &settings.to_string());
    put(&home, "home/.ssh/id", "KEY");
    home
}

fn put(home: &Home, name: &str, content: &str) {
    let path = home.project().parent().unwrap().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The program's run with one command of the model: the answer's JSON and what the model was told.
fn run(home: &Home, server: &Server) -> (Value, String) {
    let output = home.pipe(&["-p", "go", "--output-format", "json"], "");
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let told = server.asked().last().unwrap().body["messages"].to_string();
    (value, told)
}

fn bash(command: &str) -> Answer {
    Answer::call("t1", "Bash", json!({ "command": command }))
}

fn log(home: &Home) -> String {
    let mut found = String::new();
    let mut folders = vec![home.project().parent().unwrap().join("latigo/data/sessions")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "jsonl") {
                found.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_confined_command_runs_unasked_and_the_system_holds_it() {
    let server = Server::start([
        bash(
            "echo in >in.txt; mkdir sub; cd sub; echo out >../../out.txt; cat ~/.ssh/id; printf 'echo x >../.git/hooks/p' >s; bash s; echo $TMPDIR",
        ),
        Answer::call("t2", "Bash", json!({ "command": "pwd" })),
        Answer::text("done"),
    ]);
    let home = home(&json!({ "sandbox": { "enabled": true } }), &server);
    put(&home, "project/.git/hooks/kept", "");
    let (value, told) = run(&home, &server);
    assert_eq!(value["permission_denials"], json!([]), "{value}");
    assert!(home.project().join("in.txt").exists());
    assert!(
        !home.project().parent().unwrap().join("out.txt").exists() && !home.project().join(".git/hooks/p").exists()
    );
    assert!(!told.contains("Background processes"), "{told}");
    assert!(!told.contains("KEY") && told.contains("Read-only file system"), "{told}");
    assert!(told.contains("/project/sub"), "the folder is followed: {told}");
    assert!(log(&home).contains(r#""confined":{"call_id":"t1","how":"bubblewrap"}"#), "{}", log(&home));
    let names: Vec<_> = fs::read_dir(home.project()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "no placeholder is left: {names:?}");
    assert_eq!(
        fs::read_dir(home.project().parent().unwrap().join("tmp")).unwrap().count(),
        0,
        "nothing temporary is left"
    );
}

#[test]
fn a_program_of_a_plugin_runs_confined_while_the_settings_beside_it_are_hidden() {
    let server = Server::start([
        bash(
            "kit-tool; cat \"$(dirname \"$(dirname \"$(dirname \"$(dirname \"$(command -v kit-tool)\")\")\")\")/settings.json\"",
        ),
        Answer::text("done"),
    ]);
    let home = home(&json!({ "sandbox": { "enabled": true }, "env": { "NOTE": "HIDDEN" } }), &server);
    put(&home, "latigo/config/plugins/kit/bin/kit-tool", "#!/bin/sh\necho the kit ran\n");
    let tool = home.project().parent().unwrap().join("latigo/config/plugins/kit/bin/kit-tool");
    fs::set_permissions(tool, fs::Permissions::from_mode(0o755)).unwrap();
    let (value, told) = run(&home, &server);
    assert_eq!(value["permission_denials"], json!([]), "{value}");
    assert!(told.contains("the kit ran") && !told.contains("HIDDEN"), "{told}");
}

#[test]
fn leaving_is_a_question_and_the_field_exists_only_with_a_sandbox() {
    let leave =
        |command: &str| Answer::call("t1", "Bash", json!({ "command": command, "dangerouslyDisableSandbox": true }));
    let settings = json!({ "sandbox": { "enabled": true }, "permissions": { "allow": ["Bash"] } });
    let server = Server::start([leave("echo x >made"), Answer::text("done")]);
    let inside = home(&settings, &server);
    let (value, _) = run(&inside, &server);
    assert_eq!(value["permission_denials"].as_array().unwrap().len(), 1, "nobody is there to be asked: {value}");
    assert!(!inside.project().join("made").exists());
    assert!(server.asked()[0].body["tools"].to_string().contains("dangerouslyDisableSandbox"));

    // Where the person does not offer it, it means nothing: the command stays inside.
    let settings = json!({ "sandbox": { "enabled": true, "allowUnsandboxedCommands": false } });
    let server = Server::start([leave("echo x >../out.txt"), Answer::text("done")]);
    let strict = home(&settings, &server);
    let (value, _) = run(&strict, &server);
    assert_eq!(value["permission_denials"], json!([]));
    assert!(!strict.project().parent().unwrap().join("out.txt").exists());
    assert!(!server.asked()[0].body["tools"].to_string().contains("dangerouslyDisableSandbox"));

    let server = Server::start([Answer::text("done")]);
    let (_, _) = run(&home(&json!({}), &server), &server);
    let tools = server.asked()[0].body["tools"].to_string();
    assert!(!tools.contains("dangerouslyDisableSandbox") && !tools.contains("sandbox"), "{tools}");
}

#[test]
fn a_project_cannot_open_the_sandbox_and_excluded_commands_are_outside() {
    let server = Server::start([bash("echo x >../out.txt"), Answer::text("done")]);
    let own = json!({ "sandbox": { "enabled": true, "excludedCommands": ["python3"] }, "permissions": { "allow": ["Bash(python3 *)"] } });
    let first = home(&own, &server);
    let wide = json!({ "sandbox": { "enabled": false, "excludedCommands": ["echo"], "filesystem": { "allowWrite": [".."] } } });
    put(&first, "project/.claude/settings.json", &wide.to_string());
    let (_, _) = run(&first, &server);
    assert!(!first.project().parent().unwrap().join("out.txt").exists());

    let server = Server::start([bash("python3 -c 'open(\"../out.txt\", \"w\")'"), Answer::text("done")]);
    let second = home(&own, &server);
    let (value, told) = run(&second, &server);
    assert!(second.project().parent().unwrap().join("out.txt").exists(), "{value} {told}");
    assert!(log(&second).contains("excluded by the settings"));
}

#[test]
fn the_badge_tells_what_was_proven() {
    for (settings, badge) in
        [(json!({}), "sandbox off"), (json!({ "sandbox": { "enabled": true } }), "sandbox bubblewrap")]
    {
        let server = Server::start([]);
        let latigo = Latigo::start(&home(&settings, &server), (120, 40), &[]);
        latigo.wait_for(badge);
    }
}

#[test]
fn the_doctor_says_what_is_missing() {
    let server = Server::start([]);
    let output = home(&json!({ "sandbox": { "enabled": true } }), &server).pipe(&["doctor", "--json"], "");
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), value["ok"].as_bool(), value["sandbox"].as_str()),
        (Some(0), Some(true), Some("bubblewrap")),
        "{value}"
    );
    let output = Home::new().pipe(&["doctor"], "");
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["PROBLEM  model", "bubblewrap works", "sandbox    off", "ANTHROPIC_API_KEY"] {
        assert!(said.contains(part), "{part} in\n{said}");
    }
    let broken = home(&json!({}), &server);
    put(&broken, "latigo/config/settings.json", "{ \"permissions\": ");
    let output = broken.pipe(&["doctor"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("settings.json, line 1"), "{}", text(&output.stdout));
    assert!(Path::new("/usr/bin/bwrap").exists(), "apt-get install bubblewrap");
}
