//! Keeps commands in by means of the operating system, and finds out by trying what this system can do.
//!
//! [`prove`] tries the means there are, the best first, and believes none before a process inside has failed
//! to do what it must not. A [`Profile`] says what a command may touch, a [`Cage`] starts it that way.
//! Whether a command has to be in one is decided elsewhere; here nothing is ever started unconfined.

mod bubblewrap;
mod cage;
mod helper;
mod placeholder;
mod probe;
mod profile;
mod proxy;
mod repository;
mod seatbelt;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::Confinement;

pub use cage::{Cage, Caged};
pub use helper::{PROBE_WORD, WORD, enter, try_everything};
pub use probe::{Doubt, Proof, Trial, prove, prove_with, try_means};
pub use profile::{Profile, Scope, key_places};
pub use proxy::{Decide, PORT, Pass, Proxy};
pub use watch::{Seen, look};

/// A means of confinement that works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// The program at this path.
    Bubblewrap(PathBuf),
    /// Landlock and seccomp. With the program that makes namespaces at this path, protected names are covered
    /// by read-only mounts; without one nothing new can be made where a protected name lies.
    Landlock {
        unshare: Option<PathBuf>,
    },
    Seatbelt,
}

impl Means {
    /// Commands get a network of their own, so that the proxy is their only way out. Landlock alone can open a port, but
    /// of any host, which would be no rule by host at all.
    pub fn has_own_network(&self) -> bool {
        matches!(self, Self::Bubblewrap(_) | Self::Landlock { unshare: Some(_) })
    }

    /// The name for the badge and the record.
    pub fn confinement(&self) -> Confinement {
        match self {
            Self::Bubblewrap(_) => Confinement::Bubblewrap,
            Self::Landlock { .. } => Confinement::Landlock,
            Self::Seatbelt => Confinement::Seatbelt,
        }
    }
}

/// What the settings say of the sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub enabled: bool,
    /// Refuse commands, instead of asking, when nothing confines.
    pub required: bool,
    /// The person chose that confined commands run unasked.
    pub auto_allow: bool,
    /// The model may ask for a command to run outside.
    pub escape: bool,
    /// Commands that run outside by the person's own word, as patterns of Bash rules.
    pub excluded: Vec<String>,
    pub allow_write: Vec<PathBuf>,
    pub deny_write: Vec<PathBuf>,
    pub deny_read: Vec<PathBuf>,
    pub allow_read: Vec<PathBuf>,
    /// The network as a whole. Without it hosts are reached by the proxy, one by one, where the means has a network of
    /// its own.
    pub network: bool,
    /// Hosts that the settings open, as in `WebFetch(domain:…)`.
    pub allowed_domains: Vec<String>,
    /// Hosts that the settings close, which come first.
    pub denied_domains: Vec<String>,
    /// What no rule opens is refused without a question.
    pub strict_domains: bool,
    /// Sockets of the host that have a path.
    pub unix_sockets: bool,
    /// Variables that confined commands do not see.
    pub hidden_variables: Vec<String>,
}

/// Finds out what works. The program proves once a process; a test says what it likes.
pub type Prove = Arc<dyn Fn() -> Proof + Send + Sync>;
