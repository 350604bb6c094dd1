//! Agents below an agent that is a process of its own: what they do is read from their logs, because their own minders
//! stand in that process.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{AgentProgress, AgentState, Body, Record, TeamBody};
use crate::session::Follow;

/// Agents that are followed at a time, and characters of what one does.
const MOST: usize = 100;
const EVENT: usize = 120;

/// Those that live.
#[derive(Debug, Default)]
pub(super) struct Below(BTreeMap<String, One>);

#[derive(Debug)]
struct One {
    follow: Follow,
    progress: AgentProgress,
    /// Names of its calls.
    calls: HashMap<String, String>,
}

impl Below {
    /// Something is on record in the log of the process.
    pub(super) fn hear(&mut self, body: &Body) {
        match body {
            Body::Team(TeamBody::AgentStarted(start)) if self.0.len() < MOST => {
                let progress = AgentProgress::begins(&start.agent);
                let one = One { follow: Follow::whole(&start.log), progress, calls: HashMap::new() };
                self.0.insert(start.agent.clone(), one);
            }
            Body::Team(TeamBody::AgentEnded(end)) => drop(self.0.remove(&end.agent)),
            _ => {}
        }
    }

    /// What those do that did something since.
    pub(super) fn look(&mut self) -> Vec<AgentProgress> {
        let news = self.0.values_mut().filter_map(|one| {
            let records = one.follow.more().unwrap_or_default();
            // Each is taken in, whatever the others say.
            let moves = records.iter().filter(|record| one.take(record)).count();
            (moves > 0).then(|| one.progress.clone())
        });
        news.collect()
    }
}

impl One {
    /// Takes in one record of its log. True when it says what the agent does.
    fn take(&mut self, record: &Record) -> bool {
        let (state, words) = match &record.body {
            Body::RequestSent(_) => (AgentState::Thinking, "asks the model".to_owned()),
            Body::Responded(note) => {
                self.calls.extend(note.message.calls().map(|call| (call.id.clone(), call.name.clone())));
                (AgentState::Thinking, "was answered".to_owned())
            }
            Body::CallStarted { call_id } => {
                self.progress.calls += 1;
                (AgentState::Working, self.name(call_id))
            }
            Body::Asked { call_id, .. } => (AgentState::Asking, format!("asks about {}", self.name(call_id))),
            Body::CallDone { result, summary, .. } => {
                (AgentState::Thinking, format!("{}: {summary}", self.name(&result.call_id)))
            }
            Body::RequestFailed { error, retry_in_ms: Some(_), .. } => (AgentState::Retrying, error.to_string()),
            _ => return false,
        };
        self.progress.state = state;
        self.progress.last = words.chars().take(EVENT).collect();
        self.progress.at = record.at;
        true
    }

    fn name(&self, call_id: &str) -> String {
        self.calls.get(call_id).cloned().unwrap_or_else(|| "a call".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AgentEnd, AgentOutcome, AgentStart, Isolation, ModelRef, Wire};

    fn record(at: u64, body: Body) -> Record {
        Record { seq: at, at, body }
    }

    #[test]
    fn what_one_does_is_told_from_its_records() {
        let mut below = Below::default();
        below.hear(&Body::Team(TeamBody::AgentStarted(Box::new(AgentStart {
            agent: "a1".into(),
            call_id: "c".into(),
            parent: Some("p".into()),
            kind: "Explore".into(),
            task: "look".into(),
            name: None,
            model: ModelRef::new(Wire::Replay, "m"),
            background: false,
            isolation: Isolation::Context,
            log: "/no/such/log.jsonl".into(),
            color: None,
        }))));
        assert!(below.look().is_empty(), "nothing was written yet");
        let Some(one) = below.0.get_mut("a1") else { return assert!(!below.0.is_empty()) };
        assert!(one.take(&record(7, Body::CallStarted { call_id: "x".into() })));
        assert_eq!((one.progress.state, one.progress.at, one.progress.calls), (AgentState::Working, 7, 1));
        assert!(one.take(&record(8, Body::Asked { ask: 1, call_id: "x".into() })));
        assert_eq!((one.progress.state, one.progress.last.as_str()), (AgentState::Asking, "asks about a call"));
        assert!(!one.take(&record(9, Body::Cleared)) && one.progress.at == 8);
        below.hear(&Body::Team(TeamBody::AgentEnded(AgentEnd {
            agent: "a1".into(),
            outcome: AgentOutcome::Done,
            text: String::new(),
            requests: 0,
            calls: 1,
            duration_ms: 0,
            worktree: None,
        })));
        assert!(below.0.is_empty());
    }
}
