//! Starts a program in a profile by the means that were proven.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio_util::sync::DropGuard;

use super::helper::{Order, WORD};
use super::placeholder::Held;
use super::{Means, PORT, Profile, Proxy, Seen, bubblewrap, look, seatbelt};
use crate::base::process;
use crate::domain::Confinement;

/// Variables by which programs find sockets and agents of the host.
const DOORS: [&str; 10] = [
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "GPG_AGENT_INFO",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DOCKER_HOST",
    "TMUX",
];

/// Variables by which programs find the proxy.
const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// A way to run programs confined.
#[derive(Clone, Debug)]
pub struct Cage {
    pub means: Means,
    pub profile: Profile,
    /// Our own program, which confines itself before it becomes another.
    pub helper: PathBuf,
    /// Variables that are taken away besides.
    pub hidden_variables: Vec<String>,
    /// The way to single hosts; none for no network at all, or for all of it.
    pub proxy: Option<Proxy>,
}

/// What must be kept until a confined command has ended.
#[derive(Debug)]
pub struct Caged {
    held: Held,
    /// What lay at names that other programs obey.
    before: Seen,
    roots: Vec<PathBuf>,
    /// Serves the proxy as long as it is kept.
    _proxy: Option<DropGuard>,
}

impl Caged {
    /// Sentences about what the command changed at names that other programs obey. To be called when it ended.
    pub fn findings(&self) -> Vec<String> {
        look(&self.roots, self.held.paths()).changes_since(&self.before)
    }
}

impl Cage {
    /// The name for the record.
    pub fn confinement(&self) -> Confinement {
        self.means.confinement()
    }

    /// Single hosts can be reached from inside.
    pub fn has_proxy(&self) -> bool {
        self.proxy.is_some() && self.means.has_own_network() && !self.profile.network
    }

    /// Nothing new can be made beside a protected name.
    pub fn is_bare(&self) -> bool {
        self.means == Means::Landlock { unshare: None }
    }

    /// The folder for passing files.
    pub fn temp(&self) -> &Path {
        &self.profile.temp
    }

    /// A command in a group and session of its own, which reads from `input` or finds that closed, in folder `cwd`, and
    /// runs `program` confined, and what to keep until it has ended. Its environment is the caller's to set, by way of
    /// [`Self::variables`].
    pub fn wrap(
        &self,
        program: &Path,
        arguments: &[&OsStr],
        cwd: &Path,
        input: Option<OwnedFd>,
    ) -> io::Result<(Command, Caged)> {
        if self.means != Means::Seatbelt && !self.helper.is_file() {
            let text = format!("{} is gone, so nothing can be confined; start Latigo again", self.helper.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let profile = &self.profile;
        let cwd = cwd.canonicalize()?;
        let before = look(&profile.roots, &[]);
        let bare = self.is_bare();
        // Without mounts nothing can be made beside a protected name, so there is nothing to cover.
        let held = if bare || self.means == Means::Seatbelt { Held::default() } else { Held::new(&profile.absent) };
        let mut command = match &self.means {
            Means::Bubblewrap(bwrap) => {
                let mut command = process::leader(bwrap);
                command.args(bubblewrap::arguments(profile, held.paths(), &self.helper, &cwd));
                command.arg(&self.helper).args(self.with_door(Order::filter(profile)).words()?);
                command
            }
            Means::Landlock { unshare: None } => {
                let mut command = process::leader(&self.helper);
                command.args(Order::bare(profile).words()?);
                command
            }
            Means::Landlock { unshare: Some(unshare) } => {
                let mut command = process::leader(unshare);
                command.args(["--user", "--map-current-user", "--keep-caps", "--mount", "--ipc", "--uts"]);
                let order = self.with_door(Order::mounting(profile, held.paths()));
                command.args(order.port.map(|_| "--net")).arg("--").arg(&self.helper).args(order.words()?);
                command
            }
            Means::Seatbelt => {
                let mut command = process::leader(Path::new(seatbelt::PROGRAM));
                command.args(["-p", &seatbelt::text(profile), "--"]);
                command
            }
        };
        command.arg(program).args(arguments).current_dir(&cwd);
        let proxy = self.open_door(&mut command, input)?;
        Ok((command, Caged { held, before, roots: profile.roots.clone(), _proxy: proxy }))
    }

    /// The order with what our helper has to do for the proxy.
    fn with_door(&self, order: Order) -> Order {
        if !self.has_proxy() {
            return order;
        }
        // Where the helper is in a network that nobody has started yet, it does so.
        Order { port: Some(PORT), starts_network: !order.own_network, own_network: true, ..order }
    }

    /// Standard input carries the listening socket out and what the command reads from in, before the command gets it.
    fn open_door(&self, command: &mut Command, input: Option<OwnedFd>) -> io::Result<Option<DropGuard>> {
        let Some(proxy) = self.proxy.as_ref().filter(|_| self.has_proxy()) else {
            if let Some(input) = input {
                command.stdin(Stdio::from(input));
            }
            return Ok(None);
        };
        let (ours, theirs) = UnixStream::pair()?;
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        Ok(Some(proxy.adopt(ours, input)))
    }

    /// The environment inside: without doors to the host, temporary files in the session's own folder.
    pub fn variables(&self, env: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let is_door = |name: &str| {
            (DOORS.contains(&name) && !self.profile.unix_sockets)
                || self.hidden_variables.iter().any(|hidden| hidden == name)
        };
        let mut inside: BTreeMap<String, String> =
            env.iter().filter(|(name, _)| !is_door(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
        let temp = self.profile.temp.display().to_string();
        for name in ["TMPDIR", "TMP", "TEMP"] {
            inside.insert(name.to_owned(), temp.clone());
        }
        if self.has_proxy() {
            let address = format!("http://127.0.0.1:{PORT}");
            for name in PROXIES {
                inside.insert(name.to_owned(), address.clone());
            }
            for name in ["no_proxy", "NO_PROXY"] {
                inside.insert(name.to_owned(), "localhost,127.0.0.1,::1".to_owned());
            }
        }
        inside.insert("LATIGO_SANDBOX".to_owned(), self.confinement().to_string());
        inside
    }
}

impl Order {
    /// The words with which our own program is told to confine itself.
    fn words(&self) -> io::Result<[OsString; 3]> {
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        Ok([WORD.into(), text.into(), "--".into()])
    }
}
