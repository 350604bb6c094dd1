//! Our own program as it confines itself and becomes another one.
//!
//! It is started as `latigo __sandbox <order> -- program arguments…`, restricts itself while it has a single
//! thread, and executes. Restricting a copy of a program with threads between fork and exec would not be
//! sound. An order that cannot be carried out whole ends the process: the program is never run without.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Profile;

#[cfg(target_os = "linux")]
mod door;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod rules;

/// The first argument that makes the program a helper.
pub const WORD: &str = "__sandbox";
/// The first argument that makes it try what a confined process must not be able to do.
pub const PROBE_WORD: &str = "__sandbox-probe";
/// What it says of a trial that was neither done nor refused in time.
pub(super) const UNCLEAR: &str = "unclear";
/// The exit code when the order could not be carried out.
const FAILED: u8 = 126;

/// What the helper has to do before it becomes the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    /// Landlock rules; none where bubblewrap has made the file system already.
    pub(super) files: Option<Files>,
    /// This is a mount namespace of our own, in which everything else becomes read-only.
    pub(super) mounts: bool,
    /// Folders mounted upon themselves, so that they cannot be moved away.
    pub(super) pinned: Vec<PathBuf>,
    /// Places mounted read-only.
    pub(super) sealed: Vec<PathBuf>,
    /// The network is ours alone, so that its sockets are harmless.
    pub(super) own_network: bool,
    pub(super) network: bool,
    pub(super) unix_sockets: bool,
    /// Listen on this port of loopback and hand the socket out by standard input.
    #[serde(default)]
    pub(super) port: Option<u16>,
    /// Nobody has started loopback yet.
    #[serde(default)]
    pub(super) starts_network: bool,
}

/// Which files may be written and which not read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Files {
    pub(super) writable: Vec<PathBuf>,
    /// Places inside of those where nothing may be written, whether they exist or not.
    pub(super) sealed: Vec<PathBuf>,
    pub(super) hidden: Vec<PathBuf>,
    pub(super) shown: Vec<PathBuf>,
}

impl Order {
    /// Inside bubblewrap, which has done the rest.
    pub(super) fn filter(profile: &Profile) -> Self {
        Self {
            own_network: !profile.network,
            network: profile.network,
            unix_sockets: profile.unix_sockets,
            ..Self::default()
        }
    }

    /// By Landlock alone.
    pub(super) fn bare(profile: &Profile) -> Self {
        let sealed = profile.sealed.iter().chain(&profile.absent).cloned().collect();
        Self { files: Some(Files::new(profile, sealed)), own_network: false, ..Self::filter(profile) }
    }

    /// By Landlock in a mount namespace of its own.
    pub(super) fn mounting(profile: &Profile, covered: &[PathBuf]) -> Self {
        Self {
            files: Some(Files::new(profile, Vec::new())),
            mounts: true,
            pinned: profile.pinned(),
            sealed: profile.sealed.iter().chain(covered).cloned().collect(),
            own_network: false,
            ..Self::filter(profile)
        }
    }
}

impl Files {
    fn new(profile: &Profile, sealed: Vec<PathBuf>) -> Self {
        Self {
            writable: profile.open().cloned().collect(),
            sealed,
            hidden: profile.hidden.clone(),
            shown: profile.shown.clone(),
        }
    }
}

/// Carries out the order in `words` (what follows [`WORD`]) and becomes the program. Returns only when that
/// failed. To be called before the process has a second thread.
pub fn enter(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let problem = match try_to_enter(words) {
        Ok(never) => match never {},
        Err(problem) => problem,
    };
    // Nothing more can be done when that cannot be written.
    drop(writeln!(io::stderr(), "latigo: the sandbox could not be set up, so nothing was run: {problem}"));
    ExitCode::from(FAILED)
}

fn try_to_enter(words: impl IntoIterator<Item = OsString>) -> Result<std::convert::Infallible, String> {
    let mut words = words.into_iter();
    let order = words.next().and_then(|word| word.into_string().ok()).ok_or("there is no order")?;
    let order: Order = serde_json::from_str(&order).map_err(|error| format!("the order cannot be read: {error}"))?;
    let dashes = words.next();
    let program = words.next().filter(|_| dashes.as_deref() == Some("--".as_ref())).ok_or("there is no program")?;
    confine(&order)?;
    let error = Command::new(&program).args(words).exec();
    Err(format!("{} cannot be run: {error}", Path::new(&program).display()))
}

#[cfg(target_os = "linux")]
fn confine(order: &Order) -> Result<(), String> {
    if let Some(port) = order.port {
        door::open(port, order.starts_network)?;
    }
    mounts::lay(order)?;
    if let Some(files) = &order.files {
        rules::enforce(files)?;
    }
    mounts::drop_capabilities()?;
    filter::apply(order)
}

#[cfg(not(target_os = "linux"))]
fn confine(_: &Order) -> Result<(), String> {
    Err("this system has no Landlock".to_owned())
}

/// What the probe tries inside, one line each: `write-inside ok`, `read-key denied` and so on. `words` are
/// a folder that may be written, one that may not, a file that may not be read, a loopback port on which
/// somebody listens outside, and a socket with a path on which somebody listens.
pub fn try_everything(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<PathBuf> = words.into_iter().map(PathBuf::from).collect();
    let [inside, outside, key, port, socket] = words.as_slice() else { return ExitCode::from(2) };
    let port: u16 = port.to_str().and_then(|port| port.parse().ok()).unwrap_or_default();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let wait = Duration::from_secs(2);
    let sealed = inside.join(".git/hooks/probe");
    let trials: [(&str, io::Result<()>); 7] = [
        ("write-inside", std::fs::write(inside.join("src/written"), "x")),
        ("write-outside", std::fs::write(outside.join("written"), "x")),
        ("write-sealed", std::fs::write(sealed, "x")),
        ("read-key", std::fs::read(key).map(drop)),
        ("connect", TcpStream::connect_timeout(&address, wait).map(drop)),
        ("datagram", UdpSocket::bind("0.0.0.0:0").and_then(|own| own.send_to(b"x", ("192.0.2.1", 9))).map(drop)),
        ("socket", std::os::unix::net::UnixStream::connect(socket).map(drop)),
    ];
    let mut out = io::stdout();
    for (name, outcome) in trials {
        let word = match outcome {
            Ok(()) => "ok",
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => UNCLEAR,
            Err(_) => "denied",
        };
        drop(writeln!(out, "{name} {word}"));
    }
    ExitCode::SUCCESS
}
