//! What a rewind would do and what the session changed, as differences for the person; taking one hunk back.

use std::path::{Path, PathBuf};

use super::super::driver::Driver;
use super::keeping::blocking;
use crate::base::paths;
use crate::base::secrets::Redactor;
use crate::domain::{
    BlobId, DiffFile, DiffReport, FileDiff, FileGap, FileImage, FilesNews, Live, MoveFile, MoveKind, MovePreview,
    Notice,
};
use crate::session::{Blobs, MOST, Plan, Wanted, moves};
use crate::tools;

/// The largest text that is compared for the person.
const COMPARED: u64 = 4 << 20;
/// Files whose difference is made; the rest is named.
const FILES: usize = 500;

impl Driver {
    /// Answers what going back before a turn would do.
    pub(super) fn preview_move(&self, turn: u32) {
        let timeline = &self.parts.steps.timeline;
        let plan = timeline.rewind(turn);
        let prompts = timeline.lines().iter().filter(|line| line.turn >= turn).count();
        let gaps = words(&timeline.gaps(|other| other >= turn));
        let (blobs, project, secrets) = self.for_report();
        self.beside(move || {
            let Some(plan) = plan else {
                return Live::Notice(Notice::warning("This step is not part of the conversation any more."));
            };
            let examined = moves::examine(&plan.files, &blobs);
            let files = examined.iter().enumerate().map(|(index, file)| MoveFile {
                path: shown(&file.wanted.path, &project),
                act: file.act(),
                skip: file.skip.clone(),
                diff: (index < FILES).then(|| secrets.value(difference(file, &blobs, &project))).flatten(),
            });
            let files = files.collect();
            Live::FilesNews(FilesNews::Preview(Box::new(MovePreview { turn, files, gaps, prompts })))
        });
    }

    /// Answers what the session changed.
    pub(super) fn report_changes(&self, turn: Option<u32>) {
        let timeline = &self.parts.steps.timeline;
        let (steps, changes) = (timeline.lines(), timeline.changes(turn));
        let gaps = words(&timeline.gaps(|other| turn.is_none_or(|turn| turn == other)));
        let (blobs, project, secrets) = self.for_report();
        self.beside(move || {
            let files = changes.iter().take(FILES).filter_map(|change| changed_file(change, turn, &blobs, &project));
            let files = files.map(|file| DiffFile { diff: secrets.value(file.diff), ..file }).collect();
            Live::FilesNews(FilesNews::Diff(Box::new(DiffReport { turn, steps, files, gaps })))
        });
    }

    /// Takes one hunk back, if the file is still what the person saw.
    pub(super) async fn revert_hunk(&mut self, turn: Option<u32>, path: PathBuf, (hunk, seen): (usize, BlobId)) {
        let path = self.recorded(&path);
        let changes = self.parts.steps.timeline.changes(turn);
        let Some(change) = changes.into_iter().find(|change| change.path == path) else {
            return self.notice(Notice::warning("This file is not among the changes any more.")).await;
        };
        let blobs = self.setup.store.blobs();
        let made = blocking(move || without(&change, hunk, seen, &blobs)).await;
        match made.unwrap_or_else(|| Err("it could not be made".to_owned())) {
            Ok(wanted) => {
                let plan = Plan { kind: MoveKind::Hunk, files: vec![wanted], conversation: None, prompt: None };
                self.go(plan, Vec::new()).await;
                self.report_changes(turn);
            }
            Err(problem) => {
                self.notice(Notice::warning(format!("The hunk was not taken back: {problem}."))).await;
                self.report_changes(turn);
            }
        }
    }

    fn for_report(&self) -> (Blobs, PathBuf, Redactor) {
        (self.setup.store.blobs(), paths::facts(&self.stage.place.project).0, self.setup.secrets.clone())
    }

    /// The path as records have it, of one that was shown.
    pub(super) fn recorded(&self, shown: &Path) -> PathBuf {
        paths::normalize(&paths::facts(&self.stage.place.project).0.join(shown))
    }
}

/// The file without that hunk.
fn without(change: &Wanted, hunk: usize, seen: BlobId, blobs: &Blobs) -> Result<Wanted, String> {
    let now = moves::see(&change.path, MOST).map_err(|problem| problem.to_string())?;
    let (FileImage::File { blob, mode, .. }, Some(bytes)) = (&now.image, &now.bytes) else {
        return Err("it is no regular file".to_owned());
    };
    if *blob != seen {
        return Err("the file is not what it was when you looked at it; look again".to_owned());
    }
    let before = text_of(&change.target, blobs).ok_or("its old content is no text or was not kept")?;
    let after = std::str::from_utf8(bytes).map_err(|_| "it is no text")?;
    let text = tools::without_hunk(&before, after, hunk).ok_or("there is no such hunk any more")?;
    let (expected, mode) = (now.image.clone(), *mode);
    let blob = blobs.keep(text.as_bytes(), true).map_err(|problem| problem.to_string())?;
    let target = FileImage::File { blob, bytes: text.len() as u64, mode };
    Ok(Wanted { path: change.path.clone(), target, expected, between: false })
}

/// From what is there now to what a move would put there.
fn difference(file: &moves::Examined, blobs: &Blobs, project: &Path) -> Option<FileDiff> {
    let now = match (&file.now, &file.bytes) {
        (FileImage::Absent, _) => Some(None),
        (_, Some(bytes)) if bytes.len() as u64 <= COMPARED => text(bytes).map(Some),
        _ => None,
    }?;
    let then = match &file.wanted.target {
        FileImage::Absent => String::new(),
        image => text_of(image, blobs)?,
    };
    Some(tools::compare(&paths::relative_to(&file.wanted.path, project), now.as_deref(), &then))
}

/// A change of the session. In one turn it goes to what the turn left, in all to what is there now.
fn changed_file(change: &Wanted, turn: Option<u32>, blobs: &Blobs, project: &Path) -> Option<DiffFile> {
    let now = moves::see(&change.path, MOST).ok();
    let on_disk = now.as_ref().map(|now| now.image.clone());
    let after = if turn.is_some() { change.expected.clone() } else { on_disk.clone()? };
    if after == change.target || (change.target == FileImage::Folder && after == FileImage::Absent) {
        return None;
    }
    let name = paths::relative_to(&change.path, project);
    let empty = |created| FileDiff { path: name.clone(), created, added: 0, removed: 0, hunks: Vec::new() };
    let old = side(&change.target, None, blobs);
    let new = side(&after, now.as_ref().and_then(|now| now.bytes.as_deref()).filter(|_| turn.is_none()), blobs);
    let (note, diff) = match (old, new) {
        (Ok(old), Ok(new)) => {
            let diff = tools::compare(&name, old.as_deref(), new.as_deref().unwrap_or_default());
            (mode_note(&change.target, &after), diff)
        }
        (Err(note), _) | (_, Err(note)) => (Some(note), empty(change.target == FileImage::Absent)),
    };
    let current = on_disk.as_ref() == Some(&after);
    let seen = match &after {
        FileImage::File { blob, .. } if note.is_none() => Some(*blob),
        _ => None,
    };
    Some(DiffFile { path: shown(&change.path, project), note, diff, seen, current })
}

/// The text of one side, none when nothing is there; else in words what it is.
fn side(image: &FileImage, bytes: Option<&[u8]>, blobs: &Blobs) -> Result<Option<String>, String> {
    match image {
        FileImage::Absent => Ok(None),
        FileImage::Folder => Err("a folder".to_owned()),
        FileImage::Link { target } => Err(format!("a link to {}", target.display())),
        FileImage::Unkept { bytes } => Err(format!("its content was not kept ({bytes} bytes)")),
        FileImage::File { bytes: size, .. } if *size > COMPARED => {
            Err(format!("too large to be compared ({size} bytes)"))
        }
        FileImage::File { .. } => {
            let found = bytes.and_then(text).or_else(|| text_of(image, blobs));
            found.map(Some).ok_or_else(|| "a binary file".to_owned())
        }
    }
}

fn mode_note(old: &FileImage, new: &FileImage) -> Option<String> {
    match (old, new) {
        (FileImage::File { blob: one, mode, .. }, FileImage::File { blob: two, mode: new, .. })
            if one == two && mode != new =>
        {
            Some(format!("its permissions changed from {mode:03o} to {new:03o}"))
        }
        _ => None,
    }
}

fn text_of(image: &FileImage, blobs: &Blobs) -> Option<String> {
    match image {
        FileImage::Absent => Some(String::new()),
        FileImage::File { blob, bytes, .. } if *bytes <= COMPARED => text(&blobs.read(*blob, *bytes).ok()?),
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then(|| text.to_owned())
}

/// As seen from the project where it lies in it.
fn shown(path: &Path, project: &Path) -> PathBuf {
    path.strip_prefix(project).map_or_else(|_| path.to_owned(), Path::to_owned)
}

fn words(gaps: &[FileGap]) -> Vec<String> {
    gaps.iter().map(FileGap::words).collect()
}
