//! `latigo eval`: a model judges sessions by a rubric, several times, and what it said is put together.

mod judge;
mod rubric;
mod score;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use self::judge::{Case, Run};
use self::rubric::Rubric;
use super::model::{ModelWish, Place, wait};
use crate::base::text::{clip, human_cost, sanitize_line};
use crate::domain::{Body, Record};
use crate::session::{Store, title_of};
use crate::shell::{Exit, Printer};

/// The version of the score file.
const FORMAT: u32 = 1;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalOrder {
    /// Ids, titles, or files that `sessions export --format json` or a run wrote.
    pub sessions: Vec<String>,
    pub rubric: Option<PathBuf>,
    pub runs: u32,
    pub wish: ModelWish,
    /// The score file.
    pub output: Option<PathBuf>,
    pub json: bool,
}

/// A session with what was said of it.
struct Judged {
    case: Case,
    runs: Vec<Run>,
}

/// Judges and prints. Fails when some session has no score.
pub(super) fn run(order: &EvalOrder, printer: &mut Printer) -> Exit {
    let done = wait(judge_all(order)).and_then(|(model, rubric, judged)| {
        let scores = scores(&model, &rubric, &judged);
        if let Some(path) = &order.output {
            write_new(path, &scores)?;
        }
        Ok((model, rubric, judged, scores))
    });
    match done {
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
        Ok((model, rubric, judged, scores)) => {
            if order.json {
                printer.line(&scores.to_string());
            } else {
                table(&model, &rubric, &judged, printer);
            }
            let all = judged.iter().all(|judged| judged.runs.iter().any(|run| run.scores.is_ok()));
            if all { printer.exit(Exit::Done) } else { Exit::Model }
        }
    }
}

async fn judge_all(order: &EvalOrder) -> Result<(String, Rubric, Vec<Judged>), String> {
    let rubric = Rubric::load(order.rubric.as_deref())?;
    let place = Place::survey(&order.wish).await?;
    let (model, info, provider) = place.model()?;
    let mut all = Vec::new();
    for name in &order.sessions {
        let case = case(&place.store, name)?;
        let request = Arc::new(judge::request(&case, &rubric, (&model, &info)));
        let mut runs = Vec::new();
        for _ in 0..order.runs {
            runs.push(judge::run(&provider, &request, &rubric).await);
        }
        all.push(Judged { case, runs });
    }
    Ok((model.to_string(), rubric, all))
}

/// A session by its id or title, or a file.
fn case(store: &Store, name: &str) -> Result<Case, String> {
    let path = Path::new(name);
    let records = if path.is_file() {
        crate::session::read_file(path)?
    } else {
        let id = store.find(name).map_err(|error| error.to_string())?;
        store.read(id).map_err(|error| error.to_string())?.0
    };
    let title = records.iter().rev().find_map(|record| match &record.body {
        Body::TitleSet { title } => Some(title.clone()),
        _ => None,
    });
    let prompt = records.iter().find_map(|record| match &record.body {
        Body::Prompted { message, typed, .. } => Some(title_of(&typed.clone().unwrap_or_else(|| message.text()))),
        _ => None,
    });
    let Some(prompt) = prompt else { return Err(format!("nobody said anything in {name}")) };
    Ok(Case { id: id_of(&records).unwrap_or_else(|| name.to_owned()), title: title.unwrap_or(prompt), records })
}

fn id_of(records: &[Record]) -> Option<String> {
    records.iter().find_map(|record| match &record.body {
        Body::SessionStarted { id, .. } => Some(id.to_string()),
        _ => None,
    })
}

/// The score file.
fn scores(model: &str, rubric: &Rubric, judged: &[Judged]) -> Value {
    let sessions: Vec<Value> = judged
        .iter()
        .map(|judged| {
            let spreads: serde_json::Map<String, Value> = rubric
                .names()
                .map(|name| {
                    (name.to_owned(), score::spread(&judged.runs, name).map_or(Value::Null, score::Spread::json))
                })
                .collect();
            json!({"id": judged.case.id, "title": judged.case.title, "measured": judge::measured(&judged.case.records),
                "criteria": spreads, "runs": judged.runs.iter().map(Run::json).collect::<Vec<_>>()})
        })
        .collect();
    json!({"latigo_scores": FORMAT, "judge": model, "rubric": rubric.json(), "sessions": sessions})
}

fn write_new(path: &Path, scores: &Value) -> Result<(), String> {
    let text = serde_json::to_string_pretty(scores).unwrap_or_default() + "\n";
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|error| format!("{} was not written: {error}", path.display()))
}

fn table(model: &str, rubric: &Rubric, judged: &[Judged], printer: &mut Printer) {
    printer.line(&format!("judge: {}", sanitize_line(model)));
    for judged in judged {
        printer.line("");
        let title = sanitize_line(&judged.case.title).into_owned();
        printer.line(&format!("{}  {}", judged.case.id, clip(&title, 60)));
        let failed: Vec<&String> = judged.runs.iter().filter_map(|run| run.scores.as_ref().err()).collect();
        for name in rubric.names() {
            let shown = match score::spread(&judged.runs, name) {
                Some(spread) => format!(
                    "{:.2} ± {:.2}  ({} to {}, {} runs)",
                    spread.mean, spread.deviation, spread.least, spread.most, spread.runs
                ),
                None => "no score".to_owned(),
            };
            printer.line(&format!("  {name:<24} {shown}"));
        }
        let cost = judged.runs.iter().try_fold(0.0, |sum, run| run.cost.map(|cost| sum + cost));
        let cost = cost.map_or_else(|| "price unknown".to_owned(), human_cost);
        printer.line(&format!("  {:<24} {cost}", "judged for"));
        if let Some(problem) = failed.first() {
            printer.line(&format!("  {} runs failed: {}", failed.len(), sanitize_line(problem)));
        }
    }
}

#[cfg(test)]
mod tests;
