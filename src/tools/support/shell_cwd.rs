//! The shell's folder between calls: learnt from the shell itself, and only followed inside the session's
//! own folders.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::super::Place;
use crate::base::paths;

/// The longest path that is read back.
const MAX_PATH: u64 = 16 << 10;

/// The text to hand to the shell: a trap that writes the last folder to `report`, then the command, byte
/// for byte and on the same line, so that line numbers in the shell's messages are those of the command.
pub fn script(command: &str, report: &Path) -> Option<String> {
    let report = report.to_str()?.replace('\'', r"'\''");
    // The trap's text stands in single quotes itself, so each quote in it is written once more.
    let body = format!("{{ set +xv; command pwd -P >|'{report}'; }} 2>/dev/null").replace('\'', r"'\''");
    Some(format!("trap '{body}' EXIT; {command}"))
}

/// Reads the report of a shell that ended and removes it.
pub fn reported(report: &Path) -> Option<PathBuf> {
    // The command could have put a link or a pipe in its place.
    if !report.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = fs::File::from(rustix::fs::open(report, flags, Mode::empty()).ok()?);
    file.take(MAX_PATH).read_to_end(&mut bytes).ok()?;
    fs::remove_file(report).ok();
    let path = bytes.strip_suffix(b"\n").filter(|path| path.starts_with(b"/"))?;
    Some(PathBuf::from(OsString::from_vec(path.to_vec())))
}

/// The folder of the next call after a shell ended in `physical` (without links), and what to tell the
/// model when that is not where the shell was.
pub fn settle(physical: &Path, place: &Place) -> (PathBuf, Option<String>) {
    let roots = std::iter::once(&place.project).chain(&place.added);
    for root in roots {
        if let Ok(rest) = physical.strip_prefix(paths::facts(root).0) {
            // `join` of nothing would leave a slash behind.
            let inside = if rest.as_os_str().is_empty() { root.clone() } else { root.join(rest) };
            return (inside, None);
        }
    }
    let project = place.project.display();
    (place.project.clone(), Some(format!("Shell cwd was reset to {project}: {} is outside.", physical.display())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn only_own_folders_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("real/src")).unwrap();
        fs::create_dir_all(root.join("real-two")).unwrap();
        std::os::unix::fs::symlink("real", root.join("link")).unwrap();
        let place = Place { cwd: root.join("link"), project: root.join("link"), added: vec![root.join("more")] };

        assert_eq!(settle(&root.join("real/src"), &place), (root.join("link/src"), None));
        assert_eq!(settle(&root.join("real"), &place), (root.join("link"), None));
        assert_eq!(settle(&root.join("more/x"), &place), (root.join("more/x"), None));
        let (cwd, note) = settle(&root.join("real-two"), &place);
        assert_eq!(cwd, root.join("link"));
        assert!(note.unwrap().starts_with("Shell cwd was reset to"));
    }

    #[test]
    fn the_command_stays_as_it_is() {
        let command = "echo 'a\"b' \\\n  $x";
        let script = script(command, Path::new("/tmp/it's here")).unwrap();
        assert!(script.ends_with(command));
        assert_eq!(script.lines().count(), command.lines().count());
    }
}
