//! Where a project begins, and how its paths are shown.

use std::path::{Path, PathBuf};

/// The folder that the work belongs to: the nearest one from `cwd` upwards that holds `.git`, else `cwd`.
/// The home folder is nobody's project unless the work is right there. No git runs for this.
pub fn project_root(cwd: &Path, home: &Path) -> PathBuf {
    let found = cwd.ancestors().find(|folder| folder.join(".git").exists());
    found.filter(|root| *root != home).unwrap_or(cwd).to_path_buf()
}

/// A path as a person would write it: relative inside `cwd`, with `~` below home.
pub(super) fn shown(path: &Path, cwd: &Path, home: &Path) -> String {
    if cwd != home
        && let Ok(rest) = path.strip_prefix(cwd)
    {
        return rest.display().to_string();
    }
    path.strip_prefix(home).map_or_else(|_| path.display().to_string(), |rest| format!("~/{}", rest.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::*;

    #[test]
    fn a_repository_is_a_project() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let work = root.join("repo/a/b");
        fs::create_dir_all(&work).unwrap();
        assert_eq!(project_root(&work, root), work);
        // A worktree has a file of that name.
        fs::write(root.join("repo/.git"), "gitdir: elsewhere").unwrap();
        assert_eq!(project_root(&work, root), root.join("repo"));
        fs::remove_file(root.join("repo/.git")).unwrap();
        fs::create_dir(root.join(".git")).unwrap();
        assert_eq!(project_root(&work, root), work, "a home folder under git does not swallow all work");
        assert_eq!(project_root(root, root), root);
    }

    #[test]
    fn paths_are_shown_short_and_read_back() {
        let (cwd, home) = (Path::new("/home/me/p"), Path::new("/home/me"));
        assert_eq!(shown(Path::new("/home/me/p/.claude/x"), cwd, home), ".claude/x");
        assert_eq!(shown(Path::new("/home/me/.claude/x"), cwd, home), "~/.claude/x");
        assert_eq!(shown(Path::new("/etc/x"), cwd, home), "/etc/x");
    }
}
