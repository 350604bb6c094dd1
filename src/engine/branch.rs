//! The branch that a project is on, as git's own files tell it.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes of `.git/HEAD` that are read.
const HEAD_BYTES: u64 = 1024;

/// Bytes of `.git/config` that are read.
const CONFIG_BYTES: u64 = 64 * 1024;

/// The name of the branch, read from the file that git keeps it in: no process, no configuration.
pub(super) fn branch(project: &Path) -> Option<String> {
    let head = start_of(&folder(project)?.join("HEAD"), HEAD_BYTES)?.trim().to_owned();
    let name = match head.strip_prefix("ref: refs/heads/") {
        Some(name) => name.to_owned(),
        None => head.chars().take(8).collect(),
    };
    (!name.is_empty()).then_some(name)
}

/// Git's folder of a checkout.
fn folder(project: &Path) -> Option<PathBuf> {
    let dot = project.join(".git");
    match start_of(&dot, HEAD_BYTES) {
        Some(link) => Some(project.join(link.strip_prefix("gitdir:")?.trim())),
        None => Some(dot),
    }
}

/// The name of a linked worktree; none for a main checkout.
pub(super) fn worktree(project: &Path) -> Option<String> {
    let folder = folder(project)?;
    let is_linked = folder.parent().is_some_and(|above| above.file_name().is_some_and(|name| name == "worktrees"));
    is_linked.then(|| folder.file_name().map(|name| name.to_string_lossy().into_owned()))?
}

/// The folder of the main checkout of a linked worktree.
pub(super) fn main_checkout(project: &Path) -> Option<PathBuf> {
    let folder = folder(project)?;
    let common = folder.join(start_of(&folder.join("commondir"), HEAD_BYTES)?.trim());
    let common = std::fs::canonicalize(common).ok()?;
    common.file_name().is_some_and(|name| name == ".git").then(|| common.parent().map(Path::to_path_buf))?
}

/// Host, owner and name of the repository that `origin` names.
pub(super) fn origin(project: &Path) -> Option<(String, String, String)> {
    let folder = folder(project)?;
    let common = start_of(&folder.join("commondir"), HEAD_BYTES).map(|link| folder.join(link.trim()));
    let config = start_of(&common.unwrap_or(folder).join("config"), CONFIG_BYTES)?;
    let mut lines = config.lines().map(str::trim).skip_while(|line| *line != "[remote \"origin\"]").skip(1);
    let url = lines.by_ref().take_while(|line| !line.starts_with('[')).find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "url").then(|| value.trim())
    })?;
    address(url)
}

/// `https://host/owner/name.git`, `ssh://git@host/owner/name`, `git@host:owner/name.git`.
fn address(url: &str) -> Option<(String, String, String)> {
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        None => url.split_once(':')?,
    };
    let host = host.rsplit('@').next()?.split(':').next()?;
    let (owner, name) = path.trim_matches('/').rsplit_once('/')?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    let is_whole = !host.is_empty() && !owner.is_empty() && !name.is_empty();
    is_whole.then(|| (host.to_owned(), owner.to_owned(), name.to_owned()))
}

/// The first bytes of a regular file; a pipe or device in its place is not opened.
fn start_of(path: &Path, most: u64) -> Option<String> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(most).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn addresses_name_host_owner_and_repository() {
        for (url, told) in [
            ("https://github.com/me/tool.git", Some(("github.com", "me", "tool"))),
            ("https://user:secret@git.example:8443/group/sub/tool", Some(("git.example", "group/sub", "tool"))),
            ("git@github.com:me/tool.git", Some(("github.com", "me", "tool"))),
            ("ssh://git@host:22/me/tool", Some(("host", "me", "tool"))),
            ("/srv/git/tool.git", None),
            ("nonsense", None),
        ] {
            let found = address(url);
            let found = found.as_ref().map(|(host, owner, name)| (host.as_str(), owner.as_str(), name.as_str()));
            assert_eq!(found, told, "{url}");
        }
    }

    #[test]
    fn a_worktree_knows_its_main_checkout() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        let git = root.join("main/.git");
        std::fs::create_dir_all(git.join("worktrees/side")).unwrap();
        std::fs::create_dir_all(root.join("side")).unwrap();
        for (path, text) in [
            ("main/.git/HEAD", "ref: refs/heads/main\n".to_owned()),
            ("main/.git/worktrees/side/HEAD", "ref: refs/heads/side-work\n".to_owned()),
            ("main/.git/worktrees/side/commondir", "../..\n".to_owned()),
            ("side/.git", format!("gitdir: {}\n", git.join("worktrees/side").display())),
        ] {
            std::fs::write(root.join(path), text).unwrap();
        }
        assert_eq!(worktree(&root.join("side")).as_deref(), Some("side"));
        assert_eq!(branch(&root.join("side")).as_deref(), Some("side-work"));
        assert_eq!(main_checkout(&root.join("side")), Some(root.join("main")));
        assert_eq!(main_checkout(&root.join("main")), None);
    }
}
