//! The program as a sub-agent of another: one line of JSON comes in, the agent works under its own harness, one line of
//! JSON goes out. Further lines are answers and news of the parent; their end is the parent's.

use std::io::{self, BufRead, Read};

use serde_json::json;
use tokio::sync::mpsc;

use super::headless::fold::Fold;
use super::{Exit, Ground, Invocation, Link, Overrides, Printer};
use crate::base::clock::SystemClock;
use crate::domain::{Body, Event, Live, Record, Request, RulesInForce, TeamRequest, TurnEnd};
use crate::engine::{AgentSpec, AgentWord};

/// Bytes that a line may have.
const LINE: u64 = 32 << 20;
/// Words of the parent that may wait.
const WORDS: usize = 64;

/// Runs it.
pub fn run() -> Exit {
    let mut printer = Printer::standard();
    match work(&mut printer) {
        Ok(exit) => exit,
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
    }
}

fn work(printer: &mut Printer) -> Result<Exit, String> {
    let line = line(&mut io::stdin().lock()).ok_or("no agent came in on standard input")?;
    let spec: AgentSpec = serde_json::from_str(&line).map_err(|error| format!("this is no agent: {error}"))?;
    let overrides = Overrides { trust: spec.place.trusted, ..Overrides::default() };
    let ground = Ground::survey(&Invocation { overrides, ..Invocation::default() })?;
    let clock = SystemClock::shared();
    let runtime = super::runtime().map_err(|error| format!("the system gives no threads: {error}"))?;
    let began = clock.elapsed();
    let fold = runtime.block_on(async {
        let link = ground.agent(&spec, std::sync::Arc::clone(&clock)).await?;
        Ok::<_, String>(listen(link, &spec, words()).await)
    })?;
    let duration_ms = clock.elapsed().saturating_sub(began).as_millis() as u64;
    printer.line(&summary(&spec, &fold, duration_ms).to_string());
    runtime.shutdown_timeout(super::END);
    Ok(printer.exit(fold.end.as_ref().map_or(Exit::Failure, Exit::of)))
}

fn line(input: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    input.take(LINE).read_line(&mut line).ok().filter(|read| *read > 0)?;
    Some(line)
}

/// The words of the parent. A thread of its own reads them, because such a read cannot be given up.
fn words() -> mpsc::Receiver<AgentWord> {
    let (send, words) = mpsc::channel(WORDS);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(line) = line(&mut input) {
            let Ok(word) = serde_json::from_str(&line) else { continue };
            if send.blocking_send(word).is_err() {
                return;
            }
        }
    });
    words
}

async fn listen(mut link: Link, spec: &AgentSpec, mut words: mpsc::Receiver<AgentWord>) -> Fold {
    let mut fold = Fold::default();
    let begin = Request::Team(TeamRequest::Begin { text: spec.task.clone() });
    link.requests.send(begin).await.ok();
    let (mut queued, mut alone) = (false, false);
    while fold.end.is_none() || queued {
        let event = tokio::select! {
            event = link.events.recv() => event,
            word = words.recv(), if !alone => {
                alone = word.is_none();
                let request = word.map_or(Request::Interrupt, request);
                link.requests.send(request).await.ok();
                continue;
            }
        };
        match event {
            Some(Event::Recorded(record)) => hear(&record, &mut fold, &mut queued),
            Some(Event::Live(Live::Refused(_)) | Event::Closed) | None => break,
            Some(_) => {}
        }
    }
    link.requests.send(Request::Shutdown).await.ok();
    while let Some(event) = link.events.recv().await {
        if matches!(event, Event::Closed) {
            break;
        }
    }
    fold
}

/// A prompt that waits, or comes after the end, begins another turn.
fn hear(record: &Record, fold: &mut Fold, queued: &mut bool) {
    match &record.body {
        Body::QueueSet { queue } => *queued = !queue.is_empty(),
        Body::Prompted { .. } => fold.end = None,
        _ => {}
    }
    fold.hear(record);
}

fn request(word: AgentWord) -> Request {
    match word {
        AgentWord::Answer { ask, answer } => Request::Answer { ask, answer },
        AgentWord::AnswerTo { agent, ask, answer } => Request::Team(TeamRequest::Answer { agent, ask, answer }),
        AgentWord::Kill(agent) => Request::Team(TeamRequest::Kill { agent }),
        AgentWord::Mode(mode) => Request::SetMode(mode),
        AgentWord::Rules(rules) => Request::Team(TeamRequest::Inherit(RulesInForce(rules))),
        AgentWord::Message(text) => Request::Team(TeamRequest::Begin { text }),
        AgentWord::Stop => Request::Interrupt,
    }
}

fn summary(spec: &AgentSpec, fold: &Fold, duration_ms: u64) -> serde_json::Value {
    let subtype = match &fold.end {
        Some(TurnEnd::Done) => "success",
        Some(TurnEnd::TurnCap { .. }) => "error_max_turns",
        Some(TurnEnd::BudgetCap) => "error_max_budget_usd",
        _ => "error_during_execution",
    };
    json!({
        "type": "result",
        "subtype": subtype,
        "is_error": !matches!(fold.end, Some(TurnEnd::Done)),
        "result": fold.text,
        "agent_id": spec.agent,
        "session_id": spec.session,
        "num_turns": fold.answers,
        "duration_ms": duration_ms,
        "total_cost_usd": fold.cost.0,
        "usage": {
            "input_tokens": fold.usage.input,
            "output_tokens": fold.usage.output,
            "cache_read_input_tokens": fold.usage.cache_read,
            "cache_creation_input_tokens": fold.usage.cache_write_5m + fold.usage.cache_write_1h,
        },
    })
}
