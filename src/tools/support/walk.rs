//! Walks over folders as ripgrep does them: ignore files honoured, hidden files included, version control's
//! own folders left out, bounded in time.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use ignore::{DirEntry, Walk, WalkBuilder};
use tokio_util::sync::CancellationToken;

use super::super::ToolContext;
use crate::base::beneath::Folder;
use crate::base::paths::relative_to;
use crate::domain::Unseen;

/// Folders in which version control keeps its own data.
const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".svn", ".jj"];
/// Time that one walk may take.
const MAX_TIME: Duration = Duration::from_secs(20);
/// Files that one walk may find.
const MAX_FOUND: usize = 200_000;

/// A folder to be walked: as the call names it, where it lies, and what of it must be left out.
#[derive(Clone, Debug)]
pub struct Ground {
    pub named: PathBuf,
    pub real: PathBuf,
    unseen: Unseen,
    /// Something was left out.
    hid: Arc<AtomicBool>,
}

impl Ground {
    pub fn new(context: &ToolContext, named: &Path) -> Self {
        let unseen = context.terms.unseen.clone();
        Self { named: named.to_owned(), real: context.real(named), unseen, hid: Arc::default() }
    }

    /// A path at the real place, as the call would name it.
    pub fn name(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.real).map_or_else(|_| path.to_owned(), |rest| self.named.join(rest))
    }

    /// A path at the real place must not be shown, by its one name or the other.
    pub fn hides(&self, path: &Path) -> bool {
        let hides = self.unseen.hides(path, &self.real)
            || (self.named != self.real && self.unseen.hides(&self.name(path), &self.named));
        if hides {
            self.hid.store(true, Ordering::Relaxed);
        }
        hides
    }

    /// For the result, so that what is not there is not taken for missing.
    pub fn note(&self) -> Option<String> {
        let text = "What permission rules keep from being read is left out.";
        self.hid.load(Ordering::Relaxed).then(|| text.to_owned())
    }

    /// A walker over it with our usual rules; `ignored` includes what ignore files exclude.
    pub fn walker(&self, ignored: bool) -> WalkBuilder {
        self.walker_at(&self.real, ignored)
    }

    /// The same for a folder below.
    pub fn walker_at(&self, real: &Path, ignored: bool) -> WalkBuilder {
        let ground = self.clone();
        let mut builder = WalkBuilder::new(real);
        builder.standard_filters(!ignored).hidden(false).require_git(false).follow_links(false).filter_entry(
            move |entry| entry.depth() == 0 || !(is_version_control(entry.file_name()) || ground.hides(entry.path())),
        );
        builder
    }
}

pub fn is_version_control(name: &OsStr) -> bool {
    VERSION_CONTROL.iter().any(|folder| name == *folder)
}

/// A file that a walk found, at its real place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    pub modified: Option<SystemTime>,
}

/// The regular files of a walk, and whether it had to end early.
#[derive(Debug, Default)]
pub struct Files {
    pub found: Vec<Found>,
    pub stopped: bool,
}

/// Collects the regular files that `wanted` takes, newest first and then by name.
pub fn files(walk: Walk, cancel: &CancellationToken, mut wanted: impl FnMut(&Path) -> bool) -> Files {
    let mut files = Files::default();
    let start = Instant::now();
    for entry in walk.flatten() {
        if cancel.is_cancelled() || start.elapsed() > MAX_TIME || files.found.len() >= MAX_FOUND {
            files.stopped = true;
            break;
        }
        if is_file(&entry) && wanted(entry.path()) {
            let modified = entry.metadata().ok().as_ref().and_then(modified);
            files.found.push(Found { path: entry.into_path(), modified });
        }
    }
    // A folder that was swapped for a link while it was walked would have led elsewhere.
    let mut folders: HashMap<PathBuf, bool> = HashMap::new();
    files.found.retain(|file| {
        let folder = file.path.parent().unwrap_or(Path::new("/"));
        match folders.get(folder) {
            Some(known) => *known,
            None => *folders.entry(folder.to_owned()).or_insert_with(|| Folder::open(folder).is_ok()),
        }
    });
    files.found.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.path.cmp(&b.path)));
    files
}

/// A path in a row of a result: relative where that is shorter, a newline in it escaped.
pub fn row_name(path: &Path, cwd: &Path) -> String {
    relative_to(path, cwd).replace('\n', "\\n")
}

fn is_file(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
}

fn modified(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}
