//! When "ask nothing" is refused: as root on a machine that is no container.

use std::ffi::OsString;
use std::path::Path;

/// Why permissions may not be skipped here, or nothing.
pub fn refusal(variable: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    if !rustix::process::geteuid().is_root() || in_container(variable, Path::new("/")) {
        return None;
    }
    Some(
        "Skipping permissions is refused as root outside a container: one mistake could destroy the machine. \
         Start as another user, or in a container."
            .to_owned(),
    )
}

/// Marks that the usual containers leave. `IS_SANDBOX=1` is the person's own word for it.
fn in_container(variable: impl Fn(&str) -> Option<OsString>, root: &Path) -> bool {
    let told = variable("container").is_some_and(|name| !name.is_empty());
    let sandbox = variable("IS_SANDBOX").is_some_and(|value| value == "1");
    let marks = [".dockerenv", "run/.containerenv"];
    let groups = std::fs::read_to_string(root.join("proc/1/cgroup")).unwrap_or_default();
    let words = ["docker", "kubepods", "containerd", "lxc", "libpod"];
    told || sandbox
        || marks.iter().any(|mark| root.join(mark).exists())
        || words.iter().any(|word| groups.contains(word))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<OsString> {
        None
    }

    #[test]
    fn containers_are_known_by_their_marks() {
        let root = tempfile::tempdir().unwrap();
        assert!(!in_container(nothing, root.path()));
        assert!(in_container(|name| (name == "IS_SANDBOX").then(|| "1".into()), root.path()));
        assert!(!in_container(|name| (name == "IS_SANDBOX").then(|| "0".into()), root.path()));
        std::fs::create_dir_all(root.path().join("proc/1")).unwrap();
        std::fs::write(root.path().join("proc/1/cgroup"), "0::/system.slice/docker-1.scope\n").unwrap();
        assert!(in_container(nothing, root.path()));
    }

    #[test]
    fn a_dockerenv_file_is_enough() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(".dockerenv"), "").unwrap();
        assert!(in_container(nothing, root.path()));
    }
}
