//! Claude Code's prompt history (`~/.claude/history.jsonl`): `{"display", "project", "timestamp"}` a line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ProjectOf;
use crate::session::lines::Lines;
use crate::session::{Store, history};

#[derive(Deserialize)]
struct Entry {
    display: String,
    project: PathBuf,
}

/// Adds the prompts to the histories of their projects; those that are known already are left out.
pub(super) fn import(store: &Store, path: &Path, project_of: ProjectOf<'_>) -> Result<usize, String> {
    let mut lines = Lines::open(path, 0).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut prompts: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    while let Ok(Some(line)) = lines.next() {
        let Ok(entry) = serde_json::from_slice::<Entry>(line.bytes) else { continue };
        prompts.entry(project_of(&entry.project)).or_default().push(entry.display);
    }
    let mut added = 0;
    for (project, prompts) in prompts {
        let file = store.history(&project);
        let known = history::load(&file);
        for prompt in prompts.iter().filter(|prompt| !known.contains(prompt)) {
            history::append(&file, prompt).map_err(|error| format!("{}: {error}", file.display()))?;
            added += 1;
        }
    }
    Ok(added)
}
