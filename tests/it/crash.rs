//! The program killed at random moments: nothing that was shown is missing, calls stay paired, files are whole.
//!
//! A run of the tests kills a few times; `LATIGO_CRASH_RUNS=2000 cargo test --test it crash` kills that often.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use axum::routing::post;
use serde_json::{Value, json};

use crate::harness::{Home, Latigo};
use crate::server::{Answer, Server};

/// Kills in an ordinary run of the tests.
const RUNS: u64 = 6;
/// Bytes of the file that each step writes.
const FILE: usize = 300_000;

/// What the server found wrong with the requests.
type Wrong = Arc<Mutex<Vec<String>>>;

fn runs() -> u64 {
    std::env::var("LATIGO_CRASH_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS)
}

/// Numbers that look random and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A server that answers by what it is asked: a file, a command, then words, each in a piece of its own.
fn serve() -> (String, Wrong) {
    let wrong = Wrong::default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let state = Arc::clone(&wrong);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let routes = Router::new().route("/v1/messages", post(answer)).with_state(state);
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), routes).await.unwrap();
        });
    });
    (url, wrong)
}

async fn answer(State(wrong): State<Wrong>, body: Bytes) -> Response<Body> {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    wrong.lock().unwrap().extend(unpaired(&messages));
    // Calls since the last thing that the person said.
    let calls = messages
        .iter()
        .rev()
        .take_while(|message| !is_prompt(message))
        .filter(|message| message["role"] == "assistant");
    let (step, number) = (calls.count(), messages.len());
    let block = |block: Value| json!({"type": "content_block_start", "index": 0, "content_block": block});
    let delta = |delta: Value| json!({"type": "content_block_delta", "index": 0, "delta": delta});
    let usage =
        json!({"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1});
    let message = json!({"id": "m", "type": "message", "role": "assistant", "model": "claude-test", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage});
    let mut events = vec![json!({"type": "message_start", "message": message})];
    let call = |name: &str, input: Value| {
        let id = format!("t{number}");
        vec![
            block(json!({"type": "tool_use", "id": id, "name": name, "input": {}})),
            delta(json!({"type": "input_json_delta", "partial_json": input.to_string()})),
        ]
    };
    let letter = char::from(b'a' + (number % 26) as u8).to_string();
    events.extend(match step {
        0 => call("Write", json!({"file_path": format!("file-{number}.txt"), "content": letter.repeat(FILE)})),
        1 => call("Bash", json!({"command": format!("printf '%s' word > cmd-{number}.txt; cat cmd-{number}.txt")})),
        _ => {
            let words = (0..30).map(|word| delta(json!({"type": "text_delta", "text": format!("w{number}n{word}x ")})));
            std::iter::once(block(json!({"type": "text", "text": ""}))).chain(words).collect()
        }
    });
    events.push(json!({"type": "content_block_stop", "index": 0}));
    let stop = if step < 2 { "tool_use" } else { "end_turn" };
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": {"output_tokens": 7}}));
    events.push(json!({"type": "message_stop"}));
    let stream = futures::stream::unfold(events.into_iter(), |mut events| async move {
        let event = events.next()?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        let line = format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
        Some((Ok::<_, std::convert::Infallible>(line), events))
    });
    Response::builder().header("content-type", "text/event-stream").body(Body::from_stream(stream)).unwrap()
}

fn is_prompt(message: &Value) -> bool {
    let blocks = message["content"].as_array().cloned().unwrap_or_default();
    message["role"] == "user" && !blocks.iter().any(|block| block["type"] == "tool_result")
}

/// Calls that have not exactly one result in the message after them.
fn unpaired(messages: &[Value]) -> Vec<String> {
    let blocks = |message: &Value, kind: &str, id: &str| -> Vec<String> {
        let blocks = message["content"].as_array().cloned().unwrap_or_default();
        let ids = blocks.iter().filter(|block| block["type"] == kind).filter_map(|block| block[id].as_str());
        ids.map(str::to_owned).collect()
    };
    let mut wrong = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let mut calls = blocks(message, "tool_use", "id");
        let mut results =
            messages.get(at + 1).map(|next| blocks(next, "tool_result", "tool_use_id")).unwrap_or_default();
        calls.sort();
        results.sort();
        if calls != results && message["role"] == "assistant" {
            wrong.push(format!("message {at}: calls {calls:?}, results {results:?}"));
        }
    }
    wrong
}

fn logs(home: &Home) -> Vec<PathBuf> {
    let folders = fs::read_dir(home.data().join("sessions")).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
    files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|ending| ending == "jsonl")).collect()
}

/// All words of the form `w1n2x`.
fn words(text: &str) -> Vec<String> {
    let word = |part: &str| {
        let inner = part.strip_prefix('w')?.strip_suffix('x')?;
        let (one, two) = inner.split_once('n')?;
        (one.parse::<u32>().is_ok() && two.parse::<u32>().is_ok()).then(|| part.to_owned())
    };
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(word).collect()
}

/// What must hold after every kill.
fn check(home: &Home, shown: &str) {
    let log: String =
        logs(home).iter().map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()).collect();
    for word in words(shown) {
        assert!(log.contains(&word), "{word} was shown and is not in the log");
    }
    for entry in fs::read_dir(home.project()).unwrap().flatten() {
        whole(&entry.path());
    }
    let verify = home.pipe(&["sessions", "verify"], "");
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stdout));
}

/// A written file is there as a whole or not at all.
fn whole(path: &Path) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    if name.starts_with("file-") {
        let content = fs::read(path).unwrap();
        let first = content.first().copied().unwrap_or_default();
        assert!(content.len() == FILE && content.iter().all(|byte| *byte == first), "{name}: {} bytes", content.len());
    }
}

#[test]
fn a_printed_run_that_is_killed_loses_nothing_and_goes_on() {
    let (url, wrong) = serve();
    let mut chance = Chance(7);
    let mut home = Home::new().anthropic(&url);
    for run in 0..runs() {
        if run % 10 == 0 {
            home = Home::new().anthropic(&url);
        }
        let mut arguments = vec!["-p", "go on", "--output-format", "stream-json", "--allowedTools", "Write", "Bash"];
        if !logs(&home).is_empty() {
            arguments.push("--continue");
        }
        let mut child = home.start(&arguments);
        let output = child.stdout.take().unwrap();
        let reader =
            std::thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(40 + chance.below(420)));
        child.kill().ok();
        child.wait().unwrap();
        check(&home, &reader.join().unwrap().join("\n"));
        if run % 5 == 4 || run + 1 == runs() {
            let arguments = ["-p", "finish", "--allowedTools", "Write", "Bash", "--continue"];
            let output = home.pipe(&arguments, "");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            check(&home, &String::from_utf8_lossy(&output.stdout));
        }
        assert_eq!(*wrong.lock().unwrap(), Vec::<String>::new(), "after run {run}");
    }
}

#[test]
fn a_screen_that_is_killed_showed_nothing_that_is_not_in_the_log() {
    let (url, wrong) = serve();
    let mut chance = Chance(11);
    let home = Home::new().anthropic(&url);
    for run in 0..runs().div_ceil(3) {
        let mut arguments = vec!["--allowedTools", "Write", "Bash"];
        if !logs(&home).is_empty() {
            arguments.push("--continue");
        }
        let mut latigo = Latigo::start(&home, (80, 24), &arguments);
        latigo.wait_for("❯");
        latigo.keys("do it\r");
        std::thread::sleep(Duration::from_millis(20 + chance.below(600)));
        latigo.signal("KILL");
        latigo.wait_end();
        check(&home, &latigo.screen());
        assert_eq!(*wrong.lock().unwrap(), Vec::<String>::new(), "after run {run}");
    }
}

#[test]
fn a_disk_that_is_full_in_the_middle_of_an_answer_loses_nothing_that_was_shown() {
    let text = (0..40_000).map(|word| format!("w1n{word}x ")).collect::<Vec<_>>().concat();
    let call = Answer::call("t1", "Bash", json!({"command": "printf w7n1x"}));
    let server = Server::start([call, Answer::text(&text), Answer::text("Well.")]);
    let home = Home::new().anthropic(server.url());
    let arguments = ["-p", "tell me", "--output-format", "stream-json", "--allowedTools", "Bash"];
    let full = home.pipe_on_a_full_disk(96, &arguments);
    let told = String::from_utf8_lossy(&full.stderr);
    assert_eq!(full.status.code(), Some(1), "{told}");
    assert!(told.contains("cannot be saved"), "{told}");
    assert!(String::from_utf8_lossy(&full.stdout).contains("w7n1x"));
    check(&home, &String::from_utf8_lossy(&full.stdout));
    let again = home.pipe(&["-p", "and now?", "--continue"], "");
    assert_eq!(String::from_utf8_lossy(&again.stdout), "Well.\n", "{}", String::from_utf8_lossy(&again.stderr));
    check(&home, &String::from_utf8_lossy(&again.stdout));
}
