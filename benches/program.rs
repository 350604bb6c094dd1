//! The program as a whole, as a person meets it: `cargo bench --bench program [-- ROUNDS]`.
//!
//! The real binary runs in a pseudo-terminal against a server in this process. Each figure is the median
//! of the rounds (5 if nothing is said); on a shared machine compare runs made one after the other.
//! `LATIGO_BENCH_SESSION_MB` sets how long the longest session is: 64 unless set.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench that cannot be set up has nothing to measure, and its table is its output"
)]
#![expect(dead_code, reason = "the harness of the tests has more than is measured")]

#[path = "../tests/it/harness.rs"]
mod harness;
#[path = "../tests/it/server.rs"]
mod server;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::{Home, Latigo};
use latigo::domain::{
    Block, Body, Message, ModelRef, Origin, Record, ResponseNote, SessionId, Shown, StopReason, ToolCall, ToolResult,
    TurnEnd, Usage, Wire,
};
use latigo::session::{Log, Store};
use serde_json::json;
use server::{Answer, Server};

const SIZE: (u16, u16) = (120, 40);
/// Tool turns of the long session; each makes two messages.
const TURNS: usize = 1_000;

fn main() {
    let rounds = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(5);
    print("first frame with a prompt", rounds, first_frame);
    print("key echo at rest", rounds, echo);
    print("-p, a trivial answer", rounds, headless);
    print("80 kB of Markdown on the screen", rounds, stream);
    long_session(rounds);
    longest_session(rounds);
    at_rest();
}

fn print(what: &str, rounds: usize, measure: impl Fn() -> Duration) {
    let mut times: Vec<Duration> = (0..rounds).map(|_| measure()).collect();
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (median, least, most) = (times[times.len() / 2], times[0], times[times.len() - 1]);
    println!("{what:<44} {:>8.1} ms   [{:.1} to {:.1}]", ms(median), ms(least), ms(most));
}

fn first_frame() -> Duration {
    let home = Home::new().anthropic("http://127.0.0.1:9");
    let start = Instant::now();
    let latigo = Latigo::start(&home, SIZE, &[]);
    latigo.wait_for("❯");
    start.elapsed()
}

fn echo() -> Duration {
    let home = Home::new().anthropic("http://127.0.0.1:9");
    let mut latigo = Latigo::start(&home, SIZE, &[]);
    latigo.wait_for("❯");
    let start = Instant::now();
    latigo.keys("q");
    latigo.wait_for("❯ q");
    start.elapsed()
}

fn headless() -> Duration {
    let server = Server::start([Answer::text("42")]);
    let home = Home::new().anthropic(server.url());
    let start = Instant::now();
    let output = home.pipe(&["-p", "what is it"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    start.elapsed()
}

fn stream() -> Duration {
    let paragraph = "Some *prose* with `code` and **weight**, long enough to be wrapped.\n\n- one\n- two\n\n";
    let text = format!("{}THE-END", paragraph.repeat(80_000 / paragraph.len()));
    let server = Server::start([Answer::text(&text)]);
    let home = Home::new().anthropic(server.url());
    let mut latigo = Latigo::start(&home, SIZE, &[]);
    latigo.wait_for("❯");
    latigo.keys("go");
    latigo.wait_for("❯ go");
    let start = Instant::now();
    latigo.keys("\r");
    latigo.wait_for("THE-END");
    start.elapsed()
}

/// A session of 2,000 messages: what a turn of it costs, and how fast it is there again.
fn long_session(rounds: usize) {
    let home = Home::new();
    std::fs::write(home.project().join("file.txt"), "content\n").unwrap();
    let read = |turn| Answer::call(&format!("toolu_{turn}"), "Read", json!({ "file_path": "file.txt" }));
    let answers = (0..TURNS).map(read).chain([Answer::text("ALL-READ")]);
    let server = Server::start(answers);
    let home = home.anthropic(server.url());
    let start = Instant::now();
    let output = home.pipe(&["-p", "read it again and again"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let per_turn = start.elapsed() / TURNS as u32;
    println!(
        "{:<44} {:>8.1} ms   (the server's own time included)",
        "a tool turn, mean of 1,000",
        per_turn.as_secs_f64() * 1e3
    );
    print("resume of 2,000 messages, end on the screen", rounds, || {
        let start = Instant::now();
        let latigo = Latigo::start(&home, SIZE, &["--continue"]);
        latigo.wait_for("ALL-READ");
        start.elapsed()
    });
}

/// A session whose log is far longer than a model's window: opened for the first time, and again.
fn longest_session(rounds: usize) {
    let megabytes = std::env::var("LATIGO_BENCH_SESSION_MB").ok().and_then(|size| size.parse().ok()).unwrap_or(64u64);
    let home = Home::new().anthropic("http://127.0.0.1:9");
    let project = home.project().canonicalize().unwrap();
    write_session(&home.data(), &project, megabytes << 20);
    let open = |hold: bool| {
        let start = Instant::now();
        let latigo = Latigo::start(&home, SIZE, &["--continue"]);
        latigo.wait_for("THE-VERY-LAST-WORD");
        let elapsed = start.elapsed();
        if hold && let Some(id) = latigo.id() {
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let peak =
                status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned();
            println!("{:<44} {peak:>11}", format!("  memory at its highest, {megabytes} MB of log"));
        }
        elapsed
    };
    println!(
        "{:<44} {:>8.1} ms",
        format!("{megabytes} MB of log, opened for the first time"),
        open(true).as_secs_f64() * 1e3
    );
    print(&format!("{megabytes} MB of log, last screen"), rounds, || open(false));
    open(true);
}

/// Writes a session of about so many bytes, with a compaction whenever a window would be full.
fn write_session(data: &Path, project: &Path, bytes: u64) {
    let id = SessionId(uuid::Uuid::from_u128(1));
    let store = Store::new(data.to_owned());
    let mut log = store.create(id, project).unwrap();
    let model = ModelRef::new(Wire::Anthropic, "claude-sonnet-4-6");
    let mut seq = 0;
    let mut put = |log: &mut Log, body: Body| {
        log.append(&Record { seq, at: 1_795_780_800_000 + seq, body }).unwrap();
        seq += 1;
    };
    let (cwd, version) = (project.to_owned(), "0".to_owned());
    put(&mut log, Body::SessionStarted { format: 1, id, version, cwd: cwd.clone(), project: cwd });
    let answer = |request: u32, blocks: Vec<Block>, stop: StopReason| {
        let message = Arc::new(Message::assistant(blocks, model.clone()));
        let usage = Usage { input: 1_000, output: 300, ..Usage::default() };
        let (estimated, cost, duration_ms, cut) = (false, Some(0.01), 5, false);
        Body::Responded(ResponseNote { request, message, stop, usage, estimated, cost, duration_ms, cut })
    };
    let words = "the parser reads a token and the lexer gives it back again ".repeat(500);
    let mut turn = 0;
    while log.len() < bytes {
        turn += 1;
        let message = Arc::new(Message::user(format!("question {turn}")));
        put(&mut log, Body::Prompted { turn, message, origin: Origin::Typed, typed: None });
        let call = ToolCall { id: format!("c{turn}"), name: "Bash".into(), input: json!({ "command": "cat it" }) };
        let said = words.get(..2_000).unwrap_or_default().to_owned();
        let blocks = vec![Block::Text { text: said }, Block::ToolCall(call)];
        put(&mut log, answer(2 * turn, blocks, StopReason::ToolUse));
        put(&mut log, Body::CallStarted { call_id: format!("c{turn}") });
        put(
            &mut log,
            Body::CallDone {
                result: ToolResult::text(format!("c{turn}"), words.clone(), false),
                shown: Shown::Nothing,
                summary: "500 lines".into(),
                duration_ms: 3,
                full_output: None,
            },
        );
        put(&mut log, Body::ResultsJoined { calls: vec![format!("c{turn}")], extra: Vec::new() });
        let last = if log.len() < bytes { "done" } else { "THE-VERY-LAST-WORD" };
        put(&mut log, answer(2 * turn + 1, vec![Block::Text { text: last.into() }], StopReason::EndTurn));
        put(&mut log, Body::TurnEnded { turn, end: TurnEnd::Done });
        if turn % 20 == 0 && log.len() < bytes {
            let summary = words.get(..4_000).unwrap_or_default().to_owned();
            let (kept, tokens_before, tokens_after, auto) = (2, 150_000, 2_000, true);
            put(&mut log, Body::Compacted { summary, kept, tokens_before, tokens_after, auto });
        }
    }
}

/// Memory and processor time at the prompt, where the system tells them.
fn at_rest() {
    let home = Home::new().anthropic("http://127.0.0.1:9");
    let latigo = Latigo::start(&home, SIZE, &[]);
    latigo.wait_for("❯");
    let Some(id) = latigo.id() else { return };
    let memory = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let memory = memory.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or("unknown").trim().to_owned();
    println!("{:<44} {memory:>11}", "memory at the prompt (PSS)");
    let before = ticks(id);
    std::thread::sleep(Duration::from_secs(5));
    println!("{:<44} {:>8} ticks in 5 s", "processor time at the prompt", ticks(id) - before);
}

/// Clock ticks of user and system time, from `/proc/PID/stat`.
fn ticks(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}
