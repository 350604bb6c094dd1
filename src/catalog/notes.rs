//! The index of notes that a model keeps for itself, `MEMORY.md`: its start is what a conversation begins with.
//!
//! Claude Code reads as much of it: 200 lines, 25,000 bytes.

use std::io;
use std::path::Path;

use crate::base::read;

/// The name of the index in its folder.
pub const INDEX: &str = "MEMORY.md";

const LINES: usize = 200;
const BYTES: usize = 25_000;
/// Bytes that the file may have to be read at all.
const LIMIT: u64 = 4 << 20;

/// The start of the index in this folder; none when there is no such file.
pub fn index(folder: &Path) -> io::Result<Option<String>> {
    Ok(read::text(&folder.join(INDEX), LIMIT)?.map(|text| start_of(&text)))
}

fn start_of(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().take(LINES) {
        if out.len() + line.len() > BYTES {
            break;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_index_is_read_up_to_its_bounds() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(index(folder.path()).unwrap(), None);
        std::fs::write(folder.path().join(INDEX), "a\n".repeat(LINES + 5)).unwrap();
        assert_eq!(index(folder.path()).unwrap().unwrap(), "a\n".repeat(LINES));
        std::fs::write(folder.path().join(INDEX), format!("b\n{}\nc\n", "x".repeat(BYTES))).unwrap();
        assert_eq!(index(folder.path()).unwrap().unwrap(), "b\n");
    }
}
