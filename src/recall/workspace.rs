//! A fingerprint of the workspace: names, sizes and times of its files. When it is the same, what was read is the same.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ignore::WalkBuilder;
use sha2::{Digest, Sha256};

/// Files that are looked at; a larger workspace has no fingerprint, and its answers are not kept.
const FILES: usize = 50_000;
/// Folders of things that are made from others. What was read in them is not covered.
const LEFT_OUT: [&str; 8] = [".git", "target", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".gradle"];

/// The fingerprint does not cover a folder of this name.
pub fn is_left_out(name: &OsStr) -> bool {
    LEFT_OUT.iter().any(|left_out| name == *left_out)
}

/// The fingerprint of a folder; none when it is too large or cannot be read whole.
pub fn fingerprint(root: &Path) -> Option<[u8; 32]> {
    let mut walk = WalkBuilder::new(root);
    walk.standard_filters(false).follow_links(false).sort_by_file_name(Ord::cmp);
    walk.filter_entry(|entry| !is_left_out(entry.file_name()));
    let mut hasher = Sha256::new();
    let mut count = 0;
    for entry in walk.build() {
        let entry = entry.ok()?;
        let metadata = entry.path().symlink_metadata().ok()?;
        if metadata.is_dir() {
            continue;
        }
        count += 1;
        if count > FILES {
            return None;
        }
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).as_os_str().as_encoded_bytes();
        hasher.update((path.len() as u64).to_le_bytes());
        hasher.update(path);
        for number in
            [metadata.len() as i64, metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()]
        {
            hasher.update(number.to_le_bytes());
        }
    }
    // What is committed, and the branch.
    for name in [".git/HEAD", ".git/logs/HEAD"] {
        let Ok(metadata) = root.join(name).metadata() else { continue };
        hasher.update(metadata.len().to_le_bytes());
        hasher.update(metadata.mtime().to_le_bytes());
        hasher.update(metadata.mtime_nsec().to_le_bytes());
    }
    Some(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn it_changes_with_any_file_but_not_with_what_is_made() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/a.rs"), "one").unwrap();
        let first = fingerprint(folder.path()).unwrap();
        assert_eq!(fingerprint(folder.path()), Some(first));
        std::fs::create_dir_all(folder.path().join("target")).unwrap();
        std::fs::write(folder.path().join("target/b"), "made").unwrap();
        assert_eq!(fingerprint(folder.path()), Some(first));
        std::fs::write(folder.path().join("src/a.rs"), "three").unwrap();
        let second = fingerprint(folder.path()).unwrap();
        assert_ne!(second, first);
        std::fs::rename(folder.path().join("src/a.rs"), folder.path().join("src/b.rs")).unwrap();
        assert_ne!(fingerprint(folder.path()), Some(second));
    }
}
