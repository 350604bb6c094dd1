//! Files as they may be opened: regular ones only, never waiting, and with words for everything else.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::reads::FileStamp;
use super::words::bytes;

/// Bytes that tell what kind of file it is.
const SNIFF: u64 = 8 << 10;
/// The largest file whose content is remembered by its hash.
const MAX_HASHED: u64 = 4 << 20;

/// Entries of a folder that are looked at for a similar name.
const MAX_SIBLINGS: usize = 5_000;

/// Opens a regular file for reading. The error is a text for the model. A FIFO or a device can neither
/// block nor be opened: its type is asked first, and again of what was really opened.
pub fn open_regular(path: &Path) -> Result<(File, Metadata), String> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    regular(path, &metadata)?;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32)
        .open(path)
        .map_err(|error| unreadable(path, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    regular(path, &metadata)?;
    Ok((file, metadata))
}

/// An open regular file and its first bytes.
#[derive(Debug)]
pub struct Opened {
    pub file: File,
    pub metadata: Metadata,
    /// Up to 8 kB, which tell what kind of file it is.
    pub start: Vec<u8>,
}

/// Opens a regular file and looks at its beginning. The error is a text for the model.
pub fn open(path: &Path) -> Result<Opened, String> {
    let (file, metadata) = open_regular(path)?;
    let mut start = Vec::new();
    (&file).take(SNIFF).read_to_end(&mut start).map_err(|error| unreadable(path, &error))?;
    Ok(Opened { file, metadata, start })
}

impl Opened {
    /// The whole content, at most `max` bytes of it, whatever its size says.
    pub fn whole(&mut self, max: u64) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let read = self.file.rewind().and_then(|()| (&self.file).take(max + 1).read_to_end(&mut content));
        read.map_err(|error| format!("The file cannot be read: {error}."))?;
        if content.len() as u64 > max {
            return Err(format!("The file is larger than {}, too large to be shown.", bytes(max)));
        }
        Ok(content)
    }

    /// What it is now. The content counts when the file is small enough to be hashed on every read.
    pub fn stamp(&mut self) -> FileStamp {
        let content = if self.metadata.len() <= MAX_HASHED { self.whole(MAX_HASHED).ok() } else { None };
        match content {
            Some(content) => FileStamp::of(&content, &self.metadata),
            None => FileStamp::without_content(&self.metadata),
        }
    }
}

/// Reads a regular file of at most `max` bytes, whatever its size says.
pub fn read_bounded(path: &Path, max: u64) -> Result<(Vec<u8>, Metadata), String> {
    let (file, metadata) = open_regular(path)?;
    let mut content = Vec::new();
    file.take(max + 1).read_to_end(&mut content).map_err(|error| unreadable(path, &error))?;
    if content.len() as u64 > max {
        return Err(format!("{} is larger than {}, too large for this tool.", path.display(), bytes(max)));
    }
    Ok((content, metadata))
}

fn regular(path: &Path, metadata: &Metadata) -> Result<(), String> {
    let kind = metadata.file_type();
    let name = path.display();
    if kind.is_file() {
        Ok(())
    } else if kind.is_dir() {
        Err(format!("{name} is a folder. Use LS to list it, or Glob to find files in it."))
    } else {
        let kind = if kind.is_fifo() {
            "a named pipe"
        } else if kind.is_socket() {
            "a socket"
        } else {
            "a device"
        };
        Err(format!("{name} is {kind}, not a regular file, and cannot be read."))
    }
}

/// Why a path cannot be opened; of a missing file the most similar names that do exist.
fn unreadable(path: &Path, error: &io::Error) -> String {
    let name = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("{name} does not exist.{}", suggestion(path)),
        io::ErrorKind::PermissionDenied => format!("{name} cannot be opened: the system denies access."),
        _ => format!("{name} cannot be read: {error}."),
    }
}

fn suggestion(path: &Path) -> String {
    let Some(parent) = path.parent() else { return String::new() };
    if !parent.is_dir() {
        let existing = parent.ancestors().find(|folder| folder.is_dir());
        let existing = existing.map(|folder| format!(" The nearest folder that exists is {}.", folder.display()));
        return format!(" Its folder does not exist either.{}", existing.unwrap_or_default());
    }
    let names = similar(path, parent);
    if names.is_empty() { String::new() } else { format!(" Similar names there: {}.", names.join(", ")) }
}

/// Up to three names in the folder that look like the missing one, best first.
fn similar(path: &Path, folder: &Path) -> Vec<String> {
    let wanted = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let entries = fs::read_dir(folder).into_iter().flatten().take(MAX_SIBLINGS).flatten();
    let mut ranked: Vec<(f64, String)> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    ranked.truncate(3);
    ranked.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_missing_file_names_its_neighbours() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("parser.rs"), "").unwrap();
        fs::write(dir.path().join("zebra"), "").unwrap();
        let error = open_regular(&dir.path().join("Parsers.rs")).unwrap_err();
        assert!(error.ends_with("Similar names there: parser.rs."), "{error}");
        let error = open_regular(&dir.path().join("no/where/x")).unwrap_err();
        assert!(error.contains(&format!("nearest folder that exists is {}.", dir.path().display())), "{error}");
    }

    #[test]
    fn what_is_no_regular_file_is_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        assert!(open_regular(&fifo).unwrap_err().contains("a named pipe"));
        assert!(open_regular(Path::new("/dev/zero")).unwrap_err().contains("a device"));
        assert!(open_regular(dir.path()).unwrap_err().contains("Use LS"));
    }

    #[test]
    fn reading_stops_at_the_bound() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        fs::write(&file, "12345").unwrap();
        assert_eq!(read_bounded(&file, 5).unwrap().0, b"12345");
        assert!(read_bounded(&file, 4).unwrap_err().contains("larger than 4 B"));
    }
}
