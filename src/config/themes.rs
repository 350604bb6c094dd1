//! The user's own theme files: `themes/*.toml` in the configuration folder. They are read here and parsed
//! by the theme room.

use std::path::Path;

use crate::base::read;

/// Bytes that a theme file may have.
const LIMIT: u64 = 256 * 1024;
/// Theme files that are read at most.
const MOST: usize = 100;

/// Name and text of each theme file, by name.
pub fn themes(config: &Path) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(config.join("themes")) else { return Vec::new() };
    let mut themes: Vec<(String, String)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .take(MOST)
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            Some((name, read::text(&path, LIMIT).ok()??))
        })
        .collect();
    themes.sort();
    themes
}
