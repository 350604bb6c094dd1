//! One shell command from start to end: spawned in its own group, read, timed, stopped.
//!
//! What the command prints goes three ways at once: to the screen as it comes, to the result's head and
//! tail, and to disk when it is long.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::process::Child;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::super::ToolContext;
use super::ansi::Ansi;
use super::capture::{Capture, Captured};
use super::jobs::{self, Job};
use super::live::Live;
use super::shell_cwd;
use super::spill::{self, Kept, Spill};
use super::words::bytes;
use crate::base::process::{self, Group};
use crate::sandbox::{Cage, Caged};

/// Time that a stopped command has to end by itself before it is killed.
const GRACE: Duration = Duration::from_millis(150);
/// Time for the system to report a killed command.
const AFTER_KILL: Duration = Duration::from_millis(100);
/// Time that output of background processes is still taken after the shell itself ended.
const LINGER: Duration = Duration::from_millis(100);
/// How often a stopped group is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How often the end of a confined command is looked for.
const LOOK_AT_END: Duration = Duration::from_millis(1);
/// How often background processes of a confined command are looked at.
const LOOK_AT_LEFTOVER: Duration = Duration::from_millis(500);
/// Bytes taken at once from the pipe.
const CHUNK: usize = 64 << 10;
/// Variables by which an environment could run something before the command or change its meaning.
const START_VARIABLES: [&str; 4] = ["BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS"];

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Exit(i32),
    Signal(i32),
    TimedOut,
    Cancelled,
}

/// A command that ended.
#[derive(Debug)]
pub struct Finished {
    pub ending: Ending,
    pub output: Captured,
    pub kept: Option<Kept>,
    /// The shell's last folder without links; none when the shell did not come to tell it.
    pub folder: Option<PathBuf>,
    /// Background processes that it started still run.
    pub leftover: bool,
    /// What a confined command changed at names that programs outside obey.
    pub findings: Vec<String>,
}

/// Runs a command text in `cwd` for at most `limit`. The error is a text for the model: nothing ran.
pub async fn run(command: &str, cwd: &Path, limit: Duration, context: &ToolContext) -> Result<Finished, String> {
    let cage = context.cage.as_deref();
    // A confined command cannot write where kept outputs are.
    let desk = cage.map_or(context.outputs.as_path(), Cage::temp);
    let report = desk.join(spill::file_name(&context.call_id, "cwd"));
    let told = spill::make_folder(desk).ok().and_then(|()| shell_cwd::script(command, &report));
    let script = told.as_deref().unwrap_or(command);
    // A command that somebody could type to has a terminal to read from; the others find their input closed.
    let terminal = context.job.as_ref().filter(|_| context.attended).and_then(|_| process::terminal().ok());
    let (ours, theirs) = terminal.map(|made| ((made.ours, made.name), made.theirs)).unzip();
    let started = prepare(script, cwd, context, theirs).and_then(Prepared::start);
    let (child, pipe, caged) = started.map_err(|error| format!("The command could not be started: {error}."))?;
    let mut running = Running::new(child, pipe, context)?;
    if let (Some((input, name)), Some(job)) = (ours, &context.job) {
        job.set_input(input);
        tokio::spawn(jobs::look_for_waiting(Arc::clone(job), Arc::clone(&context.jobs), (running.group.id(), name)));
    }
    let stopped = running.watch(limit, context).await;
    if stopped.is_some() {
        running.stop().await;
    }
    if caged.is_some() && stopped.is_none() {
        running.settle().await;
    }
    let folder = shell_cwd::reported(&report);
    let group = running.group.id();
    let mut finished = running.finish(stopped, folder);
    if let Some(caged) = caged {
        finished.findings = caged.findings();
        if finished.leftover {
            tokio::spawn(keep_while_it_lives(caged, group));
        }
    }
    Ok(finished)
}

/// What covers protected names must stay while background processes of the command run.
async fn keep_while_it_lives(caged: Caged, group: u32) {
    while process::is_running(group) {
        sleep(LOOK_AT_LEFTOVER).await;
    }
    drop(caged);
}

/// A shell that can be started, confined or not.
struct Prepared {
    command: std::process::Command,
    caged: Option<Caged>,
}

/// The shell for a script, and what it reads from. A confined one that cannot be confined is an error.
fn prepare(script: &str, cwd: &Path, context: &ToolContext, input: Option<OwnedFd>) -> io::Result<Prepared> {
    let (shell, options) = shell();
    let words: Vec<&OsStr> = options.iter().map(OsStr::new).chain(["-c".as_ref(), script.as_ref()]).collect();
    let (mut command, caged, env) = match context.cage.as_deref() {
        None => {
            let mut command = process::leader(shell);
            command.args(words);
            if let Some(input) = input {
                command.stdin(Stdio::from(input));
            }
            (command, None, Cow::Borrowed(context.env.as_ref()))
        }
        Some(cage) => {
            let (command, caged) = cage.wrap(shell, &words, cwd, input)?;
            (command, Some(caged), Cow::Owned(cage.variables(&context.env)))
        }
    };
    command.env_clear().envs(env.iter().filter(|(name, _)| harmless(name))).env("PWD", cwd).current_dir(cwd);
    Ok(Prepared { command, caged })
}

impl Prepared {
    /// Starts it with both outputs in one pipe, so that their order is kept.
    fn start(mut self) -> io::Result<(Child, OwnedFd, Option<Caged>)> {
        let (reader, writer) = io::pipe()?;
        self.command.stdout(writer.try_clone()?).stderr(Stdio::from(writer));
        let child = tokio::process::Command::from(self.command).kill_on_drop(true).spawn()?;
        Ok((child, OwnedFd::from(reader), self.caged))
    }
}

/// Bash without start files, or the system's shell where there is no bash.
fn shell() -> (&'static Path, &'static [&'static str]) {
    let bash = ["/bin/bash", "/usr/bin/bash"].map(Path::new).into_iter().find(|path| path.is_file());
    bash.map_or((Path::new("/bin/sh"), [].as_slice()), |bash| (bash, ["--noprofile", "--norc"].as_slice()))
}

/// Exported functions would take the place of the programs that the gate saw named.
fn harmless(name: &str) -> bool {
    !START_VARIABLES.contains(&name) && !name.starts_with("BASH_FUNC_")
}

struct Running {
    child: Child,
    group: Group,
    pipe: pipe::Receiver,
    status: Option<ExitStatus>,
    /// Nobody holds the other end of the pipe any more.
    ended: bool,
    sinks: Sinks,
}

/// Where the output goes.
struct Sinks {
    ansi: Ansi,
    capture: Capture,
    spill: Spill,
    live: Live,
    job: Option<Arc<Job>>,
}

impl Sinks {
    fn push(&mut self, chunk: &[u8]) {
        let text = self.ansi.feed(chunk);
        self.hand_on(&text);
    }

    /// Nothing follows: a sequence that did not end is text after all.
    fn close(&mut self) {
        let rest = self.ansi.finish();
        self.hand_on(&rest);
    }

    fn hand_on(&mut self, text: &[u8]) {
        self.capture.push(text);
        self.spill.push(text);
        self.live.push(text);
        if let Some(job) = &self.job {
            job.push(text);
        }
    }
}

impl Running {
    fn new(child: Child, pipe: OwnedFd, context: &ToolContext) -> Result<Self, String> {
        // A child that was waited for has no id; this one was not.
        let group = Group::adopt(child.id().unwrap_or_default());
        let pipe = pipe::Receiver::from_owned_fd(pipe)
            .map_err(|error| format!("The output of the command cannot be read: {error}."))?;
        let limits = context.limits;
        let path = context.outputs.join(spill::file_name(&context.call_id, "txt"));
        let sinks = Sinks {
            ansi: Ansi::default(),
            capture: Capture::new(limits.result_chars),
            spill: Spill::new(path, limits.result_chars.saturating_mul(4), limits.output_bytes),
            live: Live::new(context.output.clone()),
            job: context.job.clone(),
        };
        Ok(Self { child, group, pipe, status: None, ended: false, sinks })
    }

    /// Reads until the command ended, and says why it has to be stopped if it did not.
    async fn watch(&mut self, limit: Duration, context: &ToolContext) -> Option<Ending> {
        let deadline = Instant::now() + limit;
        let mut buffer = vec![0; CHUNK];
        let mut linger = None;
        while self.status.is_none() || !self.ended {
            let due = self.sinks.live.due();
            tokio::select! {
                biased;
                () = context.cancel.cancelled() => return Some(Ending::Cancelled),
                () = sleep_until(deadline) => return Some(Ending::TimedOut),
                () = at(due) => self.sinks.live.flush(false),
                () = at(linger) => break,
                status = self.child.wait(), if self.status.is_none() => {
                    self.note_status(status);
                    linger = Some(Instant::now() + LINGER);
                }
                read = self.pipe.read(&mut buffer), if !self.ended => self.note_read(read, &buffer),
            }
        }
        if !self.ended {
            self.take_rest(&mut buffer);
        }
        None
    }

    /// Asks the group to end, then ends it. What it still prints is kept.
    async fn stop(&mut self) {
        self.group.ask_to_end();
        let mut buffer = vec![0; CHUNK];
        let end = Instant::now() + GRACE;
        while self.status.is_none() || (!self.ended && self.group.is_alive()) {
            tokio::select! {
                biased;
                () = sleep_until(end) => break,
                status = self.child.wait(), if self.status.is_none() => self.note_status(status),
                read = self.pipe.read(&mut buffer), if !self.ended => self.note_read(read, &buffer),
                () = sleep(LOOK) => {}
            }
        }
        self.group.kill();
        if self.status.is_none()
            && let Ok(status) = timeout(AFTER_KILL, self.child.wait()).await
        {
            self.note_status(status);
        }
        self.take_rest(&mut buffer);
    }

    /// Waits a moment for what keeps a command in to end after it, so that it does not count as a process that the
    /// command has left.
    async fn settle(&self) {
        let end = Instant::now() + LINGER;
        while process::is_running(self.group.id()) && Instant::now() < end {
            sleep(LOOK_AT_END).await;
        }
    }

    /// Takes what lies in the pipe without waiting: a process that left the group may hold it open.
    fn take_rest(&mut self, buffer: &mut [u8]) {
        // As much as the largest pipe holds; more is only there when somebody goes on writing. The system is
        // asked itself, because the runtime may not have heard yet that there is something.
        for _ in 0..16 {
            match rustix::io::read(&self.pipe, &mut *buffer) {
                Ok(0) | Err(_) => break,
                Ok(length) => self.sinks.push(buffer.get(..length).unwrap_or_default()),
            }
        }
    }

    fn finish(mut self, stopped: Option<Ending>, folder: Option<PathBuf>) -> Finished {
        self.sinks.close();
        self.sinks.live.flush(true);
        let Sinks { capture, spill, .. } = self.sinks;
        let (output, kept) = conclude(capture, spill);
        let leftover = stopped.is_none() && self.group.release();
        if stopped.is_none() && !self.ended {
            // Who still holds the pipe goes on printing; without a reader that would stop or kill it.
            tokio::spawn(drain(self.pipe));
        }
        let ending = stopped.unwrap_or_else(|| ending(self.status));
        Finished { ending, output, kept, folder, leftover, findings: Vec::new() }
    }

    fn note_status(&mut self, status: io::Result<ExitStatus>) {
        // An error of waiting means that somebody else has waited: the child is gone all the same.
        self.status = Some(status.unwrap_or_default());
        self.group.mark_reaped();
    }

    fn note_read(&mut self, read: io::Result<usize>, buffer: &[u8]) {
        match read {
            Ok(0) | Err(_) => self.ended = true,
            Ok(length) => self.sinks.push(buffer.get(..length).unwrap_or_default()),
        }
    }
}

/// Ends both; the whole output stays on disk only when the result does not hold it.
fn conclude(capture: Capture, spill: Spill) -> (Captured, Option<Kept>) {
    let mut kept = None;
    let mut unused = Some(spill);
    let output = capture.finish(|gap| {
        kept = unused.take().and_then(|spill| spill.finish(true));
        let place = kept.as_ref().map_or("It could not be kept on disk.".to_owned(), |kept| {
            let (total, path) = (bytes(kept.total), kept.path.display());
            format!("The whole output ({total}) is in {path}: use Grep on it, or Read with offset and limit.")
        });
        format!("[{} left out here. {place}]", gap.words())
    });
    if let Some(spill) = unused {
        spill.finish(false);
    }
    (output, kept)
}

fn ending(status: Option<ExitStatus>) -> Ending {
    let status = status.unwrap_or_default();
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exit(code),
        (None, signal) => Ending::Signal(signal.unwrap_or_default()),
    }
}

/// Waits for a time, or for ever when there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn drain(mut pipe: pipe::Receiver) {
    let mut buffer = vec![0; 4 << 10];
    while pipe.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
}
