//! Agents after their call: messages to them, the way they go on with what they know, and the tools that look at them
//! or stop them.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::call::Errand;
use crate::base::text;
use crate::domain::{
    AgentEnd, AgentOutcome, AgentProgress, AgentStart, AgentState, Body, Request, TeamBody, TeamRequest, ToolCall,
    ToolOutcome,
};
use crate::engine::driver::Driver;
use crate::tools::{self, ToolContext};

/// Agents that are remembered; the oldest go first.
const MOST: usize = 500;

/// The agents that were called here, those of earlier runs of the session included.
#[derive(Debug, Default)]
pub(super) struct Known {
    list: BTreeMap<u64, Past>,
    made: u64,
    /// What those that run do now.
    progress: BTreeMap<String, AgentProgress>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pub(super) start: AgentStart,
    /// None while it runs, and for one that a crash cut short.
    pub(super) end: Option<AgentEnd>,
}

impl Known {
    /// What the records of a session tell.
    pub(super) fn of<'a>(bodies: impl IntoIterator<Item = &'a Body>) -> Self {
        let mut known = Self::default();
        for body in bodies {
            known.hear(body, None);
        }
        known
    }

    /// Something is on record in the log of `own`, an agent; none for the session.
    pub(super) fn hear(&mut self, body: &Body, own: Option<&str>) {
        match body {
            Body::Team(TeamBody::AgentStarted(start)) if start.parent.as_deref() == own => {
                self.list.retain(|_, past| past.start.agent != start.agent);
                self.made += 1;
                self.list.insert(self.made, Past { start: (**start).clone(), end: None });
                if self.list.len() > MOST {
                    self.list.pop_first();
                }
            }
            Body::Team(TeamBody::AgentEnded(end)) => {
                self.progress.remove(&end.agent);
                if let Some(past) = self.list.values_mut().find(|past| past.start.agent == end.agent) {
                    past.end = Some(end.clone());
                }
            }
            _ => {}
        }
    }

    pub(super) fn moves(&mut self, progress: AgentProgress) {
        self.progress.insert(progress.agent.clone(), progress);
    }

    /// The agent that a model means: by id, by name, by its description; the newest where it fits several.
    fn find(&self, who: &str) -> Option<&Past> {
        let who = who.trim();
        let by = |fits: &dyn Fn(&AgentStart) -> bool| self.list.values().rev().find(|past| fits(&past.start));
        by(&|start| start.agent == who)
            .or_else(|| by(&|start| start.name.as_deref() == Some(who)))
            .or_else(|| by(&|start| start.task.eq_ignore_ascii_case(who)))
    }
}

impl Driver {
    /// Sends a message to an agent. The error is a text for the model.
    pub(in crate::engine) fn message_agent(
        &mut self,
        call: &ToolCall,
        context: &ToolContext,
    ) -> BoxFuture<'static, ToolOutcome> {
        match self.send_to_agent(call, context) {
            Ok(work) => work,
            Err(problem) => std::future::ready(ToolOutcome::error(problem)).boxed(),
        }
    }

    fn send_to_agent(
        &mut self,
        call: &ToolCall,
        context: &ToolContext,
    ) -> Result<BoxFuture<'static, ToolOutcome>, String> {
        let input = tools::read_message(&call.input)?;
        let Some(past) = self.parts.team.known.find(&input.to).cloned() else {
            return Err(self.no_such_agent(&input.to));
        };
        let agent = past.start.agent.clone();
        if let Some(living) = self.parts.team.living.get(&agent) {
            let request = Request::Team(TeamRequest::Begin { text: input.message });
            living.requests.try_send(request).map_err(|_| format!("The agent {agent} takes no message now."))?;
            let text = format!("The agent {agent} reads it between its steps; its answer is part of its result.");
            return Ok(std::future::ready(ToolOutcome::text(text, "handed over")).boxed());
        }
        self.room_for_agent()?;
        let definition = self.definition(&past.start.kind)?;
        let input_of_agent = serde_json::json!({ "prompt": input.message });
        self.may_call(&ToolCall { input: input_of_agent, ..call.clone() }, &definition.name)?;
        if !past.start.log.is_file() {
            return Err(format!("The conversation of the agent {agent} is not kept any more. Call a new one."));
        }
        let info = self.setup.table.find(&past.start.model.id);
        let info = info.unwrap_or_else(|| crate::domain::ModelInfo::unknown(&past.start.model.id));
        let background = input.run_in_background == Some(true) && self.can_wait_beside();
        let start = AgentStart { call_id: call.id.clone(), background, ..past.start };
        let errand = Errand { prompt: input.message, again: true, ..Errand::new(start, info.into()) };
        self.send_out(&definition, errand, context)
    }

    fn no_such_agent(&self, who: &str) -> String {
        let known: Vec<String> = self
            .parts
            .team
            .known
            .list
            .values()
            .map(|past| format!("{} ({})", past.start.agent, past.start.task))
            .collect();
        if known.is_empty() {
            return format!("There is no agent `{who}`: none was called yet. Call one with Agent.");
        }
        format!("There is no agent `{who}`. There are: {}.", known.join(", "))
    }

    /// The answer of a tool that looks at background work or stops it, when an agent is meant.
    pub(in crate::engine) fn on_agent_task(&mut self, call: &ToolCall, stop: bool) -> Option<ToolOutcome> {
        let keys = ["task_id", "shell_id", "bash_id", "id"];
        let id = keys.iter().find_map(|key| call.input.get(*key)).and_then(serde_json::Value::as_str)?;
        if self.jobs().find(id).is_some() {
            return None;
        }
        let past = self.parts.team.known.find(id)?.clone();
        let agent = past.start.agent.as_str();
        let lives = self.parts.team.living.contains_key(agent);
        if stop && lives {
            self.kill_agent(agent);
            return Some(ToolOutcome::text(format!("The agent {agent} is being stopped."), "stopped"));
        }
        let text = match (&past.end, lives) {
            (_, true) => self.progress_of(agent),
            (Some(end), _) => format!("{agent}: {}. It says:\n{}", outcome(end.outcome), end.text),
            (None, _) => format!("{agent}: cut short when the program ended. SendMessage lets it go on."),
        };
        let summary = if lives { "running" } else { "ended" };
        Some(ToolOutcome::text(text, summary))
    }

    fn progress_of(&self, agent: &str) -> String {
        let Some(progress) = self.parts.team.known.progress.get(agent) else { return format!("{agent}: begins.") };
        let state = match progress.state {
            AgentState::Thinking => "its model works",
            AgentState::Working => "a call of it runs",
            AgentState::Asking => "waits for the user's answer",
            AgentState::Retrying => "its request failed and is sent again",
        };
        let ago = text::human_ms(self.setup.clock.wall_ms().saturating_sub(progress.at));
        format!("{agent}: running, {state}; {} calls so far. Last, {ago} ago: {}", progress.calls, progress.last)
    }

    /// The agents of the session that is open.
    pub(in crate::engine) fn know_agents<'a>(&mut self, bodies: impl IntoIterator<Item = &'a Body> + Copy) {
        // An agent that goes on knows those that it called itself.
        self.parts.team.known = Known::of(bodies);
        if let Some(child) = &self.stage.child {
            let own = Some(child.agent.as_str());
            for body in bodies {
                self.parts.team.known.hear(body, own);
            }
        }
    }

    /// Something is on record.
    pub(super) fn agents_hear(&mut self, body: &Body) {
        let own = self.stage.child.as_ref().map(|child| child.agent.clone());
        self.parts.team.known.hear(body, own.as_deref());
    }
}

fn outcome(outcome: AgentOutcome) -> &'static str {
    match outcome {
        AgentOutcome::Done => "done",
        AgentOutcome::Failed => "failed",
        AgentOutcome::Stopped => "stopped",
        AgentOutcome::TurnCap => "at its limit of requests",
    }
}
