//! Before-images: what files were before a call of a tool, and what they became.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::blobs::Blobs;
use super::images::{self, MOST};
use super::watch::Watch;
use crate::base::paths;
use crate::domain::{FileGap, FileImage, FileStep};

/// The keeper of one session's before-images. Clones are the same keeper.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    blobs: Blobs,
    watched: Arc<Mutex<Watched>>,
}

#[derive(Debug)]
struct Watched {
    watch: Watch,
    /// Commands that run now.
    running: u32,
}

/// What a call is known to be about to change.
pub type Held = Vec<(PathBuf, FileImage)>;

impl Checkpoints {
    /// A keeper for calls in `project`. `except` are folders in it that are ours.
    pub fn new(blobs: Blobs, project: PathBuf, except: Vec<PathBuf>) -> Self {
        let except = except.iter().map(|folder| paths::facts(folder).0).collect();
        // Records name paths with every link followed.
        let watch = Watch::new(paths::facts(&project).0, except);
        Self { blobs, watched: Arc::new(Mutex::new(Watched { watch, running: 0 })) }
    }

    /// Keeps what stands at these paths and which folders above them are missing. Blocks on the disk.
    pub fn hold(&self, paths: &[PathBuf]) -> (Held, Vec<FileGap>) {
        let (mut held, mut gaps): (Held, Vec<FileGap>) = (Vec::new(), Vec::new());
        for path in paths {
            // A link stays, and what it leads to is changed.
            let (path, _, _) = paths::facts(path);
            let missing = path.ancestors().skip(1).take_while(|folder| folder.symlink_metadata().is_err());
            held.extend(missing.map(|folder| (folder.to_owned(), FileImage::Absent)));
            match images::keep(&path, MOST, &self.blobs, true) {
                Ok(image) => held.push((path, image)),
                Err(problem) => gaps.push(failed(&problem)),
            }
        }
        held.sort_by(|one, two| one.0.cmp(&two.0));
        held.dedup_by(|one, two| one.0 == two.0);
        (held, gaps)
    }

    /// What became of them.
    pub fn compare(&self, held: Held) -> (Vec<FileStep>, Vec<FileGap>) {
        let (mut steps, mut gaps) = (Vec::new(), Vec::new());
        for (path, before) in held {
            match images::keep(&path, MOST, &self.blobs, true) {
                Ok(after) if after == before => {}
                Ok(after) => {
                    self.lock().watch.note(&path);
                    steps.push(FileStep { path, before, after });
                }
                Err(problem) => gaps.push(failed(&problem)),
            }
        }
        (steps, gaps)
    }

    /// A command is about to run. Blocks on the disk.
    pub fn begin_command(&self) -> Vec<FileGap> {
        let mut watched = self.lock();
        watched.running += 1;
        if watched.running > 1 {
            // What happens now may be the other command's doing.
            return Vec::new();
        }
        watched.watch.refresh().err().as_ref().map(failed).into_iter().collect()
    }

    /// A command has ended: what changed in the project meanwhile. Blocks on the disk.
    pub fn end_command(&self) -> (Vec<FileStep>, Vec<FileGap>) {
        let mut watched = self.lock();
        watched.running = watched.running.saturating_sub(1);
        watched.watch.changes(&self.blobs)
    }

    /// We ourselves wrote these.
    pub fn note<'a>(&self, paths: impl IntoIterator<Item = &'a Path>) {
        let mut watched = self.lock();
        for path in paths {
            watched.watch.note(path);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(problem: &io::Error) -> FileGap {
    FileGap::Failed { problem: problem.to_string() }
}
