//! `latigo bench isolation`: what a sub-agent's work costs its parent's context, against the same work done inline.
//!
//! Workload: `{"parent_prompt", "child_prompt", "child_turns": [{"assistant", "tool", "input", "output"}],
//! "summary_line"}`. The real engine runs with a scripted model: the session hands the task to a sub-agent, which makes
//! these calls and ends with the summary. `inline_tokens` are those of the turns; `parent_tokens` those of everything
//! that the sub-agent put into the session's next request. Tokens are counted by o200k_base.

mod stage;

use serde::Deserialize;
use serde_json::{Value, json};

use super::live::Live;
use super::{Bench, Finding, Table, percent, workload};
use crate::usage::{Counter, Tiktoken};

pub(super) static BENCH: Bench = Bench {
    name: "isolation",
    about: "A task done by a sub-agent instead of inline",
    built_in: include_str!("../../../assets/bench/isolation.json"),
    run,
};

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Workload {
    pub(super) parent_prompt: String,
    pub(super) child_prompt: String,
    pub(super) child_turns: Vec<Step>,
    pub(super) summary_line: String,
}

/// One turn of the sub-agent.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Step {
    #[serde(default)]
    pub(super) assistant: String,
    pub(super) tool: String,
    #[serde(default)]
    pub(super) input: Value,
    #[serde(default)]
    pub(super) output: Value,
}

impl Step {
    /// The output as a tool would give it.
    pub(super) fn output(&self) -> String {
        match &self.output {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

fn run(text: &str, live: Option<&mut Live>) -> Result<Finding, String> {
    let load: Workload = workload(text)?;
    let counter = Tiktoken::load()?;
    let texts = load
        .child_turns
        .iter()
        .flat_map(|step| [step.assistant.clone(), step.tool.clone(), step.input.to_string(), step.output()]);
    let texts: Vec<String> = texts.collect();
    let told = stage::play(&load)?;
    let count = |text: &str| counter.count(text) as u64;
    let (inline, parent): (u64, u64) = match live {
        Some(live) => (live.tokens(&texts.join("\n"))?, live.tokens(&told)?),
        None => (texts.iter().map(|text| count(text)).sum(), count(&told)),
    };
    let isolation = if inline == 0 { 0.0 } else { 1.0 - parent as f64 / inline as f64 };
    let mut table = Table::new("A sub-agent's task in its parent's context, tokens", &["", "tokens"]);
    table.row(["done inline", &inline.to_string()]);
    table.row(["done by a sub-agent", &parent.to_string()]);
    table.row(["kept out", &percent(isolation)]);
    table.note(format!("{} turns of the sub-agent; the session hears its last message alone.", load.child_turns.len()));
    let fields = json!({ "inline_tokens": inline, "parent_tokens": parent, "isolation": isolation });
    let Value::Object(fields) = fields else { return Err("no object".to_owned()) };
    Ok(Finding { table, fields })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_the_summary_reaches_the_parent() {
        let finding = run(BENCH.built_in, None).unwrap();
        let load: Workload = workload(BENCH.built_in).unwrap();
        let summary = Tiktoken::load().unwrap().count(&load.summary_line);
        assert_eq!(finding.fields["parent_tokens"], json!(summary));
        assert!(finding.fields["inline_tokens"].as_u64().unwrap() > 1_500, "{}", finding.table);
        assert!(finding.fields["isolation"].as_f64().unwrap() > 0.98);
    }
}
