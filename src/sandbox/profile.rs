//! What a confined command may touch, worked out from settings and the session's folders.

use std::path::{Path, PathBuf};

use super::{Wish, repository};
use crate::base::paths;

/// Names in a folder of the session that other programs run or obey. Those of a repository follow below.
const PROTECTED: [&str; 20] = [
    ".mcp.json",
    ".claude.json",
    ".vscode",
    ".idea",
    ".husky",
    ".gitconfig",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".ssh",
    ".gnupg",
    ".config/git",
];
/// Names in an agent's folder that its program obeys; the rest of the folder may be written.
const AGENT: [&str; 7] =
    ["settings.json", "settings.local.json", "commands", "agents", "skills", "hooks", "output-styles"];
const AGENT_FOLDERS: [&str; 2] = [".claude", ".latigo"];
/// Names in a repository's own folder by which git runs something.
const REPOSITORY: [&str; 4] = ["hooks", "config", "config.worktree", "commondir"];
/// Names that are covered even where they do not exist, by an empty folder while a command runs.
const COVERED: [&str; 4] = [".mcp.json", ".vscode", ".idea", ".husky"];
/// Repositories of submodules whose hooks are looked for.
const SUBMODULES: usize = 200;
/// Places below the home folder that hold keys.
const KEYS: [&str; 22] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".config/gcloud",
    ".config/gh",
    ".config/hub",
    ".config/op",
    ".config/sops",
    ".config/google-chrome",
    ".config/chromium",
    ".mozilla",
    ".password-store",
    ".local/share/keyrings",
    ".netrc",
    ".git-credentials",
    ".config/git/credentials",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".pypirc",
    ".claude/.credentials.json",
];

/// Places below a home folder that hold keys, whether they exist or not.
pub fn key_places(home: &Path) -> Vec<PathBuf> {
    KEYS.iter().map(|name| home.join(name)).collect()
}

/// The folders of one session.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub home: &'a Path,
    pub project: &'a Path,
    pub added: &'a [PathBuf],
    /// The folder for passing files, which belongs to the session.
    pub temp: &'a Path,
    /// Folders of ours that hold keys or other sessions.
    pub private: &'a [PathBuf],
    /// What may be read of them.
    pub readable: &'a [PathBuf],
}

/// What one command may touch. All paths are absolute and without links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The project and added folders: may be written but for the protected names in them.
    pub roots: Vec<PathBuf>,
    /// Further places that may be written, the session's temporary folder first.
    pub writable: Vec<PathBuf>,
    /// Places inside of these that may not be written and exist.
    pub sealed: Vec<PathBuf>,
    /// Such places that do not exist and are covered while the command runs.
    pub absent: Vec<PathBuf>,
    /// Places that may not be read.
    pub hidden: Vec<PathBuf>,
    /// Places inside of those that may be read.
    pub shown: Vec<PathBuf>,
    pub network: bool,
    pub unix_sockets: bool,
    pub temp: PathBuf,
}

impl Profile {
    /// Works it out by what is on the disk now.
    pub fn new(wish: &Wish, scope: &Scope<'_>) -> Self {
        let mut roots: Vec<PathBuf> = Vec::new();
        for root in std::iter::once(scope.project).chain(scope.added.iter().map(PathBuf::as_path)) {
            push(&mut roots, real(root).filter(|root| root.is_dir()));
        }
        let mut writable = Vec::new();
        push(&mut writable, real(scope.temp));
        for path in &wish.allow_write {
            // The root of the file system as writable would be no sandbox at all.
            push(&mut writable, real(path).filter(|path| path.parent().is_some()));
        }
        let trees: Vec<repository::Places> = roots.iter().filter_map(|root| repository::places(root)).collect();
        for path in trees.iter().flat_map(|tree| &tree.writable) {
            push(&mut writable, Some(path.clone()));
        }
        let mut profile = Self {
            hidden: hidden(wish, scope),
            shown: wish.allow_read.iter().chain(scope.readable).filter_map(|path| real(path)).collect(),
            network: wish.network,
            unix_sockets: wish.unix_sockets,
            temp: real(scope.temp).unwrap_or_else(|| scope.temp.to_path_buf()),
            roots,
            writable,
            ..Self::default()
        };
        profile.seal(wish, scope.home);
        for path in trees.into_iter().flat_map(|tree| tree.sealed) {
            if path.symlink_metadata().is_ok() {
                push(&mut profile.sealed, Some(path));
            } else {
                profile.absent.push(path);
            }
        }
        profile.sealed.sort_unstable();
        profile
    }

    /// All places that may be written.
    pub fn open(&self) -> impl Iterator<Item = &PathBuf> {
        self.roots.iter().chain(&self.writable)
    }

    /// The path lies in a place that may be written.
    pub fn may_write(&self, path: &Path) -> bool {
        self.open().any(|open| path.starts_with(open))
    }

    /// Folders between a writable place and what is sealed in it. They must not be moved away either, because
    /// another one could be made in their place.
    pub fn pinned(&self) -> Vec<PathBuf> {
        let mut pinned: Vec<PathBuf> = Vec::new();
        for sealed in self.sealed.iter().chain(&self.absent) {
            let above = sealed.ancestors().skip(1).take_while(|above| !self.open().any(|open| open == above));
            pinned.extend(above.filter(|above| self.may_write(above)).map(Path::to_path_buf));
        }
        pinned.sort_unstable();
        pinned.dedup();
        pinned
    }

    fn seal(&mut self, wish: &Wish, home: &Path) {
        let open: Vec<PathBuf> = self.open().filter(|open| **open != self.temp).cloned().collect();
        let mut names: Vec<PathBuf> = open.iter().flat_map(|open| protected(open)).collect();
        names.extend(wish.deny_write.iter().cloned());
        for name in names {
            match real(&name) {
                Some(found) if self.may_write(&found) => push(&mut self.sealed, Some(found)),
                _ => {}
            }
        }
        let covered: Vec<PathBuf> = self.roots.iter().flat_map(|root| covered(root, real(home).as_deref())).collect();
        for name in covered.into_iter().chain(wish.deny_write.iter().cloned()) {
            let is_new = name.symlink_metadata().is_err() && name.parent().is_some_and(Path::is_dir);
            if is_new && self.may_write(&name) && !self.absent.contains(&name) {
                self.absent.push(name);
            }
        }
        // Bigger places first, so that what lies in them is laid over them.
        self.sealed.sort_unstable();
    }
}

/// Everything in a folder that other programs run or obey, whether it exists or not.
pub(super) fn protected(root: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = PROTECTED.iter().map(|name| root.join(name)).collect();
    for folder in AGENT_FOLDERS {
        names.extend(AGENT.iter().map(|name| root.join(folder).join(name)));
    }
    let git = root.join(".git");
    if git.is_file() {
        // The file says where the repository is.
        names.push(git);
        return names;
    }
    names.extend(REPOSITORY.iter().map(|name| git.join(name)));
    let modules = std::fs::read_dir(git.join("modules")).into_iter().flatten().flatten().take(SUBMODULES);
    names.extend(modules.flat_map(|module| REPOSITORY.map(|name| module.path().join(name))));
    names
}

/// The names that are covered while they do not exist.
fn covered(root: &Path, home: Option<&Path>) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = COVERED.iter().map(|name| root.join(name)).collect();
    for folder in AGENT_FOLDERS.map(|name| root.join(name)) {
        if folder.is_dir() {
            names.extend(AGENT.iter().map(|name| folder.join(name)));
        } else {
            names.push(folder);
        }
    }
    if root.join(".git").is_dir() {
        names.push(root.join(".git/hooks"));
    }
    if home == Some(root) {
        // Only here a shell reads them.
        names.extend(PROTECTED.iter().filter(|name| !name.contains('/')).map(|name| root.join(name)));
    }
    names
}

fn hidden(wish: &Wish, scope: &Scope<'_>) -> Vec<PathBuf> {
    let keys = key_places(scope.home);
    let mut hidden = Vec::new();
    for path in keys.iter().chain(&wish.deny_read).chain(scope.private) {
        let found = real(path).filter(|path| path.parent().is_some());
        // A key place that the person lets be read is not hidden at all.
        push(
            &mut hidden,
            found.filter(|found| !wish.allow_read.iter().any(|shown| real(shown).as_ref() == Some(found))),
        );
    }
    hidden.sort_unstable();
    let outer: Vec<PathBuf> = hidden.clone();
    hidden.retain(|path: &PathBuf| !outer.iter().any(|other| other != path && path.starts_with(other)));
    hidden
}

/// The path without links; none when there is nothing at it.
fn real(path: &Path) -> Option<PathBuf> {
    paths::normalize(path).canonicalize().ok()
}

fn push(list: &mut Vec<PathBuf>, path: Option<PathBuf>) {
    if let Some(path) = path.filter(|path| !list.contains(path)) {
        list.push(path);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::*;

    #[test]
    fn protected_names_are_sealed_or_covered_and_keys_hidden() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let (home, project, temp) = (top.join("home"), top.join("project"), top.join("temp"));
        for folder in [&home.join(".ssh"), &project.join(".git/hooks"), &project.join(".claude/commands"), &temp] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(project.join(".git/config"), "").unwrap();
        fs::create_dir_all(project.join("vendor")).unwrap();
        let wish = Wish {
            deny_write: vec![project.join("vendor"), project.join("later"), top.join("elsewhere")],
            allow_write: vec![PathBuf::from("/"), top.join("missing")],
            ..Wish::default()
        };
        let scope = Scope { home: &home, project: &project, added: &[], temp: &temp, private: &[], readable: &[] };
        let profile = Profile::new(&wish, &scope);
        assert_eq!(profile.roots, std::slice::from_ref(&project));
        assert_eq!(profile.writable, std::slice::from_ref(&temp), "neither the root nor what does not exist");
        let names = |list: &[PathBuf]| -> Vec<String> {
            list.iter().map(|path| path.strip_prefix(&project).unwrap().display().to_string()).collect()
        };
        assert_eq!(names(&profile.sealed), [".claude/commands", ".git/config", ".git/hooks", "vendor"]);
        for name in [".mcp.json", ".latigo", ".claude/settings.json", ".claude/hooks", ".vscode", "later"] {
            assert!(names(&profile.absent).contains(&name.to_owned()), "{name} in {:?}", profile.absent);
        }
        assert_eq!(names(&profile.pinned()), [".claude", ".git"]);
        assert_eq!(profile.hidden, [home.join(".ssh")]);
        let open = Wish { allow_read: vec![home.join(".ssh")], ..Wish::default() };
        assert!(Profile::new(&open, &scope).hidden.is_empty());
    }
}
