//! The branch that a project is on, as git's own files tell it.

use std::io::Read;
use std::path::Path;

/// Bytes of `.git/HEAD` that are read.
const HEAD_BYTES: u64 = 1024;

/// The name of the branch, read from the file that git keeps it in: no process, no configuration.
pub(super) fn branch(project: &Path) -> Option<String> {
    let dot = project.join(".git");
    let folder = match start_of(&dot) {
        Some(link) => project.join(link.strip_prefix("gitdir:")?.trim()),
        None => dot,
    };
    let head = start_of(&folder.join("HEAD"))?.trim().to_owned();
    let name = match head.strip_prefix("ref: refs/heads/") {
        Some(name) => name.to_owned(),
        None => head.chars().take(8).collect(),
    };
    (!name.is_empty()).then_some(name)
}

/// The first bytes of a regular file; a pipe or device in its place is not opened.
fn start_of(path: &Path) -> Option<String> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(HEAD_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
