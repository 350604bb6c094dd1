//! How commands are kept in: what the badge says, and what is on record for each command.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How one command was confined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confinement {
    /// Namespaces made by bubblewrap, system calls filtered.
    Bubblewrap,
    /// Landlock rules, system calls filtered.
    Landlock,
    /// macOS `sandbox-exec`.
    Seatbelt,
    /// Not at all although the sandbox is on, and why.
    Outside { why: String },
}

/// What the probes proved, for the badge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SandboxState {
    /// Not asked for: commands run with the person's rights.
    #[default]
    Off,
    /// The probes run.
    Checking,
    /// Asked for and proven.
    On(Confinement),
    /// Asked for, but nothing confines here; why.
    Unavailable(String),
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bubblewrap => f.write_str("bubblewrap"),
            Self::Landlock => f.write_str("landlock"),
            Self::Seatbelt => f.write_str("seatbelt"),
            Self::Outside { why } => write!(f, "outside: {why}"),
        }
    }
}

impl fmt::Display for SandboxState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Checking => f.write_str("being checked"),
            Self::On(how) => how.fmt(f),
            Self::Unavailable(_) => f.write_str("unavailable"),
        }
    }
}
