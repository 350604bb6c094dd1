//! Instruction files: CLAUDE.md and its kin, from the system's down to the one nearest to the work.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::base::read;
use crate::domain::{MemoryFile, MemoryScope, Notice};

use super::imports::{Importer, LIMIT, Reach};
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
    /// Nothing is read but the administrator's.
    pub off: bool,
    pub agents: AgentsMd,
    /// Globs of paths that are left out.
    pub excludes: Vec<String>,
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
}

/// Reads the instruction files, the most general first: the administrator's, the user's own with his rules, then for
/// every folder from the root of the file system down to the start folder `.latigo/CLAUDE.md`, `CLAUDE.md` or
/// `.claude/CLAUDE.md` (the first that exists), inside the project AGENTS.md as the settings say, `CLAUDE.local.md`,
/// and the rules in `.claude/rules`.
pub fn memory(ground: &Ground<'_>, wish: &MemoryWish) -> Memory {
    gather(&super::managed_folder().join("CLAUDE.md"), ground, wish)
}

fn gather(managed: &Path, ground: &Ground<'_>, wish: &MemoryWish) -> Memory {
    let mut gathering = Gathering::new(ground.home, wish);
    gathering.add(managed, MemoryScope::Managed, None);
    if wish.off {
        return gathering.found;
    }
    gathering.folder(&ground.home.join(".claude"), &["CLAUDE.md"], MemoryScope::User, None);
    gathering.rules(&ground.home.join(".claude/rules"), ground.project, MemoryScope::User, None);
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
        let named = self.folder(folder, &NAMES, MemoryScope::Project, within);
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
        let mut importer = Importer::new(Reach { home: self.home, within });
        let text = importer.run(path, &text);
        self.found.notices.append(&mut importer.notices);
        if text.trim().is_empty() {
            self.skip(path, "there is nothing in it but comments");
        } else {
            self.found.files.push(MemoryFile { scope, path: path.to_path_buf(), text });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    struct Tree {
        _folder: tempfile::TempDir,
        root: PathBuf,
    }

    fn tree(files: &[(&str, &str)]) -> Tree {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("home/project/sub")).unwrap();
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Tree { _folder: folder, root }
    }

    impl Tree {
        fn memory(&self, wish: &MemoryWish) -> Memory {
            let (home, project) = (self.root.join("home"), self.root.join("home/project"));
            let managed = self.root.join("etc/CLAUDE.md");
            let cwd = project.join("sub");
            gather(&managed, &Ground { home: &home, cwd: &cwd, project: &project, plugins: &[], bundled: false }, wish)
        }

        fn read(&self) -> (Vec<(MemoryScope, String, String)>, Vec<Notice>) {
            let Memory { files, notices, .. } = self.memory(&MemoryWish::default());
            let shown = files.into_iter().map(|file| {
                let path = file.path.strip_prefix(&self.root).unwrap().display().to_string();
                (file.scope, path, file.text)
            });
            (shown.collect(), notices)
        }

        fn texts(&self) -> Vec<String> {
            self.read().0.into_iter().map(|(_, _, text)| text).collect()
        }
    }

    #[test]
    fn the_most_general_comes_first() {
        let tree = tree(&[
            ("etc/CLAUDE.md", "managed"),
            ("home/.claude/CLAUDE.md", "user\n<!-- note -->\n"),
            ("CLAUDE.md", "above"),
            ("AGENTS.md", "not above the project"),
            ("home/project/.claude/CLAUDE.md", "project"),
            ("home/project/AGENTS.md", "not beside a CLAUDE.md"),
            ("home/project/CLAUDE.local.md", "local"),
            ("home/project/sub/AGENTS.md", "agents"),
        ]);
        let (files, notices) = tree.read();
        use MemoryScope::{Local, Managed, Project, User};
        let expected = [
            (Managed, "etc/CLAUDE.md", "managed"),
            (User, "home/.claude/CLAUDE.md", "user"),
            (Project, "CLAUDE.md", "above"),
            (Project, "home/project/.claude/CLAUDE.md", "project"),
            (Local, "home/project/CLAUDE.local.md", "local"),
            (Project, "home/project/sub/AGENTS.md", "agents"),
        ];
        assert_eq!(files, expected.map(|(scope, path, text)| (scope, path.to_owned(), text.to_owned())));
        assert_eq!(notices, []);
    }

    #[test]
    fn settings_choose_and_what_was_not_read_has_its_reason() {
        let tree = tree(&[
            ("home/.claude/CLAUDE.md", "user"),
            ("home/project/CLAUDE.md", "project"),
            ("home/project/AGENTS.md", "agents"),
            ("home/project/sub/CLAUDE.md", "sub"),
            ("home/project/CLAUDE.local.md", "<!-- nothing -->"),
        ]);
        let texts = |wish: &MemoryWish| {
            let memory = tree.memory(wish);
            let skipped = memory.skipped.iter().map(|(path, why)| format!("{}: {why}", path.display())).collect();
            let texts: Vec<String> = memory.files.into_iter().map(|file| file.text).collect();
            (texts, skipped)
        };
        let (usual, skipped): (_, Vec<String>) = texts(&MemoryWish::default());
        assert_eq!(usual, ["user", "project", "sub"]);
        assert!(skipped[0].contains("AGENTS.md: a CLAUDE.md stands beside it"), "{skipped:?}");
        assert!(skipped[1].contains("CLAUDE.local.md: there is nothing in it but comments"), "{skipped:?}");
        let wish = MemoryWish { agents: AgentsMd::Always, excludes: vec!["**/sub/*.md".into()], off: false };
        assert_eq!(texts(&wish).0, ["user", "project", "agents"]);
        assert!(texts(&MemoryWish { off: true, ..MemoryWish::default() }).0.is_empty());
    }

    #[test]
    fn rules_count_at_once_or_for_their_paths() {
        let tree = tree(&[
            ("home/.claude/rules/mine.md", "mine"),
            ("home/project/.claude/rules/b/always.md", "---\ndescription: x\n---\nalways"),
            ("home/project/.claude/rules/api.md", "---\npaths:\n  - \"src/api/**/*.{rs,ts}\"\n---\nfor the api"),
        ]);
        let memory = tree.memory(&MemoryWish::default());
        let texts: Vec<&str> = memory.files.iter().map(|file| file.text.as_str()).collect();
        assert_eq!(texts, ["mine", "always"]);
        let rule = &memory.rules[0];
        assert_eq!(rule.file.text, "for the api");
        let project = tree.root.join("home/project");
        assert!(rule.fits(&project.join("src/api/x/y.rs")) && rule.fits(&project.join("src/api/y.ts")));
        assert!(!rule.fits(&project.join("src/api/y.py")) && !rule.fits(&project.join("other/src/api/y.rs")));
    }

    #[test]
    fn folders_below_are_read_when_a_file_in_them_is_touched() {
        let tree = tree(&[
            ("home/project/CLAUDE.md", "project"),
            ("home/project/sub/CLAUDE.md", "sub"),
            ("home/project/sub/a/CLAUDE.md", "a"),
            ("home/project/sub/a/b/AGENTS.md", "b"),
            ("home/project/other/CLAUDE.md", "other"),
        ]);
        let (home, project) = (tree.root.join("home"), tree.root.join("home/project"));
        let cwd = project.join("sub");
        let ground = Ground { home: &home, cwd: &cwd, project: &project, plugins: &[], bundled: false };
        let texts = |path: &str| -> Vec<String> {
            let files = nested(&ground, &MemoryWish::default(), &project.join(path));
            files.into_iter().map(|file| file.text).collect()
        };
        assert_eq!(texts("sub/a/b/x.rs"), ["a", "b"]);
        assert_eq!(texts("other/x.rs"), ["other"]);
        assert!(texts("sub/x.rs").is_empty() && texts("../x.rs").is_empty());
    }

    #[test]
    fn imports_follow_their_file() {
        let tree = tree(&[
            ("home/project/CLAUDE.md", "Read @docs/a.md and @types/node.\n`@docs/c.md`\n"),
            ("home/project/docs/a.md", "A, see @b.md and @../CLAUDE.md"),
            ("home/project/docs/b.md", "B <!-- kept --> @a.md"),
            ("home/project/docs/c.md", "C"),
        ]);
        let texts = tree.texts();
        assert_eq!(texts.len(), 1);
        assert!(texts[0].starts_with("Read @docs/a.md and @types/node.\n`@docs/c.md`\n\nContents of /"), "{texts:?}");
        let order = ["imported above:\n\nA, see", "imported above:\n\nB <!-- kept -->"].map(|part| texts[0].find(part));
        assert!(order[0].is_some() && order[0] < order[1], "{texts:?}");
        assert_eq!(texts[0].matches("imported above").count(), 2);
    }

    #[test]
    fn imports_lead_four_files_on() {
        let mut files = vec![("home/project/CLAUDE.md".to_owned(), "@1.md".to_owned())];
        files.extend((1..=6).map(|n| (format!("home/project/{n}.md"), format!("file{n} @{}.md", n + 1))));
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let tree = tree(&files);
        let (found, notices) = tree.read();
        assert!(found[0].2.contains("file4") && !found[0].2.contains("file5"));
        assert!(notices[0].text.contains("4.md, line 1: `5.md` is not imported"), "{notices:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_project_cannot_name_private_files() {
        let tree = tree(&[
            ("home/.ssh/id", "SECRET"),
            ("home/.claude/style.md", "Style"),
            ("home/.claude/CLAUDE.md", "@~/.ssh/id"),
            ("home/project/CLAUDE.md", "@~/.ssh/id\n@../.ssh/id\n@link\n@~/.claude/style.md\n@missing.md"),
        ]);
        let secret = tree.root.join("home/.ssh/id");
        std::os::unix::fs::symlink(&secret, tree.root.join("home/project/link")).unwrap();
        std::os::unix::fs::symlink(&secret, tree.root.join("home/project/CLAUDE.local.md")).unwrap();
        let (files, notices) = tree.read();
        assert!(files[0].2.contains("SECRET"), "the user's own file may import it");
        assert!(!files[1].2.contains("SECRET") && files[1].2.contains("Style"), "{files:?}");
        assert_eq!(files.len(), 2);
        assert_eq!(notices.len(), 5, "{notices:?}");
        assert!(notices[3].text.contains("line 5: there is no file `missing.md` to import"), "{notices:?}");
        assert!(notices[4].text.contains("CLAUDE.local.md: it is a link"), "{notices:?}");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let tree = tree(&[("home/project/sub/CLAUDE.md", "sub"), ("home/project/CLAUDE.local.md", "x")]);
        fs::write(tree.root.join("home/project/CLAUDE.md"), b"\xff").unwrap();
        fs::remove_file(tree.root.join("home/project/CLAUDE.local.md")).unwrap();
        fs::create_dir(tree.root.join("home/project/CLAUDE.local.md")).unwrap();
        let (files, notices) = tree.read();
        assert_eq!(files.len(), 1);
        let texts: Vec<&str> = notices.iter().map(|notice| notice.text.as_str()).collect();
        assert!(
            texts[0].ends_with("CLAUDE.md: line 1 is not UTF-8 text; these instructions are left out"),
            "{texts:?}"
        );
        assert!(texts[1].contains("CLAUDE.local.md: it is not a regular file"), "{texts:?}");
    }
}
