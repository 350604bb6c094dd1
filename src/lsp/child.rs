//! The program of a server: started in a group of its own, its standard error kept, ended with all it started.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use super::config::LanguageConfig;
use crate::base::process::{self, Group};
use crate::base::programs;

/// Bytes of one line of standard error that are kept.
const LINE: u64 = 2_000;
/// How long what was written before the end may still be on its way through the pipe.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A running program.
pub(super) struct Child {
    process: tokio::process::Child,
    group: Group,
    reading: Option<JoinHandle<()>>,
}

/// Starts it in `cwd`; `note` takes each line of its standard error.
pub(super) fn start(
    config: &LanguageConfig,
    cwd: &Path,
    env: &BTreeMap<String, String>,
    note: impl Fn(String) + Send + 'static,
) -> Result<(Child, (ChildStdout, ChildStdin)), String> {
    let mut all = env.clone();
    all.extend(config.env.clone());
    let program = programs::find(&config.command, cwd, all.get("PATH").map(String::as_str))
        .ok_or_else(|| format!("`{}` is not found; install it or give its whole path", config.command))?;
    let mut command = Command::from(process::leader(&program));
    command.args(&config.args).env_clear().envs(&all).current_dir(cwd);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("it cannot be started: {error}"))?;
    let group = Group::adopt(child.id().unwrap_or_default());
    let broken = || "it has no pipes".to_owned();
    let (output, input) = (child.stdout.take().ok_or_else(broken)?, child.stdin.take().ok_or_else(broken)?);
    let reading = child.stderr.take().map(|errors| tokio::spawn(keep(errors, note)));
    Ok((Child { process: child, group, reading }, (output, input)))
}

/// Reads standard error to its end, so that the program never waits for us; lines are cut.
async fn keep(errors: ChildStderr, note: impl Fn(String)) {
    let mut reader = BufReader::new(errors);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !text.is_empty() {
            note(text);
        }
    }
}

impl Child {
    pub(super) fn id(&self) -> u32 {
        self.group.id()
    }

    /// Waits until it ends by itself, and until its last words are read.
    pub(super) async fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.process.wait().await.ok();
        self.group.mark_reaped();
        if let Some(reading) = self.reading.take() {
            drop(tokio::time::timeout(LAST_WORDS, reading).await);
        }
        status
    }

    /// Gives it some time to end by itself, asks it, then kills what is left.
    pub(super) async fn end(mut self, patience: Duration) {
        if tokio::time::timeout(patience, self.process.wait()).await.is_err() {
            self.group.ask_to_end();
            if tokio::time::timeout(patience, self.process.wait()).await.is_err() {
                self.group.kill();
                drop(self.process.wait().await);
            }
        }
        self.group.mark_reaped();
    }
}
