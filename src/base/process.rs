//! Child processes in groups of their own, so that a command and all that it started end together.
//!
//! Signals and bookkeeping only: waiting with a clock is asynchronous work and lives with the tools.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use rustix::pty::OpenptFlags;

/// Starts a program in a new session where this system has `setsid`, so that it has no terminal to draw
/// on or to ask for passwords, and otherwise in a new process group. A process cannot change its session
/// without unsafe code between fork and exec, hence the helper program.
static SETSID: LazyLock<Option<&'static Path>> =
    LazyLock::new(|| ["/usr/bin/setsid", "/bin/setsid"].map(Path::new).into_iter().find(|path| path.is_file()));

static GROUPS: Groups = Groups::new();

/// A command for `program` that will lead a group of its own, with standard input closed. The child's
/// process id is the group's id.
pub fn leader(program: &Path) -> Command {
    let mut command = if let Some(setsid) = *SETSID {
        let mut command = Command::new(setsid);
        command.arg(program);
        command
    } else {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(program);
        command.process_group(0);
        command
    };
    command.stdin(Stdio::null());
    command
}

/// A terminal that a child can have as its standard input: our end, its end, and its name.
pub struct Terminal {
    pub ours: OwnedFd,
    pub theirs: OwnedFd,
    pub name: PathBuf,
}

/// Makes one. It does not echo, because what is typed is shown elsewhere.
pub fn terminal() -> std::io::Result<Terminal> {
    let ours = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::pty::grantpt(&ours)?;
    rustix::pty::unlockpt(&ours)?;
    let name = rustix::pty::ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(name.as_c_str(), flags, rustix::fs::Mode::empty())?;
    let mut modes = rustix::termios::tcgetattr(&theirs)?;
    modes.local_modes.remove(rustix::termios::LocalModes::ECHO);
    rustix::termios::tcsetattr(&theirs, rustix::termios::OptionalActions::Now, &modes)?;
    Ok(Terminal { ours, theirs, name: PathBuf::from(OsStr::from_bytes(name.as_bytes())) })
}

/// Some process of the group waits for a line of that terminal, as far as the system tells.
#[cfg(target_os = "linux")]
pub fn waits_for(group: u32, terminal: &Path) -> bool {
    let waits = |name: std::ffi::OsString| {
        let own: u32 = name.to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{own}/stat")).ok()?;
        let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(2);
        let (in_group, session): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        if in_group != group && session != group {
            return None;
        }
        let input = std::fs::read_link(format!("/proc/{own}/fd/0")).ok()?;
        // The number of the call `read` and its first argument, descriptor 0.
        let call = std::fs::read_to_string(format!("/proc/{own}/syscall")).ok()?;
        let reads = call.starts_with("0 0x0 ") || call.starts_with("63 0x0 ");
        Some(input == terminal && reads)
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| waits(entry.file_name())).any(|waits| waits)
}

#[cfg(not(target_os = "linux"))]
pub fn waits_for(_: u32, _: &Path) -> bool {
    false
}

/// All groups that this process started and that may still live.
pub fn groups() -> &'static Groups {
    &GROUPS
}

/// The register of living groups, for the end of the program.
#[derive(Debug, Default)]
pub struct Groups {
    /// By id, whether the leader is gone and the group only lingers.
    live: Mutex<BTreeMap<u32, bool>>,
}

impl Groups {
    pub const fn new() -> Self {
        Self { live: Mutex::new(BTreeMap::new()) }
    }

    /// Notes a group. Lingering groups whose processes are all gone by now are forgotten on this occasion.
    pub fn register(&self, id: u32) {
        let mut live = self.lock();
        live.retain(|id, lingers| !*lingers || is_alive(*id));
        live.insert(id, false);
    }

    /// Notes that only background processes of the group are left.
    pub fn linger(&self, id: u32) {
        self.lock().insert(id, true);
    }

    pub fn unregister(&self, id: u32) {
        self.lock().remove(&id);
    }

    /// Groups that are noted now.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Ends every group: asks, waits up to `grace`, then kills. For the way out; it blocks.
    pub fn kill_all(&self, grace: Duration) {
        let ids = std::mem::take(&mut *self.lock());
        let signal = |signal| {
            for (id, lingers) in &ids {
                if *lingers {
                    to_group(*id, signal)
                } else {
                    send(*id, signal)
                };
            }
        };
        signal(Signal::TERM);
        let start = Instant::now();
        while start.elapsed() < grace && ids.keys().any(|id| is_alive(*id)) {
            sleep(Duration::from_millis(5));
        }
        signal(Signal::KILL);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, bool>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One running group. Dropping it kills what is left, so that an aborted call leaves nothing behind.
#[derive(Debug)]
pub struct Group {
    id: u32,
    /// The leader was waited for; from then on its id may belong to somebody else.
    reaped: bool,
    let_live: bool,
}

impl Group {
    /// Takes charge of the group of a child that [`leader`] started.
    pub fn adopt(id: u32) -> Self {
        groups().register(id);
        Self { id, reaped: false, let_live: false }
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The leader was waited for.
    pub fn mark_reaped(&mut self) {
        self.reaped = true;
    }

    /// Asks all processes of the group to end (TERM).
    pub fn ask_to_end(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends them (KILL).
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Some process of the group is left, be it one that nobody has waited for yet.
    pub fn is_alive(&self) -> bool {
        is_alive(self.id)
    }

    /// Lets what is left run on until the program ends; says whether anything is left.
    pub fn release(mut self) -> bool {
        self.let_live = is_running(self.id);
        if self.let_live {
            groups().linger(self.id);
        }
        self.let_live
    }

    fn signal(&self, signal: Signal) {
        if self.reaped {
            to_group(self.id, signal)
        } else {
            send(self.id, signal)
        };
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.let_live {
            self.signal(Signal::KILL);
            groups().unregister(self.id);
        }
    }
}

/// Some process of the group with this id still runs. Those that ended and that their parent has not waited for do
/// not count; of a process whose parent is gone, that may take the system some time.
pub fn is_running(id: u32) -> bool {
    is_alive(id) && in_group(id)
}

#[cfg(target_os = "linux")]
fn in_group(id: u32) -> bool {
    let runs = |name: std::ffi::OsString| {
        let own: u32 = name.to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{own}/stat")).ok()?;
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let (state, _parent, group) = (fields.next()?, fields.next()?, fields.next()?);
        Some(group.parse() == Ok(id) && !matches!(state, "Z" | "X"))
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| runs(entry.file_name())).any(|runs| runs)
}

#[cfg(not(target_os = "linux"))]
fn in_group(_: u32) -> bool {
    true
}

fn is_alive(id: u32) -> bool {
    pid(id).is_some_and(|pid| test_kill_process_group(pid) != Err(rustix::io::Errno::SRCH))
}

/// Signals a group whose leader is certainly ours. A leader that has not come as far as making its group
/// is signalled alone.
fn send(id: u32, signal: Signal) -> bool {
    to_group(id, signal) || pid(id).is_some_and(|pid| kill_process(pid, signal).is_ok())
}

fn to_group(id: u32, signal: Signal) -> bool {
    for other in strayed(id) {
        kill_process(other, signal).ok();
    }
    pid(id).is_some_and(|pid| kill_process_group(pid, signal).is_ok())
}

/// Processes that left the group but not its session, as the jobs of a shell with job control do.
#[cfg(target_os = "linux")]
fn strayed(id: u32) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let process = |name: std::ffi::OsString| {
        let own: u32 = name.to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{own}/stat")).ok()?;
        // The name in parentheses may hold anything; after it come state, parent, group and session.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(2);
        let (group, session) = (fields.next()?, fields.next()?);
        let strays = session.parse() == Ok(id) && group.parse() != Ok(id);
        if strays { pid(own) } else { None }
    };
    entries.filter_map(|entry| process(entry.file_name())).collect()
}

#[cfg(not(target_os = "linux"))]
fn strayed(_: u32) -> Vec<Pid> {
    Vec::new()
}

/// Group 0 and 1 would mean ourselves and everybody.
fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().filter(|id| *id > 1).and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn sleeper() -> std::process::Child {
        leader(Path::new("/bin/sh")).args(["-c", "sleep 1000 & sleep 1000"]).spawn().unwrap()
    }

    #[test]
    fn dropping_a_group_ends_it() {
        let mut child = sleeper();
        drop(Group::adopt(child.id()));
        assert!(!child.wait().unwrap().success());
    }

    #[test]
    fn kill_all_ends_every_group() {
        let own = Groups::new();
        let mut children = [sleeper(), sleeper()];
        for child in &children {
            own.register(child.id());
        }
        assert_eq!(own.count(), 2);
        own.kill_all(Duration::ZERO);
        assert_eq!(own.count(), 0);
        for child in &mut children {
            assert!(!child.wait().unwrap().success());
        }
    }

    #[test]
    fn ids_that_mean_everybody_are_refused() {
        assert_eq!(pid(0), None);
        assert_eq!(pid(1), None);
        assert_eq!(pid(u32::MAX), None);
    }
}
