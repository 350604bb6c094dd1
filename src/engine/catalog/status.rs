//! The person's own status line: a program that is told the state of the session as JSON and says what stands above the line at the
//! bottom. It runs
//! after what changes that state, at most every 300 ms, within bounds, and only when the folder's trust is settled.
//! Format: Claude Code's `statusLine`.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::driver::{Driver, News, What};
use super::pull::Pull;
use super::told::Sums;
use crate::base::process::{self, Group};
use crate::base::text::{self, Painted};
use crate::domain::{Body, CatalogNews, Event, Live, RateLimits};

/// Milliseconds between a change and the run that it brings about.
const DEBOUNCE_MS: u64 = 300;
/// Time that a run may take, and bytes of its output that are read.
const LIMIT: Duration = Duration::from_secs(5);
const OUTPUT: u64 = 16 * 1024;
/// Lines that are shown.
const LINES: usize = 3;

/// News of the status line.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Ran {
    /// It is time.
    Due(u32),
    Said {
        run: u32,
        lines: Vec<Vec<Painted>>,
    },
    /// The pull request of the branch, as far as there is one.
    Pull(Option<Value>),
}

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Status {
    /// Counts what asked for a run; only the newest counts.
    wanted: u32,
    pub(super) sums: Sums,
    /// What the server said last.
    pub(super) limits: RateLimits,
    pub(super) pull: Pull,
    running: Option<tokio::task::JoinHandle<()>>,
}

impl Status {
    pub(super) fn with(sums: Sums) -> Self {
        Self { sums, ..Self::default() }
    }
}

impl Driver {
    /// Hears what changes the state.
    pub(super) fn status_hears(&mut self, body: &Body) {
        if self.stage.shelf.status_line.is_none() || !self.setup.interactive {
            return;
        }
        let now = self.setup.clock.wall_ms();
        self.parts.catalog.status.sums.hear(body, now);
        if matches!(
            body,
            Body::Responded(_)
                | Body::Prompted { .. }
                | Body::ModelSet { .. }
                | Body::ModeSet { .. }
                | Body::TurnEnded { .. }
                | Body::CwdSet { .. }
                | Body::TitleSet { .. }
                | Body::Compacted { .. }
                | Body::Cleared
        ) {
            self.want_status(DEBOUNCE_MS);
        }
    }

    fn want_status(&mut self, ms: u64) {
        let status = &mut self.parts.catalog.status;
        status.wanted = status.wanted.wrapping_add(1);
        let (news, epoch, run) = (self.news.clone(), self.epoch, status.wanted);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            let _gone = news.send(News { epoch, what: What::Status(Ran::Due(run)) }).await;
        });
    }

    pub(in crate::engine) async fn on_status(&mut self, ran: Ran) {
        match ran {
            Ran::Due(run) if run == self.parts.catalog.status.wanted && self.parts.asking.is_none() => {
                self.run_status(run);
            }
            Ran::Said { run, mut lines } if run == self.parts.catalog.status.wanted => {
                let padding = self.stage.shelf.status_line.as_ref().map_or(0, |line| line.padding);
                for line in &mut lines {
                    for span in line.iter_mut() {
                        span.text = self.setup.secrets.text(&span.text).into_owned();
                    }
                    line.insert(0, Painted { text: " ".repeat(padding.into()), look: text::Look::default() });
                }
                self.tell(Event::Live(Live::Catalog(CatalogNews::StatusLine(lines)))).await;
                if let Some(seconds) = self.stage.shelf.status_line.as_ref().and_then(|line| line.refresh_s) {
                    self.want_status(seconds * 1_000);
                }
            }
            Ran::Pull(found) if found != self.parts.catalog.status.pull.found => {
                self.parts.catalog.status.pull.found = found;
                self.want_status(DEBOUNCE_MS);
            }
            Ran::Due(_) | Ran::Said { .. } | Ran::Pull(_) => {}
        }
    }

    /// A server told its limits.
    pub(in crate::engine) fn hear_limits(&mut self, limits: RateLimits) {
        self.parts.catalog.status.limits = limits;
    }

    fn run_status(&mut self, run: u32) {
        let Some(line) = self.stage.shelf.status_line.clone() else { return };
        self.ask_for_pull();
        let input = self.status_input().to_string();
        let mut command = process::leader(std::path::Path::new("/bin/sh"));
        command
            .arg("-c")
            .arg(&line.command)
            .env_clear()
            .envs(self.stage.env.iter())
            .env("CLAUDE_PROJECT_DIR", &self.stage.place.project)
            .envs(terminal_size())
            .current_dir(&self.stage.place.cwd)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let (news, epoch) = (self.news.clone(), self.epoch);
        let work = async move {
            let lines = match tokio::time::timeout(LIMIT, said(command, input)).await {
                Ok(Ok(output)) => lines(&output),
                Ok(Err(error)) => lines(&format!("status line: {error}")),
                Err(_) => lines(&format!("status line: it took longer than {} s", LIMIT.as_secs())),
            };
            let _gone = news.send(News { epoch, what: What::Status(Ran::Said { run, lines }) }).await;
        };
        if let Some(before) = self.parts.catalog.status.running.replace(tokio::spawn(work)) {
            before.abort();
        }
    }
}

/// The size of the terminal as programs expect it, where there is one.
fn terminal_size() -> Vec<(&'static str, String)> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok().filter(|size| size.ws_col > 0);
    size.map(|size| vec![("COLUMNS", size.ws_col.to_string()), ("LINES", size.ws_row.to_string())]).unwrap_or_default()
}

/// Runs a program with an input and reads the start of its output. Its whole group ends with it.
pub(super) async fn said(command: std::process::Command, input: String) -> std::io::Result<String> {
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
    let group = Ending(Group::adopt(child.id().unwrap_or_default()));
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read what it is told is no fault.
        tokio::spawn(async move { stdin.write_all(input.as_bytes()).await.ok() });
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(OUTPUT).read_to_end(&mut output).await?;
    }
    child.wait().await?;
    drop(group);
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// Ends a group when it is let go, also when the run is cancelled.
struct Ending(Group);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.kill();
    }
}

/// The first lines that say something, with their colours.
fn lines(output: &str) -> Vec<Vec<Painted>> {
    let lines = output.lines().map(str::trim_end).skip_while(|line| line.trim().is_empty()).take(LINES);
    let mut lines: Vec<Vec<Painted>> = lines.map(text::painted).collect();
    let is_blank = |line: &Vec<Painted>| line.iter().all(|span| span.text.trim().is_empty());
    while lines.last().is_some_and(is_blank) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_are_shown() {
        let shown = |output: &str| -> Vec<String> {
            lines(output).iter().map(|line| line.iter().map(|span| span.text.as_str()).collect()).collect()
        };
        assert_eq!(shown("\n  a b \nmore\n\n\n"), ["  a b", "more"]);
        assert_eq!(shown("\u{1b}[1;31mred\u{1b}[0m\n2\n3\n4"), ["red", "2", "3"]);
        assert_eq!(shown(""), Vec::<String>::new());
        assert_eq!(shown("\u{1b}[2J"), Vec::<String>::new());
    }
}
