//! Kept bytes by the hash of their content: `blobs/ab/cdef…`, one file each, for the user alone.
//!
//! A blob is written whole or not at all and never changed. What nothing refers to any more is found by
//! [`super::gc`], on request only.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::base::dirs::create_private;
use crate::domain::BlobId;

/// All blobs below one data folder.
#[derive(Clone, Debug)]
pub struct Blobs {
    root: PathBuf,
}

impl Blobs {
    /// The blobs of a data folder, which need not exist yet.
    pub(super) fn new(data: &Path) -> Self {
        Self { root: data.join("blobs") }
    }

    /// Keeps these bytes. `durable` waits until they are on the disk itself.
    pub fn keep(&self, bytes: &[u8], durable: bool) -> io::Result<BlobId> {
        let id = BlobId::of(bytes);
        let path = self.path(id);
        if fs::metadata(&path).is_ok_and(|facts| facts.is_file() && facts.len() == bytes.len() as u64) {
            // A collection that runs at this moment takes it for new.
            File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now())).ok();
            return Ok(id);
        }
        let folder = path.parent().unwrap_or(&self.root);
        create_private(folder).map_err(|problem| named(folder, &problem))?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
        file.write_all(bytes).map_err(|problem| named(&path, &problem))?;
        if durable {
            file.as_file().sync_data()?;
        }
        file.persist(&path)?;
        Ok(id)
    }

    /// The bytes of a blob, checked against its name, at most `limit` of them.
    pub fn read(&self, id: BlobId, limit: u64) -> io::Result<Vec<u8>> {
        let path = self.path(id);
        let file = File::open(&path).map_err(|problem| named(&path, &problem))?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::other(format!("{} is larger than {limit} bytes", path.display())));
        }
        if BlobId::of(&bytes) == id {
            Ok(bytes)
        } else {
            Err(io::Error::other(format!("{} is damaged: its content is not what its name says", path.display())))
        }
    }

    /// It is there with this length.
    pub fn has(&self, id: BlobId, bytes: u64) -> bool {
        fs::metadata(self.path(id)).is_ok_and(|facts| facts.is_file() && facts.len() == bytes)
    }

    /// All blobs with their size and the time of their last use.
    pub fn all(&self) -> Vec<(BlobId, u64, SystemTime)> {
        let folders = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| {
            let head = folder.file_name();
            fs::read_dir(folder.path()).into_iter().flatten().flatten().map(move |file| (head.clone(), file))
        });
        files
            .filter_map(|(head, file)| {
                let name = format!("{}{}", head.to_str()?, file.file_name().to_str()?);
                let facts = file.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((name.parse().ok()?, facts.len(), facts.modified().ok()?))
            })
            .collect()
    }

    pub(super) fn remove(&self, id: BlobId) -> io::Result<()> {
        let path = self.path(id);
        fs::remove_file(&path).map_err(|problem| named(&path, &problem))
    }

    fn path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        let (head, rest) = name.split_at(2);
        self.root.join(head).join(rest)
    }
}

fn named(path: &Path, problem: &io::Error) -> io::Error {
    io::Error::new(problem.kind(), format!("{}: {problem}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn bytes_are_kept_once_for_the_user_alone_and_checked() {
        let data = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(data.path());
        let id = blobs.keep(b"abc", true).unwrap();
        assert_eq!(blobs.keep(b"abc", false).unwrap(), id);
        assert_eq!(id.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let path = data.path().join("blobs/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!((blobs.read(id, 3).unwrap(), blobs.all().len()), (b"abc".to_vec(), 1));
        assert!(blobs.read(id, 2).unwrap_err().to_string().contains("larger"));
        fs::write(&path, "abd").unwrap();
        assert!(blobs.read(id, 3).unwrap_err().to_string().contains("damaged"));
    }
}
