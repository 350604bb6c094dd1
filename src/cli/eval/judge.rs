//! One judgement: what the judge is shown, and how its answer is read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::model::{Said, ask, cost};
use super::rubric::Rubric;
use crate::domain::{
    Block, Body, CanonicalRequest, ExportForm, Message, ModelInfo, ModelRef, Record, Sampling, Segment, Usage,
};
use crate::provider::Provider;
use crate::session::export;

const SYSTEM: &str = include_str!("../../../assets/prompt/judge.md");
/// Tokens of an answer.
const OUTPUT: u32 = 2_000;
/// Share of the window that a transcript may take, and bytes of a token.
const SHARE: f64 = 0.6;
const BYTES: f64 = 3.0;

/// What is judged.
pub(super) struct Case {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) records: Vec<Record>,
}

/// What one run said.
pub(super) struct Run {
    /// Score and reason by criterion.
    pub(super) scores: Result<BTreeMap<String, (u8, String)>, String>,
    pub(super) usage: Usage,
    pub(super) cost: Option<f64>,
}

#[derive(Deserialize)]
struct Answer {
    scores: Vec<Score>,
}

#[derive(Deserialize)]
struct Score {
    criterion: String,
    #[serde(rename = "score")]
    points: f64,
    #[serde(default)]
    reason: String,
}

/// The request. It is the same for every run.
pub(super) fn request(case: &Case, rubric: &Rubric, (model, info): (&ModelRef, &Arc<ModelInfo>)) -> CanonicalRequest {
    let room = (f64::from(info.window) * SHARE * BYTES) as usize;
    let transcript = middle_out(&export::text(&case.records, ExportForm::Markdown), room);
    let question = json!({ "criteria": rubric.json(), "measured": measured(&case.records), "transcript": transcript });
    let segments = vec![
        Arc::new(Segment::system("judge", SYSTEM)),
        Arc::new(Segment::message("case", Arc::new(Message::user(question.to_string())))),
    ];
    CanonicalRequest {
        model: model.clone(),
        info: Arc::clone(info),
        segments,
        marks: Vec::new(),
        sampling: Sampling { max_output: OUTPUT.min(info.max_output), effort: None, thinking: false },
        session_key: format!("eval-{}", case.id),
    }
}

/// Asks once.
pub(super) async fn run(provider: &Arc<dyn Provider>, request: &Arc<CanonicalRequest>, rubric: &Rubric) -> Run {
    match ask(provider, request).await {
        Err(problem) => Run { scores: Err(problem), usage: Usage::default(), cost: None },
        Ok(said) => {
            let cost = cost(&request.info, &said.usage);
            Run { scores: read(&said, rubric), usage: said.usage, cost }
        }
    }
}

/// The scores of an answer; every criterion must have one.
fn read(said: &Said, rubric: &Rubric) -> Result<BTreeMap<String, (u8, String)>, String> {
    let text: Vec<&str> = said
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Text { text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let text = text.join("");
    let object = text.find('{').zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to));
    let answer: Answer = object
        .and_then(|object| serde_json::from_str(object).ok())
        .ok_or_else(|| format!("the judge gave no scores: {}", text.chars().take(120).collect::<String>()))?;
    let mut scores = BTreeMap::new();
    for name in rubric.names() {
        let score = answer.scores.iter().find(|score| score.criterion.trim().eq_ignore_ascii_case(name));
        let score = score.ok_or_else(|| format!("the judge did not score `{name}`"))?;
        if !(1.0..=5.0).contains(&score.points) {
            return Err(format!("the judge scored `{name}` with {}, which is not from 1 to 5", score.points));
        }
        scores.insert(name.to_owned(), (score.points.round() as u8, score.reason.clone()));
    }
    Ok(scores)
}

/// What can be counted without a judge.
pub(super) fn measured(records: &[Record]) -> Value {
    let (mut requests, mut calls, mut failed, mut prompts, mut tokens) = (0, 0, 0, 0, 0);
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut cost = Some(0.0);
    for record in records {
        match &record.body {
            Body::Prompted { .. } => prompts += 1,
            Body::Responded(note) => {
                requests += 1;
                tokens += note.usage.context();
                cost = cost.zip(note.cost).map(|(sum, cost)| sum + cost);
                for call in note.message.calls() {
                    calls += 1;
                    *seen.entry(format!("{} {}", call.name, call.input)).or_default() += 1;
                }
            }
            Body::CallDone { result, .. } if result.is_error => failed += 1,
            _ => {}
        }
    }
    let repeated: u32 = seen.values().map(|count| count - 1).sum();
    json!({"prompts": prompts, "requests": requests, "tool_calls": calls, "failed_calls": failed,
        "repeated_calls": repeated, "tokens": tokens, "cost": cost})
}

/// The text, or its head and tail with a word between.
fn middle_out(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let half = room / 2;
    let head = (0..=half).rev().find_map(|end| text.get(..end)).unwrap_or_default();
    let tail = (text.len() - half..=text.len()).find_map(|from| text.get(from..)).unwrap_or_default();
    format!("{head}\n\n[… {} bytes were left out here …]\n\n{tail}", text.len() - head.len() - tail.len())
}

impl Run {
    pub(super) fn json(&self) -> Value {
        let (scores, problem) = match &self.scores {
            Ok(scores) => {
                let all: Vec<Value> = scores
                    .iter()
                    .map(|(name, (score, reason))| json!({"criterion": name, "score": score, "reason": reason}))
                    .collect();
                (json!(all), Value::Null)
            }
            Err(problem) => (json!([]), json!(problem)),
        };
        json!({"scores": scores, "problem": problem, "tokens_in": self.usage.prompt(), "tokens_out": self.usage.output,
            "cost": self.cost})
    }
}
