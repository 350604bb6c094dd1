//! `latigo replay`: asks another model, or the same one with another system text, what it would do at each step of a
//! session, and compares.
//!
//! Every request is made of the history as it was, so that each step stands for itself; nothing runs. Tools are those
//! of this program, because a log holds only their hashes.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::model::{ModelWish, Place, ask, cost, wait};
use crate::agent::Conversation;
use crate::base::text::{human_cost, human_tokens, sanitize_line};
use crate::domain::{
    Block, Body, CanonicalRequest, Record, ResponseNote, Sampling, Segment, SegmentKind, ToolCall, Usage,
};
use crate::engine;
use crate::prompt::{self, Draft};
use crate::shell::{Exit, Printer};

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayOrder {
    pub session: String,
    pub wish: ModelWish,
    /// A file that takes the place of the system text.
    pub system: Option<PathBuf>,
    /// Steps at most, from the first on.
    pub steps: usize,
    pub json: bool,
}

/// A step of the session: what was sent, and what came.
struct Step {
    request: u32,
    history: Vec<Arc<Segment>>,
    max_output: u32,
    then: ResponseNote,
}

/// What one side did.
#[derive(Clone, Debug)]
struct Side {
    calls: Vec<ToolCall>,
    text: String,
    usage: Usage,
    cost: Option<f64>,
}

/// Both sides of a step.
struct Compared {
    request: u32,
    then: Side,
    now: Result<Side, String>,
}

/// How alike two answers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alike {
    /// The same calls with the same inputs; or no call on either side.
    Same,
    /// The same tools, other inputs.
    Tools,
    Different,
    Failed,
}

/// Compares and prints. Fails when no step could be asked.
pub(super) fn run(order: &ReplayOrder, printer: &mut Printer) -> Exit {
    match wait(compare(order)) {
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
        Ok((model, steps)) => {
            if order.json {
                printer.line(
                    &json!({ "session": order.session, "model": model, "steps":
                    steps.iter().map(Compared::json).collect::<Vec<_>>(), "sum": sum(&steps) })
                    .to_string(),
                );
            } else {
                table(&model, &steps, printer);
            }
            let asked = steps.iter().any(|step| step.now.is_ok());
            if asked { printer.exit(Exit::Done) } else { Exit::Model }
        }
    }
}

async fn compare(order: &ReplayOrder) -> Result<(String, Vec<Compared>), String> {
    let place = Place::survey(&order.wish).await?;
    let id = place.store.find(&order.session).map_err(|error| error.to_string())?;
    let (records, _) = place.store.read(id).map_err(|error| error.to_string())?;
    let (model, info, provider) = place.model()?;
    let prefix = prefix(&place, order)?;
    let mut compared = Vec::new();
    for step in steps(&records, order.steps) {
        let sampling =
            Sampling { max_output: step.max_output.clamp(1, info.max_output), effort: None, thinking: false };
        let request: Arc<CanonicalRequest> = Arc::new(prompt::assemble(&Draft {
            prefix: &prefix,
            history: &step.history,
            model: &model,
            info: &info,
            sampling,
            session_key: &format!("replay-{id}"),
            anchors: prompt::Anchors::default(),
        }));
        let now = ask(&provider, &request).await.map(|said| Side {
            calls: calls(&said.blocks),
            text: text(&said.blocks),
            usage: said.usage,
            cost: cost(&info, &said.usage),
        });
        let then = Side {
            calls: calls(&step.then.message.blocks),
            text: text(&step.then.message.blocks),
            usage: step.then.usage,
            cost: step.then.cost,
        };
        compared.push(Compared { request: step.request, then, now });
    }
    if compared.is_empty() {
        return Err("this session has no answer that could be asked for again".to_owned());
    }
    Ok((model.to_string(), compared))
}

/// Tools and memory as they are here, with the system text or the file in its place.
fn prefix(place: &Place, order: &ReplayOrder) -> Result<Vec<Arc<Segment>>, String> {
    let mut prefix = engine::prefix_of(&place.setup);
    let Some(path) = &order.system else { return Ok(prefix) };
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let at = prefix.iter().position(|segment| segment.kind == SegmentKind::System).unwrap_or(prefix.len());
    prefix.retain(|segment| segment.kind != SegmentKind::System);
    prefix.insert(at.min(prefix.len()), Arc::new(Segment::system("system", text)));
    Ok(prefix)
}

/// A request that was answered whole.
fn step(sent: Option<(u32, u32, Vec<Arc<Segment>>)>, then: &ResponseNote) -> Option<Step> {
    let (request, asked, history) = sent?;
    if then.cut || request != then.request || history.is_empty() {
        return None;
    }
    // An imported session does not know how much was asked for.
    let max_output = if asked == 0 { 8_000 } else { asked };
    Some(Step { request, history, max_output, then: then.clone() })
}

/// The requests of a session that were answered whole, with what was sent.
fn steps(records: &[Record], most: usize) -> Vec<Step> {
    let mut conversation = Conversation::default();
    let (mut steps, mut sent) = (Vec::new(), None);
    for record in records {
        match &record.body {
            Body::RequestSent(note) if !note.summary => {
                sent = Some((note.request, note.max_output, conversation.history.clone()));
            }
            Body::RequestSent(_) => sent = None,
            Body::Responded(then) => steps.extend(step(sent.take(), then)),
            _ => {}
        }
        if steps.len() >= most {
            break;
        }
        conversation.apply(&record.body);
    }
    steps
}

fn calls(blocks: &[Block]) -> Vec<ToolCall> {
    let call = |block: &Block| if let Block::ToolCall(call) = block { Some(call.clone()) } else { None };
    blocks.iter().filter_map(call).collect()
}

fn text(blocks: &[Block]) -> String {
    let text = |block: &Block| if let Block::Text { text } = block { Some(text.clone()) } else { None };
    blocks.iter().filter_map(text).collect::<Vec<_>>().join("\n")
}

impl Compared {
    fn alike(&self) -> Alike {
        let Ok(now) = &self.now else { return Alike::Failed };
        let names = |side: &Side| {
            let mut names: Vec<String> = side.calls.iter().map(|call| call.name.clone()).collect();
            names.sort();
            names
        };
        let whole = |side: &Side| {
            let mut calls: Vec<(String, String)> =
                side.calls.iter().map(|call| (call.name.clone(), call.input.to_string())).collect();
            calls.sort();
            calls
        };
        match (whole(&self.then) == whole(now), names(&self.then) == names(now)) {
            (true, _) => Alike::Same,
            (false, true) => Alike::Tools,
            (false, false) => Alike::Different,
        }
    }

    fn json(&self) -> Value {
        let side = |side: &Side| {
            json!({"calls": side.calls.iter().map(|call| json!({"name": call.name, "input": call.input})).collect::<Vec<_>>(),
                "text": side.text, "tokens_in": side.usage.prompt(), "tokens_out": side.usage.output, "cost": side.cost})
        };
        let (now, problem) = match &self.now {
            Ok(now) => (side(now), Value::Null),
            Err(problem) => (Value::Null, json!(problem)),
        };
        json!({"request": self.request, "alike": self.alike().name(), "then": side(&self.then), "now": now,
            "problem": problem})
    }
}

impl Alike {
    fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Tools => "same tools",
            Self::Different => "different",
            Self::Failed => "failed",
        }
    }
}

fn sum(steps: &[Compared]) -> Value {
    let count = |alike: Alike| steps.iter().filter(|step| step.alike() == alike).count();
    let total = |side: &dyn Fn(&Compared) -> Option<Side>| {
        let sides: Vec<Side> = steps.iter().filter_map(side).collect();
        let cost = sides.iter().try_fold(0.0, |sum, side| side.cost.map(|cost| sum + cost));
        json!({"calls": sides.iter().map(|side| side.calls.len()).sum::<usize>(),
            "tokens_in": sides.iter().map(|side| side.usage.prompt()).sum::<u64>(),
            "tokens_out": sides.iter().map(|side| side.usage.output).sum::<u64>(), "cost": cost})
    };
    // Only steps that both sides have are added up.
    json!({"same": count(Alike::Same), "same_tools": count(Alike::Tools), "different": count(Alike::Different),
        "failed": count(Alike::Failed), "then": total(&|step| step.now.is_ok().then(|| step.then.clone())),
        "now": total(&|step| step.now.clone().ok())})
}

fn table(model: &str, steps: &[Compared], printer: &mut Printer) {
    printer.line(&format!("asked: {}", sanitize_line(model)));
    printer.line(&format!(
        "{:>7}  {:<10}  {:<24}  {:<24}  {:>13}  {:>15}",
        "request", "alike", "then", "now", "out", "cost"
    ));
    for step in steps {
        let what = |side: &Side| {
            let names: Vec<&str> = side.calls.iter().map(|call| call.name.as_str()).collect();
            let text = if names.is_empty() { "(text)".to_owned() } else { names.join(" ") };
            crate::base::text::clip(&sanitize_line(&text), 24).into_owned()
        };
        let money = |side: &Side| side.cost.map_or_else(|| "–".to_owned(), human_cost);
        let row = match &step.now {
            Ok(now) => (
                what(now),
                format!("{} → {}", human_tokens(step.then.usage.output), human_tokens(now.usage.output)),
                format!("{} → {}", money(&step.then), money(now)),
            ),
            Err(problem) => (sanitize_line(problem).into_owned(), String::new(), String::new()),
        };
        printer.line(&format!(
            "{:>7}  {:<10}  {:<24}  {:<24}  {:>13}  {:>15}",
            step.request,
            step.alike().name(),
            what(&step.then),
            row.0,
            row.1,
            row.2
        ));
    }
    let sum = sum(steps);
    printer.line(&format!(
        "{} of {} steps the same, {} with the same tools, {} different, {} failed",
        sum["same"],
        steps.len(),
        sum["same_tools"],
        sum["different"],
        sum["failed"]
    ));
    let money = |side: &str| sum[side]["cost"].as_f64().map_or_else(|| "price unknown".to_owned(), human_cost);
    printer.line(&format!(
        "tokens out {} → {}, calls {} → {}, cost {} → {}",
        sum["then"]["tokens_out"],
        sum["now"]["tokens_out"],
        sum["then"]["calls"],
        sum["now"]["calls"],
        money("then"),
        money("now")
    ));
}
