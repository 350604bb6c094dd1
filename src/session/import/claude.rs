//! Claude Code's transcript (`~/.claude/projects/<folder>/<session>.jsonl`), by what the MIT-licensed Python SDK
//! writes and reads.
//!
//! Entries form a tree by `uuid` and `parentUuid`; the conversation is the way from the newest leaf that is neither a
//! sidechain nor meta up to the root. Lines without chain (titles, tags) stand apart; the last one wins. What is not
//! known is left out and counted.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{Made, ProjectOf};
use crate::domain::SessionId;
use crate::session::lines::Lines;

mod talk;

/// Entries that are read of one file.
const ENTRIES: usize = 500_000;

/// One line, as far as it is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(rename = "type", default)]
    pub kind: String,
    uuid: Option<String>,
    parent_uuid: Option<String>,
    session_id: Option<String>,
    pub timestamp: Option<String>,
    pub cwd: Option<PathBuf>,
    pub git_branch: Option<String>,
    #[serde(default)]
    is_sidechain: bool,
    #[serde(default)]
    pub is_meta: bool,
    #[serde(default)]
    pub is_compact_summary: bool,
    pub message: Option<Value>,
    pub tool_use_result: Option<Value>,
    custom_title: Option<String>,
    ai_title: Option<String>,
    tag: Option<String>,
}

/// What stands apart from the chain.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub title: Option<String>,
    pub tag: Option<String>,
    ai_title: Option<String>,
    session: Option<String>,
}

/// Reads a transcript. None when nobody says anything in it.
pub(super) fn read(path: &Path, project_of: ProjectOf<'_>) -> Result<Option<Made>, String> {
    let shown = path.display();
    let mut lines = Lines::open(path, 0).map_err(|error| format!("{shown}: {error}"))?;
    let (mut entries, mut facts, mut skipped) = (Vec::new(), Facts::default(), 0);
    while let Some(line) = lines.next().map_err(|error| format!("{shown}: {error}"))? {
        if line.bytes.is_empty() && !line.too_long {
            continue;
        }
        match serde_json::from_slice::<Entry>(line.bytes) {
            Ok(entry) if entries.len() < ENTRIES => facts.see(entry, &mut entries),
            _ => skipped += 1,
        }
    }
    let named = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<SessionId>().ok());
    let id = named.or_else(|| facts.session.as_deref()?.parse().ok());
    let id = id.ok_or_else(|| format!("{shown} names no session: it is no transcript of Claude Code"))?;
    let chain = chain(&entries);
    let Some(cwd) = chain.iter().find_map(|entry| entry.cwd.clone()) else {
        return if entries.is_empty() && skipped > 0 {
            Err(format!("{shown}: none of its {skipped} lines is an entry of a transcript"))
        } else {
            Ok(None)
        };
    };
    facts.title = facts.title.take().or(facts.ai_title.take());
    let project = project_of(&cwd);
    let start = talk::Start { id, cwd, project: project.clone(), from: path.to_path_buf() };
    let records = talk::records(&chain, &facts, start);
    let said = records.iter().any(|record| matches!(record.body, crate::domain::Body::Prompted { .. }));
    Ok(said.then_some(Made { id, project, records, skipped }))
}

impl Facts {
    fn see(&mut self, entry: Entry, entries: &mut Vec<Entry>) {
        self.session = self.session.take().or_else(|| entry.session_id.clone());
        if let Some(title) = entry.custom_title {
            self.title = Some(title).filter(|title| !title.trim().is_empty());
        } else if let Some(title) = entry.ai_title {
            self.ai_title = Some(title);
        } else if entry.kind == "tag" {
            self.tag = entry.tag.filter(|tag| !tag.is_empty());
        } else if entry.uuid.is_some() {
            entries.push(entry);
        }
    }
}

/// The way from the root to the newest leaf.
fn chain(entries: &[Entry]) -> Vec<&Entry> {
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    let mut parents: HashSet<&str> = HashSet::new();
    for (index, entry) in entries.iter().enumerate() {
        by_id.insert(entry.uuid.as_deref().unwrap_or_default(), index);
        parents.extend(entry.parent_uuid.as_deref());
    }
    let is_talk =
        |entry: &Entry| !entry.is_sidechain && !entry.is_meta && matches!(entry.kind.as_str(), "user" | "assistant");
    let is_leaf = |entry: &&Entry| is_talk(entry) && entry.uuid.as_deref().is_some_and(|id| !parents.contains(id));
    // A leaf that is no talk (a notice, progress) hides the talk above it; then the newest talk is the end.
    let last = entries.iter().rev().find(is_leaf).or_else(|| entries.iter().rev().find(|entry| is_talk(entry)));
    let newest = entries.iter().rev().find(|entry| is_talk(entry));
    let mut at = match (last, newest) {
        (Some(leaf), Some(talk)) if below(entries, &by_id, talk, leaf) => Some(talk),
        (leaf, _) => leaf,
    };
    let mut chain = Vec::new();
    let mut seen = HashSet::new();
    while let Some(entry) = at {
        // A file whose parents go in a circle ends where it has been.
        if !seen.insert(entry.uuid.as_deref()) {
            break;
        }
        chain.push(entry);
        at = entry.parent_uuid.as_deref().and_then(|id| by_id.get(id)).and_then(|index| entries.get(*index));
    }
    chain.reverse();
    chain
}

/// The way up from `from` passes `over`.
fn below(entries: &[Entry], by_id: &HashMap<&str, usize>, from: &Entry, over: &Entry) -> bool {
    let mut at = Some(from);
    for _ in 0..=entries.len() {
        let Some(entry) = at else { return false };
        if entry.uuid == over.uuid {
            return true;
        }
        at = entry.parent_uuid.as_deref().and_then(|id| by_id.get(id)).and_then(|index| entries.get(*index));
    }
    false
}
