//! Which folders the person trusts. Nothing that a project says can add one.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

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

    /// True when the person trusts this folder, here or in Claude Code. Folders below it ask for
    /// themselves. A notice says when the list cannot be read; then nothing is trusted by it.
    pub fn trusted(&self, project: &Path) -> (bool, Option<Notice>) {
        let names = names(project);
        match self.load() {
            Ok(list) => match names.iter().find_map(|name| list.get(name)) {
                Some(answer) => (*answer, None),
                None => (self.claude_trusts(&names), None),
            },
            Err(problem) => {
                let text = format!("{}: {problem}; no folder counts as trusted", self.file.display());
                (false, Some(Notice::error(text).hint("mend or remove the file, then start again")))
            }
        }
    }

    /// Remembers that the person trusts this folder. A list that cannot be read is not overwritten.
    pub fn trust(&self, project: &Path) -> io::Result<()> {
        let mut list = self.load()?;
        list.insert(names(project).remove(0), true);
        if let Some(folder) = self.file.parent() {
            create_private(folder)?;
        }
        atomic::write_private(&self.file, &serde_json::to_vec_pretty(&list)?)
    }

    fn load(&self) -> io::Result<BTreeMap<String, bool>> {
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
        assert_eq!(trust.trusted(&project), (false, None));
        trust.trust(&project).unwrap();
        assert_eq!(trust.trusted(&project), (true, None));
        assert_eq!(trust.trusted(&project.join("inner")), (false, None));
        assert_eq!(trust.trusted(folder.path()), (false, None));
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
        assert_eq!(trust.trusted(&project), (true, None));
        fs::create_dir(folder.path().join("data")).unwrap();
        let refused = serde_json::json!({ project.to_string_lossy(): false });
        fs::write(folder.path().join("data/trust.json"), refused.to_string()).unwrap();
        assert_eq!(trust.trusted(&project), (false, None));
    }

    #[test]
    fn a_broken_list_trusts_nothing_and_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("trust.json"), "{broken").unwrap();
        let trust = Trust::new(folder.path(), folder.path());
        let (trusted, notice) = trust.trusted(folder.path());
        assert!(!trusted && notice.unwrap().text.contains("trust.json"));
        assert!(trust.trust(folder.path()).is_err());
        assert_eq!(fs::read_to_string(folder.path().join("trust.json")).unwrap(), "{broken");
    }
}
