//! Instruction files: CLAUDE.md and its kin, from the system's down to the one nearest to the work.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::base::read;
use crate::domain::{MemoryFile, MemoryScope, Notice};

use super::imports::{Importer, LIMIT, Reach};

/// Where an administrator puts instructions for everyone.
const MANAGED: &str = if cfg!(target_os = "macos") {
    "/Library/Application Support/ClaudeCode/CLAUDE.md"
} else {
    "/etc/claude-code/CLAUDE.md"
};

/// Folders between the root of the file system and the work that are looked into.
const FOLDERS: usize = 64;

/// Reads the instruction files, the most general first. For every folder from the root of the file system
/// down to `cwd` that is `.latigo/CLAUDE.md`, `CLAUDE.md` or `.claude/CLAUDE.md` (the first that exists);
/// inside the project `AGENTS.md` where none of them stands; then `CLAUDE.local.md`.
pub fn memory(home: &Path, cwd: &Path, project: &Path) -> (Vec<MemoryFile>, Vec<Notice>) {
    gather(Path::new(MANAGED), home, cwd, project)
}

fn gather(managed: &Path, home: &Path, cwd: &Path, project: &Path) -> (Vec<MemoryFile>, Vec<Notice>) {
    let mut gathering = Gathering::new(home);
    gathering.add(managed, MemoryScope::Managed, None);
    gathering.first(&home.join(".claude"), &["CLAUDE.md"], MemoryScope::User, None);
    let mut folders: Vec<&Path> = cwd.ancestors().take(FOLDERS).collect();
    folders.reverse();
    for folder in folders {
        let is_inside = folder.starts_with(project);
        // A file may import what lies below the project or, above it, below its own folder.
        let within = Some(if is_inside { project } else { folder });
        let names = [".latigo/CLAUDE.md", "CLAUDE.md", ".claude/CLAUDE.md", "AGENTS.md"];
        let names = if is_inside { &names[..] } else { &names[..3] };
        gathering.first(folder, names, MemoryScope::Project, within);
        gathering.add(&folder.join("CLAUDE.local.md"), MemoryScope::Local, within);
    }
    (gathering.files, gathering.notices)
}

struct Gathering<'a> {
    home: &'a Path,
    files: Vec<MemoryFile>,
    notices: Vec<Notice>,
    /// Files that were read, links followed: the user's file is met again when the walk passes his home.
    seen: BTreeSet<PathBuf>,
}

impl<'a> Gathering<'a> {
    fn new(home: &'a Path) -> Self {
        Self { home, files: Vec::new(), notices: Vec::new(), seen: BTreeSet::new() }
    }

    /// Adds the first of these files that exists.
    fn first(&mut self, folder: &Path, names: &[&str], scope: MemoryScope, within: Option<&Path>) {
        for name in names {
            if self.add(&folder.join(name), scope, within) {
                return;
            }
        }
    }

    /// Adds a file; false when it does not exist.
    fn add(&mut self, path: &Path, scope: MemoryScope, within: Option<&Path>) -> bool {
        let text = match read::text(path, LIMIT) {
            Ok(Some(text)) => text,
            Ok(None) => return false,
            Err(problem) => {
                let text = format!("{}: {problem}; these instructions are left out", path.display());
                self.notices.push(Notice::warning(text));
                return true;
            }
        };
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        // A link in a checkout must not name a private file.
        if within.is_some_and(|within| !fs::canonicalize(within).is_ok_and(|within| real.starts_with(within))) {
            let text = format!("{}: it is a link to a file outside of its folder and is left out", path.display());
            self.notices.push(Notice::warning(text));
            return true;
        }
        if !self.seen.insert(real) {
            return true;
        }
        let mut importer = Importer::new(Reach { home: self.home, within });
        let text = importer.run(path, &text);
        self.notices.append(&mut importer.notices);
        if !text.trim().is_empty() {
            self.files.push(MemoryFile { scope, path: path.to_path_buf(), text });
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
        fn read(&self) -> (Vec<(MemoryScope, String, String)>, Vec<Notice>) {
            let project = self.root.join("home/project");
            let managed = self.root.join("etc/CLAUDE.md");
            let (files, notices) = gather(&managed, &self.root.join("home"), &project.join("sub"), &project);
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
