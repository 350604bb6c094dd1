//! Walks over folders as ripgrep does them: ignore files honoured, hidden files included, version control's
//! own folders left out, bounded in time.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use ignore::{DirEntry, Walk, WalkBuilder};
use tokio_util::sync::CancellationToken;

use crate::base::paths::relative_to;

/// Folders in which version control keeps its own data.
const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".svn", ".jj"];
/// Time that one walk may take.
const MAX_TIME: Duration = Duration::from_secs(20);
/// Files that one walk may find.
const MAX_FOUND: usize = 200_000;

/// A walker over a folder with our usual rules; `ignored` includes what ignore files exclude.
pub fn builder(root: &Path, ignored: bool) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(!ignored)
        .hidden(false)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| entry.depth() == 0 || !is_version_control(entry.file_name()));
    builder
}

pub fn is_version_control(name: &OsStr) -> bool {
    VERSION_CONTROL.iter().any(|folder| name == *folder)
}

/// A file that a walk found.
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
