//! Commands that run: those that a call waits for and those in the background, with their newest output, whether they
//! wait for input, and the ways to stop them and to type to them.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::base::process;
use crate::domain::{JobState, JobView, ToolOutcome};

/// Lines of output that are kept of a job, and bytes of one line.
const LINES: usize = 500;
const LINE: usize = 4 << 10;
/// Jobs that are kept; the oldest that are done go first.
const JOBS: usize = 200;
/// Jobs that may run at the same time in the background.
const AT_ONCE: usize = 32;
/// Characters of output that an announcement holds.
const ANNOUNCED: usize = 2_000;
/// How often a command is looked at for whether it waits for input.
const LOOK: Duration = Duration::from_secs(1);
/// How long it may wait before it is told that there is no input.
const PATIENCE: Duration = Duration::from_secs(45);
/// News that may wait for the engine.
const NEWS: usize = 64;

/// What the engine hears of jobs.
#[derive(Debug)]
pub enum JobNews {
    /// One begins, moves to the background, waits for input or goes on.
    Changed(JobView),
    /// One in the background is done; what there is to say of it.
    Ended(JobView, Box<ToolOutcome>),
}

/// All jobs of a session.
#[derive(Debug)]
pub struct Jobs {
    table: Mutex<Table>,
    tell: mpsc::Sender<JobNews>,
}

#[derive(Debug, Default)]
struct Table {
    list: VecDeque<Arc<Job>>,
    made: u32,
}

/// One command.
#[derive(Debug)]
pub struct Job {
    pub id: String,
    pub call_id: String,
    pub command: String,
    pub label: String,
    pub cancel: CancellationToken,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    state: JobState,
    background: bool,
    lines: VecDeque<String>,
    /// The line that is not finished.
    open: String,
    /// Lines that came, those that were dropped included.
    total: u64,
    /// Lines that the model has read.
    read: u64,
    /// Somebody asked for its end, so that it is not announced.
    stopped: bool,
    input: Option<OwnedFd>,
    /// The person has typed to it, so its input is the person's to end.
    typed: bool,
}

impl Jobs {
    /// An empty table, and where its news come out.
    pub fn new() -> (Arc<Self>, mpsc::Receiver<JobNews>) {
        let (tell, news) = mpsc::channel(NEWS);
        (Arc::new(Self { table: Mutex::default(), tell }), news)
    }

    /// Notes a command that begins.
    pub fn begin(&self, call_id: &str, command: &str, label: Option<&str>, cancel: CancellationToken) -> Arc<Job> {
        let mut table = lock(&self.table);
        table.made += 1;
        let label = label.map_or_else(|| command.lines().next().unwrap_or_default(), str::trim);
        let job = Arc::new(Job {
            id: format!("b{}", table.made),
            call_id: call_id.to_owned(),
            command: command.to_owned(),
            label: label.chars().take(80).collect(),
            cancel,
            inside: Mutex::new(Inside {
                state: JobState::Running,
                background: false,
                lines: VecDeque::new(),
                open: String::new(),
                total: 0,
                read: 0,
                stopped: false,
                input: None,
                typed: false,
            }),
        });
        while table.list.len() >= JOBS {
            let Some(at) = table.list.iter().position(|job| !job.view().runs()) else { break };
            table.list.remove(at);
        }
        table.list.push_back(Arc::clone(&job));
        drop(table);
        self.changed(&job);
        job
    }

    /// Lets it run on after its call. The error is a text for the model.
    pub fn detach(&self, job: &Arc<Job>) -> Result<(), String> {
        let running = self.views().iter().filter(|view| view.background && view.runs()).count();
        if running >= AT_ONCE {
            return Err(format!("{AT_ONCE} commands run in the background already, which is the limit."));
        }
        lock(&job.inside).background = true;
        self.changed(job);
        Ok(())
    }

    /// It is done.
    pub async fn end(&self, job: &Arc<Job>, state: JobState, outcome: Option<ToolOutcome>) {
        let announced = {
            let mut inside = lock(&job.inside);
            inside.state = state;
            inside.input = None;
            !inside.stopped
        };
        match outcome.filter(|_| announced) {
            // Whoever waits for it must hear it, however busy the engine is.
            Some(outcome) => drop(self.tell.send(JobNews::Ended(job.view(), Box::new(outcome))).await),
            None => self.changed(job),
        }
    }

    /// The command waits for input, or no longer.
    pub fn waits(&self, job: &Arc<Job>, waits: bool) {
        let state = if waits { JobState::Waits } else { JobState::Running };
        let changed = {
            let mut inside = lock(&job.inside);
            let changed = inside.state != state && inside.state.runs();
            if changed {
                inside.state = state;
            }
            changed
        };
        if changed {
            self.changed(job);
        }
    }

    pub fn find(&self, id: &str) -> Option<Arc<Job>> {
        lock(&self.table).list.iter().find(|job| job.id == id || job.call_id == id).cloned()
    }

    /// All of them, oldest first.
    pub fn views(&self) -> Vec<JobView> {
        let list: Vec<Arc<Job>> = lock(&self.table).list.iter().cloned().collect();
        list.iter().map(|job| job.view()).collect()
    }

    /// Stops every one that still runs.
    pub fn stop_all(&self) {
        for job in &lock(&self.table).list {
            lock(&job.inside).stopped = true;
            job.cancel.cancel();
        }
    }

    fn changed(&self, job: &Job) {
        // A face that is behind hears the next change.
        self.tell.try_send(JobNews::Changed(job.view())).ok();
    }
}

impl Job {
    /// More output.
    pub fn push(&self, chunk: &[u8]) {
        let text = String::from_utf8_lossy(chunk);
        let mut inside = lock(&self.inside);
        for piece in text.split_inclusive('\n') {
            let room = LINE.saturating_sub(inside.open.len());
            let fits: String = piece.trim_end_matches('\n').chars().take(room).collect();
            inside.open.push_str(&fits);
            if piece.ends_with('\n') {
                let line = std::mem::take(&mut inside.open);
                inside.lines.push_back(line);
                inside.total += 1;
                if inside.lines.len() > LINES {
                    inside.lines.pop_front();
                }
            }
        }
    }

    /// What it looks like from outside.
    pub fn view(&self) -> JobView {
        let inside = lock(&self.inside);
        let last = if inside.open.trim().is_empty() { inside.lines.back() } else { Some(&inside.open) };
        JobView {
            id: self.id.clone(),
            call_id: self.call_id.clone(),
            command: self.command.clone(),
            label: self.label.clone(),
            state: inside.state,
            background: inside.background,
            last: last.map(|line| line.chars().take(200).collect()).unwrap_or_default(),
            takes_input: inside.input.is_some(),
        }
    }

    /// The lines that are kept, the unfinished one included.
    pub fn log(&self) -> Vec<String> {
        let inside = lock(&self.inside);
        inside.lines.iter().chain((!inside.open.is_empty()).then_some(&inside.open)).cloned().collect()
    }

    /// What came since this was asked last, with a word about what is lost.
    pub fn news(&self) -> String {
        let mut inside = lock(&self.inside);
        let kept_from = inside.total - inside.lines.len() as u64;
        let from = inside.read.max(kept_from);
        let lost = from - inside.read;
        let skip = (from - kept_from) as usize;
        let mut lines: Vec<String> = inside.lines.iter().skip(skip).cloned().collect();
        if !inside.open.is_empty() {
            lines.push(inside.open.clone());
        }
        inside.read = inside.total;
        if lost > 0 {
            lines.insert(0, format!("[{lost} earlier lines are no longer kept]"));
        }
        lines.join("\n")
    }

    /// The end of the output, for an announcement.
    pub fn tail(&self) -> String {
        let text = self.log().join("\n");
        let skip = text.chars().count().saturating_sub(ANNOUNCED);
        text.chars().skip(skip).collect()
    }

    /// Ends it with everything that it started; its end is not announced.
    pub fn stop(&self) {
        lock(&self.inside).stopped = true;
        self.cancel.cancel();
    }

    /// Where the person can type to it.
    pub fn set_input(&self, input: OwnedFd) {
        lock(&self.inside).input = Some(input);
    }

    /// Types to it. The error is a sentence for the person.
    pub fn type_in(&self, text: &str) -> Result<(), String> {
        lock(&self.inside).typed = true;
        let inside = lock(&self.inside);
        let Some(input) = inside.input.as_ref().filter(|_| inside.state.runs()) else {
            return Err("This command takes no input any more.".to_owned());
        };
        write(input, text.as_bytes()).map_err(|error| format!("It could not be typed: {error}."))
    }

    fn was_typed_to(&self) -> bool {
        lock(&self.inside).typed
    }

    /// Says that no input will come.
    pub fn end_input(&self) {
        let inside = lock(&self.inside);
        if let Some(input) = &inside.input {
            // The terminal's own sign for the end of input.
            write(input, &[4]).ok();
        }
    }
}

/// Looks now and then whether a command waits for input. Where nobody types for a while it is told that there is none,
/// as it would be without anybody there.
pub async fn look_for_waiting(job: Arc<Job>, jobs: Arc<Jobs>, (group, terminal): (u32, PathBuf)) {
    let mut waited = Duration::ZERO;
    loop {
        tokio::time::sleep(LOOK).await;
        let view = job.view();
        if !view.runs() || !view.takes_input {
            return;
        }
        let waits = process::waits_for(group, &terminal);
        jobs.waits(&job, waits);
        waited = if waits && !job.was_typed_to() { waited + LOOK } else { Duration::ZERO };
        if waited >= PATIENCE {
            job.end_input();
            waited = Duration::ZERO;
        }
    }
}

/// The terminal takes a bounded amount; what it does not take at once is not waited for.
fn write(input: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = rustix::io::write(input, bytes)?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn job() -> Arc<Job> {
        Jobs::new().0.begin("c", "make", None, CancellationToken::new())
    }

    #[test]
    fn the_log_rolls_and_is_read_once() {
        let job = job();
        job.push(b"one\ntw");
        assert_eq!(job.news(), "one\ntw");
        job.push(b"o\nthree\n");
        assert_eq!(job.news(), "two\nthree");
        assert_eq!(job.news(), "");
        for line in 0..LINES + 10 {
            job.push(format!("{line}\n").as_bytes());
        }
        assert_eq!(job.log().len(), LINES);
        assert!(job.news().starts_with("[10 earlier lines are no longer kept]\n10\n"));
        job.push(&vec![b'x'; LINE * 3]);
        assert!(job.view().last.len() <= 200 && job.log().last().unwrap().len() == LINE);
    }

    #[test]
    fn a_job_that_was_stopped_is_not_announced() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (jobs, mut news) = Jobs::new();
            for stopped in [true, false] {
                let job = jobs.begin("c", "make", Some("build"), CancellationToken::new());
                jobs.detach(&job).unwrap();
                if stopped {
                    job.stop();
                }
                jobs.end(&job, JobState::Done, Some(ToolOutcome::text("x", "x"))).await;
            }
            let mut ended = 0;
            while let Ok(heard) = news.try_recv() {
                ended += u32::from(matches!(heard, JobNews::Ended(..)));
            }
            assert_eq!(ended, 1);
        });
    }
}
