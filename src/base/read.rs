//! Reading small text files that somebody else wrote: regular files only, and never more than a bound.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// The text of a file, or none where there is no such file. A folder, a pipe or a device, a file of more
/// than `limit` bytes, and text that is not UTF-8 are errors that say so. A byte order mark is taken off.
pub fn text(path: &Path, limit: u64) -> io::Result<Option<String>> {
    let Some(bytes) = bytes(path, limit)? else { return Ok(None) };
    let mut text = String::from_utf8(bytes).map_err(|problem| {
        let line =
            1 + problem.as_bytes().iter().take(problem.utf8_error().valid_up_to()).filter(|b| **b == b'\n').count();
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"))
    })?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(Some(text))
}

fn bytes(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    // The look before opening keeps us from waiting at a pipe; the look after it is the one that counts.
    match fs::metadata(path) {
        Ok(facts) => regular(&facts)?,
        Err(problem) if matches!(problem.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(problem) => return Err(problem),
    }
    let file = fs::File::open(path)?;
    regular(&file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let text = format!("it has more than {} KiB, the most that is read of such a file", limit / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(Some(bytes))
}

fn regular(facts: &fs::Metadata) -> io::Result<()> {
    if facts.is_file() { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_no_small_text_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        assert_eq!(text(&file, 10).unwrap(), None);
        assert_eq!(text(&file.join("below"), 10).unwrap(), None);
        fs::write(&file, "\u{feff}1234567").unwrap();
        assert_eq!(text(&file, 10).unwrap().unwrap(), "1234567");
        assert_eq!(text(&file.join("below"), 10).unwrap(), None);
        assert_eq!(text(&file, 9).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(text(folder.path(), 10).is_err());
        fs::write(&file, b"a\nb\xff").unwrap();
        assert_eq!(text(&file, 10).unwrap_err().to_string(), "line 2 is not UTF-8 text");
    }
}
