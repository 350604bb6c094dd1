//! Files and folders by descriptor, without following a single link.
//!
//! Whoever decides about a path decides about its real place: absolute, without links and dots. Here that place is
//! opened, and nothing else: a name on the way that has become a link meanwhile is an error, never followed. What is
//! done below an open folder is done by its descriptor, so nothing is looked up by name twice.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, fchown};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

/// Names that are tried for a temporary file before giving up.
const TRIES: usize = 16;
/// Folders are only gone through, so no right to list them is needed.
#[cfg(target_os = "linux")]
const THROUGH: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const THROUGH: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// A file can neither make us wait nor become our terminal.
const READ: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

/// What lies at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// Opens a regular file for reading. `real` is absolute and without links.
pub fn file(real: &Path) -> io::Result<File> {
    let (folder, name) = parted(real)?;
    Folder::open(folder)?.file(name)
}

/// Folder and name of a path.
pub fn parted(real: &Path) -> io::Result<(&Path, &OsStr)> {
    let parts = real.parent().zip(real.file_name());
    parts.ok_or_else(|| io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"))
}

impl Folder {
    /// Opens the folder that lies exactly there.
    pub fn open(real: &Path) -> io::Result<Self> {
        let fd = whole(real).unwrap_or_else(|| walk(real)).map_err(|error| told(error, real))?;
        Ok(Self { fd, path: real.to_owned() })
    }

    /// The same, and makes what is missing of it.
    pub fn make(real: &Path) -> io::Result<Self> {
        let mut missing: Vec<&OsStr> = Vec::new();
        let mut at = real;
        let mut folder = loop {
            match Self::open(at) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let (above, name) = parted(at)?;
                    missing.push(name);
                    at = above;
                }
                other => break other?,
            }
        };
        while let Some(name) = missing.pop() {
            match rustix::fs::mkdirat(&folder.fd, name, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => folder = folder.below(name)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(folder)
    }

    /// A folder in this one.
    pub fn below(&self, name: &OsStr) -> io::Result<Self> {
        let path = self.path.join(name);
        let fd = step(&self.fd, name).map_err(|error| told(error, &path))?;
        Ok(Self { fd, path })
    }

    /// What lies at a name in this folder; none when nothing does.
    pub fn kind(&self, name: &OsStr) -> io::Result<Option<Kind>> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(Kind::of(FileType::from_raw_mode(found.st_mode)))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a regular file of this folder for reading. Its type is asked before it is opened, because opening a
    /// device can do something, and again of what was opened.
    pub fn file(&self, name: &OsStr) -> io::Result<File> {
        let path = self.path.join(name);
        match self.kind(name)? {
            None => return Err(io::ErrorKind::NotFound.into()),
            Some(Kind::File) => {}
            Some(Kind::Link) => return Err(told(Errno::LOOP, &path)),
            Some(kind) => return Err(kind.refusal()),
        }
        let fd = rustix::fs::openat(&self.fd, name, READ, Mode::empty()).map_err(|error| told(error, &path))?;
        let file = File::from(fd);
        let kind = Kind::of_std(file.metadata()?.file_type());
        if kind == Kind::File { Ok(file) } else { Err(kind.refusal()) }
    }

    /// The names in this folder with what they are, at most so many, and whether these are all.
    pub fn names(&self, most: usize) -> io::Result<(Vec<(OsString, Kind)>, bool)> {
        use std::os::unix::ffi::OsStrExt;
        let mut found = Vec::new();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        for entry in Dir::new(rustix::fs::openat(&self.fd, ".", flags, Mode::empty())?)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            if found.len() >= most {
                return Ok((found, false));
            }
            let kind = match entry.file_type() {
                // Some file systems do not say.
                FileType::Unknown => self.kind(name).ok().flatten().unwrap_or(Kind::Other),
                known => Kind::of(known),
            };
            found.push((name.to_owned(), kind));
        }
        Ok((found, true))
    }

    /// Puts a file with these bytes in the place of `name`: a new file beside it, synced, and renamed over it. A
    /// regular file keeps its mode and owner; anything else that lies there is an error. `check` is asked at the last
    /// moment, when only the rename is left; its error leaves everything as it was. Returns what the file is now.
    pub fn replace(
        &self,
        name: &OsStr,
        bytes: &[u8],
        check: impl FnOnce(&Self) -> io::Result<()>,
    ) -> io::Result<Metadata> {
        let existing = match self.file(name) {
            Ok(file) => Some(file.metadata()?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if existing.is_some()
            && rustix::fs::accessat(&self.fd, name, rustix::fs::Access::WRITE_OK, AtFlags::empty()).is_err()
        {
            return Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "the file is read-only"));
        }
        let (temporary, mut file) = self.temporary(existing.is_some())?;
        let written = file
            .write_all(bytes)
            .and_then(|()| existing.as_ref().map_or(Ok(()), |existing| keep_owner_and_mode(&file, existing)))
            .and_then(|()| file.sync_all())
            .and_then(|()| check(self))
            .and_then(|()| Ok(rustix::fs::renameat(&self.fd, &temporary, &self.fd, name)?));
        if let Err(error) = written {
            rustix::fs::unlinkat(&self.fd, &temporary, AtFlags::empty()).ok();
            return Err(error);
        }
        // The rename itself is durable once the folder is; some file systems cannot sync a folder.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(&self.fd, ".", flags, Mode::empty()).and_then(rustix::fs::fsync).ok();
        file.metadata()
    }

    /// A new file of ours in this folder. One that takes the place of another starts closed to others.
    fn temporary(&self, closed: bool) -> io::Result<(OsString, File)> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(if closed { 0o600 } else { 0o666 });
        for _ in 0..TRIES {
            let name = OsString::from(format!(".latigo-{}.tmp", uuid::Uuid::new_v4().simple()));
            match rustix::fs::openat(&self.fd, &name, flags, mode) {
                Ok(fd) => return Ok((name, File::from(fd))),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Kind {
    fn of(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Folder,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }

    fn of_std(kind: std::fs::FileType) -> Self {
        if kind.is_file() {
            Self::File
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_fifo() || kind.is_socket() || kind.is_block_device() || kind.is_char_device() {
            Self::Other
        } else {
            Self::Link
        }
    }

    fn refusal(self) -> io::Error {
        match self {
            Self::Folder => io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"),
            _ => io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"),
        }
    }
}

/// The kernel's own way, in one call; none where it does not have it.
#[cfg(target_os = "linux")]
fn whole(real: &Path) -> Option<rustix::io::Result<OwnedFd>> {
    use rustix::fs::{CWD, ResolveFlags};
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(CWD, real, THROUGH, Mode::empty(), resolve) {
        // An old kernel does not know it, and some containers forbid what they do not know.
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::TOOBIG) => None,
        known => Some(known),
    }
}

#[cfg(not(target_os = "linux"))]
fn whole(_: &Path) -> Option<rustix::io::Result<OwnedFd>> {
    None
}

/// The same name by name.
fn walk(real: &Path) -> rustix::io::Result<OwnedFd> {
    let mut at = rustix::fs::open("/", THROUGH, Mode::empty())?;
    for part in real.components() {
        match part {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(name) => at = step(&at, name)?,
            Component::ParentDir | Component::Prefix(_) => return Err(Errno::INVAL),
        }
    }
    Ok(at)
}

/// One name further. A link is told from a file, although the kernel says of both that they are no folder.
fn step(at: &OwnedFd, name: &OsStr) -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(at, name, THROUGH, Mode::empty()).map_err(|error| {
        let is_link = error == Errno::NOTDIR
            && rustix::fs::statat(at, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink);
        if is_link { Errno::LOOP } else { error }
    })
}

fn told(error: Errno, path: &Path) -> io::Error {
    if error == Errno::LOOP {
        let text = format!("{} became a link after it was decided about; nothing was done", path.display());
        return io::Error::other(text);
    }
    error.into()
}

fn keep_owner_and_mode(file: &File, existing: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (existing.uid(), existing.gid()) {
        // Only root may give files away; for everyone else the file becomes theirs, as with any editor.
        fchown(file, Some(existing.uid()), Some(existing.gid())).ok();
    }
    file.set_permissions(Permissions::from_mode(existing.mode() & 0o7777))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    use super::*;

    fn desk() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/file"), "text").unwrap();
        symlink("a", root.join("link")).unwrap();
        symlink("file", root.join("a/b/to-file")).unwrap();
        (dir, root)
    }

    #[test]
    fn what_lies_there_is_opened_and_a_link_never_is() {
        let (_dir, root) = desk();
        let mut text = String::new();
        file(&root.join("a/b/file")).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        for path in ["link/b/file", "a/b/to-file"] {
            let error = file(&root.join(path)).unwrap_err();
            assert!(error.to_string().contains("became a link"), "{path}: {error}");
        }
        assert_eq!(file(&root.join("a/none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(file(&root.join("a/b")).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn the_walk_by_names_says_the_same_as_the_kernel() {
        let (_dir, root) = desk();
        assert!(walk(&root.join("a/b")).is_ok());
        assert_eq!(walk(&root.join("link/b")).unwrap_err(), Errno::LOOP);
        assert_eq!(walk(&root.join("a/none")).unwrap_err(), Errno::NOENT);
        assert_eq!(walk(&root.join("a/b/file")).unwrap_err(), Errno::NOTDIR);
        assert_eq!(walk(&root.join("a/../a")).unwrap_err(), Errno::INVAL);
    }

    #[test]
    fn a_file_is_replaced_whole_with_its_mode_or_not_at_all() {
        let (_dir, root) = desk();
        let path = root.join("a/b/file");
        fs::set_permissions(&path, Permissions::from_mode(0o751)).unwrap();
        let folder = Folder::open(&root.join("a/b")).unwrap();
        let name = OsStr::new("file");
        folder.replace(name, b"new", |_| Ok(())).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o751);
        folder.replace(name, b"newer", |_| Err(io::Error::other("no"))).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(folder.replace(OsStr::new("to-file"), b"x", |_| Ok(())).unwrap_err().to_string().contains("link"));
        assert_eq!(fs::read_dir(root.join("a/b")).unwrap().count(), 2, "no temporary file is left");
        fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
        if rustix::process::geteuid().as_raw() != 0 {
            assert!(folder.replace(name, b"x", |_| Ok(())).is_err());
        }
    }

    #[test]
    fn an_open_folder_stays_the_one_it_is() {
        let (_dir, root) = desk();
        fs::create_dir(root.join("elsewhere")).unwrap();
        let folder = Folder::open(&root.join("a/b")).unwrap();
        fs::rename(root.join("a/b"), root.join("a/moved")).unwrap();
        symlink(root.join("elsewhere"), root.join("a/b")).unwrap();
        folder.replace(OsStr::new("new"), b"x", |_| Ok(())).unwrap();
        assert!(root.join("a/moved/new").exists() && !root.join("elsewhere/new").exists());
        assert!(Folder::open(&root.join("a/b")).is_err());
        assert!(Folder::make(&root.join("a/b/c")).is_err(), "nothing is made behind a link");
    }

    #[test]
    fn missing_folders_are_made_and_names_are_listed() {
        let (_dir, root) = desk();
        Folder::make(&root.join("x/y/z")).unwrap().replace(OsStr::new("f"), b"1", |_| Ok(())).unwrap();
        assert_eq!(fs::read(root.join("x/y/z/f")).unwrap(), b"1");
        let (mut names, all) = Folder::open(&root.join("a/b")).unwrap().names(10).unwrap();
        names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(names, [("file".into(), Kind::File), ("to-file".into(), Kind::Link)]);
        assert!(all && !Folder::open(&root).unwrap().names(1).unwrap().1);
    }

    #[test]
    fn a_pipe_is_refused_without_waiting() {
        let (_dir, root) = desk();
        assert!(std::process::Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());
        assert!(file(&root.join("pipe")).unwrap_err().to_string().contains("not a regular file"));
    }
}
