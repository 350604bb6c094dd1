//! The arguments of bubblewrap for a profile.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Profile;

/// Everything between the program's name and the command. `covered` are placeholders that exist now; `helper`
/// must stay visible, because it filters system calls inside.
pub(super) fn arguments(profile: &Profile, covered: &[PathBuf], helper: &Path, cwd: &Path) -> Vec<OsString> {
    let mut line = Line::default();
    // No `--new-session`: the whole is in a session of its own already, and one more would be out of reach of
    // the signals that stop it. No `--die-with-parent`: background processes outlive their shell, and end with
    // their group.
    line.words(&["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL"]);
    if !profile.network {
        line.words(&["--unshare-net"]);
    }
    line.over("--ro-bind", Path::new("/"), Path::new("/"));
    line.words(&["--dev", "/dev", "--proc", "/proc"]);
    if Path::new("/run").is_dir() {
        line.words(&["--tmpfs", "/run"]);
        if let Some(resolver) = resolver().filter(|_| profile.network) {
            line.same("--ro-bind", &resolver);
        }
    }
    let (inner, outer): (Vec<&PathBuf>, Vec<&PathBuf>) =
        profile.hidden.iter().partition(|hidden| profile.may_write(hidden));
    for hidden in &outer {
        line.hide(hidden);
    }
    let mut open: Vec<&PathBuf> = profile.open().collect();
    open.sort_unstable();
    for open in &open {
        line.same("--bind", open);
    }
    for pinned in &profile.pinned() {
        line.same("--bind", pinned);
    }
    for sealed in &profile.sealed {
        line.same("--ro-bind", sealed);
    }
    for covered in covered {
        line.same("--ro-bind", covered);
    }
    for hidden in &inner {
        line.hide(hidden);
    }
    for shown in profile.shown.iter().filter(|shown| profile.hidden.iter().any(|hidden| shown.starts_with(hidden))) {
        line.same("--ro-bind", shown);
    }
    if helper.starts_with("/run") || profile.hidden.iter().any(|hidden| helper.starts_with(hidden)) {
        line.same("--ro-bind", helper);
    }
    line.words(&["--chdir"]);
    line.0.push(cwd.into());
    line.words(&["--"]);
    line.0
}

/// The folder of the file that names the resolver, where that lies in `/run`.
fn resolver() -> Option<PathBuf> {
    let file = Path::new("/etc/resolv.conf").canonicalize().ok()?;
    file.parent().filter(|folder| folder.starts_with("/run") && *folder != Path::new("/run")).map(Path::to_path_buf)
}

#[derive(Default)]
struct Line(Vec<OsString>);

impl Line {
    fn words(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(OsString::from));
    }

    fn over(&mut self, option: &str, from: &Path, to: &Path) {
        self.0.extend([option.into(), from.into(), to.into()]);
    }

    fn same(&mut self, option: &str, path: &Path) {
        self.over(option, path, path);
    }

    /// An empty folder, or a device that cannot be opened, in the place of what must not be read.
    fn hide(&mut self, path: &Path) {
        if path.is_dir() {
            self.0.extend(["--tmpfs".into(), path.into()]);
        } else {
            self.over("--ro-bind", Path::new("/dev/null"), path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_lies_over_what_is_open() {
        let profile = Profile {
            roots: vec!["/p".into()],
            writable: vec!["/t".into()],
            sealed: vec!["/p/.git/hooks".into()],
            ..Profile::default()
        };
        let words = arguments(&profile, &["/p/.vscode".into()], Path::new("/bin/latigo"), Path::new("/p/src"));
        let text = words.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
        assert!(text.contains("--unshare-net") && text.starts_with("--unshare-pid"));
        let at = |part: &str| text.find(part).unwrap_or(usize::MAX);
        let order = [
            "--ro-bind / /",
            "--bind /p /p",
            "--bind /p/.git /p/.git",
            "--ro-bind /p/.git/hooks",
            "--ro-bind /p/.vscode",
        ];
        assert!(order.map(at).is_sorted() && at(order[4]) < usize::MAX, "{text}");
        assert!(text.ends_with("--chdir /p/src --"));
        let open = Profile { network: true, ..profile };
        assert!(!arguments(&open, &[], Path::new("/l"), Path::new("/")).contains(&OsString::from("--unshare-net")));
    }
}
