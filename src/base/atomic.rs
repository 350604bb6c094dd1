//! Files that are replaced whole or not at all.
//!
//! Everything is written into a new file beside the target, synced, and renamed over it. A reader sees
//! the old bytes or the new ones, also after a crash. Extended attributes are not carried over.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use super::paths;

/// Replaces a file or makes it. The mode and owner of an existing file stay; a link stays and its target
/// is replaced. The folder must exist.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, false, |_| Ok(()))
}

/// The same for a file that only its owner may read (0600), whatever its mode was.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, true, |_| Ok(()))
}

/// Like [`write`], and asks `check` with the real target at the last moment, when the new bytes are on
/// disk and only the rename is left. An error of the check leaves everything as it was.
pub fn write_checked(path: &Path, bytes: &[u8], check: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    replace(path, bytes, false, check)
}

fn replace(path: &Path, bytes: &[u8], private: bool, check: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let (target, _, _) = paths::facts(path);
    let folder = target.parent().ok_or_else(|| io::Error::other("there is no folder to write into"))?;
    let existing = fs::metadata(&target).ok();
    // A new file gets what the process's umask leaves of 0666; one that replaces another starts closed.
    let start = if private || existing.is_some() { 0o600 } else { 0o666 };
    let mut file = tempfile::Builder::new()
        .prefix(".latigo-")
        .suffix(".tmp")
        .permissions(Permissions::from_mode(start))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(existing) = existing.filter(|_| !private) {
        keep_owner_and_mode(file.as_file(), &existing)?;
    }
    file.as_file().sync_all()?;
    check(&target)?;
    file.persist(&target)?;
    // The rename itself is durable once the folder is; some file systems cannot sync a folder.
    fs::File::open(folder).and_then(|folder| folder.sync_all()).ok();
    Ok(())
}

fn keep_owner_and_mode(file: &fs::File, existing: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (existing.uid(), existing.gid()) {
        // Only root may give files away; for everyone else the file becomes theirs, as with any editor.
        fchown(file, Some(existing.uid()), Some(existing.gid())).ok();
    }
    file.set_permissions(existing.permissions())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn mode_and_link_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("run.sh"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o751)).unwrap();
        symlink("run.sh", &link).unwrap();

        write(&link, b"new").unwrap();

        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(mode(&file), 0o751);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_dangling_link_gets_its_target() {
        let dir = tempfile::tempdir().unwrap();
        symlink("later", dir.path().join("link")).unwrap();
        write(&dir.path().join("link"), b"x").unwrap();
        assert_eq!(fs::read(dir.path().join("later")).unwrap(), b"x");
    }

    #[test]
    fn private_is_0600_also_over_an_open_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        write_private(&file, b"new").unwrap();
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn a_failed_check_leaves_all_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        fs::write(&file, "old").unwrap();
        let error = write_checked(&file, b"new", |_| Err(io::Error::other("no"))).unwrap_err();
        assert_eq!(error.to_string(), "no");
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
