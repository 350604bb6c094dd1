//! The paths that run while somebody waits, one by one: `cargo bench --bench hot_paths`.
//!
//! Figures of a shared machine move; compare medians of runs made one after the other.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use divan::{Bencher, black_box};
use latigo::agent::{Effect, Input, Machine, Prompt, Settings};
use latigo::base::text;
use latigo::domain::{
    Access, Because, BecauseKind, Block, Decision, Mode, ModelInfo, ModelRef, PathFacts, Record, SessionId, StopReason,
    StreamItem, ToolCall, ToolOutcome, Usage, Verdict, Wire,
};
use latigo::policy::{self, Case, RuleSet, Scene};
use latigo::session::Store;
use latigo::theme::Theme;
use latigo::widgets::markdown::MarkdownCell;
use serde_json::json;

fn main() {
    divan::main();
}

/// About 80 kB of prose, lists, tables and code.
fn document() -> String {
    let part = "## A heading\n\nSome *prose* with `code`, a [link](https://example.org) and **weight**, long enough \
                to be wrapped more than once in a terminal of usual width.\n\n- one\n- two\n  - deeper\n\n\
                | a | b |\n|---|---|\n| 1 | 2 |\n\n```rust\nfn total(v: &[u32]) -> u32 {\n    v.iter().sum()\n}\n```\n\n";
    part.repeat(80_000 / part.len() + 1)
}

/// 80 kB of Markdown in 20,000 deltas, laid out at every 80th: what a fast answer costs the screen.
#[divan::bench]
fn markdown_streamed(bencher: Bencher<'_, '_>) {
    let (source, theme) = (document(), Theme::load("dark", &[]).0);
    let deltas: Vec<&str> = source.as_bytes().chunks(4).map(|bytes| std::str::from_utf8(bytes).unwrap()).collect();
    bencher.bench_local(|| {
        let mut cell = MarkdownCell::new(String::new());
        for (index, delta) in deltas.iter().enumerate() {
            cell.push(delta);
            if index % 80 == 0 {
                cell.settle(100, &theme);
            }
        }
        cell.settle(100, &theme);
        cell.height()
    });
}

#[divan::bench]
fn sanitise_a_megabyte(bencher: Bencher<'_, '_>) {
    let foreign = "plain words and \u{1b}[31mcolour\u{1b}[0m, 世界 ".repeat(20_000);
    bencher.bench_local(|| text::sanitize(black_box(&foreign)).len());
}

/// One tool turn at the end of a session with that many turns: judge, run, result, next request.
#[divan::bench(args = [10, 1_000])]
fn machine_turn(bencher: Bencher<'_, '_>, turns: u32) {
    let (mut machine, mut next) = long_session(turns);
    bencher.bench_local(|| {
        next += 1;
        tool_turn(&mut machine, next).len()
    });
}

/// The wire form of a request with 2,000 messages.
#[divan::bench]
fn request_body(bencher: Bencher<'_, '_>) {
    let (mut machine, next) = long_session(1_000);
    let effects = tool_turn(&mut machine, next + 1);
    let canonical = effects.into_iter().find_map(|effect| match effect {
        Effect::Send { canonical, .. } => Some(canonical),
        _ => None,
    });
    let canonical = canonical.unwrap();
    bencher.bench_local(|| latigo::provider::body(Wire::Anthropic, &canonical, "http://localhost").unwrap().len());
}

/// A log of 2,000 messages, read and folded.
#[divan::bench]
fn resume(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().to_path_buf());
    let id = SessionId(uuid::Uuid::from_u128(1));
    let mut log = store.create(id, Path::new("/project")).unwrap();
    let (mut machine, _) = long_session(0);
    let mut seq = 0;
    for turn in 0..1_000 {
        for effect in tool_turn(&mut machine, turn) {
            if let Effect::Record(body) = effect {
                log.append(&Record { seq, at: 0, body }).unwrap();
                seq += 1;
            }
        }
    }
    drop(log);
    bencher.bench_local(|| {
        let (records, _) = store.read(id).unwrap();
        Machine::new(Settings::default(), Vec::new(), "s".into(), &records).conversation().history.len()
    });
}

/// The gate on one command.
#[divan::bench(args = ["git status", "cargo test 2>&1 | tail -n 20 && git diff --stat; echo done"])]
fn judge(bencher: Bencher<'_, '_>, command: &str) {
    let (rules, _) = RuleSet::parse(Vec::new());
    let here = PathBuf::from("/project");
    let scene = Scene {
        rules: &rules,
        mode: Mode::Default,
        cwd: &here,
        project: &here,
        added: &[],
        readable: &[],
        home: Path::new("/home/me"),
        trusted: true,
        interactive: true,
    };
    let (input, access) = (json!({ "command": command }), Access::execute(command));
    let case = Case { tool: "Bash", input: &input, access: &access };
    bencher.bench_local(|| policy::judge(&case, &scene, &PathFacts::new()).decision);
}

fn long_session(turns: u32) -> (Machine, u32) {
    let mut machine = Machine::new(Settings::default(), Vec::new(), "s".into(), []);
    let model = ModelRef::new(Wire::Anthropic, "m");
    let info = Arc::new(ModelInfo { window: 100_000_000, ..ModelInfo::unknown("m") });
    drop(machine.handle(Input::SetModel { model, info, effort: None }, 0));
    drop(machine.handle(Input::Prompt(Prompt::typed("read them all")), 0));
    for turn in 0..turns {
        drop(tool_turn(&mut machine, turn));
    }
    (machine, turns)
}

/// The model asks for one file, gets it, and the next request leaves.
fn tool_turn(machine: &mut Machine, turn: u32) -> Vec<Effect> {
    let request = machine.conversation().counts.request;
    let id = format!("call_{turn}");
    let call = ToolCall { id: id.clone(), name: "Read".into(), input: json!({ "file_path": format!("/f/{turn}") }) };
    let because = Because::new(BecauseKind::Tool, "it reads inside the project");
    let verdict = Verdict { decision: Decision::Allow, because, read_only: true, suggestion: None, trail: Vec::new() };
    let inputs = [
        Input::Stream { request, item: StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) } },
        Input::Judged { call_id: id.clone(), verdict },
        Input::Stream { request, item: StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) } },
        Input::CallDone {
            call_id: id,
            outcome: Box::new(ToolOutcome::text(format!("     1\tcontent of file {turn}"), "1 line")),
            duration_ms: 1,
        },
    ];
    inputs.into_iter().flat_map(|input| machine.handle(input, 0)).collect()
}
