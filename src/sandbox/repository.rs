//! Where git writes when it works in a worktree: beside the checkout, in the repository that all of its worktrees share.

use std::path::{Path, PathBuf};

use crate::base::read;

/// Bytes of the files by which git's folders point at each other.
const LINK: u64 = 64 * 1024;
/// Folders of the shared repository that a commit writes to. Its own files (`HEAD`, `index`, `config`, `hooks`) belong to
/// the main checkout and are not among them.
const SHARED: [&str; 3] = ["objects", "refs", "logs"];
/// Names in a worktree's own folder by which git finds its way or runs something.
const OWN: [&str; 4] = ["commondir", "gitdir", "config.worktree", "hooks"];

/// The places of one worktree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// Its own folder in the repository, and what it shares with the others.
    pub(super) writable: Vec<PathBuf>,
    /// What must stay as it is in there, whether it exists or not.
    pub(super) sealed: Vec<PathBuf>,
}

/// The places of the worktree at `root`; none where there is an ordinary checkout, or a `.git` that leads to a folder
/// which does not know of it: what a project says of itself opens nothing.
pub(super) fn places(root: &Path) -> Option<Places> {
    let own = root.join(".git");
    if !own.symlink_metadata().is_ok_and(|found| found.is_file()) {
        return None;
    }
    let line = |path: &Path| read::text(path, LINK).ok().flatten().map(|text| text.trim().to_owned());
    let folder = root.join(line(&own)?.strip_prefix("gitdir:")?.trim()).canonicalize().ok()?;
    let back = folder.join(line(&folder.join("gitdir"))?).canonicalize().ok()?;
    let common = folder.join(line(&folder.join("commondir"))?).canonicalize().ok()?;
    let known = back == own.canonicalize().ok()? && folder.parent() == Some(common.join("worktrees").as_path());
    if !known || root.canonicalize().ok()?.starts_with(&common) {
        return None;
    }
    let shared = SHARED.iter().map(|name| common.join(name)).filter(|path| path.is_dir());
    let sealed = OWN.iter().map(|name| folder.join(name)).collect();
    Some(Places { writable: std::iter::once(folder).chain(shared).collect(), sealed })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::*;

    fn put(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_worktree_may_write_where_a_commit_goes_and_nothing_else_of_the_repository() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let (main, tree) = (top.join("main/.git"), top.join("tree"));
        let folder = main.join("worktrees/tree");
        put(&folder.join("commondir"), "../..\n");
        put(&folder.join("gitdir"), &format!("{}\n", tree.join(".git").display()));
        put(&tree.join(".git"), &format!("gitdir: {}\n", folder.display()));
        fs::create_dir_all(main.join("objects")).unwrap();
        fs::create_dir_all(main.join("refs")).unwrap();
        let found = places(&tree).unwrap();
        assert_eq!(found.writable, [folder.clone(), main.join("objects"), main.join("refs")]);
        assert!(found.sealed.contains(&folder.join("config.worktree")));
        // One that the repository does not know of, and one that names another repository as its own.
        put(&folder.join("gitdir"), "/elsewhere/.git\n");
        assert_eq!(places(&tree), None);
        put(&folder.join("gitdir"), &format!("{}\n", tree.join(".git").display()));
        fs::create_dir_all(top.join("other/.git/objects")).unwrap();
        put(&folder.join("commondir"), &format!("{}\n", top.join("other/.git").display()));
        assert_eq!(places(&tree), None);
        assert_eq!(places(&top.join("main")), None);
    }
}
