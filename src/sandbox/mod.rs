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
mod seatbelt;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::Confinement;

pub use cage::{Cage, Caged};
pub use helper::{PROBE_WORD, WORD, enter, try_everything};
pub use probe::{Doubt, Proof, Trial, prove, prove_with, try_means};
pub use profile::{Profile, Scope, key_places};
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
    /// The network as a whole; there are no rules by domain.
    pub network: bool,
    /// Sockets of the host that have a path.
    pub unix_sockets: bool,
    /// Variables that confined commands do not see.
    pub hidden_variables: Vec<String>,
}

/// Finds out what works. The program proves once a process; a test says what it likes.
pub type Prove = Arc<dyn Fn() -> Proof + Send + Sync>;
