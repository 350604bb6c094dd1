//! Paths: made absolute, freed of dots, shown relative, and their links followed one by one.
//!
//! Only [`facts`] looks at the disk. Whether a path may be used is the gate's question, not asked here.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Links that are followed before a path counts as a circle, as many as the kernel follows.
const MAX_LINKS: usize = 40;

/// The path without `.` and `..`, by its text alone. A `..` above the root vanishes; one at the start
/// of a relative path stays.
pub fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => out.push(".."),
            },
            other => out.push(other),
        }
    }
    if out.as_os_str().is_empty() {
        out.push(".");
    }
    out
}

/// The absolute form of a path as a person or a model writes it: `~` is the home folder, what is
/// relative starts at `base`, dots are removed.
pub fn absolute(base: &Path, text: &str) -> PathBuf {
    absolute_from(base, text, std::env::home_dir().as_deref())
}

/// The same with the home folder given. Without one, `~` is an ordinary name.
pub fn absolute_from(base: &Path, text: &str, home: Option<&Path>) -> PathBuf {
    let expanded = match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => base.join(text),
    };
    normalize(&expanded)
}

/// The path as seen from `base` when it lies below it, otherwise whole. `base` itself is `.`.
pub fn relative_to(path: &Path, base: &Path) -> String {
    match path.strip_prefix(base) {
        Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
        Ok(rest) => rest.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

/// What the disk says of an absolute path: the path with every link followed (of a new file the part
/// that exists), each link that was met, and whether something is there.
pub fn facts(path: &Path) -> (PathBuf, Vec<PathBuf>, bool) {
    let mut resolved = PathBuf::new();
    let mut links = Vec::new();
    let mut exists = true;
    let mut ahead: Vec<OsString> = Vec::new();
    stack(&mut ahead, path);
    while let Some(part) = ahead.pop() {
        if part == ".." {
            resolved.pop();
            continue;
        }
        // Joining the root starts over, as an absolute link target must.
        let next = resolved.join(&part);
        let is_link = exists && {
            let kind = fs::symlink_metadata(&next);
            exists = kind.is_ok();
            kind.is_ok_and(|kind| kind.is_symlink())
        };
        let target = if is_link && links.len() < MAX_LINKS { fs::read_link(&next).ok() } else { None };
        if let Some(target) = target {
            links.push(next);
            stack(&mut ahead, &target);
        } else {
            exists = exists && !is_link;
            resolved = next;
        }
    }
    (resolved, links, exists)
}

/// Puts the components of a path on a stack, the first on top.
fn stack(ahead: &mut Vec<OsString>, path: &Path) {
    let parts: Vec<Component<'_>> = path.components().filter(|part| *part != Component::CurDir).collect();
    ahead.extend(parts.into_iter().rev().map(|part| part.as_os_str().to_owned()));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::symlink;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dots_go() {
        let check = |from: &str, to: &str| assert_eq!(normalize(Path::new(from)), Path::new(to), "{from}");
        check("/a/./b/../c", "/a/c");
        check("/../../a", "/a");
        check("../a/../../b", "../../b");
        check("a/..", ".");
        check("/a//b/", "/a/b");
    }

    #[test]
    fn absolute_knows_home_and_base() {
        let base = Path::new("/code");
        let home = Some(Path::new("/home/me"));
        let check = |text: &str, to: &str| assert_eq!(absolute_from(base, text, home), Path::new(to), "{text}");
        check("src/../a", "/code/a");
        check("/etc/x", "/etc/x");
        check("~", "/home/me");
        check("~//a", "/home/me/a");
        check("~other/a", "/code/~other/a");
        check("", "/code");
        assert_eq!(absolute_from(base, "~/a", None), Path::new("/code/~/a"));
    }

    #[test]
    fn relative_stays_whole_outside() {
        assert_eq!(relative_to(Path::new("/srv/app/x"), Path::new("/srv/app")), "x");
        assert_eq!(relative_to(Path::new("/srv/app-two/x"), Path::new("/srv/app")), "/srv/app-two/x");
        assert_eq!(relative_to(Path::new("/srv/app"), Path::new("/srv/app")), ".");
    }

    #[test]
    fn links_are_followed_and_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("real/deep")).unwrap();
        fs::write(root.join("real/deep/file"), "x").unwrap();
        symlink("real", root.join("one")).unwrap();
        symlink(root.join("one/deep"), root.join("two")).unwrap();
        symlink("loop", root.join("loop")).unwrap();

        let (resolved, links, exists) = facts(&root.join("two/file"));
        assert_eq!(resolved, root.join("real/deep/file"));
        assert_eq!(links, [root.join("two"), root.join("one")]);
        assert!(exists);

        let (resolved, _, exists) = facts(&root.join("one/new/er"));
        assert_eq!(resolved, root.join("real/new/er"));
        assert!(!exists);

        // `..` after a link leaves the link's target, not the folder that holds the link.
        assert_eq!(facts(&root.join("two/../x")).0, root.join("real/x"));

        let (_, links, exists) = facts(&root.join("loop/a"));
        assert_eq!(links.len(), MAX_LINKS);
        assert!(!exists);
    }

    proptest! {
        #[test]
        fn normalize_is_stable(text in "[a./]{0,20}") {
            let once = normalize(Path::new(&text));
            prop_assert_eq!(normalize(&once), once.clone());
            if text.starts_with('/') {
                prop_assert!(once.components().all(|part| part != Component::ParentDir));
            }
        }
    }
}
