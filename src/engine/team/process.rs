//! An agent as a process of its own: our own program with one line of JSON on its standard input. It prints one line of
//! JSON at its end. What it does meanwhile is read from its log, so that its questions, its state and its costs are seen
//! like those of any other agent.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child as Process, ChildStdin, Command};
use tokio::sync::mpsc;

use super::below::Below;
use super::spec::{Spec, Word};
use crate::domain::{Body, Event, Live, Notice, Record, Request, TeamNews, TeamRequest};
use crate::session::Follow;

/// The first word of the command line.
pub const WORD: &str = "__agent";
/// How often its log is looked at.
const LOOK: Duration = Duration::from_millis(150);
/// How long it may take to end once it was told to, and once its turn is over.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of its last line, and of what it says on standard error.
const LINE: u64 = 8 << 20;
const ERRORS: u64 = 8 << 10;

/// The last line, as far as it matters here.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    result: String,
}

/// The process and what is known of it.
struct Apart {
    process: Process,
    stdin: Option<ChildStdin>,
    follow: Follow,
    below: Below,
    /// An agent below it whose conversation is looked at.
    watched: Option<(String, Follow)>,
    tell: mpsc::Sender<Event>,
    /// The end of its turn, held back until it has said its last words.
    end: Option<Arc<Record>>,
}

/// Runs the agent and stands in the place of its engine: hears requests, tells events.
pub(super) async fn run(spec: Spec, program: PathBuf, mut heard: mpsc::Receiver<Request>, tell: mpsc::Sender<Event>) {
    let failed = |text: String| Event::Live(Live::Refused(Notice::error(text)));
    let mut apart = match start(&spec, &program, tell.clone()).await {
        Ok(apart) => apart,
        Err(problem) => {
            tell.send(failed(format!("its process could not be started: {problem}"))).await.ok();
            return;
        }
    };
    let last = apart.process.stdout.take().map(|out| tokio::spawn(last_line(out)));
    let errors = apart.process.stderr.take().map(|errors| tokio::spawn(start_of(errors)));
    let logs = spec.log.parent().unwrap_or(Path::new(""));
    let status = apart.listen(&mut heard, logs).await;
    apart.look().await;
    let said = match last {
        Some(last) => last.await.ok().flatten(),
        None => None,
    };
    let errors = match errors {
        Some(errors) => errors.await.unwrap_or_default(),
        None => String::new(),
    };
    if let Some(said) = said {
        tell.send(Event::Live(Live::Team(TeamNews::Said(said.result)))).await.ok();
    }
    match apart.end.take() {
        Some(end) => drop(tell.send(Event::Recorded(end)).await),
        None => drop(tell.send(failed(format!("its process ended ({status}). {}", errors.trim()))).await),
    }
    tell.send(Event::Closed).await.ok();
}

async fn start(spec: &Spec, program: &Path, tell: mpsc::Sender<Event>) -> Result<Apart, String> {
    let follow = Follow::new(&spec.log);
    let mut process = Command::new(program)
        .arg(WORD)
        .current_dir(&spec.place.cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Signals of the terminal are for the session; it tells its agents.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let mut line = serde_json::to_vec(spec).map_err(|error| error.to_string())?;
    line.push(b'\n');
    let mut stdin = process.stdin.take();
    if let Some(stdin) = &mut stdin {
        stdin.write_all(&line).await.map_err(|error| error.to_string())?;
    }
    Ok(Apart { process, stdin, follow, below: Below::default(), watched: None, tell, end: None })
}

impl Apart {
    /// Passes on what comes and goes until the process has ended. What comes back says how.
    async fn listen(&mut self, heard: &mut mpsc::Receiver<Request>, logs: &Path) -> String {
        let mut ends_by: Option<tokio::time::Instant> = None;
        loop {
            let deadline = ends_by.unwrap_or_else(|| tokio::time::Instant::now() + Duration::from_secs(86_400));
            tokio::select! {
                status = self.process.wait() => {
                    return status.map_or_else(|error| error.to_string(), |status| status.to_string());
                }
                request = heard.recv(), if ends_by.is_none() => {
                    let Some(request) = request else {
                        // Nobody minds it any more.
                        self.stdin = None;
                        ends_by = Some(tokio::time::Instant::now() + PATIENCE);
                        continue;
                    };
                    self.hear(request, logs).await;
                }
                () = tokio::time::sleep(LOOK) => self.look().await,
                () = tokio::time::sleep_until(deadline) => drop(self.process.start_kill()),
            }
            if self.stdin.is_some() {
                let over = || tokio::time::Instant::now() + PATIENCE;
                ends_by = self.end.is_some().then(|| ends_by.unwrap_or_else(over));
            }
        }
    }

    async fn hear(&mut self, request: Request, logs: &Path) {
        if let Request::Team(TeamRequest::Watch { agent }) = request {
            self.watch(agent, logs).await;
        } else if let Some(word) = word(request) {
            self.say(&word).await;
        }
    }

    async fn say(&mut self, word: &Word) {
        let (Some(stdin), Ok(mut line)) = (&mut self.stdin, serde_json::to_vec(word)) else { return };
        line.push(b'\n');
        // One that does not listen any more is about to end.
        stdin.write_all(&line).await.ok();
    }

    /// Shows the conversation of an agent below it from now on: its log stands beside the own one.
    async fn watch(&mut self, agent: Option<String>, logs: &Path) {
        self.watched = None;
        let Some(agent) = agent else { return };
        let mut follow = Follow::whole(&logs.join(format!("{agent}.jsonl")));
        let records = follow.more().unwrap_or_default().into_iter().map(Arc::new).collect();
        let news = TeamNews::Watched { agent: agent.clone(), records };
        self.tell.send(Event::Live(Live::Team(news))).await.ok();
        self.watched = Some((agent, follow));
    }

    /// Tells what was added to the log of the agent that is looked at.
    async fn look_below(&mut self) {
        let Some((agent, follow)) = &mut self.watched else { return };
        for record in follow.more().unwrap_or_default() {
            let news = TeamNews::Record { agent: agent.clone(), record: Arc::new(record) };
            self.tell.send(Event::Live(Live::Team(news))).await.ok();
        }
    }

    /// Tells what was added to its log.
    async fn look(&mut self) {
        self.look_below().await;
        let Ok(records) = self.follow.more() else { return };
        for record in records {
            let record = Arc::new(record);
            self.below.hear(&record.body);
            if matches!(record.body, Body::TurnEnded { .. }) {
                self.end = Some(record);
            } else {
                if matches!(record.body, Body::Prompted { .. }) {
                    self.end = None;
                }
                self.tell.send(Event::Recorded(record)).await.ok();
            }
        }
        for progress in self.below.look() {
            self.tell.send(Event::Live(Live::Team(TeamNews::Progress(progress)))).await.ok();
        }
    }
}

/// A request as a word for another process; none for what it has no ear for.
fn word(request: Request) -> Option<Word> {
    match request {
        Request::Answer { ask, answer } => Some(Word::Answer { ask, answer }),
        Request::Team(TeamRequest::Answer { agent, ask, answer }) => Some(Word::AnswerTo { agent, ask, answer }),
        Request::Team(TeamRequest::Kill { agent }) => Some(Word::Kill(agent)),
        Request::SetMode(mode) => Some(Word::Mode(mode)),
        Request::Team(TeamRequest::Inherit(rules)) => Some(Word::Rules(rules.0)),
        // Its first task stands in its line.
        Request::Team(TeamRequest::Begin { text }) => Some(Word::Message(text)),
        Request::Interrupt | Request::Shutdown => Some(Word::Stop),
        _ => None,
    }
}

async fn last_line(out: impl tokio::io::AsyncRead + Unpin) -> Option<Said> {
    let mut lines = BufReader::new(out.take(LINE)).lines();
    let mut last = None;
    while let Ok(Some(line)) = lines.next_line().await {
        last = serde_json::from_str(&line).ok().or(last);
    }
    last
}

async fn start_of(mut errors: impl tokio::io::AsyncRead + Unpin) -> String {
    let mut text = Vec::new();
    (&mut errors).take(ERRORS).read_to_end(&mut text).await.ok();
    // What follows is read and dropped, so that nothing waits for it.
    tokio::io::copy(&mut errors, &mut tokio::io::sink()).await.ok();
    String::from_utf8_lossy(&text).into_owned()
}
