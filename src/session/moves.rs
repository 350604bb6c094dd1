//! Going back and forth on disk: what a plan would do to each file, and doing it.
//!
//! Nothing is overwritten whose content is not kept first. A file is written beside its place and renamed over
//! it, after a last look that it is still what was decided on. What became a link, lies below one, or has a
//! second name is left alone.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::blobs::Blobs;
use super::images::{self, MOST};
pub use super::images::{Seen, see};
use super::timeline::Wanted;
use crate::base::{atomic, paths};
use crate::domain::{FileImage, FileStep, MoveAct, SkipReason, Skipped};

/// A file of a plan, held against the disk.
#[derive(Clone, Debug)]
pub struct Examined {
    pub wanted: Wanted,
    /// What stands there now.
    pub now: FileImage,
    /// Its bytes, of a regular file.
    pub bytes: Option<Vec<u8>>,
    /// Why it would be left alone.
    pub skip: Option<SkipReason>,
}

/// What a move did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub steps: Vec<FileStep>,
    pub skipped: Vec<Skipped>,
}

impl Examined {
    /// What would be done to it.
    pub fn act(&self) -> MoveAct {
        match (&self.now, &self.wanted.target) {
            (FileImage::Absent, _) => MoveAct::Create,
            (_, FileImage::Absent) => MoveAct::Delete,
            (FileImage::File { blob: now, .. }, FileImage::File { blob, .. }) if now == blob => MoveAct::Mode,
            _ => MoveAct::Change,
        }
    }
}

/// Holds a plan against the disk. Files that are already as they shall be are left out.
pub fn examine(files: &[Wanted], blobs: &Blobs) -> Vec<Examined> {
    // Links that give way to folders: what lies below one now is not what will lie below the folder.
    let leaving = files.iter().filter(|file| file.target == FileImage::Folder && file.path.is_symlink());
    let leaving: Vec<&Path> = leaving.map(|file| file.path.as_path()).collect();
    let below = |path: &Path| leaving.iter().any(|link| path != *link && path.starts_with(link));
    let examined =
        files.iter().map(|wanted| if below(&wanted.path) { fresh(wanted, blobs) } else { look(wanted, blobs) });
    examined.filter(|file| file.now != file.wanted.target).collect()
}

/// Does it. Files with a conflict are written only when they are among the `chosen`.
pub fn carry_out(mut files: Vec<Examined>, chosen: &[PathBuf], blobs: &Blobs) -> Outcome {
    let mut outcome = Outcome::default();
    files.retain(|file| match &file.skip {
        Some(why) if !(why.can_be_chosen() && chosen.contains(&file.wanted.path)) => {
            outcome.skip(file, why.clone());
            false
        }
        _ => true,
    });
    // First what goes, the deepest first, so that folders are empty when their turn comes; then what comes.
    files.sort_by(|one, two| one.wanted.path.cmp(&two.wanted.path));
    let (goes, comes): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.wanted.target == FileImage::Absent);
    for file in goes.iter().rev().chain(&comes) {
        // Folders that somebody removed meanwhile are made again, and that is a step too.
        let missing = if file.wanted.target == FileImage::Absent { Vec::new() } else { missing(&file.wanted.path) };
        match apply(file, blobs) {
            Ok(()) => outcome.did(file, missing),
            Err(why) => outcome.skip(file, why),
        }
    }
    outcome.steps.sort_by(|one, two| one.path.cmp(&two.path));
    outcome
}

/// Of the steps of a move that was cut off those that were done.
pub fn done_of(steps: &[FileStep]) -> Vec<FileStep> {
    let done = |step: &&FileStep| images::see(&step.path, MOST).is_ok_and(|seen| seen.image == step.after);
    steps.iter().filter(done).cloned().collect()
}

impl Outcome {
    fn did(&mut self, file: &Examined, folders: Vec<PathBuf>) {
        let made = |path| FileStep { path, before: FileImage::Absent, after: FileImage::Folder };
        self.steps.extend(folders.into_iter().map(made));
        let (path, before, after) = (file.wanted.path.clone(), file.now.clone(), file.wanted.target.clone());
        self.steps.push(FileStep { path, before, after });
    }

    fn skip(&mut self, file: &Examined, why: SkipReason) {
        self.skipped.push(Skipped { path: file.wanted.path.clone(), why });
    }
}

/// A file below a folder that the same move makes: nothing is there yet.
fn fresh(wanted: &Wanted, blobs: &Blobs) -> Examined {
    let skip = content_reason(wanted, &FileImage::Absent, blobs);
    Examined { wanted: wanted.clone(), now: FileImage::Absent, bytes: None, skip }
}

fn look(wanted: &Wanted, blobs: &Blobs) -> Examined {
    let mut examined = Examined { wanted: wanted.clone(), now: FileImage::Absent, bytes: None, skip: None };
    match images::see(&wanted.path, MOST) {
        Ok(Seen { image, bytes, names }) => {
            examined.skip = reason(wanted, &image, names, blobs);
            (examined.now, examined.bytes) = (image, bytes);
        }
        Err(problem) => {
            examined.now = FileImage::Unkept { bytes: 0 };
            examined.skip = Some(SkipReason::Failed(problem.to_string()));
        }
    }
    examined
}

fn reason(wanted: &Wanted, now: &FileImage, names: u64, blobs: &Blobs) -> Option<SkipReason> {
    let became_link = matches!(now, FileImage::Link { .. }) && now != &wanted.expected;
    if is_below_a_link(&wanted.path) || became_link {
        return Some(SkipReason::Link);
    }
    if names > 1 {
        return Some(SkipReason::SecondName);
    }
    content_reason(wanted, now, blobs)
}

fn is_below_a_link(path: &Path) -> bool {
    path.parent().is_some_and(|folder| paths::facts(folder).0 != folder)
}

/// What speaks against it by what is there and what is kept.
fn content_reason(wanted: &Wanted, now: &FileImage, blobs: &Blobs) -> Option<SkipReason> {
    match &wanted.target {
        FileImage::Unkept { .. } => return Some(SkipReason::NotKept),
        FileImage::File { blob, bytes, .. } if !blobs.has(*blob, *bytes) => return Some(SkipReason::NotKept),
        _ => {}
    }
    match now {
        FileImage::Unkept { bytes: 0 } => return Some(SkipReason::Other),
        // What is there now could not be kept, so it could not be brought back.
        FileImage::Unkept { .. } => return Some(SkipReason::NotKept),
        FileImage::Folder if wanted.expected != FileImage::Folder => return Some(SkipReason::Other),
        _ => {}
    }
    if now != &wanted.expected {
        return Some(SkipReason::Edited);
    }
    wanted.between.then_some(SkipReason::EditedBetween)
}

fn apply(file: &Examined, blobs: &Blobs) -> Result<(), SkipReason> {
    let path = &file.wanted.path;
    // The link that was to give way may have stayed, or a new one has come.
    if is_below_a_link(path) {
        return Err(SkipReason::Link);
    }
    if let Some(bytes) = &file.bytes {
        blobs.keep(bytes, true).map_err(|problem| failed(&problem))?;
    }
    still(path, &file.now).map_err(|problem| failed(&problem))?;
    if file.now == FileImage::Folder {
        fs::remove_dir(path).map_err(|problem| match problem.kind() {
            io::ErrorKind::DirectoryNotEmpty => SkipReason::NotEmpty,
            _ => failed(&problem),
        })?;
    }
    let done = match &file.wanted.target {
        FileImage::Absent if file.now == FileImage::Folder => Ok(()),
        FileImage::Absent => fs::remove_file(path),
        FileImage::Folder => remove_other(path, &file.now).and_then(|()| fs::create_dir_all(path)),
        FileImage::Link { target } => {
            remove_other(path, &file.now).and_then(|()| folders(path)).and_then(|()| symlink(target, path))
        }
        FileImage::File { blob, bytes, mode } => {
            blobs.read(*blob, *bytes).and_then(|content| write(file, &content, *mode))
        }
        FileImage::Unkept { .. } => return Err(SkipReason::NotKept),
    };
    done.map_err(|problem| failed(&problem))
}

/// Writes a regular file as the file tools do: whole or not at all.
fn write(file: &Examined, content: &[u8], mode: u32) -> io::Result<()> {
    let path = &file.wanted.path;
    folders(path)?;
    if matches!(file.now, FileImage::Link { .. }) {
        fs::remove_file(path)?;
    }
    let now = match file.now {
        FileImage::Folder | FileImage::Link { .. } => &FileImage::Absent,
        ref now => now,
    };
    atomic::write_checked(path, content, |target| {
        if target == path { still(path, now) } else { Err(io::Error::other("it became a link at this moment")) }
    })?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Removes what has to give way to a folder or a link.
fn remove_other(path: &Path, now: &FileImage) -> io::Result<()> {
    match now {
        FileImage::File { .. } | FileImage::Link { .. } => fs::remove_file(path),
        _ => Ok(()),
    }
}

/// Folders above a path that are not there.
fn missing(path: &Path) -> Vec<PathBuf> {
    let above = path.ancestors().skip(1).take_while(|folder| folder.symlink_metadata().is_err());
    above.map(Path::to_owned).collect()
}

fn folders(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// It is still what it was when it was examined.
fn still(path: &Path, now: &FileImage) -> io::Result<()> {
    let same = images::see(path, MOST).is_ok_and(|seen| seen.image == *now && seen.names <= 1);
    if same { Ok(()) } else { Err(io::Error::other("something else changed it at this moment")) }
}

fn failed(problem: &io::Error) -> SkipReason {
    SkipReason::Failed(problem.to_string())
}
