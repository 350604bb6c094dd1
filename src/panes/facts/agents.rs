//! Sub-agents of the session, folded from its records and the news about those that live.

use crate::domain::{AgentEnd, AgentProgress, AgentStart, AgentState, Body, Record, TeamBody, TeamNews};
use crate::usage::Tally;

/// Agents that are kept; the oldest that are done go first.
const MOST: usize = 500;

/// How far up the parents of an agent are followed.
const DEEPEST: usize = 16;

/// One agent.
#[derive(Clone, Debug)]
pub struct AgentRow {
    pub start: AgentStart,
    /// Milliseconds since 1970.
    pub since: u64,
    pub state: AgentState,
    /// Its last event in words, and when that was.
    pub last: String,
    pub at: u64,
    pub calls: u32,
    pub tally: Tally,
    pub end: Option<AgentEnd>,
}

/// All of them, in the order in which they began.
#[derive(Debug, Default)]
pub struct Agents {
    list: Vec<AgentRow>,
}

impl AgentRow {
    /// It runs.
    pub fn lives(&self) -> bool {
        self.end.is_none()
    }
}

impl Agents {
    pub fn list(&self) -> &[AgentRow] {
        &self.list
    }

    pub fn find(&self, id: &str) -> Option<&AgentRow> {
        self.list.iter().find(|row| row.start.agent == id)
    }

    /// Those that run.
    pub fn living(&self) -> impl Iterator<Item = &AgentRow> {
        self.list.iter().filter(|row| row.lives())
    }

    /// Those that run and belong to this one, however deep.
    pub fn below<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a AgentRow> {
        let belongs = move |row: &&AgentRow| {
            let mut parent = row.start.parent.as_deref();
            for _ in 0..DEEPEST {
                match parent {
                    Some(above) if above == id => return true,
                    Some(above) => parent = self.find(above).and_then(|row| row.start.parent.as_deref()),
                    None => return false,
                }
            }
            false
        };
        self.living().filter(belongs)
    }

    /// Takes in one record.
    pub(super) fn fold(&mut self, record: &Record) {
        let Body::Team(body) = &record.body else { return };
        match body {
            TeamBody::AgentStarted(start) => self.begin(start, record.at),
            TeamBody::AgentSpent(spent) => {
                if let Some(row) = self.row(&spent.agent) {
                    row.tally.add(spent.usage, spent.cost);
                    row.at = record.at;
                }
            }
            TeamBody::AgentAsked(question) => {
                if let Some(row) = self.row(&question.agent) {
                    row.state = AgentState::Asking;
                }
            }
            TeamBody::AgentDecided { agent, .. } => {
                if let Some(row) = self.row(agent).filter(|row| row.state == AgentState::Asking) {
                    row.state = AgentState::Working;
                }
            }
            TeamBody::Person(_) | TeamBody::Job(_) | TeamBody::TasksSet { .. } => {}
            TeamBody::AgentEnded(end) => {
                if let Some(row) = self.row(&end.agent) {
                    row.calls = end.calls;
                    row.at = record.at;
                    row.end = Some(end.clone());
                }
            }
        }
    }

    /// Takes in news that are not on record.
    pub(super) fn news(&mut self, news: &TeamNews) {
        let TeamNews::Progress(AgentProgress { agent, state, last, at, calls }) = news else { return };
        if let Some(row) = self.row(agent).filter(|row| row.lives()) {
            row.state = *state;
            row.last.clone_from(last);
            row.at = *at;
            row.calls = *calls;
        }
    }

    /// Puts agents of earlier records before those that are known.
    pub(super) fn prepend(&mut self, older: Self) {
        let room = MOST.saturating_sub(self.list.len());
        let skip = older.list.len().saturating_sub(room);
        self.list.splice(0..0, older.list.into_iter().skip(skip));
    }

    /// Whatever ran runs no more: it ended with the program.
    pub(super) fn lose_all(&mut self) {
        for row in self.list.iter_mut().filter(|row| row.end.is_none()) {
            row.end = Some(AgentEnd {
                agent: row.start.agent.clone(),
                outcome: crate::domain::AgentOutcome::Stopped,
                text: "The program ended while it ran.".to_owned(),
                requests: row.tally.requests,
                calls: row.calls,
                duration_ms: row.at.saturating_sub(row.since),
                worktree: None,
            });
        }
    }

    fn begin(&mut self, start: &AgentStart, at: u64) {
        if let Some(row) = self.row(&start.agent) {
            // It goes on with what it knows.
            row.start = start.clone();
            (row.state, row.at, row.end) = (AgentState::default(), at, None);
            "goes on".clone_into(&mut row.last);
            return;
        }
        if self.list.len() >= MOST
            && let Some(oldest) = self.list.iter().position(|row| !row.lives())
        {
            self.list.remove(oldest);
        }
        self.list.push(AgentRow {
            start: start.clone(),
            since: at,
            state: AgentState::default(),
            last: "begins".to_owned(),
            at,
            calls: 0,
            tally: Tally::default(),
            end: None,
        });
    }

    fn row(&mut self, id: &str) -> Option<&mut AgentRow> {
        self.list.iter_mut().rev().find(|row| row.start.agent == id)
    }
}
