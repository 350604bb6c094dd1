//! Instruction files: CLAUDE.md and its kin, from the system's down to the one nearest to the work.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::base::read;
use crate::domain::{MemoryFile, MemoryScope, Notice};

use super::imports::{FarImport, Importer, LIMIT, Outside, Reach};
use super::{Ground, front};

/// Folders between the root of the file system and the work that are looked into.
const FOLDERS: usize = 64;
/// Instruction files that are read in all; folders of rules and files in each that are looked at.
const FILES: usize = 500;
const RULES: usize = 200;
/// Globs that are taken of one list.
const MAX_GLOBS: usize = 1_000;
/// Names of the instruction file, the stronger first.
const NAMES: [&str; 3] = [".latigo/CLAUDE.md", "CLAUDE.md", ".claude/CLAUDE.md"];

/// When AGENTS.md is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AgentsMd {
    /// Where no CLAUDE.md stands beside it.
    #[default]
    Fallback,
    /// After the CLAUDE.md beside it, too.
    Always,
    Never,
}

/// What the settings say of instruction files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryWish {
    /// Nothing is read.
    pub off: bool,
    /// `claudeMd` of the administrator's settings, as if it stood in a file.
    pub managed: Option<MemoryFile>,
    /// Folders beside the project whose instructions count.
    pub added: Vec<PathBuf>,
    pub agents: AgentsMd,
    /// Globs of paths that are left out.
    pub excludes: Vec<String>,
    /// Imports from outside of the project.
    pub outside: Outside,
}

/// A rule that counts when a file is worked with that one of its globs matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathRule {
    pub file: MemoryFile,
    /// As they stand in the file; relative ones begin at `root`.
    pub globs: Vec<String>,
    pub root: PathBuf,
}

impl PathRule {
    /// The rule is about this file.
    pub fn fits(&self, path: &Path) -> bool {
        fits(&self.globs, &self.root, path)
    }
}

/// Whether one of these globs, relative ones beginning at `root`, is about this file.
pub fn fits(patterns: &[String], root: &Path, path: &Path) -> bool {
    let set = globs(patterns);
    set.is_match(path) || path.strip_prefix(root).is_ok_and(|path| set.is_match(path))
}

/// What there is to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The most general first.
    pub files: Vec<MemoryFile>,
    pub rules: Vec<PathRule>,
    /// Files that are there and were not read, with the reason.
    pub skipped: Vec<(PathBuf, String)>,
    pub notices: Vec<Notice>,
    /// Imports from outside of the project, those that were left out among them.
    pub far: Vec<FarImport>,
}

/// Reads the instruction files, the most general first: the administrator's, the user's own with his rules, then for
/// every folder from the root of the file system down to the start folder `.latigo/CLAUDE.md`, `CLAUDE.md` or
/// `.claude/CLAUDE.md` (the first that exists), inside the project AGENTS.md as the settings say, `CLAUDE.local.md`,
/// and the rules in `.claude/rules`. Last come the folders beside the project.
pub fn memory(ground: &Ground<'_>, wish: &MemoryWish) -> Memory {
    gather(&super::managed_folder().join("CLAUDE.md"), ground, wish)
}

fn gather(managed: &Path, ground: &Ground<'_>, wish: &MemoryWish) -> Memory {
    let mut gathering = Gathering::new(ground.home, wish);
    if wish.off {
        return gathering.found;
    }
    gathering.add(managed, MemoryScope::Managed, None);
    gathering.found.files.extend(wish.managed.clone());
    gathering.folder(&ground.own(".claude"), &["CLAUDE.md"], MemoryScope::User, None);
    gathering.rules(&ground.own(".claude").join("rules"), ground.project, MemoryScope::User, None);
    let mut folders: Vec<&Path> = ground.cwd.ancestors().take(FOLDERS).collect();
    folders.reverse();
    for folder in folders {
        let is_inside = folder.starts_with(ground.project);
        // A file may import what lies below the project or, above it, below its own folder.
        let within = Some(if is_inside { ground.project } else { folder });
        gathering.all(folder, is_inside, within);
        if folder != ground.home {
            gathering.rules(&folder.join(".claude/rules"), folder, MemoryScope::Project, within);
        }
    }
    for folder in &wish.added {
        gathering.all(folder, true, Some(folder));
        gathering.rules(&folder.join(".claude/rules"), folder, MemoryScope::Project, Some(folder));
    }
    gathering.found
}

/// The instruction files of folders below the start folder, on the way to a file that is worked with.
pub fn nested(ground: &Ground<'_>, wish: &MemoryWish, touched: &Path) -> Vec<MemoryFile> {
    if wish.off || !touched.starts_with(ground.project) {
        return Vec::new();
    }
    let mut gathering = Gathering::new(ground.home, wish);
    let below = |folder: &&Path| folder.starts_with(ground.project) && !ground.cwd.starts_with(folder);
    let mut folders: Vec<&Path> = touched.ancestors().skip(1).take(FOLDERS).filter(below).collect();
    folders.reverse();
    for folder in folders {
        gathering.all(folder, true, Some(ground.project));
    }
    gathering.found.files
}

fn globs(patterns: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns.iter().take(MAX_GLOBS) {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        if let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() {
            set.add(glob);
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

struct Gathering<'a> {
    home: &'a Path,
    wish: &'a MemoryWish,
    excludes: GlobSet,
    found: Memory,
    /// Files that were read, links followed: the user's file is met again when the walk passes his home.
    seen: BTreeSet<PathBuf>,
    read: usize,
}

impl<'a> Gathering<'a> {
    fn new(home: &'a Path, wish: &'a MemoryWish) -> Self {
        let excludes = globs(&wish.excludes);
        Self { home, wish, excludes, found: Memory::default(), seen: BTreeSet::new(), read: 0 }
    }

    /// Everything that stands in one folder but its rules.
    fn all(&mut self, folder: &Path, is_inside: bool, within: Option<&Path>) {
        // What lies in `.claude` of the home folder is the user's own, also where his own is elsewhere.
        let [own, plain, below] = NAMES;
        let names: &[&str] = if folder == self.home { &[own, plain] } else { &[own, plain, below] };
        let named = self.folder(folder, names, MemoryScope::Project, within);
        let agents = folder.join("AGENTS.md");
        if is_inside && agents.is_file() {
            match (self.wish.agents, named) {
                (AgentsMd::Always, _) | (AgentsMd::Fallback, false) => {
                    self.add(&agents, MemoryScope::Project, within);
                }
                (AgentsMd::Fallback, true) => {
                    self.skip(&agents, "a CLAUDE.md stands beside it; latigo.agentsMd: \"always\" reads both");
                }
                (AgentsMd::Never, _) => self.skip(&agents, "latigo.agentsMd is \"never\""),
            }
        }
        self.add(&folder.join("CLAUDE.local.md"), MemoryScope::Local, within);
    }

    /// Adds the first of these files that exists; false when none does.
    fn folder(&mut self, folder: &Path, names: &[&str], scope: MemoryScope, within: Option<&Path>) -> bool {
        let mut first = false;
        for name in names {
            let path = folder.join(name);
            if first && path.is_file() {
                self.skip(&path, "another CLAUDE.md of the same folder comes first");
            } else if !first {
                first = self.add(&path, scope, within);
            }
        }
        first
    }

    /// Adds the rules below a folder: at once, or for the files that they name.
    fn rules(&mut self, folder: &Path, root: &Path, scope: MemoryScope, within: Option<&Path>) {
        let mut open = vec![folder.to_path_buf()];
        let mut files = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some(folder) = open.pop() {
            if !seen.insert(fs::canonicalize(&folder).unwrap_or_else(|_| folder.clone())) || seen.len() > RULES {
                continue;
            }
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten().take(RULES) {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|extension| extension == "md") {
                    files.push(path);
                }
            }
        }
        files.sort();
        for path in files {
            let before = self.found.files.len();
            self.add(&path, scope, within);
            let Some(mut file) = self.found.files.get(before).cloned() else { continue };
            let front = front::split(&file.text);
            let globs = front.list("paths");
            let body = front.body.trim().to_owned();
            file = MemoryFile { text: body, ..file };
            self.found.files.truncate(before);
            if globs.is_empty() {
                self.found.files.push(file);
            } else {
                self.found.rules.push(PathRule { file, globs, root: root.to_path_buf() });
            }
        }
    }

    fn skip(&mut self, path: &Path, why: &str) {
        self.found.skipped.push((path.to_path_buf(), why.to_owned()));
    }

    fn leave_out(&mut self, path: &Path, why: &str) {
        self.found.notices.push(Notice::warning(format!("{}: {why}", path.display())));
        self.skip(path, why);
    }

    /// Adds a file; false when it does not exist.
    fn add(&mut self, path: &Path, scope: MemoryScope, within: Option<&Path>) -> bool {
        if scope != MemoryScope::Managed && self.excludes.is_match(path) && path.is_file() {
            self.skip(path, "claudeMdExcludes names it");
            return true;
        }
        let text = match read::text(path, LIMIT) {
            Ok(Some(text)) => text,
            Ok(None) => return false,
            Err(problem) => {
                self.leave_out(path, &format!("{problem}; these instructions are left out"));
                return true;
            }
        };
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        // A link in a checkout must not name a private file.
        if within.is_some_and(|within| !fs::canonicalize(within).is_ok_and(|within| real.starts_with(within))) {
            self.leave_out(path, "it is a link to a file outside of its folder and is left out");
            return true;
        }
        if !self.seen.insert(real) {
            return true;
        }
        self.read += 1;
        if self.read > FILES {
            self.skip(path, "there are too many instruction files");
            return true;
        }
        let mut importer = Importer::new(Reach { home: self.home, within, outside: &self.wish.outside });
        let text = importer.run(path, &text);
        self.found.notices.append(&mut importer.notices);
        for far in importer.far.iter().filter(|far| !far.taken) {
            let why = format!("{} imports it from outside of the project; /trust asks about it", far.from.display());
            self.skip(&far.target, &why);
        }
        self.found.far.append(&mut importer.far);
        if text.trim().is_empty() {
            self.skip(path, "there is nothing in it but comments");
        } else {
            self.found.files.push(MemoryFile { scope, path: path.to_path_buf(), text });
        }
        true
    }
}

#[cfg(test)]
mod tests;
