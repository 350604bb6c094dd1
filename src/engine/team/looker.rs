//! The sub-agent behind a hook of type agent: it reads, answers once and is gone. Nobody is asked on its behalf, and the
//! conversation hears nothing of it; what it spends is booked like any agent's.

use std::sync::Arc;

use crate::domain::{
    AgentFile, AgentModel, AgentStart, AgentTools, AgentWay, Body, Event, Isolation, Live, Request, TeamRequest,
    TurnEnd,
};
use crate::engine::driver::Driver;
use crate::engine::{Setup, start};
use crate::hooks::{Config, Event as Moment, Kind};

use super::brought::Brought;
use super::child::Plan;

/// What it may use.
const TOOLS: [&str; 4] = ["Read", "Grep", "Glob", "LS"];
/// Requests that it may make.
const TURNS: u32 = 50;
/// Its system text.
const PROMPT: &str = include_str!("../../../assets/agents/hook.txt");

/// A sub-agent that is ready to begin.
pub(in crate::engine) struct Looker(Box<Setup>);

impl Driver {
    /// A sub-agent that may look around. The error says why there is none.
    pub(in crate::engine) fn looker(&self, model: Option<&str>) -> Result<Looker, String> {
        let definition = AgentFile {
            name: "hook".to_owned(),
            prompt: PROMPT.trim().to_owned(),
            source: "built in".to_owned(),
            tools: AgentTools { allowed: Some(TOOLS.map(str::to_owned).to_vec()), ..AgentTools::default() },
            model: AgentModel { max_turns: Some(TURNS), cheap: true, ..AgentModel::default() },
            way: AgentWay { read_only: true, without_memory: true, ..AgentWay::default() },
            ..AgentFile::default()
        };
        let tools = self.tools_of(&definition, &[])?;
        let (model, info) = self.model_of(model.map(str::to_owned).as_ref(), &definition)?;
        let agent = self.agent_id();
        let start = AgentStart {
            agent: agent.clone(),
            call_id: String::new(),
            parent: self.stage.child.as_ref().map(|child| child.agent.clone()),
            kind: definition.name.clone(),
            task: "a hook's question".to_owned(),
            name: None,
            model,
            background: false,
            isolation: Isolation::Context,
            log: self.setup.store.agents(self.session).join(format!("{agent}.jsonl")),
            color: None,
        };
        let (servers, _) = self.servers_of(&definition);
        let plan = Plan {
            start,
            info,
            effort: None,
            place: self.stage.place.clone(),
            tools,
            brought: Brought::default(),
            servers,
            again: false,
        };
        let mut setup = self.child_setup(&definition, plan);
        setup.interactive = false;
        setup.stage.hooks = Arc::new(guards(&self.stage.hooks));
        Ok(Looker(Box::new(setup)))
    }
}

/// The hooks that hold for it: those that guard calls. Any other could ask a sub-agent again, without end.
fn guards(config: &Config) -> Config {
    let mut config = config.clone();
    let guards = |kind: &Kind| matches!(kind, Kind::Command { .. } | Kind::Http { .. });
    config.hooks.retain(|hook| hook.event == Moment::PreToolUse && guards(&hook.handler.kind));
    config.webhooks.clear();
    config.telemetry = None;
    config
}

impl Looker {
    /// Lets it work. Its engine ends when nobody waits for the answer any more.
    pub(in crate::engine) async fn answer(self, text: String) -> Result<String, String> {
        let (requests, mut events) = start(*self.0);
        let begin = Request::Team(TeamRequest::Begin { text });
        requests.send(begin).await.map_err(|_| "the sub-agent did not begin".to_owned())?;
        let mut words = String::new();
        while let Some(event) = events.recv().await {
            let record = match event {
                Event::Recorded(record) => record,
                Event::Live(Live::Refused(notice)) => return Err(notice.text),
                _ => continue,
            };
            match &record.body {
                Body::Responded(note) => words = spoken(note.message.text(), words),
                Body::TurnEnded { end: TurnEnd::Done, .. } => return Ok(words),
                Body::TurnEnded { end, .. } => return Err(unfinished(end)),
                _ => {}
            }
        }
        Err("the sub-agent broke off".to_owned())
    }
}

/// The newest words, where there are some.
fn spoken(text: String, before: String) -> String {
    if text.trim().is_empty() { before } else { text }
}

fn unfinished(end: &TurnEnd) -> String {
    match super::minder::outcome(end).1 {
        Some(problem) => format!("the sub-agent did not finish: {problem}"),
        None => format!("the sub-agent did not finish within {TURNS} requests"),
    }
}
