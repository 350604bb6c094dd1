//! What a worktree is given besides its commit: only some folders of it (`worktree.sparsePaths`), links to folders of the
//! person's checkout (`worktree.symlinkDirectories`), and copies of ignored files that `.worktreeinclude` names.
//! The settings and the file are those of Claude Code; the file is written like a `.gitignore`.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::worktree::git;

/// The file that names ignored files to copy, in the root of the person's checkout.
const INCLUDE: &str = ".worktreeinclude";
/// Files that are copied, and their bytes together.
const FILES: usize = 2_000;
const BYTES: u64 = 100 << 20;

/// What the settings say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outfit {
    /// Folders that are checked out, all of them when there are none here; files of the root are there in any case.
    pub sparse: Vec<String>,
    /// Folders that are links to those of the person's checkout.
    pub links: Vec<String>,
}

/// A path inside of the checkout; none for anything else.
fn inside(text: &str) -> Option<PathBuf> {
    let path = Path::new(text.trim().trim_end_matches('/'));
    let plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    (plain && path.components().next().is_some()).then(|| path.components().collect())
}

impl Outfit {
    /// The folders that are checked out, as git wants them; the remarks name what cannot be one.
    pub(super) fn folders(&self, remarks: &mut Vec<String>) -> Vec<String> {
        let mut folders = Vec::new();
        for name in &self.sparse {
            match inside(name) {
                Some(path) => folders.push(path.to_string_lossy().into_owned()),
                None => remarks.push(format!("worktree.sparsePaths: `{name}` is no folder of the project")),
            }
        }
        folders
    }

    /// Makes the links. What comes back are their places.
    pub(super) fn link(&self, project: &Path, tree: &Path, remarks: &mut Vec<String>) -> Vec<(PathBuf, PathBuf)> {
        let mut made = Vec::new();
        for name in &self.links {
            let told = |what: &str| format!("worktree.symlinkDirectories: `{name}` {what}");
            let Some(path) = inside(name) else {
                remarks.push(told("is no folder of the project"));
                continue;
            };
            let (from, to) = (project.join(&path), tree.join(&path));
            if !from.is_dir() {
                // Nothing was installed or built yet.
                continue;
            }
            if to.symlink_metadata().is_ok() {
                remarks.push(told("is part of the commit, so it is not linked"));
                continue;
            }
            match place(tree, &to).and_then(|()| std::os::unix::fs::symlink(&from, &to)) {
                Ok(()) => made.push((to, from)),
                Err(error) => remarks.push(told(&format!("could not be linked: {error}"))),
            }
        }
        made
    }
}

/// Makes the folders above a path, inside of the tree.
fn place(tree: &Path, path: &Path) -> std::io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    fs::create_dir_all(folder)?;
    if folder.canonicalize()?.starts_with(tree.canonicalize()?) {
        return Ok(());
    }
    Err(std::io::Error::other("a link of the commit leads out of the worktree"))
}

/// Copies the ignored files that the person's checkout says a worktree needs.
pub(super) async fn include(project: &Path, tree: &Path, remarks: &mut Vec<String>) {
    if !project.join(INCLUDE).is_file() {
        return;
    }
    match wanted(project).await {
        Err(problem) => remarks.push(format!("{INCLUDE} was not read: {problem}")),
        Ok(names) => copy(project, tree, &names, remarks),
    }
}

async fn wanted(project: &Path) -> Result<Vec<String>, String> {
    let list =
        |text: String| -> Vec<String> { text.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect() };
    let by = format!("--exclude-from={INCLUDE}");
    let mut named = list(git(project, &["ls-files", "-z", "--others", "--ignored", &by]).await?);
    if named.is_empty() {
        return Ok(named);
    }
    // One more is asked for, so that too many are noticed.
    named.truncate(FILES + 1);
    let words = ["--literal-pathspecs", "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"];
    let words: Vec<&str> = words.into_iter().chain(named.iter().map(String::as_str)).collect();
    Ok(list(git(project, &words).await?))
}

fn copy(project: &Path, tree: &Path, names: &[String], remarks: &mut Vec<String>) {
    let mut room = BYTES;
    for name in names.iter().take(FILES) {
        let (from, to) = (project.join(name), tree.join(name));
        let size = from.symlink_metadata().ok().filter(fs::Metadata::is_file).map(|found| found.len());
        let Some(size) = size.filter(|_| to.symlink_metadata().is_err()) else { continue };
        if size > room {
            return remarks.push(format!("{INCLUDE}: more than {} MB; the rest was not copied", BYTES >> 20));
        }
        room -= size;
        if let Err(error) = place(tree, &to).and_then(|()| fs::copy(&from, &to).map(drop)) {
            remarks.push(format!("{INCLUDE}: {name} was not copied: {error}"));
        }
    }
    if names.len() > FILES {
        remarks.push(format!("{INCLUDE}: more than {FILES} files; the rest was not copied"));
    }
}
