//! Landlock rules for files. They can only allow, so what is forbidden inside an allowed folder is left out by
//! allowing its neighbours one by one.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
    path_beneath_rules,
};

use super::Files;

/// Neighbours that are looked at around forbidden places.
const NEIGHBOURS: usize = 50_000;
/// Devices that every program may write to.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// What was worked out for one kind of access.
#[derive(Debug, Default)]
struct Allowed {
    /// With everything below.
    whole: Vec<PathBuf>,
    /// Folders with a forbidden place in them.
    split: Vec<PathBuf>,
}

/// Enforces the rules on this process and all that it starts. Truncating is a right of its own since the
/// third version of Landlock; an older kernel would let any file be emptied, so it does not do.
pub(super) fn enforce(files: &Files) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("Landlock: {error}");
    let needed = AccessFs::from_all(ABI::V3);
    let wished = AccessFs::from_all(ABI::V6);
    let readable = AccessFs::from_read(ABI::V6);
    let mut read = carve(Path::new("/"), &files.hidden);
    // What may be written may be read, also where it lies in a hidden place.
    for open in files.writable.iter().filter(|open| files.hidden.iter().any(|hidden| open.starts_with(hidden))) {
        let inner: Vec<PathBuf> = files.hidden.iter().filter(|hidden| !open.starts_with(hidden)).cloned().collect();
        let part = carve(open, &inner);
        read.whole.extend(part.whole);
        read.split.extend(part.split);
    }
    let write: Vec<PathBuf> = files.writable.iter().flat_map(|open| carve(open, &files.sealed).whole).collect();
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(needed)
        .map_err(|error| told(&error))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(wished)
        .and_then(|ruleset| ruleset.scope(Scope::Signal))
        .and_then(|ruleset| ruleset.scope(Scope::AbstractUnixSocket))
        .and_then(Ruleset::create)
        .map_err(|error| told(&error))?;
    let status = ruleset
        .add_rules(path_beneath_rules(&read.whole, readable))
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(&read.split, AccessFs::ReadDir)))
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(&files.shown, readable)))
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(&write, AccessFs::from_write(ABI::V6))))
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(DEVICES, AccessFs::WriteFile | AccessFs::ReadFile)))
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(|error| told(&error))?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        return Err("Landlock: the kernel enforces nothing".to_owned());
    }
    Ok(())
}

/// The largest parts of `base` without the forbidden places. Links are left out: what they lead to is allowed
/// or not where it lies.
fn carve(base: &Path, forbidden: &[PathBuf]) -> Allowed {
    let mut allowed = Allowed::default();
    let mut left = NEIGHBOURS;
    let mut waiting = vec![base.to_path_buf()];
    while let Some(path) = waiting.pop() {
        if forbidden.iter().any(|forbidden| path.starts_with(forbidden)) {
            continue;
        }
        if !forbidden.iter().any(|forbidden| forbidden.starts_with(&path)) {
            allowed.whole.push(path);
            continue;
        }
        for entry in std::fs::read_dir(&path).into_iter().flatten().flatten().take(left) {
            left = left.saturating_sub(1);
            if entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
                waiting.push(entry.path());
            }
        }
        allowed.split.push(path);
    }
    allowed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::*;

    #[test]
    fn neighbours_of_what_is_forbidden_are_allowed_and_links_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["a", "b/c", "b/d"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        std::os::unix::fs::symlink(at("b/c"), at("link")).unwrap();
        let mut allowed = carve(dir.path(), &[at("b/c"), at("missing")]);
        allowed.whole.sort();
        allowed.split.sort();
        assert_eq!(allowed.whole, [at("a"), at("b/d")]);
        assert_eq!(allowed.split, [dir.path().to_path_buf(), at("b")]);
        assert_eq!(carve(dir.path(), &[]).whole, [dir.path().to_path_buf()]);
        assert!(carve(&at("b/c"), &[at("b")]).whole.is_empty());
    }
}
