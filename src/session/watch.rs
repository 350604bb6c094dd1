//! Watches a project while a command runs: what was changed, and what the files were before.
//!
//! It knows every file's stamp, and of small files the content, in one scratch file that has no name and ends
//! with the program. What `.gitignore` hides, `.git` and what is beyond the bounds below is not covered; that
//! is reported, never passed over in silence.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ignore::WalkBuilder;

use super::blobs::Blobs;
use super::images;
use crate::domain::{FileGap, FileImage, FileStep};

/// Entries of the project that are watched.
const ENTRIES: usize = 20_000;
/// The largest file whose content is at hand.
const SMALL: u64 = 1 << 20;
/// Bytes of all contents at hand.
const AT_HAND: u64 = 64 << 20;
/// The largest changed file that is kept afterwards, and how much of one command's changes in all.
const KEPT_FILE: u64 = 8 << 20;
const KEPT: u64 = 128 << 20;
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Times of files can lag behind the clock by this much.
const LAG: u128 = 50_000_000;

/// What is known of a project.
#[derive(Debug)]
pub struct Watch {
    root: PathBuf,
    /// Folders of our own that may lie in it.
    except: Vec<PathBuf>,
    known: HashMap<PathBuf, Known>,
    pack: Option<File>,
    packed: u64,
    /// When it was last brought up to date, in nanoseconds since 1970.
    since: u128,
    partial: Option<FileGap>,
}

/// One entry.
#[derive(Debug)]
struct Known {
    stamp: Stamp,
    what: What,
    /// It was changed so shortly before it was read that a later change can bear the same times.
    racy: bool,
}

#[derive(Debug)]
enum What {
    Folder,
    Link(PathBuf),
    /// Where its content lies in the pack.
    Packed(u64),
    /// A file whose content is not at hand.
    Bare,
}

/// What tells that something was done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: i128,
    changed: i128,
    size: u64,
    inode: u64,
    mode: u32,
}

/// Entries as they are now.
struct Look {
    entries: Vec<(PathBuf, Metadata)>,
    partial: Option<FileGap>,
}

impl Watch {
    /// A watch over `root` that knows nothing yet. `except` are folders in it that are ours.
    pub fn new(root: PathBuf, except: Vec<PathBuf>) -> Self {
        Self { root, except, known: HashMap::new(), pack: None, packed: 0, since: 0, partial: None }
    }

    /// Brings what is known up to date: what was changed until now was changed by others.
    pub fn refresh(&mut self) -> io::Result<()> {
        if self.packed > AT_HAND {
            // Old contents pile up behind the new ones; from time to time it starts over.
            (self.known, self.pack, self.packed) = (HashMap::new(), None, 0);
        }
        let look = self.look();
        self.partial = look.partial;
        self.since = now();
        let mut before = std::mem::take(&mut self.known);
        for (path, facts) in look.entries {
            let stamp = Stamp::of(&facts);
            let known = match before.remove(&path) {
                Some(known) if known.stamp == stamp && !known.racy => known,
                _ => self.take(&path, &facts)?,
            };
            self.known.insert(path, known);
        }
        Ok(())
    }

    /// Something else of the session changed this path just now, and it is on record.
    pub fn note(&mut self, path: &Path) {
        if self.known.is_empty() || !path.starts_with(&self.root) {
            return;
        }
        match fs::symlink_metadata(path) {
            Ok(facts) => {
                if let Ok(known) = self.take(path, &facts) {
                    self.known.insert(path.to_owned(), known);
                }
            }
            Err(_) => drop(self.known.remove(path)),
        }
    }

    /// What was changed since the last look, contents kept, in the order of paths; and what is not covered.
    pub fn changes(&mut self, blobs: &Blobs) -> (Vec<FileStep>, Vec<FileGap>) {
        let look = self.look();
        let mut gaps: Vec<FileGap> = look.partial.clone().or(self.partial.take()).into_iter().collect();
        let mut keeping = Keeping { blobs, room: KEPT, not_at_hand: 0, problem: None };
        let mut steps = Vec::new();
        let mut before = std::mem::take(&mut self.known);
        for (path, facts) in look.entries {
            let stamp = Stamp::of(&facts);
            let known = before.remove(&path);
            if known.as_ref().is_none_or(|known| known.differs(stamp)) {
                // What is older than the last look was only hidden then.
                let changed = nanoseconds(facts.ctime(), facts.ctime_nsec()).unsigned_abs();
                let appeared = known.is_none() && changed + LAG < self.since;
                if !appeared {
                    let old = known.as_ref().map_or(FileImage::Absent, |known| self.old(known, &mut keeping));
                    let new = keeping.keep_at(&path);
                    push(&mut steps, &path, old, new);
                }
                match self.take(&path, &facts) {
                    Ok(known) => drop(self.known.insert(path, known)),
                    Err(problem) => keeping.failed(&problem),
                }
            } else if let Some(known) = known {
                self.known.insert(path, known);
            }
        }
        for (path, known) in before {
            if fs::symlink_metadata(&path).is_ok() {
                // It is there, but hidden now.
                self.known.insert(path, known);
            } else {
                let old = self.old(&known, &mut keeping);
                push(&mut steps, &path, old, FileImage::Absent);
            }
        }
        self.since = now();
        steps.sort_by(|one, two| one.path.cmp(&two.path));
        gaps.extend(keeping.gaps());
        (steps, gaps)
    }

    fn look(&self) -> Look {
        let start = Instant::now();
        let except = self.except.clone();
        let walk = WalkBuilder::new(&self.root)
            .hidden(false)
            .require_git(false)
            .follow_links(false)
            .same_file_system(true)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(move |entry| entry.file_name() != ".git" && !except.iter().any(|path| entry.path() == path))
            .build();
        let mut look = Look { entries: Vec::new(), partial: None };
        for entry in walk.filter_map(Result::ok).filter(|entry| entry.depth() > 0) {
            let watched = look.entries.len() as u64;
            if look.entries.len() >= ENTRIES {
                look.partial = Some(FileGap::TooMany { watched });
                break;
            }
            if start.elapsed() > PATIENCE {
                look.partial = Some(FileGap::TooSlow { watched });
                break;
            }
            let path = entry.into_path();
            // A name that is not UTF-8 cannot stand in a record.
            if path.to_str().is_some()
                && let Ok(facts) = fs::symlink_metadata(&path)
            {
                look.entries.push((path, facts));
            }
        }
        look
    }

    /// Learns an entry as it is now.
    fn take(&mut self, path: &Path, facts: &Metadata) -> io::Result<Known> {
        let stamp = Stamp::of(facts);
        let what = if facts.is_dir() {
            What::Folder
        } else if facts.is_symlink() {
            fs::read_link(path).map_or(What::Bare, What::Link)
        } else if facts.is_file() && facts.len() <= SMALL && self.packed + facts.len() <= AT_HAND {
            match images::read(path, SMALL) {
                Ok((read, Some(bytes))) if Stamp::of(&read) == stamp => self.pack(&bytes)?,
                _ => What::Bare,
            }
        } else {
            What::Bare
        };
        let changed = nanoseconds(facts.ctime(), facts.ctime_nsec()).unsigned_abs();
        Ok(Known { stamp, what, racy: facts.is_file() && changed + LAG >= now() })
    }

    fn pack(&mut self, bytes: &[u8]) -> io::Result<What> {
        let pack = match &mut self.pack {
            Some(pack) => pack,
            None => self.pack.insert(tempfile::tempfile()?),
        };
        let at = self.packed;
        pack.write_all(bytes)?;
        self.packed += bytes.len() as u64;
        Ok(What::Packed(at))
    }

    /// What an entry was when it was learnt, its content kept.
    fn old(&self, known: &Known, keeping: &mut Keeping<'_>) -> FileImage {
        let bytes = known.stamp.size;
        match (&known.what, &self.pack) {
            (What::Folder, _) => FileImage::Folder,
            (What::Link(target), _) => FileImage::Link { target: target.clone() },
            (What::Packed(at), Some(pack)) => {
                let mut content = vec![0; bytes as usize];
                let read = pack.read_exact_at(&mut content, *at);
                if let Err(problem) = read {
                    keeping.failed(&problem);
                    return FileImage::Unkept { bytes };
                }
                keeping.keep(&content, known.stamp.mode)
            }
            _ => {
                keeping.not_at_hand += 1;
                FileImage::Unkept { bytes }
            }
        }
    }
}

/// Keeps contents within a bound.
struct Keeping<'a> {
    blobs: &'a Blobs,
    room: u64,
    not_at_hand: u64,
    problem: Option<String>,
}

impl Keeping<'_> {
    fn keep(&mut self, content: &[u8], mode: u32) -> FileImage {
        let bytes = content.len() as u64;
        if bytes > self.room {
            self.not_at_hand += 1;
            return FileImage::Unkept { bytes };
        }
        match self.blobs.keep(content, false) {
            Ok(blob) => {
                self.room -= bytes;
                FileImage::File { blob, bytes, mode }
            }
            Err(problem) => {
                self.failed(&problem);
                FileImage::Unkept { bytes }
            }
        }
    }

    fn keep_at(&mut self, path: &Path) -> FileImage {
        match images::see(path, KEPT_FILE) {
            Ok(images::Seen { bytes: Some(bytes), image: FileImage::File { mode, .. }, .. }) => self.keep(&bytes, mode),
            Ok(seen) => {
                self.not_at_hand += u64::from(matches!(seen.image, FileImage::Unkept { .. }));
                seen.image
            }
            Err(problem) => {
                self.failed(&problem);
                FileImage::Unkept { bytes: 0 }
            }
        }
    }

    fn failed(&mut self, problem: &io::Error) {
        self.problem.get_or_insert_with(|| problem.to_string());
    }

    fn gaps(self) -> impl Iterator<Item = FileGap> {
        let files = self.not_at_hand;
        let large = (files > 0).then_some(FileGap::NotAtHand { files });
        large.into_iter().chain(self.problem.map(|problem| FileGap::Failed { problem }))
    }
}

impl Known {
    /// It may be another file now than the one that was learnt.
    fn differs(&self, stamp: Stamp) -> bool {
        self.stamp != stamp || (self.racy && matches!(self.what, What::Packed(_)))
    }
}

impl Stamp {
    fn of(facts: &Metadata) -> Self {
        if facts.is_dir() {
            // What is in a folder changes its times; that is told by its entries.
            return Self { modified: 0, changed: 0, size: 0, inode: facts.ino(), mode: 0 };
        }
        Self {
            modified: nanoseconds(facts.mtime(), facts.mtime_nsec()),
            changed: nanoseconds(facts.ctime(), facts.ctime_nsec()),
            size: facts.len(),
            inode: facts.ino(),
            mode: images::mode_of(facts),
        }
    }
}

fn nanoseconds(seconds: i64, rest: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(rest)
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

/// Adds a step, unless nothing but a time has changed.
fn push(steps: &mut Vec<FileStep>, path: &Path, before: FileImage, after: FileImage) {
    let unknown = matches!(before, FileImage::Unkept { .. });
    if before != after || unknown {
        steps.push(FileStep { path: path.to_owned(), before, after });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::domain::BlobId;

    fn told(steps: &[FileStep], root: &Path) -> Vec<String> {
        let word = |image: &FileImage| match image {
            FileImage::Absent => "-".to_owned(),
            FileImage::File { bytes, mode, .. } => format!("{bytes}b{:o}", mode & 0o100),
            FileImage::Folder => "folder".to_owned(),
            FileImage::Link { target } => format!("link {}", target.display()),
            FileImage::Unkept { bytes } => format!("unkept {bytes}"),
        };
        let name = |step: &FileStep| step.path.strip_prefix(root).unwrap().display().to_string();
        steps.iter().map(|step| format!("{}: {} > {}", name(step), word(&step.before), word(&step.after))).collect()
    }

    #[test]
    fn every_kind_of_change_is_seen_with_what_was_before() {
        let folder = tempfile::tempdir().unwrap();
        let (root, data) = (folder.path().join("project"), folder.path().join("project/.latigo-data"));
        fs::create_dir_all(root.join("old")).unwrap();
        fs::create_dir_all(&data).unwrap();
        for (name, text) in [("edited", "1"), ("gone", "22"), ("moved", "333"), ("run.sh", "x"), ("same", "s")] {
            fs::write(root.join(name), text).unwrap();
        }
        fs::write(root.join(".gitignore"), "heavy/\n").unwrap();
        fs::write(root.join("huge"), vec![0; SMALL as usize + 1]).unwrap();
        fs::create_dir(root.join("heavy")).unwrap();
        let blobs = Blobs::new(&data);
        let mut watch = Watch::new(root.clone(), vec![data.clone()]);
        watch.refresh().unwrap();

        fs::write(root.join("edited"), "one").unwrap();
        fs::remove_file(root.join("gone")).unwrap();
        fs::create_dir_all(root.join("new/deep")).unwrap();
        fs::rename(root.join("moved"), root.join("new/deep/moved")).unwrap();
        fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(root.join("same"), "s").unwrap();
        fs::write(root.join("huge"), "small now").unwrap();
        fs::write(root.join("heavy/ignored"), "x").unwrap();
        symlink("edited", root.join("link")).unwrap();
        fs::remove_dir(root.join("old")).unwrap();
        let (steps, gaps) = watch.changes(&blobs);
        assert_eq!(
            told(&steps, &root),
            [
                "edited: 1b0 > 3b0",
                "gone: 2b0 > -",
                "huge: unkept 1048577 > 9b0",
                "link: - > link edited",
                "moved: 3b0 > -",
                "new: - > folder",
                "new/deep: - > folder",
                "new/deep/moved: - > 3b0",
                "old: folder > -",
                "run.sh: 1b0 > 1b100",
            ]
        );
        assert_eq!(gaps, [FileGap::NotAtHand { files: 1 }]);
        assert_eq!(blobs.read(BlobId::of(b"22"), 9).unwrap(), b"22");
        assert_eq!(watch.changes(&blobs), (Vec::new(), Vec::new()), "seen once");
    }

    #[test]
    fn what_was_only_hidden_is_not_new() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("p");
        fs::create_dir(&root).unwrap();
        fs::write(root.join(".gitignore"), "secret\n").unwrap();
        fs::write(root.join("secret"), "x").unwrap();
        let blobs = Blobs::new(folder.path());
        let mut watch = Watch::new(root.clone(), Vec::new());
        watch.refresh().unwrap();
        // As if all of it had been there for long.
        watch.since += 10 * LAG;
        fs::write(root.join(".gitignore"), "#\n").unwrap();
        let (steps, _) = watch.changes(&blobs);
        assert_eq!(told(&steps, &root), [".gitignore: 7b0 > 2b0"]);
        fs::write(root.join(".gitignore"), "secret\n").unwrap();
        assert_eq!(watch.changes(&blobs).0.len(), 1, "hidden again, not gone");
    }
}
