//! What one line of the session browser says of a session, gathered from its log and carried on when
//! the log has grown.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::{Body, FilesBody, LibraryBody, Origin, SessionId, SessionState, SessionSummary, TurnEnd};

use super::line::record_of;
use super::lines::Lines;
use super::title::title_of;

/// Characters of a prompt that are kept.
const TITLE: usize = 120;
/// Tags that are kept.
const TAGS: usize = 16;
/// The records that the line shows something of.
const SHOWN: [&str; 11] = [
    "files",
    "session_started",
    "model_set",
    "title_set",
    "prompted",
    "responded",
    "turn_ended",
    "library",
    "classified",
    "money",
    "team",
];

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
    /// Made of the first prompt.
    auto: String,
    project: PathBuf,
    model: Option<String>,
    started: u64,
    updated: u64,
    turns: u32,
    cost: f64,
    unpriced: bool,
    tokens: u64,
    marks: Marks,
    end: End,
    /// Lines that could not be read.
    damaged: u32,
    parent: Option<SessionId>,
}

/// What the person or the place marked it with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Marks {
    pinned: bool,
    tags: Vec<String>,
    branch: Option<String>,
}

/// How the last turn ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    #[default]
    Done,
    /// It runs, or the program ended in the middle of it.
    Never,
    Stopped,
    Failed,
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
            match record_of(line.bytes) {
                Ok(raw) => self.see(raw),
                Err(_) if line.bytes.is_empty() && !line.too_long => {}
                Err(_) => self.damaged += 1,
            }
        }
        self.length = length;
        self.changed = changed;
        Ok(self)
    }

    /// The line of the browser; none for a session in which nobody said anything.
    pub fn shown(&self, id: SessionId) -> Option<SessionSummary> {
        let prompt = self.prompt.clone().unwrap_or_default();
        let auto = if self.auto.is_empty() { &self.prompt } else { &Some(self.auto.clone()) };
        let title = self.title.clone().or_else(|| auto.clone())?;
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
            prompt,
            branch: self.marks.branch.clone(),
            pinned: self.marks.pinned,
            tags: self.marks.tags.clone(),
            state: self.state(),
            parent: self.parent,
        })
    }

    fn state(&self) -> SessionState {
        match self.end {
            _ if self.damaged > 0 => SessionState::Damaged,
            End::Done => SessionState::Rests,
            End::Never | End::Stopped => SessionState::Interrupted,
            End::Failed => SessionState::Failed,
        }
    }

    fn see(&mut self, raw: &str) {
        let Ok(glance) = serde_json::from_str::<Glance<'_>>(raw) else { return };
        if self.started == 0 {
            self.started = glance.at;
        }
        // Most records are deltas; only those that the line shows are parsed.
        let name = glance.body.get().strip_prefix("{\"").and_then(|rest| rest.split('"').next());
        if !matches!(name, Some("title_set" | "library")) {
            // A mark is no use of the session.
            self.updated = self.updated.max(glance.at);
        }
        if name.is_some_and(|name| SHOWN.contains(&name))
            && let Ok(body) = serde_json::from_str(glance.body.get())
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
                self.end = End::Never;
                if self.prompt.is_none() {
                    let text = typed.unwrap_or_else(|| message.text());
                    self.auto = title_of(&text);
                    self.prompt = Some(short(&text));
                }
            }
            Body::Responded(note) => {
                self.tokens += note.usage.context();
                match note.cost {
                    Some(cost) => self.cost += cost,
                    None => self.unpriced = true,
                }
            }
            Body::Files(FilesBody::Forked { parent, .. }) => self.parent = Some(parent),
            Body::TurnEnded { end, .. } => {
                self.end = match end {
                    TurnEnd::Interrupted => End::Stopped,
                    TurnEnd::Failed { .. } => End::Failed,
                    _ => End::Done,
                }
            }
            Body::Library(LibraryBody::Pinned { on }) => self.marks.pinned = on,
            Body::Library(LibraryBody::Tagged { tags }) => {
                self.marks.tags = tags.iter().take(TAGS).map(|tag| short(tag)).collect();
            }
            Body::Library(LibraryBody::OnBranch { branch }) => self.marks.branch = Some(short(&branch)),
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
