//! Command files: `commands/**/*.md` of the project and of the user, each a slash command.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::base::read;
use crate::domain::{CommandFile, Notice};

use super::front;

/// Bytes that a command file may have.
const LIMIT: u64 = 1024 * 1024;
/// Folders inside folders that are looked into, and files that are read.
const DEPTH: usize = 8;
const FILES: usize = 1_000;
/// Characters of a body's first line that stand in for a missing description.
const DESCRIPTION: usize = 200;

/// Finds the command files, sorted by name. Where a name stands several times, the project wins over the
/// user, the folder nearer to `cwd` over the one further up, and `.latigo` over `.claude` beside it.
pub fn commands(home: &Path, cwd: &Path, project: &Path) -> (Vec<CommandFile>, Vec<Notice>) {
    let mut finder = Finder::default();
    let up: Vec<&Path> = cwd.ancestors().take_while(|folder| folder.starts_with(project)).collect();
    let folders = if up.is_empty() { vec![project] } else { up };
    // A project that is the home folder would otherwise list the user's commands as its own.
    for folder in folders.into_iter().filter(|folder| *folder != home) {
        finder.look(folder, "project");
    }
    finder.look(home, "user");
    (finder.found.into_values().collect(), finder.notices)
}

#[derive(Default)]
struct Finder {
    found: BTreeMap<String, CommandFile>,
    notices: Vec<Notice>,
    read: usize,
}

impl Finder {
    fn look(&mut self, folder: &Path, source: &str) {
        for name in [".latigo", ".claude"] {
            self.walk(&folder.join(name).join("commands"), &mut Vec::new(), source);
        }
    }

    fn walk(&mut self, folder: &Path, above: &mut Vec<String>, source: &str) {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() && above.len() < DEPTH {
                above.push(name.to_owned());
                self.walk(&path, above, source);
                above.pop();
            } else if let Some(stem) = name.strip_suffix(".md") {
                above.push(stem.to_owned());
                let name = above.join(":");
                above.pop();
                self.read(&path, name, source);
            }
        }
    }

    fn read(&mut self, path: &Path, name: String, source: &str) {
        let place = path.display();
        if self.found.contains_key(&name) {
            return;
        }
        if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            let text = format!("{place}: a command's name cannot have blanks, so this file is no command");
            self.notices.push(Notice::warning(text).hint("rename the file, for example with dashes"));
            return;
        }
        self.read += 1;
        if self.read > FILES {
            if self.read == FILES + 1 {
                self.notices
                    .push(Notice::warning(format!("{place}: more than {FILES} command files; the rest is left out")));
            }
            return;
        }
        match read::text(path, LIMIT) {
            Ok(Some(text)) => {
                let command = self.parse(path, name, &text, source);
                self.found.insert(command.name.clone(), command);
            }
            Ok(None) => {}
            Err(problem) => self.notices.push(Notice::warning(format!("{place}: {problem}; this command is left out"))),
        }
    }

    fn parse(&mut self, path: &Path, name: String, text: &str, source: &str) -> CommandFile {
        let mut front = front::split(text);
        if let Some((line, problem)) = front.problem {
            self.notices.push(Notice::warning(format!("{}, line {line}: {problem}", path.display())));
        }
        let description = front.values.remove("description").filter(|text| !text.trim().is_empty());
        CommandFile {
            name,
            description: description.unwrap_or_else(|| first_line(front.body)),
            argument_hint: front.values.remove("argument-hint").filter(|hint| !hint.is_empty()),
            path: path.to_path_buf(),
            source: source.to_owned(),
            body: front.body.trim_matches('\n').to_owned(),
        }
    }
}

fn first_line(body: &str) -> String {
    let line = body.lines().map(|line| line.trim_start_matches('#').trim()).find(|line| !line.is_empty());
    line.unwrap_or_default().chars().take(DESCRIPTION).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn files_become_commands_and_the_nearest_wins() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (home, project) = (root.join("home"), root.join("home/project"));
        write(&home, ".claude/commands/same.md", "user");
        write(&home, ".claude/commands/mine.md", "---\ndescription: Mine\nargument-hint: <file>\n---\n\nDo $1\n");
        write(&project, ".claude/commands/same.md", "project");
        write(&project, ".latigo/commands/own.md", "latigo");
        write(&project, ".claude/commands/own.md", "claude");
        write(&project, ".claude/commands/git/pr.md", "# Open a pull request\nbody");
        write(&project, ".claude/commands/notes.txt", "no command");
        write(&project, "sub/.claude/commands/same.md", "sub");
        write(&project, ".claude/commands/two words.md", "x");

        let (found, notices) = commands(&home, &project.join("sub"), &project);
        let shown: Vec<(&str, &str, &str)> =
            found.iter().map(|c| (c.name.as_str(), c.source.as_str(), c.body.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("git:pr", "project", "# Open a pull request\nbody"),
                ("mine", "user", "Do $1"),
                ("own", "project", "latigo"),
                ("same", "project", "sub"),
            ]
        );
        assert_eq!(found[0].description, "Open a pull request");
        assert_eq!((found[1].description.as_str(), found[1].argument_hint.as_deref()), ("Mine", Some("<file>")));
        assert_eq!(notices.len(), 1);
        assert!(notices[0].text.contains("two words.md"));
        assert_eq!(commands(&home, &project, &project).0[3].body, "project");
    }

    #[test]
    fn broken_files_are_named_and_the_rest_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, ".claude/commands/open.md", "---\ndescription: x\n");
        fs::write(root.join(".claude/commands/bin.md"), b"\xff\xfe\x00").unwrap();
        let (found, notices) = commands(Path::new("/nowhere"), root, root);
        assert_eq!(found.len(), 1);
        assert!(notices[0].text.ends_with("line 1 is not UTF-8 text; this command is left out"), "{notices:?}");
        assert!(notices[1].text.contains("open.md, line 1: the front matter"), "{notices:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_holds_itself_ends() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, ".claude/commands/a.md", "a");
        std::os::unix::fs::symlink(root.join(".claude/commands"), root.join(".claude/commands/loop")).unwrap();
        assert!(commands(Path::new("/nowhere"), root, root).0.len() <= DEPTH + 1);
    }
}
