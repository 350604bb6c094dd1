//! The program as a whole, as a person meets it: `cargo bench --bench program [-- ROUNDS]`.
//!
//! The real binary runs in a pseudo-terminal against a server in this process. Each figure is the median
//! of the rounds (5 if nothing is said); on a shared machine compare runs made one after the other.
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

use std::time::{Duration, Instant};

use harness::{Home, Latigo};
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
