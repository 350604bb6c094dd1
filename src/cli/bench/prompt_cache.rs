//! `latigo bench prompt-cache`: what a provider's prompt cache saves: in a recorded session, and in a long task that
//! the real machine plays against a cache which keeps to the published rules (entries only at marks, 1,024 tokens at
//! least, 20 blocks looked back), from cold.
//!
//! Workload: `{"replayed": [usage of a call …], "long_task": {"prompt", "steps": [{"tool_calls": [{"tool", "input",
//! "output"}]}], "budget_tokens"}}`. A token that is read costs a tenth, so nine tenths of each call's reads are saved, in whole tokens.
//! The task is played a second time with compaction at work: in a window of `budget_tokens`, or half as large as it needs.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::live::Live;
use super::play::{Call, Play};
use super::{Bench, Finding, Table, percent, workload};
use crate::agent::Settings;
use crate::domain::{Segment, Usage};
use crate::prompt::{self, Place, Thresholds};
use crate::tools;

pub(super) static BENCH: Bench = Bench {
    name: "prompt-cache",
    about: "What a provider's prompt cache serves of a long task",
    built_in: include_str!("../../../assets/bench/prompt-cache.json"),
    run,
};

/// A window that nothing fills.
const WIDE: u32 = 1_000_000;

#[derive(Deserialize)]
struct Workload {
    #[serde(default)]
    replayed: Vec<Replayed>,
    #[serde(default)]
    long_task: Option<Task>,
}

/// The usage of a call, as Anthropic's API names it.
#[derive(Deserialize)]
#[allow(clippy::struct_field_names, reason = "the names are the provider's")]
struct Replayed {
    #[serde(default)]
    cache_creation_input_tokens: u64,
    #[serde(default)]
    cache_read_input_tokens: u64,
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
}

#[derive(Deserialize)]
struct Task {
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    steps: Vec<Step>,
    /// Tokens of the window in which compaction has to work.
    #[serde(default)]
    budget_tokens: Option<u32>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    tool_calls: Vec<Call>,
    #[serde(default)]
    assistant: String,
}

fn run(text: &str, mut live: Option<&mut Live>) -> Result<Finding, String> {
    let Workload { replayed, long_task } = workload(text)?;
    let calls: Vec<Usage> = replayed.iter().map(Replayed::usage).collect();
    let written: u64 = calls.iter().map(|call| call.cache_write_5m).sum();
    let hits = calls.iter().filter(|call| call.cache_read > 0).count();
    let saved_tokens: u64 = calls.iter().map(|call| call.cache_read * 9 / 10).sum();
    let mut table = Table::new("A provider's prompt cache, tokens", &["", "read", "prompt", "hit rate"]);
    table.row(["recorded calls", &sum(&calls, |u| u.cache_read), &sum(&calls, Usage::prompt), &rate_text(&calls)]);
    table.note(format!(
        "recorded: {written} written, {hits} hits of {} calls, {saved_tokens} tokens saved",
        calls.len()
    ));
    let (mut hit_rate, mut compacted_rate, mut compacted_max) = (0.0, 0.0, 0);
    if let Some(task) = long_task {
        let wide = play(&task, WIDE, live.as_deref_mut())?;
        let need = wide.iter().map(Usage::prompt).max().unwrap_or(0);
        let prefix = wide.first().map_or(0, Usage::prompt);
        let half = || u32::try_from(prefix + need.saturating_sub(prefix) / 2).unwrap_or(WIDE).max(16_000);
        let narrow = play(&task, task.budget_tokens.unwrap_or_else(half), live)?;
        (hit_rate, compacted_rate) = (rate(&wide), rate(&narrow));
        compacted_max = narrow.iter().map(Usage::prompt).max().unwrap_or(0);
        for (name, calls) in [("long task", &wide), ("the same, compacted", &narrow)] {
            table.row([name, &sum(calls, |u| u.cache_read), &sum(calls, Usage::prompt), &rate_text(calls)]);
        }
        table.note(format!("long task: {} requests, from a cold cache", wide.len()));
    }
    let fields = json!({
        "written": written, "hits": hits, "calls": calls.len(), "saved_tokens": saved_tokens,
        "hit_rate": hit_rate, "compacted_hit_rate": compacted_rate, "compacted_max_tokens": compacted_max,
    });
    let Value::Object(fields) = fields else { return Err("no object".to_owned()) };
    Ok(Finding { table, fields })
}

/// The usage of every request of the task.
fn play(task: &Task, window: u32, live: Option<&mut Live>) -> Result<Vec<Usage>, String> {
    let thresholds = Thresholds { window: Some(u64::from(window)), ..Thresholds::default() };
    let mut play = Play::new(Settings { thresholds, ..Settings::default() }, prefix(), window, live)?;
    play.say(if task.prompt.trim().is_empty() { "Go on." } else { &task.prompt });
    for step in task.steps.iter().filter(|step| !step.tool_calls.is_empty()) {
        play.answer(&step.assistant, &step.tool_calls);
    }
    play.answer("Done.", &[]);
    play.check()?;
    Ok(play.sent.iter().map(|sent| sent.usage).collect())
}

/// What every request begins with: the real tools and the real system text.
fn prefix() -> Vec<Arc<Segment>> {
    let specs = tools::registry().iter().map(|tool| tool.spec()).collect();
    let place = Place { cwd: "/code/project".to_owned(), platform: "linux".to_owned(), repository: true, role: None };
    prompt::prefix(specs, &place, &[])
}

fn rate(calls: &[Usage]) -> f64 {
    let mut all = Usage::default();
    for call in calls {
        all += *call;
    }
    all.hit_rate().unwrap_or(0.0)
}

fn rate_text(calls: &[Usage]) -> String {
    percent(rate(calls))
}

fn sum(calls: &[Usage], of: impl Fn(&Usage) -> u64) -> String {
    calls.iter().map(of).sum::<u64>().to_string()
}

impl Replayed {
    fn usage(&self) -> Usage {
        Usage {
            input: self.input_tokens,
            cache_read: self.cache_read_input_tokens,
            cache_write_5m: self.cache_creation_input_tokens,
            output: self.output_tokens,
            ..Usage::default()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn six_recorded_calls_save_what_is_known() {
        let finding = run(BENCH.built_in, None).unwrap();
        assert_eq!(finding.fields["written"], 1_847);
        assert_eq!((&finding.fields["hits"], &finding.fields["calls"]), (&json!(5), &json!(6)));
        assert_eq!(finding.fields["saved_tokens"], 8_310);
    }

    #[test]
    fn a_long_task_is_read_from_the_cache_also_while_it_is_compacted() {
        let finding = run(BENCH.built_in, None).unwrap();
        assert!(finding.fields["hit_rate"].as_f64().unwrap() >= 0.93, "{}", finding.table);
        assert!(finding.fields["compacted_hit_rate"].as_f64().unwrap() >= 0.84, "{}", finding.table);
    }

    /// 26 steps with 40 calls in a window of 20,000 tokens, from small results to ones that are far too long for it.
    #[test]
    fn results_of_any_size_leave_the_cache_its_prefix_in_a_small_window() {
        for lines in [20, 120, 900] {
            let call = |n: u32| {
                json!({"tool": if n.is_multiple_of(3) { "Bash" } else { "Read" }, "input": {"file_path": format!("src/{n}.rs")},
                    "output": {"line": format!("line {{n}} of {n} with some words"), "count": lines * (1 + n % 3) / 2}})
            };
            let step =
                |n: u32| json!({"tool_calls": (0..=u32::from(n < 14)).map(|c| call(n * 2 + c)).collect::<Vec<_>>()});
            let steps: Vec<Value> = (0..26).map(step).collect();
            let input = json!({"long_task": {"prompt": "Look at all of it.", "steps": steps, "budget_tokens": 20_000}});
            let finding = run(&input.to_string(), None).unwrap();
            assert!(finding.fields["compacted_hit_rate"].as_f64().unwrap() >= 0.84, "{lines}\n{}", finding.table);
            assert!(finding.fields["compacted_max_tokens"].as_u64().unwrap() <= 20_000, "{lines}\n{}", finding.table);
        }
    }
}
