//! The shapes in which a tool's result can be shown. A tool never draws; the widgets know each shape.

use serde::{Deserialize, Serialize};

/// What the person sees of a result. The text in it is foreign until the widgets sanitise it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Plain text; `language` (a file extension or name) asks for syntax colours.
    Text {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// Changes of one or several files.
    Diff(Vec<FileDiff>),
    /// Rows of cells under a header.
    Table { header: Vec<String>, rows: Vec<Vec<String>> },
    /// Lines such as paths or matches.
    List(Vec<String>),
    /// A picture, by its description: the terminal shows name and size.
    Image { name: String, width: u32, height: u32, bytes: u64 },
    /// There is nothing to see beyond the summary line.
    Nothing,
}

/// The change of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileDiff {
    pub path: String,
    /// The file did not exist before.
    pub created: bool,
    pub added: u32,
    pub removed: u32,
    pub hunks: Vec<DiffHunk>,
}

/// A run of changed lines with their context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiffHunk {
    /// First line number before, counted from 1.
    pub old_start: u32,
    /// First line number after, counted from 1.
    pub new_start: u32,
    pub lines: Vec<DiffLine>,
}

/// One line of a hunk, in pieces so that changed words can be marked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiffLine {
    pub kind: LineKind,
    /// `(changed, text)`; joined they are the line without its newline.
    pub pieces: Vec<(bool, String)>,
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    Same,
    Added,
    Removed,
}
