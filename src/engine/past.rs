//! What the records of a session add up to for the driver: one fold, which a long session keeps beside its log.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::catalog::{HookName, Sums, hear_run};
use super::memories;
use crate::agent::Recollection;
use crate::domain::{Body, CatalogBody, FilesBody, MemoryId, Record, SessionId, TeamBody, ToolCall};
use crate::session::{Fold, Timeline};
use crate::usage::Tally;

/// Files that were read, of which it is known when.
const READS: usize = 2_000;
/// Questions that are kept.
pub(super) const QUESTIONS: usize = 100;
/// Beginnings and ends of agents.
const AGENTS: usize = 1_000;
/// Commands and skills that were used.
const USED: usize = 1_000;

/// The fold.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Past {
    pub(super) recollection: Recollection,
    pub(super) timeline: Timeline,
    pub(super) reads: Reads,
    pub(super) asked: Asked,
    /// Commands and skills in use, with their arguments.
    pub(super) used: VecDeque<(String, String)>,
    /// Hooks of skills that ran.
    #[serde(default)]
    pub(super) ran: BTreeSet<HookName>,
    pub(super) spent: Tally,
    /// What the status line adds up.
    pub(super) sums: Sums,
    /// Entries of the memory store that the model can see.
    pub(super) told: BTreeSet<MemoryId>,
    /// The sessions that it was forked from.
    pub(super) parents: Vec<SessionId>,
    /// What is on record of agents that began and ended.
    pub(super) agents: VecDeque<Body>,
    /// It was given a title.
    pub(super) titled: bool,
    /// The folder that it belongs to.
    pub(super) project: Option<PathBuf>,
    /// Milliseconds since 1970 when it was used last.
    pub(super) last: u64,
}

/// Files that were read, and when.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Reads {
    calls: HashMap<String, PathBuf>,
    pub(super) files: BTreeMap<PathBuf, u64>,
}

/// Calls that the person was asked about, and from which folder.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) list: VecDeque<(ToolCall, Option<PathBuf>)>,
    cwd: Option<PathBuf>,
    /// Calls of the turn, and questions whose call is not on record yet: it is asked while the answer streams.
    calls: HashMap<String, ToolCall>,
    waiting: Vec<(String, Option<PathBuf>)>,
}

impl Fold for Past {
    fn take(&mut self, record: &Record, counts: bool) {
        self.recollection.take(record, counts);
        self.timeline.see(record);
        self.reads.take(record);
        self.asked.take(&record.body);
        self.last = record.at;
        self.sums.hear(&record.body, record.at);
        memories::hear(&mut self.told, &record.body);
        if let Some((usage, cost)) = record.body.paid() {
            self.spent.add(usage, cost);
        }
        match &record.body {
            Body::SessionStarted { project, .. } => self.project = Some(project.clone()),
            Body::Files(FilesBody::Forked { parent, .. }) => self.parents.push(*parent),
            Body::Team(TeamBody::AgentStarted(_) | TeamBody::AgentEnded(_)) => {
                bounded(&mut self.agents, AGENTS);
                self.agents.push_back(record.body.clone());
            }
            Body::TitleSet { .. } => self.titled = true,
            Body::HookRan(run) => hear_run(&mut self.ran, run),
            Body::Cleared => self.used.clear(),
            Body::Catalog(CatalogBody::Used { name, arguments, .. }) => {
                bounded(&mut self.used, USED);
                self.used.push_back((name.clone(), arguments.clone()));
            }
            _ => {}
        }
    }
}

impl Reads {
    fn take(&mut self, record: &Record) {
        match &record.body {
            Body::Responded(note) => {
                let reads = note.message.calls().filter(|call| call.name == "Read");
                self.calls.extend(reads.filter_map(|call| Some((call.id.clone(), read_path(&call.input)?))));
            }
            Body::CallDone { result, .. } if !result.is_error => {
                let path = self.calls.remove(&result.call_id);
                self.files.extend(path.map(|path| (path, record.at)));
            }
            Body::TurnEnded { .. } => {
                self.calls.clear();
                self.shorten();
            }
            _ => {}
        }
    }

    fn shorten(&mut self) {
        if self.files.len() > READS {
            let mut times: Vec<u64> = self.files.values().copied().collect();
            times.sort_unstable();
            let oldest = times.get(times.len() - READS / 2).copied().unwrap_or(0);
            self.files.retain(|_, at| *at >= oldest);
        }
    }
}

impl Asked {
    fn take(&mut self, body: &Body) {
        match body {
            Body::SessionStarted { cwd, .. } | Body::Resumed { cwd, .. } | Body::CwdSet { cwd } => {
                self.cwd = Some(cwd.clone());
            }
            Body::Asked { call_id, .. } => match self.calls.get(call_id).cloned() {
                Some(call) => self.put(call, self.cwd.clone()),
                None => self.waiting.push((call_id.clone(), self.cwd.clone())),
            },
            Body::Responded(note) => {
                for call in note.message.calls() {
                    self.calls.insert(call.id.clone(), call.clone());
                    if let Some(at) = self.waiting.iter().position(|(id, _)| *id == call.id) {
                        let (_, cwd) = self.waiting.remove(at);
                        self.put(call.clone(), cwd);
                    }
                }
            }
            Body::TurnEnded { .. } => {
                self.calls.clear();
                self.waiting.clear();
            }
            _ => {}
        }
    }

    fn put(&mut self, call: ToolCall, cwd: Option<PathBuf>) {
        bounded(&mut self.list, QUESTIONS);
        self.list.push_back((call, cwd));
    }
}

/// The file that a call of Read names.
fn read_path(input: &serde_json::Value) -> Option<PathBuf> {
    let path = PathBuf::from(input.get("file_path")?.as_str()?);
    path.is_absolute().then_some(path)
}

fn bounded<T>(list: &mut VecDeque<T>, most: usize) {
    while list.len() >= most {
        list.pop_front();
    }
}
