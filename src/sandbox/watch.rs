//! What lies at names that programs outside obey, before and after a confined command.
//!
//! The confined side is hostile: what it leaves at such a name would act with all rights as soon as a program
//! outside comes along. Mounts forbid most of it; this finds the rest, and says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::profile::protected;

/// Files whose presence in a folder makes git take it for a repository.
const BARE: [&str; 4] = ["HEAD", "config", "objects", "refs"];

/// What lay where, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<PathBuf, Kind>);

/// What lies at a name. Contents are not compared; the time of a change and the size tell.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    File(u64, Option<std::time::SystemTime>),
    /// A folder with the number of its entries.
    Folder(usize),
    Link(PathBuf),
    Other,
    /// A folder that git would take for a repository without a working tree.
    Repository,
}

/// Looks at the protected names of all folders, but for placeholders of ours.
pub fn look(roots: &[PathBuf], ours: &[PathBuf]) -> Seen {
    let mut seen = BTreeMap::new();
    for root in roots {
        if BARE.iter().all(|name| root.join(name).symlink_metadata().is_ok()) {
            seen.insert(root.clone(), Kind::Repository);
        }
        let mut names = protected(root);
        names.extend([".git", ".claude", ".latigo"].map(|name| root.join(name)));
        for name in names.into_iter().filter(|name| !ours.contains(name)) {
            if let Some(kind) = kind(&name) {
                seen.insert(name, kind);
            }
        }
    }
    Seen(seen)
}

impl Seen {
    /// Sentences about what is new or changed, and was there before.
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for (path, kind) in &self.0 {
            let what = match (before.0.get(path), kind) {
                (Some(old), kind) if old == kind => continue,
                // Folders of a repository change with every commit, those of agents with every note.
                (Some(Kind::Folder(_)), Kind::Folder(_)) if is_shared(path) => continue,
                (_, Kind::Repository) => {
                    "was made to look like a repository of git, which would run what its config says".to_owned()
                }
                (_, Kind::Link(target)) => format!("is now a link to {}", target.display()),
                (None, _) => "is new".to_owned(),
                (Some(_), _) => "was changed".to_owned(),
            };
            found.push(format!("{} {what}", path.display()));
        }
        let gone = before.0.keys().filter(|path| !self.0.contains_key(*path));
        found.extend(gone.map(|path| format!("{} is gone", path.display())));
        found
    }
}

fn is_shared(path: &Path) -> bool {
    path.ends_with(".git") || path.ends_with(".claude") || path.ends_with(".latigo")
}

fn kind(path: &Path) -> Option<Kind> {
    let found = path.symlink_metadata().ok()?;
    Some(if found.is_symlink() {
        Kind::Link(fs::read_link(path).unwrap_or_default())
    } else if found.is_dir() {
        Kind::Folder(fs::read_dir(path).map_or(0, |entries| entries.take(1_000).count()))
    } else if found.is_file() {
        Kind::File(found.len(), found.modified().ok())
    } else {
        Kind::Other
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_programs_outside_would_obey_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let roots = [dir.path().to_path_buf()];
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at(".git")).unwrap();
        fs::write(at(".mcp.json"), "a").unwrap();
        let before = look(&roots, &[]);
        assert_eq!(look(&roots, &[]).changes_since(&before), [""; 0]);

        fs::write(at(".git/index"), "an everyday change").unwrap();
        assert_eq!(look(&roots, &[]).changes_since(&before), [""; 0]);

        std::os::unix::fs::symlink("/etc", at(".vscode")).unwrap();
        fs::create_dir(at(".idea")).unwrap();
        fs::write(at(".mcp.json"), "ab").unwrap();
        for name in ["HEAD", "config", "objects", "refs"] {
            fs::write(at(name), "").unwrap();
        }
        let told = look(&roots, &[at(".idea")]).changes_since(&before).join("\n");
        for part in ["repository of git", ".vscode is now a link to /etc", ".mcp.json was changed"] {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert!(!told.contains(".idea"), "a placeholder of ours");
        fs::remove_file(at(".mcp.json")).unwrap();
        assert!(look(&roots, &[]).changes_since(&before).join("\n").contains(".mcp.json is gone"));
    }
}
