//! Paths as the rows of a tree: folders once, files below them.

use std::path::{Path, PathBuf};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub depth: usize,
    pub name: String,
    /// The place of the file; none for a folder.
    pub file: Option<usize>,
}

/// The rows of these paths, which are in their order.
pub(super) fn rows<'p>(paths: impl Iterator<Item = &'p Path>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut open: Vec<PathBuf> = Vec::new();
    for (index, path) in paths.enumerate() {
        let folder = path.parent().unwrap_or(Path::new(""));
        while open.last().is_some_and(|last| !folder.starts_with(last)) {
            open.pop();
        }
        if !folder.as_os_str().is_empty() && open.last().is_none_or(|last| last != folder) {
            let above = open.last().map_or(Path::new(""), PathBuf::as_path);
            let name = folder.strip_prefix(above).unwrap_or(folder).display().to_string();
            rows.push(Row { depth: open.len(), name: format!("{}/", name.trim_end_matches('/')), file: None });
            open.push(folder.to_owned());
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        rows.push(Row { depth: open.len(), name, file: Some(index) });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_stand_once_above_their_files() {
        let paths = ["a.txt", "src/deep/er/x.rs", "src/deep/y.rs", "src/z.rs", "/outside/q"];
        let rows = rows(paths.iter().map(Path::new));
        let shown: Vec<String> = rows.iter().map(|row| format!("{}{}", "  ".repeat(row.depth), row.name)).collect();
        assert_eq!(
            shown,
            ["a.txt", "src/deep/er/", "  x.rs", "src/deep/", "  y.rs", "src/", "  z.rs", "/outside/", "  q"]
        );
    }
}
