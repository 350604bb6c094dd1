//! Read-only covers over protected places, and the end of all capabilities.

use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};
use rustix::mount::{MountFlags, MountPropagationFlags, mount_bind, mount_bind_recursive, mount_change, mount_remount};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};

use super::Order;

/// Lays the covers. Only in a mount namespace of our own, which the caller has made.
pub(super) fn lay(order: &Order) -> Result<(), String> {
    let Some(files) = order.files.as_ref().filter(|_| order.mounts) else { return Ok(()) };
    let told = |path: &Path, error: rustix::io::Errno| format!("{} cannot be covered: {error}", path.display());
    let root = Path::new("/");
    mount_change(root, MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(|error| told(root, error))?;
    for path in files.writable.iter().chain(&order.pinned) {
        mount_bind_recursive(path, path).map_err(|error| told(path, error))?;
    }
    for place in mount_points().iter().filter(|place| !files.writable.iter().any(|open| place.starts_with(open))) {
        // Landlock forbids the writing; this forbids what it knows nothing of, such as changes of mode. Some
        // mounts of the system cannot be changed by us, and need not be.
        seal(place).ok();
    }
    for path in &order.sealed {
        mount_bind(path, path).and_then(|()| seal(path)).map_err(|error| told(path, error))?;
    }
    // The folder that we stand in is still the one below the new mounts.
    let here = std::env::current_dir().map_err(|error| format!("the folder is not known: {error}"))?;
    rustix::process::chdir(&here).map_err(|error| format!("the folder cannot be entered again: {error}"))
}

fn seal(path: &Path) -> rustix::io::Result<()> {
    mount_remount(path, MountFlags::BIND | MountFlags::RDONLY | kept_flags(path)?, "")
}

/// All places where something is mounted. Blanks and the like are written in octal there.
fn mount_points() -> Vec<PathBuf> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    table.lines().filter_map(|line| line.split(' ').nth(4)).map(|text| PathBuf::from(plain(text))).collect()
}

fn plain(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(text.to_owned(), |text, (octal, plain)| text.replace(octal, plain))
}

/// Flags of the mount that a mount namespace of an ordinary user may not take away.
fn kept_flags(path: &Path) -> Result<MountFlags, rustix::io::Errno> {
    let found = statvfs(path)?.f_flag;
    let pairs = [
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ];
    let kept = pairs.into_iter().filter(|(have, _)| found.contains(*have)).map(|(_, flag)| flag);
    Ok(kept.fold(MountFlags::empty(), |flags, flag| flags | flag))
}

/// Root keeps its number and nothing else. What is dropped here does not come back with the program, because
/// new privileges are forbidden first.
pub(super) fn drop_capabilities() -> Result<(), String> {
    set_no_new_privs(true).map_err(|error| format!("new privileges cannot be forbidden: {error}"))?;
    // Without ambient capabilities in the kernel there are none to clear.
    rustix::thread::clear_ambient_capability_set().ok();
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    set_capabilities(None, sets).map_err(|error| format!("capabilities cannot be dropped: {error}"))
}
