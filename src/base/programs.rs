//! Programs found on the disk, as a shell would find them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The program by its path (relative to `cwd`), or by its name in the folders of `path`, a list like `PATH`. A relative
/// folder in that list is skipped: it would be another one for each start, and the project's own for most.
pub fn find(command: &str, cwd: &Path, path: Option<&str>) -> Option<PathBuf> {
    if command.contains('/') {
        return Some(cwd.join(command)).filter(|path| is_program(path));
    }
    let folders = path.unwrap_or_default().split(':').filter(|folder| folder.starts_with('/'));
    folders.map(|folder| Path::new(folder).join(command)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::*;

    #[test]
    fn a_program_is_found_in_whole_folders_and_by_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for (name, mode) in [("run", 0o755), ("text", 0o644)] {
            fs::write(root.join(name), "").unwrap();
            fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let list = format!("relative:/no/such:{}", root.display());
        assert_eq!(find("run", Path::new("/"), Some(&list)), Some(root.join("run")));
        assert_eq!(find("text", Path::new("/"), Some(&list)), None);
        assert_eq!(find("./run", root, None), Some(root.join("./run")));
        assert_eq!(find("run", root, Some(".")), None);
    }
}
