//! Files as they may be opened: regular ones only, never waiting, and with words for everything else.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::reads::FileStamp;
use super::words::bytes;
use crate::base::beneath;

/// Bytes that tell what kind of file it is.
const SNIFF: u64 = 8 << 10;
/// The largest file whose content is remembered by its hash.
const MAX_HASHED: u64 = 4 << 20;

/// Entries of a folder that are looked at for a similar name.
const MAX_SIBLINGS: usize = 5_000;

/// A path as the call names it, and where it really lies: absolute and without links.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    pub named: &'a Path,
    pub real: &'a Path,
}

/// Opens the regular file that lies at the real place, and follows no link to it. The error is a text for the model,
/// in which the file is called as it was named. A FIFO or a device can neither block nor be opened.
pub fn open_regular(spot: Spot<'_>) -> Result<(File, Metadata), String> {
    let file = beneath::file(spot.real).map_err(|error| unreadable(spot, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(spot, &error))?;
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
pub fn open(spot: Spot<'_>) -> Result<Opened, String> {
    let (file, metadata) = open_regular(spot)?;
    let mut start = Vec::new();
    (&file).take(SNIFF).read_to_end(&mut start).map_err(|error| unreadable(spot, &error))?;
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
pub fn read_bounded(spot: Spot<'_>, max: u64) -> Result<(Vec<u8>, Metadata), String> {
    let (file, metadata) = open_regular(spot)?;
    let mut content = Vec::new();
    file.take(max + 1).read_to_end(&mut content).map_err(|error| unreadable(spot, &error))?;
    if content.len() as u64 > max {
        return Err(format!("{} is larger than {}, too large for this tool.", spot.named.display(), bytes(max)));
    }
    Ok((content, metadata))
}

/// Why a path cannot be opened; of a missing file the most similar names that do exist.
fn unreadable(spot: Spot<'_>, error: &io::Error) -> String {
    let name = spot.named.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("{name} does not exist.{}", suggestion(spot.named)),
        io::ErrorKind::PermissionDenied => format!("{name} cannot be opened: the system denies access."),
        io::ErrorKind::IsADirectory => {
            format!("{name} is a folder. Use LS to list it, or Glob to find files in it.")
        }
        io::ErrorKind::InvalidInput => {
            format!("{name} is {}, not a regular file, and cannot be read.", special(spot.real))
        }
        _ => format!("{name} cannot be read: {error}."),
    }
}

/// What a path is that is neither file nor folder.
fn special(real: &Path) -> &'static str {
    match fs::symlink_metadata(real).map(|metadata| metadata.file_type()) {
        Ok(kind) if kind.is_fifo() => "a named pipe",
        Ok(kind) if kind.is_socket() => "a socket",
        _ => "a device",
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

    fn at(path: &Path) -> Spot<'_> {
        Spot { named: path, real: path }
    }

    #[test]
    fn a_missing_file_names_its_neighbours() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::write(root.join("parser.rs"), "").unwrap();
        fs::write(root.join("zebra"), "").unwrap();
        let error = open_regular(at(&root.join("Parsers.rs"))).unwrap_err();
        assert!(error.ends_with("Similar names there: parser.rs."), "{error}");
        let error = open_regular(at(&root.join("no/where/x"))).unwrap_err();
        assert!(error.contains(&format!("nearest folder that exists is {}.", root.display())), "{error}");
    }

    #[test]
    fn what_is_no_regular_file_is_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let fifo = root.join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        assert!(open_regular(at(&fifo)).unwrap_err().contains("a named pipe"));
        assert!(open_regular(at(Path::new("/dev/zero"))).unwrap_err().contains("a device"));
        assert!(open_regular(at(&root)).unwrap_err().contains("Use LS"));
    }

    #[test]
    fn reading_stops_at_the_bound() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let file = root.join("a");
        fs::write(&file, "12345").unwrap();
        assert_eq!(read_bounded(at(&file), 5).unwrap().0, b"12345");
        assert!(read_bounded(at(&file), 4).unwrap_err().contains("larger than 4 B"));
    }
}
