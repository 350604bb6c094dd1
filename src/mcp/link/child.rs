//! A server that is a program: started in a group of its own, its standard error kept, ended with all it started.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Around, Heard, Problem};
use crate::base::process::{self, Group};
use crate::base::programs;

/// Bytes of one line of standard error that are kept.
const LINE: u64 = 2_000;
/// How long a program may take to end by itself, and then after being asked.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Variables that a program gets when `CLAUDE_CODE_MCP_ALLOWLIST_ENV` is set.
const FEW: [&str; 8] = ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "TMPDIR"];

/// A running program.
pub(super) struct Child {
    process: tokio::process::Child,
    group: Group,
    /// The newest line of its standard error, and who reads it.
    last: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

/// Starts it. The pipes are its standard output and input.
pub(super) fn start(
    command: &str,
    args: &[String],
    env: &BTreeMap<String, String>,
    around: &Around,
    heard: mpsc::Sender<Heard>,
) -> Result<(Child, (ChildStdout, ChildStdin)), Problem> {
    let mut all: BTreeMap<String, String> = (*around.env).clone();
    if all.get("CLAUDE_CODE_MCP_ALLOWLIST_ENV").is_some_and(|value| value == "1") {
        all.retain(|name, _| FEW.contains(&name.as_str()));
    }
    let project = around.roots.first().unwrap_or(&around.cwd).display().to_string();
    all.insert("CLAUDE_PROJECT_DIR".to_owned(), project);
    all.insert("CLAUDECODE".to_owned(), "1".to_owned());
    all.extend(env.clone());
    let program = programs::find(command, &around.cwd, all.get("PATH").map(String::as_str))
        .ok_or_else(|| Problem::Lasting(format!("`{command}` is not found; install it or give its whole path")))?;
    let mut command = Command::from(process::leader(&program));
    command.args(args).env_clear().envs(&all).current_dir(&around.cwd);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| Problem::Lasting(format!("it cannot be started: {error}")))?;
    let group = Group::adopt(child.id().unwrap_or_default());
    let broken = || Problem::Lasting("it has no pipes".to_owned());
    let (output, input) = (child.stdout.take().ok_or_else(broken)?, child.stdin.take().ok_or_else(broken)?);
    let last = Arc::new(Mutex::new(String::new()));
    let reading = child.stderr.take().map(|errors| tokio::spawn(keep(errors, Arc::clone(&last), heard)));
    Ok((Child { process: child, group, last, reading }, (output, input)))
}

/// Reads standard error to its end, so that the program never waits for us; lines are cut.
async fn keep(errors: ChildStderr, last: Arc<Mutex<String>>, heard: mpsc::Sender<Heard>) {
    let mut reader = BufReader::new(errors);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if text.is_empty() {
            continue;
        }
        last.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&text);
        // A full channel costs lines, never the program's time.
        heard.try_send(Heard::Log(text)).ok();
    }
}

impl Child {
    /// Adds what the program said last to a problem with it.
    pub(super) async fn explain(mut self, problem: Problem) -> Problem {
        let ended = tokio::time::timeout(Duration::from_millis(300), self.process.wait()).await;
        if let Some(reading) = self.reading.take().filter(|_| ended.is_ok()) {
            // What was written before the end may still be on its way through the pipe.
            drop(tokio::time::timeout(Duration::from_millis(200), reading).await);
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut text = match (problem, ended) {
            (Problem::Login, _) => return Problem::Login,
            (Problem::Lasting(text), _) => return Problem::Lasting(text),
            (Problem::Passing(_), Ok(Ok(status))) => {
                self.group.mark_reaped();
                format!("it ended at once ({status})")
            }
            (Problem::Passing(text), _) => text,
        };
        if !last.is_empty() {
            text = format!("{text}; it said last: {last}");
        }
        Problem::Passing(text)
    }

    /// Waits for it to end by itself, asks it, then kills what is left.
    pub(super) async fn end(mut self) {
        if tokio::time::timeout(PATIENCE, self.process.wait()).await.is_err() {
            self.group.ask_to_end();
            if tokio::time::timeout(PATIENCE, self.process.wait()).await.is_err() {
                self.group.kill();
                drop(self.process.wait().await);
            }
        }
        self.group.mark_reaped();
    }
}
