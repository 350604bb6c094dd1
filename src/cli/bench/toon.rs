//! `latigo bench toon`: the tokens of JSON values against the same values as TOON.
//!
//! Workload: `{"cases": [{"name": "…", "value": …}]}`. JSON is written with the separators `, ` and `: `, as most
//! programs print it. Tokens are counted by o200k_base.

use serde::Deserialize;
use serde_json::{Value, json};

use super::live::Live;
use super::{Bench, Finding, Table, percent, workload};
use crate::prompt::toon;
use crate::usage::{Counter, Tiktoken};

pub(super) static BENCH: Bench = Bench {
    name: "toon",
    about: "Tool results as TOON instead of JSON",
    built_in: include_str!("../../../assets/bench/toon.json"),
    run,
};

#[derive(Deserialize)]
struct Workload {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(default)]
    name: String,
    value: Value,
}

fn run(text: &str, mut live: Option<&mut Live>) -> Result<Finding, String> {
    let Workload { cases } = workload(text)?;
    let counter = Tiktoken::load()?;
    let mut table = Table::new("TOON instead of JSON, tokens", &["case", "JSON", "TOON", "saved"]);
    let mut rows = Vec::new();
    let (mut before, mut after) = (0u64, 0u64);
    let mut count = |text: &str| match live.as_deref_mut() {
        Some(live) => live.tokens(text),
        None => Ok(counter.count(text) as u64),
    };
    for case in &cases {
        let encoded = toon::encode(&case.value, &toon::Style::default()).map_err(|error| error.to_string())?;
        let (json, toon) = (count(&toon::spaced_json(&case.value))?, count(&encoded)?);
        (before, after) = (before + json, after + toon);
        table.row([&case.name, &json.to_string(), &toon.to_string(), &percent(saved(json, toon))]);
        rows.push(
            json!({"name": case.name, "json_tokens": json, "toon_tokens": toon, "saved": saved(json, toon), "smaller": toon < json}),
        );
    }
    table.row(["all", &before.to_string(), &after.to_string(), &percent(saved(before, after))]);
    let larger = rows.iter().filter(|row| row["smaller"] == json!(false)).count();
    table.note(format!("{larger} of {} are larger as TOON.", cases.len()));
    let fields = json!({"json_tokens": before, "toon_tokens": after, "saved": saved(before, after), "cases": rows});
    let Value::Object(fields) = fields else { return Err("no object".to_owned()) };
    Ok(Finding { table, fields })
}

/// The part that is saved, 0 to 1; negative when it grew.
fn saved(before: u64, after: u64) -> f64 {
    if before == 0 { 0.0 } else { 1.0 - after as f64 / before as f64 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_cases_are_smaller_each_and_by_44_percent_together() {
        let finding = run(BENCH.built_in, None).unwrap();
        assert!(finding.fields["saved"].as_f64().unwrap() >= 0.441, "{}", finding.table);
        let cases = finding.fields["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 5);
        assert!(cases.iter().all(|case| case["toon_tokens"].as_u64() < case["json_tokens"].as_u64()));
    }
}
