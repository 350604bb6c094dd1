//! The project's files, for completion after `@`.

use std::path::Path;

use ignore::WalkBuilder;

use crate::domain::Unseen;

/// Entries that are listed at most.
const MOST: usize = 50_000;

/// Files and folders below `root`, relative, folders with a slash; what .gitignore hides is left out, and what must
/// not be seen.
pub(super) fn list(root: &Path, unseen: &Unseen) -> Vec<String> {
    let (unseen, top) = (unseen.clone(), root.to_owned());
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .filter_entry(move |entry| {
            entry.file_name() != ".git" && (entry.depth() == 0 || !unseen.hides(entry.path(), &top))
        })
        .build();
    walk.filter_map(Result::ok)
        .filter(|entry| entry.depth() > 0)
        .take(MOST)
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(root).ok()?.to_string_lossy().into_owned();
            let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            Some(if folder { format!("{path}/") } else { path })
        })
        .collect()
}
