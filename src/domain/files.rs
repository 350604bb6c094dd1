//! What happened to files, and going back: records, requests and news of checkpoints, rewind, undo and fork.
//!
//! A change is kept as what a file was and what it became. Contents lie outside the project, each once, under
//! the hash of their bytes; the records hold only the hashes.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::{FileDiff, SessionId};

/// The name of kept bytes: their SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(pub [u8; 32]);

/// What stood at a path at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileImage {
    Absent,
    /// A regular file whose bytes are kept. `mode` are its permission bits (0o777).
    File {
        blob: BlobId,
        bytes: u64,
        mode: u32,
    },
    Folder,
    Link {
        target: PathBuf,
    },
    /// A file whose bytes are not kept, because they are too many, or something else that cannot be.
    Unkept {
        bytes: u64,
    },
}

/// One path before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStep {
    /// Absolute, links followed.
    pub path: PathBuf,
    pub before: FileImage,
    pub after: FileImage,
}

/// Something that the watch over a command could not cover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileGap {
    /// The project has more entries than are watched.
    TooMany { watched: u64 },
    /// Looking took too long, so that only a part was watched.
    TooSlow { watched: u64 },
    /// Contents of this many files were not at hand before the command.
    NotAtHand { files: u64 },
    /// The contents could not be kept.
    Failed { problem: String },
}

/// Records about files and going back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilesBody {
    /// A call is about to change these; after a crash this tells what they were.
    Held { call_id: String, turn: u32, files: Vec<(PathBuf, FileImage)> },
    /// A call changed files, in the order of their paths.
    Changed {
        call_id: String,
        turn: u32,
        steps: Vec<FileStep>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gaps: Vec<FileGap>,
    },
    /// The person goes back or forth, and these files are about to be written.
    MoveBegan(FileMove),
    /// That is done: `steps` are what was written.
    Moved(FileMove),
    /// From here on this is another session than the one that it was copied from.
    Forked {
        parent: SessionId,
        /// Records that were copied.
        records: u64,
    },
}

/// Going back or forth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMove {
    pub kind: MoveKind,
    pub steps: Vec<FileStep>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// The conversation is now as it stood just before the record of this number; none leaves it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<u64>,
}

/// What kind of move it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveKind {
    /// The newest step was taken back.
    Undo,
    /// The newest undo was taken back.
    Redo,
    /// Everything from this turn on was taken back.
    Rewind { turn: u32 },
    /// Part of one file was taken back.
    Hunk,
}

/// A file that was left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    pub path: PathBuf,
    pub why: SkipReason,
}

/// Why a file is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Someone else changed it since; it can be chosen all the same.
    Edited,
    /// Someone else changed it between two changes of the session; it can be chosen all the same.
    EditedBetween,
    /// It, or a folder above it, is a link now.
    Link,
    /// It has a second name, which would change with it.
    SecondName,
    /// Something that is not a file stands there.
    Other,
    /// The content to be restored was not kept.
    NotKept,
    /// Other files are still in it.
    NotEmpty,
    /// The system refused.
    Failed(String),
}

/// What a face asks about files.
#[derive(Clone, Debug, PartialEq)]
pub enum FilesRequest {
    /// The steps that can be gone back to.
    ListSteps,
    /// What going back before this turn would do.
    Preview {
        turn: u32,
    },
    Rewind {
        turn: u32,
        files: bool,
        conversation: bool,
        /// Files with a conflict that are restored all the same.
        chosen: Vec<PathBuf>,
    },
    Undo,
    Redo,
    /// What the session changed: in one turn, or in all.
    Diff {
        turn: Option<u32>,
    },
    /// Take one hunk of such a difference back.
    RevertHunk {
        turn: Option<u32>,
        path: PathBuf,
        hunk: usize,
        /// The content that the hunk was seen in.
        seen: BlobId,
    },
    /// Go on in a new session with everything before this turn, or all of this session.
    Fork {
        before: Option<u32>,
    },
    /// Go on in a copy of another session.
    ForkOf(SessionId),
    /// Go on in a copy of everything before the record of that number; none is the session that is open.
    ForkAt {
        id: Option<SessionId>,
        until: u64,
    },
    /// What the composer and the view hold now, to be there again after a resume.
    Keep(FaceState),
}

/// What the face has that is not in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaceState {
    /// The prompt that is being written.
    pub draft: String,
    /// What is first in view; none follows the end.
    pub place: Option<FacePlace>,
}

/// A place in the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FacePlace {
    /// The number of the record that the entry was made of, or came behind.
    pub record: u64,
    /// Which of its entries.
    pub entry: u64,
    pub row: u64,
}

/// Answers and news about files.
#[derive(Clone, Debug)]
pub enum FilesNews {
    /// Answer to `ListSteps`, oldest first.
    Steps(Vec<StepLine>),
    /// Answer to `Preview`.
    Preview(Box<MovePreview>),
    /// Answer to `Diff`.
    Diff(Box<DiffReport>),
    /// The conversation went back: the prompt that it went back to.
    Back { prompt: String },
    /// The session is open in another program; its title.
    Busy { id: SessionId, title: String },
    /// The session belongs to another folder; its title.
    Elsewhere { id: SessionId, title: String, project: PathBuf },
    /// No session is meant by this text, or several: the person chooses.
    Choose { filter: String },
    /// What the face held when the session was last open.
    Restored(FaceState),
}

/// One step of the session.
#[derive(Clone, Debug, PartialEq)]
pub struct StepLine {
    pub turn: u32,
    /// Milliseconds since 1970.
    pub at: u64,
    pub prompt: String,
    /// Files that the step changed.
    pub files: usize,
    /// Something of it is not covered.
    pub gaps: bool,
}

/// What going back would do.
#[derive(Clone, Debug, PartialEq)]
pub struct MovePreview {
    pub turn: u32,
    pub files: Vec<MoveFile>,
    /// What the watch could not cover, in words.
    pub gaps: Vec<String>,
    /// Prompts that the conversation would lose.
    pub prompts: usize,
}

/// One file in a preview.
#[derive(Clone, Debug, PartialEq)]
pub struct MoveFile {
    pub path: PathBuf,
    /// What happens to it.
    pub act: MoveAct,
    /// Why it is left alone.
    pub skip: Option<SkipReason>,
    /// From what is there now to what would be there; none for what has no text.
    pub diff: Option<FileDiff>,
}

/// What a move does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveAct {
    Create,
    Change,
    Delete,
    /// Only its permission bits change.
    Mode,
}

/// What the session changed.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffReport {
    pub turn: Option<u32>,
    pub steps: Vec<StepLine>,
    pub files: Vec<DiffFile>,
    pub gaps: Vec<String>,
}

/// One changed file.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffFile {
    pub path: PathBuf,
    /// Binary, too large, a link: in words. Then there are no hunks.
    pub note: Option<String>,
    pub diff: FileDiff,
    /// What the newer side is; none when it is gone or has no text.
    pub seen: Option<BlobId>,
    /// Hunks can be taken back: the newer side is what is on disk.
    pub current: bool,
}

impl BlobId {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl SkipReason {
    /// The person may choose to restore it all the same.
    pub fn can_be_chosen(&self) -> bool {
        matches!(self, Self::Edited | Self::EditedBetween)
    }

    /// In words, after the file's name.
    pub fn words(&self) -> String {
        match self {
            Self::Edited => "changed since by someone else".to_owned(),
            Self::EditedBetween => "changed in between by someone else".to_owned(),
            Self::Link => "is a link now".to_owned(),
            Self::SecondName => "has a second name (hard link)".to_owned(),
            Self::Other => "is no regular file now".to_owned(),
            Self::NotKept => "its old content was not kept".to_owned(),
            Self::NotEmpty => "is not empty".to_owned(),
            Self::Failed(problem) => problem.clone(),
        }
    }
}

impl FileGap {
    /// In words, a whole clause.
    pub fn words(&self) -> String {
        match self {
            Self::TooMany { watched } => format!("the project has more than {watched} files; the rest is not watched"),
            Self::TooSlow { watched } => format!("looking at the project took too long; {watched} files are watched"),
            Self::NotAtHand { files: 1 } => "1 changed file was too large to be kept".to_owned(),
            Self::NotAtHand { files } => format!("{files} changed files were too large to be kept"),
            Self::Failed { problem } => format!("not everything could be kept: {problem}"),
        }
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

impl FromStr for BlobId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "this is not the name of a blob";
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(WRONG);
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or(WRONG)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for BlobId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlobId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
