//! The lines of a tape.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{
    Block, DeltaKind, Hash, ModelError, ModelInfo, ModelRef, ResultPart, Sampling, SegmentKind, Shown, StopReason,
    StreamItem, Todo, ToolOutcome, Usage,
};

/// The version of the format.
pub(super) const FORMAT: u32 = 1;
/// Bytes of one line.
const LINE: u64 = 256 * 1024 * 1024;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub latigo_traffic: u32,
    /// Version of the program.
    pub version: String,
    /// When it was recorded, in milliseconds since 1970. A replay takes place then.
    pub at: u64,
    /// The model that was in use at the start.
    pub model: ModelRef,
    pub info: ModelInfo,
}

/// Every other line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Segment(Piece),
    Exchange(Exchange),
    Tool(ToolNote),
}

/// One segment of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Piece {
    pub hash: Hash,
    pub kind: SegmentKind,
    pub label: String,
    pub body: Value,
}

/// A request and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Exchange {
    pub key: Hash,
    pub model: ModelRef,
    pub sampling: Sampling,
    pub segments: Vec<Hash>,
    pub items: Vec<Item>,
    /// Nobody listened to the end, because the person stopped it.
    #[serde(default)]
    pub cut: bool,
}

/// What a tool call came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ToolNote {
    pub call_id: String,
    pub name: String,
    pub outcome: Outcome,
}

/// A [`ToolOutcome`] without what concerns the disk alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub parts: Vec<ResultPart>,
    #[serde(default)]
    pub is_error: bool,
    pub shown: Shown,
    pub summary: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub todos: Option<Vec<Todo>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Vec<crate::domain::Task>>,
}

/// A [`StreamItem`] on a tape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Item {
    Started { model: Option<String> },
    BlockStarted { index: u32, kind: DeltaKind },
    Delta { index: u32, text: String },
    BlockDone { index: u32, block: Block },
    Usage(Usage),
    Done { stop: StopReason, usage: Option<Usage> },
    Failed(ModelError),
}

impl Item {
    /// The item of a stream; none for those that say nothing.
    pub fn of(item: StreamItem) -> Option<Self> {
        Some(match item {
            StreamItem::Started { model } => Self::Started { model },
            StreamItem::BlockStarted { index, kind } => Self::BlockStarted { index, kind },
            StreamItem::Delta { index, text } => Self::Delta { index, text },
            StreamItem::BlockDone { index, block } => Self::BlockDone { index, block },
            StreamItem::Usage(usage) => Self::Usage(usage),
            StreamItem::Ping | StreamItem::Limits(_) => return None,
            StreamItem::Done { stop, usage } => Self::Done { stop, usage },
            StreamItem::Failed(error) => Self::Failed(error),
        })
    }

    /// As it came.
    pub fn into_stream(self) -> StreamItem {
        match self {
            Self::Started { model } => StreamItem::Started { model },
            Self::BlockStarted { index, kind } => StreamItem::BlockStarted { index, kind },
            Self::Delta { index, text } => StreamItem::Delta { index, text },
            Self::BlockDone { index, block } => StreamItem::BlockDone { index, block },
            Self::Usage(usage) => StreamItem::Usage(usage),
            Self::Done { stop, usage } => StreamItem::Done { stop, usage },
            Self::Failed(error) => StreamItem::Failed(error),
        }
    }
}

impl Outcome {
    pub fn of(outcome: &ToolOutcome) -> Self {
        Self {
            parts: outcome.parts.clone(),
            is_error: outcome.is_error,
            shown: outcome.shown.clone(),
            summary: outcome.summary.clone(),
            cwd: outcome.cwd.clone(),
            todos: outcome.todos.clone(),
            tasks: outcome.tasks.clone(),
        }
    }

    /// An outcome that changed nothing on the disk.
    pub fn into_outcome(self) -> ToolOutcome {
        ToolOutcome {
            parts: self.parts,
            is_error: self.is_error,
            shown: self.shown,
            summary: self.summary,
            cwd: self.cwd,
            todos: self.todos,
            tasks: self.tasks,
            changed: Vec::new(),
            full_output: None,
        }
    }
}

/// Reads a tape. A torn last line, as a crash leaves it, is left out.
pub(super) fn read(path: &Path) -> Result<(Header, Vec<Line>), String> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|error| format!("the recording {shown} cannot be read: {error}"))?;
    if !file.metadata().is_ok_and(|facts| facts.is_file()) {
        return Err(format!("the recording {shown} is no file"));
    }
    let mut reader = BufReader::new(file);
    let mut next = || -> Result<Option<(String, bool)>, String> {
        let mut line = Vec::new();
        let read =
            (&mut reader).take(LINE).read_until(b'\n', &mut line).map_err(|error| format!("{shown}: {error}"))?;
        let ended = line.pop_if(|last| *last == b'\n').is_some();
        Ok((read > 0).then(|| (String::from_utf8_lossy(&line).into_owned(), ended)))
    };
    let first = next()?.map(|(line, _)| line).unwrap_or_default();
    let header: Header = serde_json::from_str(&first)
        .map_err(|error| format!("{shown} is no recording of `--record`: its first line: {error}"))?;
    if header.latigo_traffic != FORMAT {
        let version = header.latigo_traffic;
        return Err(format!("{shown} is a recording of format {version}; this program plays format {FORMAT}"));
    }
    let mut lines = Vec::new();
    let mut number = 1;
    while let Some((line, ended)) = next()? {
        number += 1;
        match serde_json::from_str(&line) {
            Ok(line) => lines.push(line),
            Err(_) if !ended || line.is_empty() => {}
            Err(error) => return Err(format!("{shown}, line {number}: {error}")),
        }
    }
    Ok((header, lines))
}
