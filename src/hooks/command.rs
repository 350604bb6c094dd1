//! Hooks of type command: a program in a group of its own, told the event on standard input, read within bounds.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Desk;
use super::Extra;
use super::answer::Finished;
use crate::base::process::{self, Group};

/// Bytes of each output that are kept; the rest is read and dropped.
const KEPT: usize = 1 << 20;
/// Bytes taken at once.
const CHUNK: usize = 32 << 10;
/// Time for output after the program itself ended: something in the background may hold the pipe.
const LINGER: Duration = Duration::from_millis(100);
/// Time between the request to end and the end.
const GRACE: Duration = Duration::from_millis(150);
/// Time for the system to report a killed program.
const AFTER_KILL: Duration = Duration::from_millis(200);
/// Milliseconds that a program has which says that it goes on beside, without saying how long.
const ASYNC_MS: u64 = 15_000;

/// What is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub command: &'a str,
    /// The exec form; none for a line of the shell.
    pub args: Option<&'a [String]>,
    pub extra: &'a Extra,
}

/// A command that goes on beside.
pub(super) struct Rest {
    running: Running,
    until: Instant,
}

impl Rest {
    /// Waits for its end.
    pub async fn end(mut self) -> Finished {
        self.running.told = true;
        self.running.watch(self.until).await;
        self.running.finish().await
    }
}

/// Runs it. What comes second goes on beside, because its first line said so.
pub(super) async fn run(line: Line<'_>, input: &str, desk: &Desk, limit: Duration) -> (Finished, Option<Rest>) {
    let until = Instant::now() + limit;
    let mut running = match start(line, desk) {
        Ok(running) => running,
        Err(error) => {
            let broken = Some(format!("it could not be started: {error}"));
            return (Finished { broken, ..Finished::default() }, None);
        }
    };
    running.feed(input);
    if let Some(ms) = running.watch(until).await {
        let until = Instant::now() + Duration::from_millis(ms);
        return (Finished { code: Some(0), ..Finished::default() }, Some(Rest { running, until }));
    }
    (running.finish().await, None)
}

fn start(line: Line<'_>, desk: &Desk) -> std::io::Result<Running> {
    let around = &desk.around;
    let mut command = if let Some(args) = line.args {
        let place = |text: &str| placed(text, &around.project);
        let mut command = process::leader(&program(&place(line.command), &around.cwd));
        command.args(args.iter().map(|arg| place(arg)));
        command
    } else {
        let bash = ["/bin/bash", "/usr/bin/bash"].map(Path::new).into_iter().find(|path| path.is_file());
        let mut command = process::leader(bash.unwrap_or(Path::new("/bin/sh")));
        if bash.is_some() {
            command.args(["--noprofile", "--norc"]);
        }
        command.arg("-c").arg(line.command);
        command
    };
    command
        .env_clear()
        .envs(around.env.iter().filter(|(name, _)| !name.starts_with("OTEL_") && !name.starts_with("BASH_FUNC_")))
        .envs(line.extra.0.iter())
        .env("CLAUDE_PROJECT_DIR", &around.project)
        .env("CLAUDE_CODE_SESSION_ID", &around.session)
        .env("PWD", &around.cwd)
        .current_dir(&around.cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(level) = around.effort {
        command.env("CLAUDE_EFFORT", level);
    }
    if let Some(file) = &desk.env_file {
        command.env("CLAUDE_ENV_FILE", file);
    }
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
    let group = Group::adopt(child.id().unwrap_or_default());
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    Ok(Running {
        child,
        group,
        stdin,
        out: Pipe::new(stdout),
        err: Pipe::new(stderr),
        code: None,
        ended: false,
        late: false,
        told: false,
    })
}

/// The place-holder of the exec form.
fn placed(text: &str, project: &Path) -> String {
    text.replace("${CLAUDE_PROJECT_DIR}", &project.to_string_lossy())
        .replace("$CLAUDE_PROJECT_DIR", &project.to_string_lossy())
}

/// A path is taken as one; a bare name is looked up by the system.
fn program(name: &str, cwd: &Path) -> PathBuf {
    if name.contains('/') { cwd.join(name) } else { PathBuf::from(name) }
}

struct Running {
    child: Child,
    group: Group,
    stdin: Option<ChildStdin>,
    out: Pipe<ChildStdout>,
    err: Pipe<ChildStderr>,
    code: Option<i32>,
    ended: bool,
    /// Its time was over.
    late: bool,
    /// Its first line was looked at.
    told: bool,
}

/// One output.
struct Pipe<R> {
    source: Option<R>,
    kept: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Pipe<R> {
    fn new(source: Option<R>) -> Self {
        Self { source, kept: Vec::new() }
    }

    /// Reads once; waits for ever when there is nothing more to read.
    async fn read(&mut self, buffer: &mut [u8]) -> usize {
        match &mut self.source {
            Some(source) => source.read(buffer).await.unwrap_or(0),
            None => std::future::pending().await,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.source = None;
        }
        let room = KEPT.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }
}

impl Running {
    /// Writes the event beside the reading: a program that never reads must not hold anything up.
    fn feed(&mut self, input: &str) {
        let Some(mut stdin) = self.stdin.take() else { return };
        let input = format!("{input}\n");
        tokio::spawn(async move {
            // A program that does not want to know is no failure.
            stdin.write_all(input.as_bytes()).await.ok();
            stdin.shutdown().await.ok();
        });
    }

    /// Reads until the program ended or its time is over. Milliseconds come back when its first line says that it
    /// goes on beside.
    async fn watch(&mut self, until: Instant) -> Option<u64> {
        let (mut first, mut second) = (vec![0; CHUNK], vec![0; CHUNK]);
        let mut linger = None;
        while !self.ended || self.out.source.is_some() || self.err.source.is_some() {
            tokio::select! {
                biased;
                () = sleep_until(until), if !self.ended => {
                    self.late = true;
                    return None;
                }
                () = at(linger) => return None,
                status = self.child.wait(), if !self.ended => {
                    self.code = status.ok().and_then(|status| status.code());
                    self.ended = true;
                    self.group.mark_reaped();
                    linger = Some(Instant::now() + LINGER);
                }
                count = self.out.read(&mut first) => {
                    self.out.take(first.get(..count).unwrap_or_default());
                    if let Some(ms) = self.goes_on() {
                        return Some(ms);
                    }
                }
                count = self.err.read(&mut second) => self.err.take(second.get(..count).unwrap_or_default()),
            }
        }
        None
    }

    /// Looks at the first line once it is there.
    fn goes_on(&mut self) -> Option<u64> {
        if self.told {
            return None;
        }
        let line = self.out.kept.split_inclusive(|byte| *byte == b'\n').next()?;
        if line.last() != Some(&b'\n') && line.len() < 4_096 {
            return None;
        }
        self.told = true;
        let value: serde_json::Value = serde_json::from_slice(line).ok()?;
        let length = line.len();
        if value.get("async") != Some(&serde_json::Value::Bool(true)) {
            return None;
        }
        self.out.kept.drain(..length);
        Some(value.get("asyncTimeout").and_then(serde_json::Value::as_u64).unwrap_or(ASYNC_MS))
    }

    async fn finish(mut self) -> Finished {
        let mut broken = None;
        if self.late {
            broken = Some("it took too long and was stopped".to_owned());
            self.stop().await;
        }
        let finished = Finished {
            code: self.code.filter(|_| !self.late),
            stdout: self.out.text(),
            stderr: self.err.text(),
            broken,
            http: false,
        };
        if !self.late {
            // What it left behind may go on, as after a command of the shell.
            self.group.release();
        }
        finished
    }

    async fn stop(&mut self) {
        self.group.ask_to_end();
        if timeout(GRACE, self.child.wait()).await.is_ok() {
            self.group.mark_reaped();
        }
        self.group.kill();
        timeout(AFTER_KILL, self.child.wait()).await.ok();
        sleep(Duration::ZERO).await;
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// The variables after a file of `export` lines, sourced by the shell as later commands would.
pub(super) async fn sourced(file: &Path, desk: &Desk) -> Option<Vec<(String, String)>> {
    const LIMIT: Duration = Duration::from_secs(5);
    let text = crate::base::read::text(file, 1 << 20).ok().flatten()?;
    if text.trim().is_empty() {
        return None;
    }
    let script = ". \"$LATIGO_ENV_FILE\" >/dev/null 2>&1; exec env -0";
    let mut command = process::leader(["/bin/bash", "/bin/sh"].map(Path::new).into_iter().find(|path| path.is_file())?);
    command
        .arg("-c")
        .arg(script)
        .env_clear()
        .envs(desk.around.env.iter())
        .env("LATIGO_ENV_FILE", file)
        .current_dir(&desk.around.cwd)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().ok()?;
    let _group = Group::adopt(child.id().unwrap_or_default());
    let mut bytes = Vec::new();
    let mut stdout = child.stdout.take()?.take(KEPT as u64);
    timeout(LIMIT, stdout.read_to_end(&mut bytes)).await.ok()?.ok()?;
    child.wait().await.ok();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let own = ["LATIGO_ENV_FILE", "SHLVL", "_", "PWD", "OLDPWD"];
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    Some(
        pairs
            .filter(|(name, _)| !own.contains(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    )
}
