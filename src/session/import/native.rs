//! Our own JSON export, read back.

use std::fs;
use std::path::Path;

use super::Made;
use crate::domain::{Body, Record};
use crate::session::export::{JSON_NAME, JSON_VERSION, Whole};

/// Bytes that an export may have.
const LIMIT: u64 = 1024 * 1024 * 1024;

/// Reads an exported session. None when nothing is in it.
pub(super) fn read(path: &Path) -> Result<Option<Made>, String> {
    let shown = path.display();
    let facts = fs::metadata(path).map_err(|error| format!("{shown}: {error}"))?;
    if !facts.is_file() || facts.len() > LIMIT {
        return Err(format!("{shown} is no file of at most {LIMIT} bytes"));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let whole: Whole = serde_json::from_str(&text)
        .map_err(|error| format!("{shown} is no session that `sessions export --format json` wrote: {error}"))?;
    if whole.format != JSON_NAME || whole.version > JSON_VERSION {
        return Err(format!("{shown} says that it is `{}` version {}", whole.format, whole.version));
    }
    let parsed: Vec<Record> = whole.records.iter().filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect();
    let skipped = (whole.records.len() - parsed.len()) as u32;
    let first = parsed.iter().find_map(|record| match &record.body {
        Body::SessionStarted { id, project, .. } => Some((*id, project.clone())),
        _ => None,
    });
    let Some((id, project)) = first else { return Ok(None) };
    Ok(Some(Made { id, project, records: parsed, skipped }))
}
