//! The prompts of a project, for going back to them with the arrow keys. One JSON string a line.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::base::atomic;
use crate::base::dirs::{create_private, private_options};

use super::lines::Lines;

/// Prompts that are kept.
pub const LIMIT: usize = 1_000;
/// Bytes of a prompt beyond which it is not remembered here (the session's log has it all the same).
const ENTRY: usize = 64 * 1024;
/// Bytes of the file beyond which it is written anew with the newest prompts.
const FILE: u64 = 4 * 1024 * 1024;

/// The prompts, oldest first. A file that is missing or broken gives what can be read of it.
pub fn load(path: &Path) -> Vec<String> {
    let mut prompts: Vec<String> = Vec::new();
    let Ok(mut lines) = Lines::open(path, 0) else { return prompts };
    while let Ok(Some(line)) = lines.next() {
        if let Ok(prompt) = serde_json::from_slice::<String>(line.bytes)
            && prompts.last() != Some(&prompt)
        {
            prompts.push(prompt);
        }
        if prompts.len() >= 2 * LIMIT {
            prompts.drain(..LIMIT);
        }
    }
    prompts.drain(..prompts.len().saturating_sub(LIMIT));
    prompts
}

/// Adds a prompt. Empty and very long ones are not remembered.
pub fn append(path: &Path, prompt: &str) -> io::Result<()> {
    if prompt.trim().is_empty() || prompt.len() > ENTRY {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        create_private(folder)?;
    }
    if fs::metadata(path).is_ok_and(|facts| facts.len() > FILE) {
        shorten(path)?;
    }
    let mut line = serde_json::to_vec(prompt)?;
    line.push(b'\n');
    private_options().append(true).create(true).open(path)?.write_all(&line)
}

/// Keeps the newest prompts, as many as fit into half of the file's bound.
fn shorten(path: &Path) -> io::Result<()> {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0;
    for prompt in load(path).iter().rev() {
        let mut line = serde_json::to_vec(prompt)?;
        line.push(b'\n');
        bytes += line.len() as u64;
        if bytes > FILE / 2 {
            break;
        }
        kept.push(line);
    }
    kept.reverse();
    atomic::write_private(path, &kept.concat())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn prompts_come_back_in_order_and_once_in_a_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("h/project.jsonl");
        assert!(load(&path).is_empty());
        for prompt in ["one", "two\nlines", "two\nlines", "  ", "one"] {
            append(&path, prompt).unwrap();
        }
        assert_eq!(load(&path), ["one", "two\nlines", "one"]);
    }

    #[test]
    fn only_the_newest_are_kept_and_broken_lines_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("h.jsonl");
        let mut text = (0..2_500).map(|number| format!("\"p{number}\"")).collect::<Vec<_>>().join("\n");
        text.push('\n');
        text.push_str("{broken\n\"last\"\n\"torn");
        fs::write(&path, text).unwrap();
        let prompts = load(&path);
        assert_eq!(prompts.len(), LIMIT);
        assert_eq!(prompts.last().unwrap(), "last");
        assert_eq!(prompts.first().unwrap(), "p1501");
    }

    #[test]
    fn the_file_stays_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("h.jsonl");
        for number in 0..90 {
            append(&path, &format!("{number}{}", "x".repeat(60_000))).unwrap();
        }
        append(&path, &"y".repeat(ENTRY + 1)).unwrap();
        assert!(fs::metadata(&path).unwrap().len() <= FILE + 61_000);
        assert!(load(&path).last().unwrap().starts_with("89x"));
    }
}
