//! What stands at a path: looked at without following links, waiting for pipes, or reading without a bound.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::blobs::Blobs;
use crate::domain::{BlobId, FileImage};

/// The largest file whose content is kept.
pub const MOST: u64 = 32 << 20;
/// Permission bits that are kept and restored; not those that lend rights.
const MODE: u32 = 0o777;

/// A path at this moment.
#[derive(Clone, Debug)]
pub struct Seen {
    pub image: FileImage,
    /// The bytes of a regular file that is not too large.
    pub bytes: Option<Vec<u8>>,
    /// Names of the file; more than one when it has hard links.
    pub names: u64,
}

/// Looks at a path and keeps nothing.
pub fn see(path: &Path, most: u64) -> io::Result<Seen> {
    let nothing = |image| Seen { image, bytes: None, names: 1 };
    let facts = match fs::symlink_metadata(path) {
        Ok(facts) => facts,
        Err(problem) if is_absent(&problem) => return Ok(nothing(FileImage::Absent)),
        Err(problem) => return Err(problem),
    };
    if facts.is_dir() {
        return Ok(nothing(FileImage::Folder));
    }
    if facts.is_symlink() {
        return Ok(nothing(FileImage::Link { target: fs::read_link(path)? }));
    }
    if !facts.is_file() {
        return Ok(nothing(FileImage::Unkept { bytes: 0 }));
    }
    match read(path, most)? {
        (facts, None) => Ok(Seen { names: facts.nlink(), ..nothing(FileImage::Unkept { bytes: facts.len() }) }),
        (facts, Some(bytes)) => Ok(Seen {
            image: FileImage::File { blob: BlobId::of(&bytes), bytes: bytes.len() as u64, mode: facts.mode() & MODE },
            names: facts.nlink(),
            bytes: Some(bytes),
        }),
    }
}

/// Looks at a path and keeps its content.
pub fn keep(path: &Path, most: u64, blobs: &Blobs, durable: bool) -> io::Result<FileImage> {
    let seen = see(path, most)?;
    if let Some(bytes) = &seen.bytes {
        blobs.keep(bytes, durable)?;
    }
    Ok(seen.image)
}

/// The bytes of a regular file, none when it has more than `most`.
pub(super) fn read(path: &Path, most: u64) -> io::Result<(Metadata, Option<Vec<u8>>)> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW).bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let facts = file.metadata()?;
    if !facts.is_file() || facts.len() > most {
        return Ok((facts, None));
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok((facts, (bytes.len() as u64 <= most).then_some(bytes)))
}

/// The permission bits that are kept of this mode.
pub(super) fn mode_of(facts: &Metadata) -> u32 {
    facts.mode() & MODE
}

/// Nothing is there, or something above it is no folder.
fn is_absent(problem: &io::Error) -> bool {
    matches!(problem.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
