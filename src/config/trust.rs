//! Which folders the person trusts. Nothing that a project says can add one.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::atomic;
use crate::base::dirs::create_private;
use crate::base::read;
use crate::domain::Notice;

/// Bytes that our own list may have, and Claude Code's state file, which holds much else.
const LIMIT: u64 = 4 * 1024 * 1024;
const STATE_LIMIT: u64 = 64 * 1024 * 1024;

/// The list of trusted folders in the data folder.
#[derive(Clone, Debug)]
pub struct Trust {
    file: PathBuf,
    home: PathBuf,
}

/// What is remembered of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Entry {
    /// Trusted or refused, whatever it brings.
    Flag(bool),
    /// Trusted with what it brought then.
    With { content: String },
}

/// How the person stands to a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Trusted,
    /// Trusted once, when it brought something else.
    Changed,
    Unknown,
}

/// The part of Claude Code's state that matters here.
#[derive(Deserialize)]
struct State {
    #[serde(default)]
    projects: BTreeMap<String, Project>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Project {
    has_trust_dialog_accepted: bool,
}

impl Trust {
    /// The list below a data folder; `home` is where Claude Code keeps its own.
    pub fn new(data: &Path, home: &Path) -> Self {
        Self { file: data.join("trust.json"), home: home.to_path_buf() }
    }

    /// How the person stands to this folder with that content, here or in Claude Code. Folders below it ask for
    /// themselves. A notice says when the list cannot be read; then nothing is trusted by it.
    pub fn standing(&self, project: &Path, content: &str) -> (Standing, Option<Notice>) {
        let names = names(project);
        let list = match self.load() {
            Ok(list) => list,
            Err(problem) => {
                let text = format!("{}: {problem}; no folder counts as trusted", self.file.display());
                return (
                    Standing::Unknown,
                    Some(Notice::error(text).hint("mend or remove the file, then start again")),
                );
            }
        };
        let standing = match names.iter().find_map(|name| list.get(name)) {
            Some(Entry::Flag(true)) => Standing::Trusted,
            Some(Entry::With { content: known }) if known == content => Standing::Trusted,
            Some(Entry::With { .. }) => Standing::Changed,
            None if self.claude_trusts(&names) => Standing::Trusted,
            Some(Entry::Flag(false)) | None => Standing::Unknown,
        };
        (standing, None)
    }

    /// Remembers that the person trusts this folder with what it brings now. A list that cannot be read is not
    /// overwritten.
    pub fn remember(&self, project: &Path, content: &str) -> io::Result<()> {
        let mut list = self.load()?;
        list.insert(names(project).remove(0), Entry::With { content: content.to_owned() });
        if let Some(folder) = self.file.parent() {
            create_private(folder)?;
        }
        atomic::write_private(&self.file, &serde_json::to_vec_pretty(&list)?)
    }

    fn load(&self) -> io::Result<BTreeMap<String, Entry>> {
        let Some(text) = read::text(&self.file, LIMIT)? else { return Ok(BTreeMap::new()) };
        Ok(serde_json::from_str(&text)?)
    }

    /// Claude Code's file is another program's: whatever is wrong with it only means no.
    fn claude_trusts(&self, names: &[String]) -> bool {
        let text = read::text(&self.home.join(".claude.json"), STATE_LIMIT).ok().flatten();
        let state: Option<State> = text.and_then(|text| serde_json::from_str(&text).ok());
        state.is_some_and(|state| {
            names.iter().filter_map(|name| state.projects.get(name)).any(|project| project.has_trust_dialog_accepted)
        })
    }
}

/// The folder with its links followed, then as it was named.
fn names(project: &Path) -> Vec<String> {
    let real = fs::canonicalize(project).unwrap_or_else(|_| project.to_path_buf());
    vec![real.to_string_lossy().into_owned(), project.to_string_lossy().into_owned()]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn trust_is_kept_for_that_folder_alone() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("p");
        fs::create_dir_all(project.join("inner")).unwrap();
        let trust = Trust::new(&folder.path().join("data"), folder.path());
        assert_eq!(trust.standing(&project, "c").0, Standing::Unknown);
        trust.remember(&project, "c").unwrap();
        assert_eq!(trust.standing(&project, "c").0, Standing::Trusted);
        assert_eq!(trust.standing(&project, "d").0, Standing::Changed);
        assert_eq!(trust.standing(&project.join("inner"), "c").0, Standing::Unknown);
        assert_eq!(trust.standing(folder.path(), "c").0, Standing::Unknown);
    }

    #[test]
    fn what_claude_code_trusts_is_trusted_unless_it_was_refused_here() {
        let folder = tempfile::tempdir().unwrap();
        let project = fs::canonicalize(folder.path()).unwrap();
        let trust = Trust::new(&folder.path().join("data"), folder.path());
        let state = serde_json::json!({
            "numStartups": 3,
            "projects": { project.to_string_lossy(): { "hasTrustDialogAccepted": true, "x": [1] } }
        });
        fs::write(folder.path().join(".claude.json"), state.to_string()).unwrap();
        assert_eq!(trust.standing(&project, "c"), (Standing::Trusted, None));
        fs::create_dir(folder.path().join("data")).unwrap();
        let refused = serde_json::json!({ project.to_string_lossy(): false });
        fs::write(folder.path().join("data/trust.json"), refused.to_string()).unwrap();
        assert_eq!(trust.standing(&project, "c"), (Standing::Unknown, None));
    }

    #[test]
    fn a_broken_list_trusts_nothing_and_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("trust.json"), "{broken").unwrap();
        let trust = Trust::new(folder.path(), folder.path());
        let (standing, notice) = trust.standing(folder.path(), "c");
        assert!(standing == Standing::Unknown && notice.unwrap().text.contains("trust.json"));
        assert!(trust.remember(folder.path(), "c").is_err());
        assert_eq!(fs::read_to_string(folder.path().join("trust.json")).unwrap(), "{broken");
    }
}
