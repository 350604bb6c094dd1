//! `@path` in instruction files: the file named there is read too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::base::read;
use crate::domain::{MemoryFile, Notice};

use super::markdown::{lines_with_code, without_comments, without_spans};

/// Bytes that one instruction file may have, and all that one file imports together.
pub(super) const LIMIT: u64 = 4 * 1024 * 1024;
/// How far an import may lead to another one.
const HOPS: usize = 4;
/// Files that one instruction file may import in all.
const FILES: usize = 100;
/// `@` words of one file that are looked at, and bytes of a line in which they are looked for.
const MENTIONS: usize = 200;
const LINE: usize = 64 * 1024;

/// From where a file may import.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach<'a> {
    pub home: &'a Path,
    /// The folder that imports must stay in; none for the user's own files. A checkout must not be able
    /// to name a private file of the user and have it sent to a model.
    pub within: Option<&'a Path>,
    /// What of the outside may be imported all the same.
    pub outside: &'a Outside,
}

/// Imports from outside of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// The person agreed to these files, links followed.
    Agreed(BTreeSet<PathBuf>),
    /// Nothing is sent to anybody; it is only looked at what there is to be asked about.
    Survey,
}

impl Default for Outside {
    fn default() -> Self {
        Self::Agreed(BTreeSet::new())
    }
}

/// An import of a file outside of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FarImport {
    /// The importing file and the line.
    pub from: PathBuf,
    pub line: usize,
    /// As it stands there.
    pub name: String,
    /// The file, links followed.
    pub target: PathBuf,
    /// It was imported.
    pub taken: bool,
}

/// What stands above an imported text, before and after its path.
const HEADING: (&str, &str) = ("\n\nContents of ", ", imported above:\n\n");

/// The files that the text of an instruction file was put together from, without itself.
pub fn imported(file: &MemoryFile) -> Vec<PathBuf> {
    let parts = file.text.split(HEADING.0).skip(1);
    parts.filter_map(|part| part.split_once(HEADING.1).map(|(path, _)| PathBuf::from(path))).take(FILES).collect()
}

/// Gathers the imports of one instruction file.
pub(super) struct Importer<'a> {
    reach: Reach<'a>,
    /// Files that were read, links followed.
    seen: BTreeSet<PathBuf>,
    bytes: u64,
    out: String,
    pub notices: Vec<Notice>,
    pub far: Vec<FarImport>,
}

impl<'a> Importer<'a> {
    pub fn new(reach: Reach<'a>) -> Self {
        Self { reach, seen: BTreeSet::new(), bytes: 0, out: String::new(), notices: Vec::new(), far: Vec::new() }
    }

    /// The text of the file at `path` without its block comments, followed by what it imports.
    pub fn run(&mut self, path: &Path, text: &str) -> String {
        self.seen.insert(real(path));
        let text = without_comments(text);
        self.follow(path, &text, HOPS);
        format!("{}{}", text.trim_end(), std::mem::take(&mut self.out))
    }

    fn follow(&mut self, path: &Path, text: &str, hops: usize) {
        for (line, name) in mentions(text) {
            let Some(target) = self.target(path, &name) else { continue };
            if !fs::metadata(&target).is_ok_and(|facts| facts.is_file()) {
                if looks_like_a_file(&name) {
                    self.tell(path, line, &format!("there is no file `{name}` to import"));
                }
                continue;
            }
            if hops == 0 {
                self.tell(path, line, &format!("`{name}` is not imported: imports lead at most {HOPS} files on"));
            } else if !self.may(path, line, (&name, &target)) {
                let text = format!("`{name}` is not imported: it is outside of the project, and nobody agreed to it");
                self.tell(path, line, &text);
            } else if self.seen.len() > FILES || self.bytes > LIMIT {
                self.tell(path, line, &format!("`{name}` is not imported: too much is imported already"));
            } else if self.seen.insert(real(&target)) {
                self.import(path, line, &target, hops);
            }
        }
    }

    fn import(&mut self, path: &Path, line: usize, target: &Path, hops: usize) {
        match read::text(target, LIMIT) {
            Ok(Some(text)) => {
                let text = without_comments(&text);
                self.bytes += text.len() as u64;
                let heading = format!("{}{}{}", HEADING.0, target.display(), HEADING.1);
                self.out.push_str(&heading);
                self.out.push_str(text.trim());
                self.follow(target, &text, hops - 1);
            }
            Ok(None) => {}
            Err(problem) => self.tell(path, line, &format!("{} is not imported: {problem}", target.display())),
        }
    }

    fn target(&self, from: &Path, name: &str) -> Option<PathBuf> {
        if let Some(rest) = name.strip_prefix("~/") {
            return Some(self.reach.home.join(rest));
        }
        Some(from.parent()?.join(name))
    }

    fn may(&mut self, from: &Path, line: usize, (name, target): (&str, &Path)) -> bool {
        let target = real(target);
        if self.reach.within.is_none_or(|within| target.starts_with(real(within))) {
            return true;
        }
        let taken = match self.reach.outside {
            Outside::Survey => true,
            Outside::Agreed(files) => files.contains(&target),
        };
        self.far.push(FarImport { from: from.to_path_buf(), line, name: name.to_owned(), target, taken });
        taken
    }

    fn tell(&mut self, path: &Path, line: usize, text: &str) {
        self.notices.push(Notice::warning(format!("{}, line {line}: {text}", path.display())));
    }
}

fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// The `@path` words outside of code, with their lines.
fn mentions(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, (line, is_code)) in lines_with_code(text).enumerate() {
        if is_code || line.len() > LINE || !line.contains('@') {
            continue;
        }
        let line = without_spans(line);
        // `\ ` is a blank inside a path.
        let line = line.replace("\\ ", "\u{0}");
        for word in line.split_whitespace() {
            let Some(name) = word.strip_prefix('@') else { continue };
            let name = name.split('#').next().unwrap_or_default();
            let name = name.trim_end_matches([',', '.', ';', ':', '!', '?', ')', '"', '\'']).replace('\u{0}', " ");
            if !name.is_empty() {
                found.push((index + 1, name));
            }
            if found.len() >= MENTIONS {
                return found;
            }
        }
    }
    found
}

/// Not every word with an @ is meant as an import (`@types/node`); these surely are.
fn looks_like_a_file(name: &str) -> bool {
    ["./", "../", "~/", "/"].iter().any(|start| name.starts_with(start))
        || Path::new(name).extension().is_some_and(|extension| extension == "md")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_panics(text in "[`~@<!\\->a é\\\\\n]{0,80}") {
            mentions(&without_comments(&text));
        }
    }

    #[test]
    fn mentions_stand_outside_of_code() {
        let text = "See @a.md, and (@no) @b/c\\ d.md#part.\n`@x` mail me@y.org\n```\n@z\n```\n@~/e.md\n";
        assert_eq!(mentions(&"@a ".repeat(1_000)).len(), MENTIONS);
        assert_eq!(mentions(text), [(1, "a.md".to_owned()), (1, "b/c d.md".to_owned()), (6, "~/e.md".to_owned())]);
    }
}
