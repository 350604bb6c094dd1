//! What one line of the session browser says of a session, gathered from its log and carried on when
//! the log has grown.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::{Body, Origin, SessionId, SessionSummary};

use super::line::record_of;
use super::lines::Lines;

/// Characters of a prompt that serve as a title.
const TITLE: usize = 120;

/// What is known of one log up to some byte of it. It can be thrown away at any time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Summary {
    /// Bytes that were read, up to the end of a line.
    read: u64,
    /// Length and change time (milliseconds) of the file when it was read.
    length: u64,
    changed: u64,
    title: Option<String>,
    prompt: Option<String>,
    project: PathBuf,
    model: Option<String>,
    started: u64,
    updated: u64,
    turns: u32,
    cost: f64,
    unpriced: bool,
    tokens: u64,
}

/// A record of which only the needed part is parsed.
#[derive(Deserialize)]
struct Glance<'a> {
    at: u64,
    #[serde(borrow)]
    body: &'a RawValue,
}

impl Summary {
    /// True when the file has not changed since this was made.
    pub fn is_current(&self, length: u64, changed: u64) -> bool {
        self.length == length && self.changed == changed
    }

    /// Reads what was appended since this was made, or everything if the file is shorter than then.
    pub fn carried_on(mut self, log: &Path, length: u64, changed: u64) -> io::Result<Self> {
        if length < self.read {
            self = Self::default();
        }
        let mut lines = Lines::open(log, self.read)?;
        while let Some(line) = lines.next()? {
            if !line.ended {
                break;
            }
            self.read = line.end;
            if let Ok(raw) = record_of(line.bytes) {
                self.see(raw);
            }
        }
        self.length = length;
        self.changed = changed;
        Ok(self)
    }

    /// The line of the browser; none for a session in which nobody said anything.
    pub fn shown(&self, id: SessionId) -> Option<SessionSummary> {
        let title = self.title.clone().or_else(|| self.prompt.clone())?;
        Some(SessionSummary {
            id,
            title,
            project: self.project.clone(),
            model: self.model.clone(),
            started: self.started,
            updated: self.updated,
            turns: self.turns,
            cost: (!self.unpriced).then_some(self.cost),
            tokens: self.tokens,
            bytes: self.length,
        })
    }

    fn see(&mut self, raw: &str) {
        let Ok(glance) = serde_json::from_str::<Glance<'_>>(raw) else { return };
        if self.started == 0 {
            self.started = glance.at;
        }
        self.updated = self.updated.max(glance.at);
        // Most records are deltas; only those that the line shows are parsed.
        let name = glance.body.get().strip_prefix("{\"").and_then(|rest| rest.split('"').next());
        if matches!(
            name,
            Some(
                "session_started"
                    | "model_set"
                    | "title_set"
                    | "prompted"
                    | "responded"
                    | "classified"
                    | "money"
                    | "team"
            )
        ) && let Ok(body) = serde_json::from_str(glance.body.get())
        {
            self.fold(body);
        }
    }

    fn fold(&mut self, body: Body) {
        match body {
            Body::SessionStarted { project, .. } => self.project = project,
            Body::ModelSet { model, .. } => self.model = Some(model.id),
            Body::TitleSet { title } => self.title = Some(short(&title)).filter(|title| !title.is_empty()),
            Body::Prompted { message, origin, typed, .. } if origin != Origin::Harness => {
                self.turns += 1;
                if self.prompt.is_none() {
                    self.prompt = Some(short(&typed.unwrap_or_else(|| message.text())));
                }
            }
            other => {
                let Some((usage, cost)) = other.paid() else { return };
                self.tokens += usage.context();
                match cost {
                    Some(cost) => self.cost += cost,
                    None => self.unpriced = true,
                }
            }
        }
    }
}

/// One row of bounded length: blanks of all kinds become single spaces.
fn short(text: &str) -> String {
    let mut out = String::new();
    for (count, character) in text.split_whitespace().flat_map(|word| word.chars().chain([' '])).enumerate() {
        if count >= TITLE {
            out.push('…');
            return out;
        }
        out.push(character);
    }
    out.truncate(out.trim_end().len());
    out
}
