//! The person's own status line: a program that is told the state of the session as JSON and says one line. It runs
//! after what changes that state, at most every 300 ms, within bounds, and only when the folder's trust is settled.
//! Format: Claude Code's `statusLine`.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::driver::{Driver, News, What};
use super::told::Sums;
use crate::base::process::{self, Group};
use crate::domain::{Body, CatalogNews, Event, Live};

/// Milliseconds between a change and the run that it brings about.
const DEBOUNCE_MS: u64 = 300;
/// Time that a run may take, and bytes of its output that are read.
const LIMIT: Duration = Duration::from_secs(5);
const OUTPUT: u64 = 4 * 1024;

/// News of the status line.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Ran {
    /// It is time.
    Due(u32),
    Said {
        run: u32,
        line: String,
    },
}

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Status {
    /// Counts what asked for a run; only the newest counts.
    wanted: u32,
    pub(super) sums: Sums,
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
            Ran::Said { run, line } if run == self.parts.catalog.status.wanted => {
                let padding = self.stage.shelf.status_line.as_ref().map_or(0, |line| line.padding);
                let line = format!("{}{}", " ".repeat(padding.into()), self.setup.secrets.text(&line));
                self.tell(Event::Live(Live::Catalog(CatalogNews::StatusLine(line)))).await;
                if let Some(seconds) = self.stage.shelf.status_line.as_ref().and_then(|line| line.refresh_s) {
                    self.want_status(seconds * 1_000);
                }
            }
            Ran::Due(_) | Ran::Said { .. } => {}
        }
    }

    fn run_status(&mut self, run: u32) {
        let Some(line) = self.stage.shelf.status_line.clone() else { return };
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
            let line = match tokio::time::timeout(LIMIT, said(command, input)).await {
                Ok(Ok(output)) => first_line(&output),
                Ok(Err(error)) => format!("status line: {error}"),
                Err(_) => format!("status line: it took longer than {} s", LIMIT.as_secs()),
            };
            let _gone = news.send(News { epoch, what: What::Status(Ran::Said { run, line }) }).await;
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
async fn said(command: std::process::Command, input: String) -> std::io::Result<String> {
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

/// The first line without colours and links: our own theme draws it.
fn first_line(output: &str) -> String {
    let line = output.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        rest = match after.chars().next() {
            Some('[') => {
                let end = after.get(1..).and_then(|inner| inner.find(|c: char| ('@'..='~').contains(&c)));
                end.and_then(|end| after.get(end + 2..)).unwrap_or_default()
            }
            Some(']') => {
                let ends = [after.find('\u{7}').map(|at| at + 1), after.find("\u{1b}\\").map(|at| at + 2)];
                let end = ends.into_iter().flatten().min();
                end.and_then(|end| after.get(end..)).unwrap_or_default()
            }
            _ => after,
        };
    }
    out.push_str(rest);
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_plain() {
        for (output, line) in [
            ("\n  a b \nmore", "a b"),
            ("\u{1b}[1;31mred\u{1b}[0m dim", "red dim"),
            ("\u{1b}]8;;https://x\u{1b}\\link\u{1b}]8;;\u{7} end", "link end"),
            ("\u{1b}[31", ""),
            ("\u{1b}]open", ""),
            ("", ""),
        ] {
            assert_eq!(first_line(output), line, "{output:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(output in "[\u{1b}\\[\\];m0-9é\\\\ \n]{0,40}") {
            drop(first_line(&output));
        }
    }
}
