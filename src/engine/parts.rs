//! What the driver keeps for each thing that it can do besides running a turn: one field a capability, each with
//! its own type in the file that works with it.

use super::catalog::Catalog;
use super::classify::Classifier;
use super::confine::Walls;
use super::context::Prefixes;
use super::folder::Asking;
use super::jobs::Work;
use super::languages::Languages;
use super::library::Library;
use super::money::Money;
use super::network::Hosts;
use super::person::Desk;
use super::pieces::Sieve;
use super::recall::Recall;
use super::rows::Rows;
use super::saving::Saving;
use super::servers::Servers;
use super::steps::Steps;
use super::team::Team;
use super::terms::Settled;

use std::sync::Arc;

use crate::tools::Board;

/// The state of the driver's capabilities.
#[derive(Default)]
pub(super) struct Parts {
    /// What keeps commands in.
    pub(super) walls: Walls,
    /// Hosts that confined commands reach.
    pub(super) hosts: Hosts,
    /// What is settled about calls before they run.
    pub(super) settled: Settled,
    /// Keys that arrive in pieces.
    pub(super) pieces: Sieve,
    /// The model that judges in the mode auto.
    pub(super) classifier: Classifier,
    /// A change of the prefix that the person is asked about.
    pub(super) prefixes: Prefixes,
    /// The folder that the person is asked about.
    pub(super) asking: Option<Asking>,
    /// What was spent, and where that stops.
    pub(super) money: Money,
    /// Cached answers, and the memory store.
    pub(super) recall: Recall,
    /// The form of results with rows.
    pub(super) rows: Rows,
    /// What the session did to files, and going back.
    pub(super) steps: Steps,
    /// Work on the library of sessions.
    pub(super) library: Library,
    /// What the disk does not take.
    pub(super) saving: Saving,
    /// Tool servers.
    pub(super) servers: Servers,
    /// Language servers.
    pub(super) languages: Languages,
    /// Sub-agents.
    pub(super) team: Team,
    /// Dialogs that wait for the person.
    pub(super) desk: Desk,
    /// Commands of the background.
    pub(super) work: Work,
    /// Tasks, shared with sub-agents.
    pub(super) board: Arc<Board>,
    /// Commands and skills in use.
    pub(super) catalog: Catalog,
}
