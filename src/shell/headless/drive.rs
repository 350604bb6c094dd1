//! The headless run itself: open, send, listen to the end, close, print.

use std::time::Duration;

use super::fold::Fold;
use super::lines::Lines;
use super::prompt;
use crate::base::ids::SharedIds;
use crate::domain::{
    Answer, Body, Event, HookNews, HookRequest, Live, Notice, NoticeLevel, Record, Request, StartInfo, TurnEnd,
};
use crate::shell::signals::{News, Signals};
use crate::shell::{Exit, Link, OutputFormat, Printer};

/// How long the engine may take to close after the end, and to stop after a signal.
const PATIENCE: Duration = Duration::from_secs(3);

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub prompt: String,
    pub format: OutputFormat,
    /// Tell on standard error which tools run.
    pub verbose: bool,
    /// Ask the engine for the offline rehearsal first.
    pub rehearse: bool,
}

/// Runs the job and prints its outcome.
pub async fn run(job: Job, mut link: Link, ids: SharedIds, printer: &mut Printer) -> Exit {
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            printer.remark(&format!("latigo: the system's signals cannot be heard: {error}"));
            return Exit::Failure;
        }
    };
    let info = match opened(&job, &mut link, printer).await {
        Ok(info) => info,
        Err(message) => {
            printer.remark(&format!("latigo: {message}"));
            close(&mut link).await;
            return Exit::Failure;
        }
    };
    let request = match ready(&job, &info) {
        Ok(request) => request,
        Err((exit, message)) => {
            printer.remark(&format!("latigo: {message}"));
            close(&mut link).await;
            return exit;
        }
    };
    let mut run =
        Run { lines: Lines::new(&info, ids), fold: Fold::default(), job, stopped: None, begun: false, refused: None };
    if run.job.format == OutputFormat::StreamJson {
        printer.line(&run.lines.init(&info));
    }
    if link.requests.send(request).await.is_ok() {
        run.listen(&mut link, &mut signals, printer).await;
    }
    close(&mut link).await;
    run.conclude(printer)
}

/// Waits until the hooks of the start have run, tells what went wrong with them, and leaves.
pub async fn set_up(mut link: Link, printer: &mut Printer) -> Exit {
    let mut failed = false;
    let asked = link.requests.send(Request::Hook(HookRequest::TellBegun)).await.is_ok();
    while asked && let Some(event) = link.events.recv().await {
        match event {
            Event::Closed | Event::Live(Live::Hook(HookNews::Begun)) => break,
            Event::Live(Live::Notice(notice)) => remark(&notice, printer),
            Event::Recorded(record) => match &record.body {
                Body::Noticed(notice) => remark(notice, printer),
                Body::HookRan(run) => failed |= run.failed,
                _ => {}
            },
            Event::Live(_) | Event::Opened { .. } => {}
        }
    }
    close(&mut link).await;
    if failed { Exit::Failure } else { Exit::Done }
}

/// A run between its prompt and its end.
struct Run {
    job: Job,
    lines: Lines,
    fold: Fold,
    /// The signal that stops it.
    stopped: Option<Exit>,
    /// The prompt is on record: what was before belongs to earlier turns of the session.
    begun: bool,
    /// Why no turn will come of the prompt.
    refused: Option<String>,
}

impl Run {
    /// Listens until the turn has ended, the engine is gone or a signal has had its time.
    async fn listen(&mut self, link: &mut Link, signals: &mut Signals, printer: &mut Printer) {
        while self.fold.end.is_none() && self.refused.is_none() && !printer.is_gone() {
            let wait = self.stopped.map_or(Duration::MAX, |_| PATIENCE);
            tokio::select! {
                event = link.events.recv() => match event {
                    Some(Event::Recorded(record)) => self.hear(&record, link, printer).await,
                    Some(Event::Live(Live::Notice(notice))) => remark(&notice, printer),
                    Some(Event::Live(Live::Refused(notice))) => self.refused = Some(words(&notice)),
                    Some(Event::Live(_) | Event::Opened { .. }) => {}
                    Some(Event::Closed) | None => return,
                },
                news = signals.next() => if let News::Leave(exit) = news {
                    let again = self.stopped.replace(exit).is_some();
                    if again || link.requests.send(Request::Interrupt).await.is_err() {
                        return;
                    }
                },
                () = tokio::time::sleep(wait) => return,
            }
        }
        if printer.is_gone() {
            drop(link.requests.send(Request::Interrupt).await);
        }
    }

    async fn hear(&mut self, record: &Record, link: &Link, printer: &mut Printer) {
        self.begun |= matches!(record.body, Body::Prompted { .. });
        if !self.begun {
            if let Body::Noticed(notice) = &record.body {
                remark(notice, printer);
            }
            return;
        }
        self.fold.hear(record);
        if self.job.format == OutputFormat::StreamJson {
            self.lines.of(record, &self.fold).iter().for_each(|line| printer.line(line));
        }
        match &record.body {
            Body::Asked { ask, .. } => {
                let comment = Some("Nobody can be asked in a headless run; the call is denied.".to_owned());
                drop(link.requests.send(Request::Answer { ask: *ask, answer: Answer::No { comment } }).await);
            }
            Body::Noticed(notice) => remark(notice, printer),
            Body::CallDone { result, summary, .. } if self.job.verbose => {
                let name = self.fold.calls.get(&result.call_id).map_or("tool", |call| call.name.as_str());
                printer.remark(&format!("● {name}  {summary}"));
            }
            Body::RequestFailed { error, retry_in_ms: Some(delay), .. } => {
                let seconds = *delay as f64 / 1000.0;
                printer.remark(&format!("latigo: {error}; trying again in {seconds:.1} s"));
            }
            _ => {}
        }
    }

    fn conclude(&self, printer: &mut Printer) -> Exit {
        let (exit, error) = match (&self.fold.end, self.stopped) {
            (_, Some(exit)) => (exit, Some("The run was stopped by a signal.".to_owned())),
            (Some(end), None) => (Exit::of(end), explain(end)),
            (None, None) if self.refused.is_some() => (Exit::Failure, self.refused.clone()),
            (None, None) if printer.is_gone() => return printer.exit(Exit::Done),
            (None, None) => (Exit::Failure, Some("The engine ended before the turn did.".to_owned())),
        };
        match self.job.format {
            OutputFormat::Text if self.fold.text.is_empty() => {}
            OutputFormat::Text => printer.text(&self.fold.text),
            OutputFormat::Json | OutputFormat::StreamJson => {
                printer.line(&self.lines.result(&self.fold, error.as_deref()));
            }
        }
        if let Some(error) = error {
            printer.remark(&format!("latigo: {error}"));
        }
        printer.exit(exit)
    }
}

/// Waits for the session; in a rehearsal for the rehearsal's own.
async fn opened(job: &Job, link: &mut Link, printer: &mut Printer) -> Result<StartInfo, String> {
    let ended = || "the engine ended before the session was open.".to_owned();
    let mut asked = false;
    loop {
        match link.events.recv().await.ok_or_else(ended)? {
            Event::Opened { info, .. } if job.rehearse && !info.rehearsal && !asked => {
                asked = true;
                link.requests.send(Request::Rehearse).await.map_err(|_| ended())?;
            }
            Event::Opened { info, .. } => return Ok(*info),
            Event::Live(Live::Notice(notice)) => remark(&notice, printer),
            Event::Live(Live::Refused(notice)) => return Err(words(&notice)),
            Event::Closed => return Err(ended()),
            Event::Live(_) | Event::Recorded(_) => {}
        }
    }
}

/// The request to send, or why none can be sent.
fn ready(job: &Job, info: &StartInfo) -> Result<Request, (Exit, String)> {
    if info.model.is_none() {
        let message = "no model is configured. Set ANTHROPIC_API_KEY (or OPENAI_API_KEY, LLM_API_BASE, OLLAMA_HOST), \
                       or try `latigo --rehearse`, which needs no key.";
        return Err((Exit::Auth, message.to_owned()));
    }
    prompt::request(&job.prompt, &info.commands).map_err(|message| (Exit::Usage, message))
}

/// Lets the engine finish what it must; what it still says is not waited for long.
async fn close(link: &mut Link) {
    if link.requests.send(Request::Shutdown).await.is_err() {
        return;
    }
    // What the engine still says is a sign that it has something to finish.
    while let Ok(heard) = tokio::time::timeout(PATIENCE, link.events.recv()).await {
        if matches!(heard, None | Some(Event::Closed)) {
            return;
        }
    }
}

/// Why a turn that did not end well ended; none for one that did.
fn explain(end: &TurnEnd) -> Option<String> {
    Some(match end {
        TurnEnd::Done => return None,
        TurnEnd::Interrupted => "The turn was interrupted.".to_owned(),
        TurnEnd::Refused => {
            "The turn ended because a call was denied. Allow it with --allowedTools or a rule.".to_owned()
        }
        TurnEnd::TurnCap { limit } => format!("The turn reached its cap of {limit} requests (--max-turns)."),
        TurnEnd::BudgetCap => "The turn reached the cap on money.".to_owned(),
        TurnEnd::Declined { explanation: Some(text) } => format!("The model declined: {text}"),
        TurnEnd::Declined { explanation: None } => "The model declined.".to_owned(),
        TurnEnd::Failed { error } => format!("The model could not answer: {error}"),
        TurnEnd::Stopped { reason } => format!("A hook stopped the run: {reason}"),
    })
}

fn remark(notice: &Notice, printer: &mut Printer) {
    let level = match notice.level {
        NoticeLevel::Info => "",
        NoticeLevel::Warning => "warning: ",
        NoticeLevel::Error => "error: ",
    };
    printer.remark(&format!("latigo: {level}{}", words(notice)));
}

fn words(notice: &Notice) -> String {
    let hint = notice.hint.as_deref().map(|hint| format!(" {hint}")).unwrap_or_default();
    format!("{}{hint}", notice.text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use crate::base::ids::CountingIds;
    use crate::domain::{
        Because, BecauseKind, Block, Decision, Message, Mode, ModelError, ModelInfo, ModelRef, ResponseNote, SessionId,
        Shown, StopReason, ToolCall, ToolResult, Usage, Verdict, Wire,
    };
    use serde_json::{Value, json};
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use tokio::sync::mpsc;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn info(model: bool) -> StartInfo {
        let known = (ModelRef::new(Wire::Anthropic, "m"), Arc::new(ModelInfo::unknown("m")));
        StartInfo {
            session: SessionId(uuid::Uuid::from_u128(7)),
            cwd: "/p".into(),
            project: "/p".into(),
            branch: None,
            model: model.then_some(known),
            mode: Mode::Default,
            modes: vec![Mode::Default],
            memory: Vec::new(),
            commands: Vec::new(),
            agents: Vec::new(),
            tools: vec!["Read".to_owned()],
            servers: vec![
                ("files".to_owned(), crate::domain::ServerState::Ready),
                ("gone".to_owned(), crate::domain::ServerState::NeedsLogin),
            ],
            rehearsal: false,
            sandbox: crate::domain::SandboxState::Off,
        }
    }

    fn answer(blocks: Vec<Block>, stop: StopReason) -> Body {
        Body::Responded(ResponseNote {
            request: 1,
            message: Arc::new(Message::assistant(blocks, ModelRef::new(Wire::Anthropic, "m"))),
            stop,
            usage: Usage { input: 10, output: 5, cache_read: 90, ..Usage::default() },
            estimated: false,
            cost: Some(0.5),
            duration_ms: 100,
            cut: false,
        })
    }

    fn text(text: &str) -> Block {
        Block::Text { text: text.to_owned() }
    }

    /// A turn that reads a file which is denied, and then answers.
    fn story() -> Vec<Body> {
        let call = ToolCall { id: "c1".to_owned(), name: "Read".to_owned(), input: json!({"file_path": "x"}) };
        let verdict = Verdict {
            decision: Decision::Deny,
            because: Because::new(BecauseKind::Headless, "nobody is there to be asked"),
            read_only: true,
            suggestion: None,
            trail: Vec::new(),
        };
        let done = Body::CallDone {
            result: ToolResult::text("c1", "denied", true),
            shown: Shown::Nothing,
            summary: "denied".to_owned(),
            duration_ms: 3,
            full_output: None,
        };
        vec![
            // The call is done before the answer that asks for it is whole, as it happens while streaming.
            done,
            answer(vec![text("I look."), Block::ToolCall(call)], StopReason::ToolUse),
            Body::Judged { call_id: "c1".to_owned(), verdict },
            Body::ResultsJoined { calls: vec!["c1".to_owned()], extra: Vec::new() },
            answer(vec![text("It says x.")], StopReason::EndTurn),
            Body::TurnEnded { turn: 1, end: TurnEnd::Done },
        ]
    }

    fn prompted() -> Body {
        let message = Arc::new(Message::user("go"));
        Body::Prompted { turn: 1, message, origin: crate::domain::Origin::Headless, typed: None }
    }

    /// Runs against an engine that tells `bodies` after the prompt; returns exit, out, err and the requests.
    async fn play(format: OutputFormat, model: bool, bodies: Vec<Body>) -> (Exit, String, String, Vec<Request>) {
        let (requests, mut heard) = mpsc::channel(8);
        let (tell, events) = mpsc::channel(64);
        let engine = tokio::spawn(async move {
            let mut seen = Vec::new();
            tell.send(Event::Opened { info: Box::new(info(model)), records: Vec::new() }).await.unwrap();
            while let Some(request) = heard.recv().await {
                let last = request == Request::Shutdown;
                if matches!(request, Request::Prompt(_)) {
                    for (seq, body) in std::iter::once(prompted()).chain(bodies.clone()).enumerate() {
                        let record = Record { seq: seq as u64, at: 1_000 + seq as u64, body };
                        tell.send(Event::Recorded(Arc::new(record))).await.unwrap();
                    }
                }
                seen.push(request);
                if last {
                    break;
                }
            }
            seen
        });
        let (out, err) = (Paper::default(), Paper::default());
        let mut printer = Printer::new(Box::new(out.clone()), Box::new(err.clone()), false);
        let job = Job { prompt: "go".to_owned(), format, verbose: false, rehearse: false };
        let exit = run(job, Link { requests, events }, Arc::new(CountingIds::default()), &mut printer).await;
        (exit, out.text(), err.text(), engine.await.unwrap())
    }

    #[tokio::test]
    async fn the_end_of_a_turn_that_a_crash_cut_is_not_ours() {
        let (requests, mut heard) = mpsc::channel(8);
        let (tell, events) = mpsc::channel(64);
        let record = |body| Event::Recorded(Arc::new(Record { seq: 0, at: 1, body }));
        let engine = tokio::spawn(async move {
            tell.send(Event::Opened { info: Box::new(info(true)), records: Vec::new() }).await.unwrap();
            tell.send(record(Body::TurnEnded { turn: 1, end: TurnEnd::Interrupted })).await.unwrap();
            assert!(matches!(heard.recv().await, Some(Request::Prompt(_))));
            for body in [prompted(), answer(vec![text("Mine.")], StopReason::EndTurn)] {
                tell.send(record(body)).await.unwrap();
            }
            tell.send(record(Body::TurnEnded { turn: 2, end: TurnEnd::Done })).await.unwrap();
            heard.recv().await
        });
        let (out, err) = (Paper::default(), Paper::default());
        let mut printer = Printer::new(Box::new(out.clone()), Box::new(err.clone()), false);
        let job = Job { prompt: "go".to_owned(), format: OutputFormat::Text, verbose: false, rehearse: false };
        let exit = run(job, Link { requests, events }, Arc::new(CountingIds::default()), &mut printer).await;
        assert_eq!((exit, out.text().as_str(), err.text().as_str()), (Exit::Done, "Mine.\n", ""));
        assert_eq!(engine.await.unwrap(), Some(Request::Shutdown));
    }

    #[tokio::test]
    async fn a_refusal_is_a_failure_and_nothing_is_waited_for() {
        for before in [true, false] {
            let (requests, mut heard) = mpsc::channel(8);
            let (tell, events) = mpsc::channel(64);
            tokio::spawn(async move {
                let refused = Event::Live(Live::Refused(Notice::warning("Not this.").hint("Do that.")));
                if before {
                    tell.send(refused).await.unwrap();
                } else {
                    tell.send(Event::Opened { info: Box::new(info(true)), records: Vec::new() }).await.unwrap();
                    heard.recv().await.unwrap();
                    tell.send(refused).await.unwrap();
                }
                while heard.recv().await.is_some_and(|request| request != Request::Shutdown) {}
            });
            let (out, err) = (Paper::default(), Paper::default());
            let mut printer = Printer::new(Box::new(out.clone()), Box::new(err.clone()), false);
            let job = Job { prompt: "go".to_owned(), format: OutputFormat::Json, verbose: false, rehearse: false };
            let exit = run(job, Link { requests, events }, Arc::new(CountingIds::default()), &mut printer).await;
            assert_eq!(exit, Exit::Failure);
            assert!(err.text().contains("Not this. Do that."), "{}", err.text());
            assert_eq!(out.text().is_empty(), before, "a result object says so too: {}", out.text());
        }
    }

    #[tokio::test]
    async fn json_lines_hold_nothing_that_ends_a_line_or_moves_a_cursor() {
        let hostile = "a\u{85}b\u{2028}c\u{9b}2Jd\u{202e}e";
        let end = Body::TurnEnded { turn: 1, end: TurnEnd::Done };
        let bodies = vec![answer(vec![text(hostile)], StopReason::EndTurn), end];
        let (_, out, _, _) = play(OutputFormat::Json, true, bodies).await;
        assert!(out.trim_end().chars().all(|c| !c.is_control() && !('\u{2028}'..='\u{202e}').contains(&c)), "{out}");
        let result: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(result["result"], hostile);
    }

    #[tokio::test]
    async fn text_is_the_last_answer_and_nothing_else() {
        let (exit, out, err, requests) = play(OutputFormat::Text, true, story()).await;
        assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Done, "It says x.\n", ""));
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[1], Request::Shutdown);
    }

    #[tokio::test]
    async fn json_is_one_result_with_sums_and_denials() {
        let (exit, out, _, _) = play(OutputFormat::Json, true, story()).await;
        let result: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(exit, Exit::Done);
        assert_eq!(result["subtype"], "success");
        assert_eq!(result["result"], "It says x.");
        assert_eq!(result["num_turns"], 2);
        assert_eq!(result["total_cost_usd"], 1.0);
        assert_eq!(result["usage"]["cache_read_input_tokens"], 180);
        assert_eq!(result["modelUsage"]["m"]["contextWindow"], 128_000);
        assert_eq!(result["permission_denials"][0]["tool_name"], "Read");
        assert_eq!(result["session_id"], "00000000-0000-0000-0000-000000000007");
    }

    #[tokio::test]
    async fn the_stream_tells_every_block_and_each_result_after_its_call() {
        let (_, out, _, _) = play(OutputFormat::StreamJson, true, story()).await;
        let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kinds: Vec<String> = lines
            .iter()
            .map(|line| {
                let block = &line["message"]["content"][0]["type"];
                let detail = line["subtype"].as_str().or(block.as_str()).unwrap_or_default();
                format!("{} {detail}", line["type"].as_str().unwrap())
            })
            .collect();
        let expected = [
            "system init",
            "assistant text",
            "assistant tool_use",
            "system permission_denied",
            "user tool_result",
            "assistant text",
            "result success",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(lines[1]["message"]["id"], lines[2]["message"]["id"]);
        assert!(lines.iter().all(|line| line["uuid"].is_string() && line["session_id"].is_string()));
    }

    #[tokio::test]
    async fn a_failure_keeps_what_came_and_has_its_code() {
        let error = ModelError::new(crate::domain::ErrorKind::Overloaded, "too busy");
        let end = TurnEnd::Failed { error };
        let bodies = vec![answer(vec![text("half")], StopReason::EndTurn), Body::TurnEnded { turn: 1, end }];
        let (exit, out, err, _) = play(OutputFormat::Text, true, bodies.clone()).await;
        assert_eq!((exit, out.as_str()), (Exit::Model, "half\n"));
        assert!(err.contains("too busy"));
        let (_, out, _, _) = play(OutputFormat::Json, true, bodies).await;
        let result: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&result["subtype"], &result["is_error"]), (&json!("error_during_execution"), &json!(true)));
        assert_eq!(result["partial_result"], "half");
    }

    #[tokio::test]
    async fn without_a_model_nothing_is_sent_and_the_message_says_how_to_set_one() {
        let (exit, out, err, requests) = play(OutputFormat::Text, false, Vec::new()).await;
        assert_eq!((exit, out.as_str()), (Exit::Auth, ""));
        assert!(err.contains("ANTHROPIC_API_KEY"));
        assert_eq!(requests, [Request::Shutdown]);
    }

    #[tokio::test]
    async fn a_question_is_answered_with_no() {
        let end = TurnEnd::Refused;
        let bodies = vec![Body::Asked { ask: 4, call_id: "c".to_owned() }, Body::TurnEnded { turn: 1, end }];
        let (exit, _, _, requests) = play(OutputFormat::Text, true, bodies).await;
        assert_eq!(exit, Exit::Denied);
        assert!(matches!(&requests[1], Request::Answer { ask: 4, answer: Answer::No { comment: Some(_) } }));
    }

    #[tokio::test]
    async fn an_engine_that_dies_is_a_failure() {
        let (requests, _heard) = mpsc::channel(8);
        let (tell, events) = mpsc::channel(8);
        tell.send(Event::Opened { info: Box::new(info(true)), records: Vec::new() }).await.unwrap();
        drop(tell);
        let err = Paper::default();
        let mut printer = Printer::new(Box::new(io::sink()), Box::new(err.clone()), false);
        let job = Job { prompt: "go".to_owned(), format: OutputFormat::Text, verbose: false, rehearse: false };
        let exit = run(job, Link { requests, events }, Arc::new(CountingIds::default()), &mut printer).await;
        assert_eq!(exit, Exit::Failure);
        assert!(err.text().contains("engine ended"));
    }
}
