//! The project's files, for completion after `@`.

use std::path::Path;

use ignore::WalkBuilder;

/// Entries that are listed at most.
const MOST: usize = 50_000;

/// Files and folders below `root`, relative, folders with a slash; what .gitignore hides is left out.
pub(super) fn list(root: &Path) -> Vec<String> {
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
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
