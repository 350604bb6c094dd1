//! The judge's answers, good and bad, over a scripted model.
#![allow(clippy::unwrap_used, clippy::panic, let_underscore_drop, reason = "tests")]

use super::*;
use crate::domain::{Message, ModelInfo, ModelRef, Origin, Shown, ToolResult, Wire};
use crate::provider::replay::{Recording, Replay};

fn case() -> Case {
    let prompt =
        Body::Prompted { turn: 1, message: Arc::new(Message::user("mend it")), origin: Origin::Typed, typed: None };
    let done = Body::CallDone {
        result: ToolResult::text("c", "no", true),
        shown: Shown::Nothing,
        summary: String::new(),
        duration_ms: 1,
        full_output: None,
    };
    let records = [prompt, done].into_iter().map(|body| Record { seq: 0, at: 0, body }).collect();
    Case { id: "s".into(), title: "mend it".into(), records }
}

async fn runs(answers: &[&str]) -> Vec<Run> {
    let steps: Vec<String> = (1..)
        .zip(answers)
        .map(|(attempt, answer)| {
            let text = serde_json::to_string(answer).unwrap();
            format!(r#"{{"when":{{"attempt":{attempt}}},"say":[{{"text":{text}}}]}}"#)
        })
        .collect();
    let script = format!(
        r#"{{"name":"j","model":{{"id":"j","window":100000,"max_output":4000,"prices":null}},"steps":[{}]}}"#,
        steps.join(",")
    );
    let provider = Replay::new(Recording::parse(&script).unwrap());
    let rubric = Rubric::load(None).unwrap();
    let info = Arc::new(ModelInfo::unknown("j"));
    let request = Arc::new(judge::request(&case(), &rubric, (&ModelRef::new(Wire::Replay, "j"), &info)));
    let mut runs = Vec::new();
    for _ in answers {
        runs.push(judge::run(&provider, &request, &rubric).await);
    }
    runs
}

fn answer(scores: [u8; 3]) -> String {
    let names = ["Accuracy", "tool efficiency", "adherence to the plan"];
    let scores: Vec<Value> = names
        .iter()
        .zip(scores)
        .map(|(name, score)| json!({"criterion": name, "score": score, "reason": "because"}))
        .collect();
    format!("Here it is:\n```json\n{}\n```", json!({ "scores": scores }))
}

#[tokio::test]
async fn several_runs_have_a_mean_and_a_spread() {
    let answers = [answer([5, 3, 1]), answer([3, 3, 2]), answer([4, 3, 3])];
    let runs = runs(&answers.each_ref().map(String::as_str)).await;
    let spread = score::spread(&runs, "accuracy").unwrap();
    let expected = score::Spread { mean: 4.0, deviation: 1.0, least: 3, most: 5, runs: 3 };
    assert_eq!(spread, expected);
    let alike = score::Spread { mean: 3.0, deviation: 0.0, least: 3, most: 3, runs: 3 };
    assert_eq!(score::spread(&runs, "tool efficiency"), Some(alike));
    let rubric = Rubric::load(None).unwrap();
    let scores = scores("j", &rubric, &[Judged { case: case(), runs }]);
    assert_eq!(scores["sessions"][0]["criteria"]["adherence to the plan"]["mean"], 2.0);
    assert_eq!(scores["sessions"][0]["measured"]["failed_calls"], 1);
    assert_eq!(scores["sessions"][0]["runs"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_no_judgement_counts_as_none() {
    let partial = json!({"scores": [{"criterion": "accuracy", "score": 4}]}).to_string();
    let answers = [answer([5, 5, 9]), "I would say four.".into(), partial, answer([4, 4, 4])];
    let runs = runs(&answers.each_ref().map(String::as_str)).await;
    let problems: Vec<String> = runs.iter().filter_map(|run| run.scores.clone().err()).collect();
    assert!(problems[0].contains("not from 1 to 5") && problems[1].contains("no scores"), "{problems:?}");
    assert!(problems[2].contains("did not score `tool efficiency`"));
    assert_eq!(score::spread(&runs, "accuracy").unwrap().runs, 1);
    assert!(score::spread(&[], "accuracy").is_none());
}

#[test]
fn a_rubric_file_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    let load = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Rubric::load(Some(&path))
    };
    assert_eq!(load("[[criterion]]\nname = \"a\"\nquestion = \"b\"\n").unwrap().names().collect::<Vec<_>>(), ["a"]);
    assert!(load("criterion = []").unwrap_err().contains("1 to 20"));
    assert!(load("[[criterion]]\nname = \"a\"\n").unwrap_err().contains("question"));
    assert!(Rubric::load(Some(folder.path())).unwrap_err().contains("no file"));
}
