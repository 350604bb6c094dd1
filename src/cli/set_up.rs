//! The options by which Setup hooks run.

/// Setup hooks.
#[derive(Debug, clap::Args)]
pub struct SetUp {
    /// Run the Setup hooks first
    #[arg(long, hide_short_help = true)]
    pub init: bool,

    /// Run the Setup and SessionStart hooks and leave
    #[arg(long, hide_short_help = true, conflicts_with_all = ["init", "prompt"])]
    pub init_only: bool,

    /// Run the Setup hooks for maintenance first
    #[arg(long, hide_short_help = true, conflicts_with_all = ["init", "init_only"])]
    pub maintenance: bool,
}

impl SetUp {
    /// What Setup hooks are told, if they are to run.
    pub fn trigger(&self) -> Option<&'static str> {
        match (self.init || self.init_only, self.maintenance) {
            (true, _) => Some("init"),
            (false, true) => Some("maintenance"),
            (false, false) => None,
        }
    }
}
