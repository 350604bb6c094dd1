//! `latigo bench compaction`: a long session within a small budget, against the same session uncompacted.
//!
//! Workload: `{"budget_tokens": n, "turns": [{"turn", "user", "tool_calls": [{"tool", "input", "output"}],
//! "assistant"}]}`. The model summarises as poorly as a model can, so what is kept is kept by Latigo. For each turn the
//! last request is held against everything said and returned so far; `max_tokens` is the largest request of all, those
//! for summaries among them. Tokens are counted by o200k_base.

use serde::Deserialize;
use serde_json::{Value, json};

use super::live::Live;
use super::play::{Call, Play};
use super::{Bench, Finding, Table, percent, workload};
use crate::agent::Settings;
use crate::prompt::Thresholds;

pub(super) static BENCH: Bench = Bench {
    name: "compaction",
    about: "A session of 50 turns within 20,000 tokens",
    built_in: include_str!("../../../assets/bench/compaction.json"),
    run,
};

#[derive(Deserialize)]
struct Workload {
    budget_tokens: u32,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    #[serde(default)]
    user: String,
    #[serde(default)]
    tool_calls: Vec<Call>,
    #[serde(default)]
    assistant: String,
}

/// One turn, measured.
struct Row {
    sent: u64,
    whole: u64,
}

fn run(text: &str, live: Option<&mut Live>) -> Result<Finding, String> {
    let Workload { budget_tokens, turns } = workload(text)?;
    let counter = if live.is_some() { "the provider" } else { "o200k_base" };
    let (rows, play) = play(budget_tokens, &turns, live)?;
    let savings: Vec<f64> = rows.iter().map(Row::saving).collect();
    let average = if savings.is_empty() { 0.0 } else { savings.iter().sum::<f64>() / savings.len() as f64 };
    let peak = savings.iter().copied().fold(0.0, f64::max);
    let most = play.sent.iter().map(|sent| sent.usage.prompt()).max().unwrap_or(0);
    let summaries = play.sent.iter().filter(|sent| sent.summary).count();
    let title = format!("{} turns within {budget_tokens} tokens, by {counter}", turns.len());
    let mut table = Table::new(&title, &["turn", "sent", "uncompacted", "saved"]);
    for (index, row) in rows.iter().enumerate().filter(|(index, _)| (index + 1) % 5 == 0 || *index == 0) {
        table.row([(index + 1).to_string(), row.sent.to_string(), row.whole.to_string(), percent(row.saving())]);
    }
    table.note(format!("average {}, peak {}", percent(average), percent(peak)));
    table.note(format!("largest request {most} tokens, {summaries} summaries by the model"));
    let fields = json!({
        "budget_tokens": budget_tokens, "average": average, "peak": peak, "max_tokens": most,
        "summary_calls": summaries, "requests": play.sent.len(),
        "turns": rows.iter().map(|row| json!({"sent": row.sent, "uncompacted": row.whole})).collect::<Vec<_>>(),
    });
    let Value::Object(fields) = fields else { return Err("no object".to_owned()) };
    Ok(Finding { table, fields })
}

fn play<'l>(budget: u32, turns: &[Turn], live: Option<&'l mut Live>) -> Result<(Vec<Row>, Play<'l>), String> {
    let counts = live.is_some();
    let thresholds = Thresholds { window: Some(u64::from(budget)), ..Thresholds::default() };
    let mut play = Play::new(Settings { thresholds, ..Settings::default() }, Vec::new(), budget, live)?;
    let mut rows = Vec::with_capacity(turns.len());
    let mut whole = 0;
    for turn in turns {
        play.say(if turn.user.trim().is_empty() { "Go on." } else { &turn.user });
        whole += play.count(&turn.user);
        if !turn.tool_calls.is_empty() {
            play.answer("", &turn.tool_calls);
            for call in &turn.tool_calls {
                whole += play.count(&call.tool) + play.count(&call.input.to_string()) + play.count(&call.output.text());
            }
        }
        play.answer(&turn.assistant, &[]);
        let sent = play.last_tokens();
        // What the provider counts differs from our count by a factor, which holds for what was not sent as well.
        let counted = play.sent.iter().rev().find(|sent| counts && !sent.summary).map(|sent| sent.usage.prompt());
        rows.push(counted.filter(|_| sent > 0).map_or(Row { sent, whole }, |counted| Row {
            sent: counted,
            whole: (whole as f64 * counted as f64 / sent as f64) as u64,
        }));
        whole += play.count(&turn.assistant);
    }
    play.check()?;
    Ok((rows, play))
}

impl Row {
    /// The part that was not sent, 0 to 1; what compaction adds to a short session counts as nothing saved.
    fn saving(&self) -> f64 {
        if self.whole == 0 { 0.0 } else { (1.0 - self.sent as f64 / self.whole as f64).max(0.0) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::play::paired;
    use super::*;

    #[test]
    fn the_built_in_session_stays_within_its_budget_and_loses_no_fact() {
        let finding = run(BENCH.built_in, None).unwrap();
        let field = |name: &str| finding.fields[name].as_f64().unwrap();
        assert!(field("average") >= 0.66 && field("peak") >= 0.88, "{}", finding.table);
        assert!(field("max_tokens") <= 20_000.0 && field("summary_calls") <= 5.0, "{}", finding.table);
        let Workload { budget_tokens, turns } = workload(BENCH.built_in).unwrap();
        let (_, play) = play(budget_tokens, &turns, None).unwrap();
        let last = play.last.unwrap();
        assert!(paired(&last));
        let text =
            serde_json::to_string(&last.segments.iter().filter_map(|s| s.as_message()).collect::<Vec<_>>()).unwrap();
        let facts = (1..50).flat_map(|n| [format!("ticket-{}", 100 + n), format!("shard {}", n * 7)]);
        let lost: Vec<String> = facts.filter(|fact| !text.contains(fact.as_str())).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }

    /// A session of 50 turns: words of the user, of the answer, lines of output, calls.
    fn session((user, answer, lines, calls): (usize, usize, u32, u32)) -> Value {
        let turn = |n: u32| {
            let call = |c: u32| {
                json!({"tool": if c.is_multiple_of(2) { "Read" } else { "Bash" }, "input": {"command": format!("run {n} {c}")},
                    "output": {"line": format!("line {{n}} of {n} {c} with some words"), "count": lines * (1 + n % 3) / 2}})
            };
            json!({"turn": n, "user": format!("The key of item {n} is k-{}. {}", n * 31, "Look at it well. ".repeat(user / 4)),
                "tool_calls": (0..calls).map(call).collect::<Vec<_>>(),
                "assistant": format!("Item {n} lives in file src/m{n}.rs. {}", "It was looked at and is fine. ".repeat(answer / 7))})
        };
        json!({"budget_tokens": 20_000, "turns": (0..50).map(turn).collect::<Vec<_>>()})
    }

    /// Sessions of other shapes: more words, more output, several calls a turn, some far too long for the budget and
    /// some that would nearly fit. What cannot be saved of those is not asked for.
    #[test]
    fn other_sessions_stay_within_their_budget_too() {
        for shape in [(10, 20, 400, 1), (40, 90, 90, 2), (20, 40, 60, 4), (120, 60, 20, 2), (5, 30, 3_000, 1)] {
            let finding = run(&session(shape).to_string(), None).unwrap();
            let field = |name: &str| finding.fields[name].as_f64().unwrap();
            assert!(field("max_tokens") <= 20_000.0, "{shape:?}\n{}", finding.table);
            assert!(field("summary_calls") <= 5.0, "{shape:?}\n{}", finding.table);
            let whole = finding.fields["turns"][49]["uncompacted"].as_u64().unwrap();
            if whole >= 80_000 {
                assert!(field("average") >= 0.66 && field("peak") >= 0.88, "{shape:?}\n{}", finding.table);
            }
        }
    }
}
