//! What was spent: the sidebar, `/cost`, the report, the ledger and the log say the same.

use serde_json::{Value, json};

use crate::harness::{Home, Latigo};
use crate::server::{Answer, Server};

/// Tokens in and out, and dollars.
#[derive(Debug, Default, PartialEq)]
struct Sum {
    input: u64,
    output: u64,
    /// In hundredths of a thousandth of a dollar, so that sums can be compared.
    cost: u64,
}

fn rounded(dollars: f64) -> u64 {
    (dollars * 1e5).round() as u64
}

fn report(text: &str) -> Sum {
    let rows: Value = serde_json::from_str(text).unwrap();
    let rows = rows.as_array().cloned().unwrap_or_else(|| rows["requests"].as_array().cloned().unwrap_or_default());
    let sum = |name: &str| rows.iter().map(|row| row[name].as_u64().unwrap()).sum();
    let cost: f64 = rows.iter().map(|row| row["cost_usd"].as_f64().unwrap()).sum();
    Sum { input: sum("input_tokens"), output: sum("output_tokens"), cost: rounded(cost) }
}

/// Every answer that the log holds.
fn log(home: &Home) -> Sum {
    let mut sum = Sum::default();
    let mut cost = 0.0;
    for folder in std::fs::read_dir(home.data().join("sessions")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "jsonl") {
                continue;
            }
            for line in std::fs::read_to_string(path).unwrap().lines() {
                let line: Value = serde_json::from_str(line).unwrap();
                if let Some(note) = line.pointer("/record/body/responded") {
                    sum.input += note["usage"]["input"].as_u64().unwrap();
                    sum.output += note["usage"]["output"].as_u64().unwrap();
                    cost += note["cost"].as_f64().unwrap();
                }
            }
        }
    }
    sum.cost = rounded(cost);
    sum
}

#[test]
fn the_screen_the_report_the_ledger_and_the_log_agree() {
    let server =
        Server::start([Answer::call("t1", "Read", json!({"file_path": "a.txt"})), Answer::text("It says one.")]);
    let home = Home::new().anthropic(server.url());
    std::fs::write(home.project().join("a.txt"), "one\n").unwrap();
    let file = home.project().join("report.json");
    let mut latigo = Latigo::start(&home, (150, 40), &["--report", &file.display().to_string(), "what does it say"]);
    latigo.wait_for("It says one.");
    // Twice 10 tokens in and 7 out, at 4 and 20 dollars a million.
    let spent = Sum { input: 20, output: 14, cost: 36 };
    latigo.wait_screen("the sums beside the conversation", |screen| {
        let text = screen.contents();
        let line =
            |start: &str, end: &str| text.lines().any(|line| line.contains(start) && line.trim_end().ends_with(end));
        line("session", "$0.0004") && line("in ", " 20") && line("out ", " 14")
    });
    latigo.keys("/cost\r");
    latigo.wait_screen("the same in /cost", |screen| {
        screen.contents().lines().any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.contains(&"total") && words.contains(&"20") && words.contains(&"14") && words.contains(&"$0.00036")
        })
    });
    // The last row of the pane: all of it is drawn.
    latigo.wait_for("Esc close");
    latigo.press_until("\x1b", "It says one.");
    latigo.keys("\x04");
    latigo.keys("\x04");
    latigo.wait_exit();

    assert_eq!(report(&std::fs::read_to_string(&file).unwrap()), spent);
    assert_eq!(log(&home), spent);
    let told = home.pipe(&["cost", "--by", "model", "--json"], "");
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let total = &told["total"];
    assert_eq!((total["input_tokens"].as_u64(), total["output_tokens"].as_u64()), (Some(20), Some(14)), "{told}");
    assert_eq!(rounded(total["cost_usd"].as_f64().unwrap()), spent.cost);
}
