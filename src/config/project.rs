//! Where a project begins, and how its paths are shown.

use std::path::{Path, PathBuf};

use crate::base::read;

/// Bytes of the files by which git's folders point at each other.
const LINK: u64 = 64 * 1024;

/// The folder that the work belongs to: the nearest one from `cwd` upwards that holds `.git`, else `cwd`.
/// The home folder is nobody's project unless the work is right there. No git runs for this.
pub fn project_root(cwd: &Path, home: &Path) -> PathBuf {
    let found = cwd.ancestors().find(|folder| folder.join(".git").exists());
    found.filter(|root| *root != home).unwrap_or(cwd).to_path_buf()
}

/// The folder that names the project across its checkouts: that of the main checkout for a git worktree, else the
/// project itself. A checkout that the repository does not know of is none of its worktrees, whatever it says.
pub(super) fn main_checkout(project: &Path) -> PathBuf {
    worktree_of(project).unwrap_or_else(|| project.to_path_buf())
}

fn worktree_of(project: &Path) -> Option<PathBuf> {
    let own = project.join(".git");
    let line = |path: &Path| read::text(path, LINK).ok().flatten().map(|text| text.trim().to_owned());
    if !own.is_file() {
        return None;
    }
    let folder = project.join(line(&own)?.strip_prefix("gitdir:")?.trim());
    let back = folder.join(line(&folder.join("gitdir"))?);
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let common = real(&folder.join(line(&folder.join("commondir"))?))?;
    let is_known = real(&back).is_some() && real(&back) == real(&own);
    (is_known && common.file_name().is_some_and(|name| name == ".git"))
        .then(|| common.parent().map(Path::to_path_buf))?
}

/// What a project's folder of our own data is called.
pub fn project_key(project: &Path) -> String {
    main_checkout(project).display().to_string().chars().map(|c| if c == '/' { '-' } else { c }).collect()
}

/// What Claude Code calls a project's folder of its data: the path with a dash for whatever is no letter and no digit.
/// The shortened form of very long paths is not known to us.
pub(super) fn claude_key(project: &Path) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    main_checkout(project).display().to_string().chars().map(plain).collect()
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
    fn a_worktree_belongs_to_its_main_checkout_and_nobody_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let inner = root.join("main/.git/worktrees/x");
        for path in [&inner, &root.join("x"), &root.join("liar")] {
            fs::create_dir_all(path).unwrap();
        }
        fs::write(inner.join("commondir"), "../..\n").unwrap();
        fs::write(inner.join("gitdir"), format!("{}\n", root.join("x/.git").display())).unwrap();
        for checkout in ["x", "liar"] {
            fs::write(root.join(checkout).join(".git"), format!("gitdir: {}\n", inner.display())).unwrap();
        }
        assert_eq!(main_checkout(&root.join("x")), root.join("main"));
        assert_eq!(main_checkout(&root.join("main")), root.join("main"));
        assert_eq!(main_checkout(&root.join("liar")), root.join("liar"), "the repository does not know of it");
        assert_eq!(project_key(&root.join("x")), project_key(&root.join("main")));
    }

    #[test]
    fn paths_are_shown_short_and_read_back() {
        let (cwd, home) = (Path::new("/home/me/p"), Path::new("/home/me"));
        assert_eq!(shown(Path::new("/home/me/p/.claude/x"), cwd, home), ".claude/x");
        assert_eq!(shown(Path::new("/home/me/.claude/x"), cwd, home), "~/.claude/x");
        assert_eq!(shown(Path::new("/etc/x"), cwd, home), "/etc/x");
    }

    #[test]
    fn claude_code_writes_a_dash_for_whatever_is_no_letter() {
        assert_eq!(claude_key(Path::new("/home/me/my.app_2")), "-home-me-my-app-2");
    }
}
