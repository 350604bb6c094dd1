//! Worktrees of git: a checkout of its own for work that must not touch the person's. One that is left as it was made is
//! removed; one with changes stays, and says where.
//!
//! No hook of the repository runs while one is made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::outfit::{self, Outfit};
use crate::base::dirs;

/// How long one command of git may take; a checkout of a large repository is the longest.
const LIMIT: Duration = Duration::from_secs(120);
/// Changed files that are named.
const NAMED: usize = 20;
/// Variables by which git would look at another repository.
const ELSEWHERE: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"];

/// What a worktree starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// The default branch of the remote `origin` as it was last fetched; the commit that is checked out where there is none.
    #[default]
    Fresh,
    /// The commit that is checked out.
    Head,
}

/// What to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The root of the person's checkout.
    pub project: PathBuf,
    /// Where it is to stand; nothing may be there yet.
    pub path: PathBuf,
    /// The name of its branch.
    pub branch: String,
    pub base: Base,
    pub outfit: Outfit,
}

/// One that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worktree {
    order: Order,
    /// The commit that it started from.
    start: String,
    /// Links into the person's checkout, and where they lead.
    links: Vec<(PathBuf, PathBuf)>,
    remarks: Vec<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Nothing had changed; it is gone.
    Removed,
    /// It stays. What is in it, in a few words.
    Kept(String),
}

impl Worktree {
    /// Makes one. The error is a sentence.
    pub async fn make(order: Order) -> Result<Self, String> {
        let project = order.project.as_path();
        let commit = |name: &'static str| async move {
            git(project, &["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")]).await.ok()
        };
        let fresh = if order.base == Base::Fresh { commit("refs/remotes/origin/HEAD").await } else { None };
        let start = match fresh {
            Some(start) => start,
            None => commit("HEAD").await.ok_or_else(|| {
                format!("{} is no git repository with a commit, so no worktree can be made of it", project.display())
            })?,
        };
        if let Some(folder) = order.path.parent() {
            dirs::create_private(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let path = order.path.to_string_lossy().into_owned();
        let mut remarks = Vec::new();
        let sparse = order.outfit.folders(&mut remarks);
        let empty = if sparse.is_empty() { "--checkout" } else { "--no-checkout" };
        let told = |problem: String| format!("git could not make the worktree {path}: {problem}");
        git(project, &["worktree", "add", "--quiet", empty, "-b", &order.branch, &path, &start]).await.map_err(told)?;
        let mut tree = Self { order, start, links: Vec::new(), remarks };
        if let Err(problem) = tree.fill(&sparse).await {
            tree.throw_away().await;
            return Err(told(problem));
        }
        Ok(tree)
    }

    /// Gives it what the settings and the person's checkout say.
    async fn fill(&mut self, sparse: &[String]) -> Result<(), String> {
        let (project, path) = (self.order.project.as_path(), self.order.path.as_path());
        if !sparse.is_empty() {
            let words: Vec<&str> = sparse.iter().map(String::as_str).collect();
            git(path, &[&["sparse-checkout", "set", "--cone", "--"], words.as_slice()].concat()).await?;
            git(path, &["read-tree", "-m", "-u", "HEAD"]).await?;
        }
        self.links = self.order.outfit.link(project, path, &mut self.remarks);
        outfit::include(project, path, &mut self.remarks).await;
        Ok(())
    }

    /// What could not be done as it was wished, a sentence each.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    pub fn path(&self) -> &Path {
        &self.order.path
    }

    /// Removes it when nothing was changed in it and nothing committed. What cannot be found out counts as changed.
    pub async fn settle(self) -> Settled {
        // What lies behind them is the person's, and is not looked at.
        let links: Vec<_> =
            self.links.iter().filter(|(link, to)| fs::read_link(link).is_ok_and(|now| now == *to)).collect();
        for (link, _) in &links {
            drop(fs::remove_file(link));
        }
        let settled = self.settle_whole().await;
        if matches!(settled, Settled::Kept(_)) {
            for (link, to) in links {
                drop(std::os::unix::fs::symlink(to, link));
            }
        }
        settled
    }

    async fn settle_whole(&self) -> Settled {
        let path = self.path();
        let status = git(path, &["status", "--porcelain", "--untracked-files=all"]).await;
        let head = git(path, &["rev-parse", "HEAD"]).await;
        match (status, head) {
            (Ok(status), Ok(head)) if status.is_empty() && head == self.start => self.remove().await,
            (Ok(status), Ok(head)) => Settled::Kept(changes(&status, head != self.start)),
            (Err(problem), _) | (_, Err(problem)) => Settled::Kept(problem),
        }
    }

    async fn remove(&self) -> Settled {
        let (project, path) = (self.order.project.as_path(), self.order.path.to_string_lossy());
        if let Err(problem) = git(project, &["worktree", "remove", &path]).await {
            return Settled::Kept(problem);
        }
        // A branch that stays behind harms nobody.
        drop(git(project, &["branch", "--quiet", "-D", &self.order.branch]).await);
        Settled::Removed
    }

    async fn throw_away(&self) {
        let (project, path) = (self.order.project.as_path(), self.order.path.to_string_lossy());
        drop(git(project, &["worktree", "remove", "--force", &path]).await);
        drop(git(project, &["branch", "--quiet", "-D", &self.order.branch]).await);
    }
}

fn changes(status: &str, commits: bool) -> String {
    let files: Vec<&str> = status.lines().filter_map(|line| line.get(3..)).collect();
    let more = files.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named = format!("{}{more}", files.iter().take(NAMED).copied().collect::<Vec<_>>().join(", "));
    match (commits, files.is_empty()) {
        (true, true) => "commits".to_owned(),
        (true, false) => format!("commits, and {named}"),
        (false, _) => named,
    }
}

/// Runs git and gives what it printed. The error is what it said.
pub(super) async fn git(folder: &Path, words: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"])
        .args(words)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    let output = match tokio::time::timeout(LIMIT, command.output()).await {
        Err(_) => return Err(format!("git {} took longer than {} s", words.join(" "), LIMIT.as_secs())),
        Ok(Err(error)) => return Err(format!("git cannot be run: {error}")),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    async fn repository(root: &Path) -> PathBuf {
        let project = root.join("project");
        fs::create_dir_all(&project).unwrap();
        git(&project, &["init", "--quiet", "--initial-branch=main"]).await.unwrap();
        fs::write(project.join("a.txt"), "a\n").unwrap();
        commit(&project, "first").await;
        project
    }

    async fn commit(folder: &Path, message: &str) {
        git(folder, &["add", "-A"]).await.unwrap();
        let who = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m"];
        git(folder, &[who.as_slice(), &[message]].concat()).await.unwrap();
    }

    fn order(root: &Path, name: &str) -> Order {
        Order {
            project: root.join("project"),
            path: root.join("trees").join(name),
            branch: format!("worktree-{name}"),
            base: Base::Fresh,
            outfit: Outfit::default(),
        }
    }

    #[tokio::test]
    async fn a_clean_one_is_removed_with_its_branch() {
        let root = tempfile::tempdir().unwrap();
        let project = repository(root.path()).await;
        fs::write(project.join(".git/hooks/post-checkout"), "#!/bin/sh\ntouch ran\n").unwrap();
        let tree = Worktree::make(order(root.path(), "one")).await.unwrap();
        assert_eq!(fs::read_to_string(tree.path().join("a.txt")).unwrap(), "a\n");
        assert!(!tree.path().join("ran").exists(), "no hook ran");
        let path = tree.path().to_path_buf();
        assert_eq!(tree.settle().await, Settled::Removed);
        assert!(!path.exists());
        assert_eq!(git(&project, &["branch", "--list", "worktree-*"]).await.unwrap(), "");
    }

    #[tokio::test]
    async fn changes_and_commits_are_kept_and_named() {
        let root = tempfile::tempdir().unwrap();
        let project = repository(root.path()).await;
        let tree = Worktree::make(order(root.path(), "one")).await.unwrap();
        fs::write(tree.path().join("new.txt"), "n").unwrap();
        let path = tree.path().to_path_buf();
        assert_eq!(tree.settle().await, Settled::Kept("new.txt".into()));
        assert!(path.join("new.txt").exists() && !project.join("new.txt").exists());
        let tree = Worktree::make(order(root.path(), "two")).await.unwrap();
        fs::write(tree.path().join("new.txt"), "n").unwrap();
        commit(tree.path(), "second").await;
        assert_eq!(tree.settle().await, Settled::Kept("commits".into()));
    }

    #[tokio::test]
    async fn the_settings_say_what_is_checked_out_linked_and_copied() {
        let root = tempfile::tempdir().unwrap();
        let project = repository(root.path()).await;
        for (name, text) in [
            ("src/a.rs", "a"),
            ("docs/b.md", "b"),
            (".gitignore", "/node_modules/\n.env\n*.log\n"),
            (".worktreeinclude", ".env\nlocal/*.log\nnot-ignored.txt\n"),
        ] {
            fs::create_dir_all(project.join(name).parent().unwrap()).unwrap();
            fs::write(project.join(name), text).unwrap();
        }
        commit(&project, "second").await;
        for (name, text) in [
            ("node_modules/m/index.js", "m"),
            (".env", "KEY=1"),
            ("local/x.log", "log"),
            ("other.log", "log"),
            ("not-ignored.txt", "n"),
        ] {
            fs::create_dir_all(project.join(name).parent().unwrap()).unwrap();
            fs::write(project.join(name), text).unwrap();
        }
        let outfit = Outfit {
            sparse: vec!["src/".into(), "../elsewhere".into()],
            links: vec!["node_modules".into(), "src".into(), "/etc".into(), "missing".into()],
        };
        let tree = Worktree::make(Order { outfit, ..order(root.path(), "one") }).await.unwrap();
        let path = tree.path().to_path_buf();
        let is = |name: &str| path.join(name).exists();
        assert!(is("src/a.rs") && is("a.txt") && !is("docs"), "only what is wanted, and the files of the root");
        assert_eq!(fs::read_to_string(path.join("node_modules/m/index.js")).unwrap(), "m");
        assert!(path.join("node_modules").is_symlink() && !is("missing"));
        assert!(is(".env") && is("local/x.log") && !is("other.log") && !is("not-ignored.txt"));
        let remarks = tree.remarks().join("\n");
        for part in ["`../elsewhere` is no folder", "`src` is part of the commit", "`/etc` is no folder"] {
            assert!(remarks.contains(part), "{remarks}");
        }
        assert_eq!(tree.settle().await, Settled::Removed, "links and copies are no changes");
        assert!(!path.exists() && project.join("node_modules/m/index.js").exists());
    }

    #[tokio::test]
    async fn links_of_a_worktree_that_is_kept_stay() {
        let root = tempfile::tempdir().unwrap();
        let project = repository(root.path()).await;
        fs::create_dir(project.join("target")).unwrap();
        let outfit = Outfit { links: vec!["target".into()], ..Outfit::default() };
        let tree = Worktree::make(Order { outfit, ..order(root.path(), "one") }).await.unwrap();
        let path = tree.path().to_path_buf();
        fs::write(path.join("new.txt"), "n").unwrap();
        assert_eq!(tree.settle().await, Settled::Kept("new.txt".into()));
        assert!(path.join("target").is_symlink());
    }

    #[tokio::test]
    async fn what_is_no_repository_is_said() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("project")).unwrap();
        let problem = Worktree::make(order(root.path(), "one")).await.unwrap_err();
        assert!(problem.contains("no git repository"), "{problem}");
    }
}
