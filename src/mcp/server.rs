//! One server with what is known of it now.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::config::{ServerConfig, Way};
use super::host::Known;
use super::link::Caller;
use super::offer::{Offer, ToolInfo};
use super::pins::{Pins, Standing};
use crate::domain::{ServerState, ServerStatus, ServerTool};

/// Lines of a server's log that are kept.
const LOG: usize = 200;

/// One server.
pub(super) struct Server {
    pub config: ServerConfig,
    pub orders: mpsc::Sender<Order>,
    pub pins_file: PathBuf,
    seen: Mutex<Seen>,
}

/// What the person wants of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Reconnect,
    Off,
}

pub(super) struct Seen {
    pub state: ServerState,
    /// What it offers; from an earlier run until it is up.
    pub offer: Arc<Offer>,
    pub pins: Option<Pins>,
    /// Its tools as the engine offers them, in the order of the offer.
    pub known: Vec<Arc<Known>>,
    /// The file of an earlier run was looked at.
    pub looked: bool,
    pub caller: Option<Caller>,
    pub log: VecDeque<String>,
}

/// A state in words for the model and the person.
pub(super) fn describe(state: &ServerState) -> String {
    match state {
        ServerState::Failed { reason } => format!("not connected: {reason}"),
        ServerState::Retrying { reason, .. } => format!("being connected again: {reason}"),
        ServerState::NeedsLogin => "waiting for a login; the user can do it with /mcp".to_owned(),
        ServerState::Off { why } => format!("off: {why}"),
        other => other.word().to_owned(),
    }
}

impl Seen {
    fn of(config: &ServerConfig) -> Self {
        let state = match &config.off {
            Some(why) => ServerState::Off { why: why.clone() },
            None => ServerState::Waiting,
        };
        Self {
            state,
            offer: Arc::default(),
            pins: None,
            known: Vec::new(),
            looked: false,
            caller: None,
            log: VecDeque::new(),
        }
    }

    pub fn note(&mut self, line: String) {
        if self.log.len() >= LOG {
            self.log.pop_front();
        }
        self.log.push_back(line);
    }
}

impl Server {
    pub fn new(config: ServerConfig, orders: mpsc::Sender<Order>, pins_file: PathBuf) -> Self {
        Self { seen: Mutex::new(Seen::of(&config)), config, orders, pins_file }
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is a program here, not somewhere else.
    pub fn is_local(&self) -> bool {
        matches!(self.config.way, Way::Stdio { .. })
    }

    /// Derives what is known of the tools, after a change of the offer or of what was agreed to.
    pub fn count(&self, seen: &mut Seen) {
        let known = seen.offer.tools.iter().map(|tool| Arc::new(self.known(tool, seen.pins.as_ref()))).collect();
        seen.known = known;
    }

    fn known(&self, tool: &ToolInfo, pins: Option<&Pins>) -> Known {
        let name = &self.config.name;
        let (told, change, why) = match pins.map(|pins| pins.standing(tool)) {
            Some(Standing::Changed(before)) => {
                let change = tool.changes_since(&before);
                let why = format!("the server {name} changed this tool since it was agreed to: {}", change.join("; "));
                (*before, change, Some(why))
            }
            Some(Standing::New) => {
                let why = format!("the server {name} did not have this tool when it was agreed to");
                (tool.clone(), vec!["new since it was agreed to".to_owned()], Some(why))
            }
            Some(Standing::Agreed) | None => (tool.clone(), Vec::new(), None),
        };
        let mut marks = tool.marks();
        marks.asks = why.or(marks.asks);
        let spec = told.spec(name);
        Known {
            server: name.clone(),
            tool: tool.name.clone(),
            bytes: serde_json::to_vec(&spec).map_or(0, |json| json.len() as u64),
            spec,
            marks,
            always_load: self.config.always_load || told.always_load,
            result_chars: told.result_chars,
            change,
        }
    }

    pub fn status(&self, loaded: &impl Fn(&str) -> bool) -> ServerStatus {
        let seen = self.seen();
        let tool = |(info, known): (&ToolInfo, &Arc<Known>)| ServerTool {
            name: info.name.clone(),
            description: info.description.clone(),
            bytes: known.bytes,
            loaded: loaded(&known.spec.name),
            marks: known.marks.clone(),
            change: known.change.clone(),
        };
        let left_out = seen.offer.left_out.iter().map(|what| format!("left out: {what}"));
        ServerStatus {
            name: self.config.name.clone(),
            state: seen.state.clone(),
            source: self.config.source.clone(),
            reached: format!("{} {}", self.config.way.word(), self.config.way.shown()),
            about: seen.offer.about.clone(),
            tools: seen.offer.tools.iter().zip(&seen.known).map(tool).collect(),
            prompts: seen.offer.prompts.clone(),
            resources: seen.offer.resources.clone(),
            log: left_out.chain(seen.log.iter().cloned()).collect(),
        }
    }
}
