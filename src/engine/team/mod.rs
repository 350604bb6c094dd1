//! Sub-agents. A child is a driver of its own, with its own machine and log, that hears [`Request`]s and sends
//! [`Event`]s like any other; the parent stands where a face would. Its minder, a task beside the driver, turns what
//! it says into news for the parent: money, questions, rules, its end.

mod again;
mod apart;
mod asked;
mod below;
mod brought;
mod call;
mod child;
mod looker;
mod minder;
mod process;
mod spec;
mod tuning;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::driver::Driver;
use super::gate::tier_of;
use super::rules::session_source;
use super::{Setup, Stage};
use crate::agent::{Input, Prompt};
use crate::domain::{
    AgentEnd, AgentFile, AgentStart, Body, Event, Isolation, Live, Message, NetworkNews, Notice, Origin, Request,
    RuleTier, RulesInForce, TeamBody, TeamNews, TeamRequest, ToolSpec,
};
use crate::policy::{RuleText, Tier};
use crate::prompt;
use crate::tools::{self, Board};

pub(super) use brought::admits_of_server;
pub use brought::{servers_with, source as agent_source};
pub(super) use call::Fork;
pub use child::Child;
pub(super) use child::admits;
pub(super) use looker::Looker;
pub use process::WORD as AGENT_WORD;
pub use spec::{Spec as AgentSpec, Word as AgentWord, as_agent};
pub use tuning::TeamTuning;

/// The agents of a session.
#[derive(Debug, Default)]
pub(super) struct Team {
    /// Direct children that live, by their id.
    living: BTreeMap<String, Living>,
    /// Which direct child an agent below it belongs to.
    below: HashMap<String, String>,
    /// Direct children, those that are done included.
    known: again::Known,
}

/// A child that lives.
#[derive(Debug)]
struct Living {
    requests: mpsc::Sender<Request>,
    cancel: CancellationToken,
    start: AgentStart,
    /// Nobody waits for its result.
    alone: bool,
    /// Its conversation is being looked at.
    watched: Arc<AtomicBool>,
    /// Its minder, where something is left to tidy up at the end.
    task: Option<JoinHandle<()>>,
}

/// What a minder reports.
#[derive(Debug)]
pub(super) struct FromAgent {
    /// The direct child.
    pub(super) agent: String,
    pub(super) what: Told,
}

/// The report itself.
#[derive(Debug)]
pub(super) enum Told {
    /// For the record of the session.
    Body(TeamBody),
    /// The person allowed more than one call.
    Granted(String),
    Live(Live),
    /// To be told to the person, and kept.
    Noticed(Notice),
    /// It is done.
    Ended(Box<AgentEnd>, String),
}

impl Team {
    /// Stops all of them, because their session is left. What comes back is over when their places are tidy.
    pub(super) fn stop_all(&mut self) -> impl Future<Output = ()> + use<> {
        let mut left = Vec::new();
        for living in std::mem::take(&mut self.living).into_values() {
            living.cancel.cancel();
            left.extend(living.task);
        }
        self.below.clear();
        async move {
            drop(tokio::time::timeout(apart::TIDY, futures::future::join_all(left)).await);
        }
    }

    /// The session goes on without waiting for these.
    pub(super) fn let_alone(&mut self, call_id: Option<&str>) {
        for living in self.living.values_mut() {
            living.alone |= call_id.is_none_or(|id| living.start.call_id == id);
        }
    }

    /// Agents that run, those below children included.
    pub(in crate::engine) fn count(&self) -> usize {
        self.living.len() + self.below.len()
    }

    /// The direct child through which an agent is reached.
    fn branch(&self, agent: &str) -> Option<&Living> {
        let child = self.below.get(agent).map_or(agent, String::as_str);
        self.living.get(child)
    }

    /// Tells every child. One that does not listen is not waited for.
    fn tell(&self, request: &Request) {
        for living in self.living.values() {
            living.requests.try_send(request.clone()).ok();
        }
    }
}

/// The system text of a stage that runs as an agent.
pub(super) fn role(stage: &Stage) -> Option<String> {
    let lead = stage.shelf.lead.as_ref().map(|lead| lead.prompt.clone()).filter(|role| !role.is_empty());
    stage.child.as_ref().map(|child| child.prompt.clone()).or(lead)
}

/// Requests that the agent may make in one turn that the session runs as; its sub-agents have their own limits.
pub(super) fn lead_turns(stage: &Stage) -> Option<u32> {
    let lead = stage.shelf.lead.as_ref().filter(|_| stage.child.is_none());
    lead.and_then(|lead| lead.model.max_turns)
}

/// Whether the agent that the session runs as has a tool; its sub-agents have what their own files say.
pub(super) fn lead_has(stage: &Stage, name: &str) -> bool {
    stage.child.is_some() || stage.shelf.lead.as_ref().is_none_or(|lead| admits(&lead.tools, name))
}

/// Tools that the model is told of. The others answer when they are called all the same; the prefix stays small.
pub(super) fn is_told(name: &str, setup: &Setup, stage: &Stage) -> bool {
    match name {
        "TodoWrite" => !setup.tuning.team.tasks,
        "TaskCreate" | "TaskUpdate" | "TaskList" | "TaskGet" => setup.tuning.team.tasks,
        // Where nobody is there to answer they would only be refused.
        "AskUserQuestion" | "EnterPlanMode" => setup.interactive && stage.child.is_none(),
        _ => true,
    }
}

/// Adds the kinds of agents to what the model is told of the tool that calls them.
pub(super) fn tell_of_agents(specs: &mut [ToolSpec], agents: &[AgentFile]) {
    let kinds: Vec<(String, String)> =
        agents.iter().map(|agent| (agent.name.clone(), agent.description.clone())).collect();
    for spec in specs {
        tools::list_kinds(spec, &kinds);
    }
}

fn tier_from(tier: RuleTier) -> Tier {
    match tier {
        RuleTier::Deny => Tier::Deny,
        RuleTier::Ask => Tier::Ask,
        RuleTier::Allow => Tier::Allow,
    }
}

impl Driver {
    /// What runs beside the session that is open now.
    pub(super) fn open_team(&mut self) {
        self.parts.desk = super::person::Desk::default();
        self.open_jobs();
        self.open_board();
    }

    /// Takes the tasks of the session that is open; a sub-agent has its session's.
    fn open_board(&mut self) {
        self.parts.board = match &self.stage.child {
            Some(child) => Arc::clone(&child.board),
            None => Arc::new(Board::of(self.machine.conversation().tasks.clone())),
        };
    }

    pub(super) async fn on_team(&mut self, request: TeamRequest) {
        match request {
            TeamRequest::Answer { agent, ask, answer } if agent == NetworkNews::ASKER => {
                self.answer_host(ask, answer).await;
            }
            TeamRequest::Answer { agent, ask, answer } => self.answer_agent(agent, ask, answer).await,
            TeamRequest::Kill { agent } => self.kill_agent(&agent),
            TeamRequest::KillAll => {
                for living in self.parts.team.living.values().filter(|living| living.alone) {
                    living.cancel.cancel();
                }
            }
            TeamRequest::Watch { agent } => self.watch_agent(agent).await,
            TeamRequest::Person(request) => self.on_person(request).await,
            TeamRequest::Job(request) => self.on_job_request(request).await,
            TeamRequest::Begin { text } => self.submit(super::hooks::Pending::Task(text)).await,
            TeamRequest::Inherit(rules) => {
                self.inherit(rules);
                self.feed(Input::RulesChanged).await;
            }
        }
    }

    async fn answer_agent(&mut self, agent: String, ask: u32, answer: crate::domain::Answer) {
        // The question about a host is that of the process in which the agent runs.
        let host = NetworkNews::agent_of(&agent);
        let asker = host.unwrap_or(&agent);
        let direct = !self.parts.team.below.contains_key(asker);
        if let Some(living) = self.parts.team.branch(asker) {
            let answer = answer.clone();
            let request = match (direct, host) {
                (true, None) => Request::Answer { ask, answer },
                (true, Some(_)) => {
                    Request::Team(TeamRequest::Answer { agent: NetworkNews::ASKER.to_owned(), ask, answer })
                }
                (false, _) => Request::Team(TeamRequest::Answer { agent: agent.clone(), ask, answer }),
            };
            living.requests.try_send(request).ok();
        }
        let body = TeamBody::AgentDecided { agent, ask, answer: Some(answer) };
        self.feed(Input::Note(Body::Team(body))).await;
    }

    fn kill_agent(&mut self, agent: &str) {
        let direct = !self.parts.team.below.contains_key(agent);
        let Some(living) = self.parts.team.branch(agent) else { return };
        if direct {
            living.cancel.cancel();
        } else {
            let request = Request::Team(TeamRequest::Kill { agent: agent.to_owned() });
            living.requests.try_send(request).ok();
        }
    }

    async fn watch_agent(&mut self, agent: Option<String>) {
        for (id, living) in &self.parts.team.living {
            living.watched.store(Some(id) == agent.as_ref(), Ordering::Relaxed);
        }
        // Whoever was looked at below a child is looked at no more.
        self.parts.team.tell(&Request::Team(TeamRequest::Watch { agent: None }));
        let Some(agent) = agent else { return };
        if self.parts.team.below.contains_key(&agent)
            && let Some(living) = self.parts.team.branch(&agent)
        {
            let request = Request::Team(TeamRequest::Watch { agent: Some(agent) });
            return drop(living.requests.try_send(request));
        }
        let log = self.setup.store.agents(self.session).join(format!("{agent}.jsonl"));
        match self.setup.store.read_at(&log) {
            Ok(records) => {
                let records = records.into_iter().map(Arc::new).collect();
                self.tell(Event::Live(Live::Team(TeamNews::Watched { agent, records }))).await;
            }
            Err(error) => self.notice(Notice::warning(error.to_string())).await,
        }
    }

    /// A minder reports.
    pub(super) async fn on_agent(&mut self, heard: FromAgent) {
        if !self.parts.team.living.contains_key(&heard.agent) {
            return;
        }
        match heard.what {
            Told::Body(body) => self.on_agent_body(heard.agent, body).await,
            Told::Granted(rule) => {
                if self.gate.add(RuleTier::Allow, &rule, session_source(), &self.stage).is_ok() {
                    // What one agent was allowed holds for all.
                    self.hand_down_rules();
                    self.feed(Input::RulesChanged).await;
                }
            }
            Told::Live(live) => {
                if let Live::Team(TeamNews::Progress(progress)) = &live {
                    self.parts.team.known.moves(progress.clone());
                }
                self.tell(Event::Live(live)).await;
            }
            Told::Noticed(notice) => self.feed(Input::Note(Body::Noticed(notice))).await,
            Told::Ended(end, words) => self.on_agent_ended(*end, words).await,
        }
    }

    async fn on_agent_body(&mut self, child: String, body: TeamBody) {
        match &body {
            TeamBody::AgentStarted(start) if start.agent != child => {
                self.parts.team.below.insert(start.agent.clone(), child);
            }
            TeamBody::AgentEnded(end) => drop(self.parts.team.below.remove(&end.agent)),
            TeamBody::AgentSpent(spent) => {
                let apart = |living: &&Living| living.start.isolation == Isolation::Process;
                if let Some(living) = self.parts.team.living.get(&child).filter(apart) {
                    // Its own engine counts where this one cannot see it.
                    let whose = if spent.agent == child {
                        format!("{} {child}", living.start.kind)
                    } else {
                        spent.agent.clone()
                    };
                    self.count_apart(spent, whose);
                }
            }
            TeamBody::AgentAsked(question) => {
                let tool = self.tool(&question.call.name);
                self.questions.note(&question.call, tool.as_ref(), &self.stage.place);
            }
            _ => {}
        }
        self.feed(Input::Note(Body::Team(body))).await;
    }

    async fn on_agent_ended(&mut self, end: AgentEnd, words: String) {
        let Some(living) = self.parts.team.living.remove(&end.agent) else { return };
        self.parts.team.below.retain(|_, child| *child != end.agent);
        self.feed(Input::Note(Body::Team(TeamBody::AgentEnded(end)))).await;
        if living.alone {
            let text = words::announcement(&living.start, &words);
            let typed = format!("(agent) {} is done", living.start.task);
            let message = Message::user(prompt::wrap(&text));
            self.feed(Input::Prompt(Prompt { message, typed, origin: Origin::Harness })).await;
        }
    }

    /// Takes in the kinds of agents as they are on disk now: their texts count at once, and what the model was told of
    /// them is set right at the tail. False when nothing has changed.
    pub(super) async fn take_agents(&mut self, agents: Vec<AgentFile>) -> bool {
        if agents == self.stage.agents {
            return false;
        }
        let known = std::mem::replace(&mut self.stage.agents, agents);
        let rows = |agents: &[AgentFile]| -> Vec<(String, String)> {
            agents.iter().map(|agent| (agent.name.clone(), agent.description.clone())).collect()
        };
        let (before, after) = (rows(&known), rows(&self.stage.agents));
        let new = after.iter().filter(|row| !before.contains(row)).map(|(name, text)| format!("- {name}: {text}"));
        let gone = before.iter().filter(|(name, _)| !after.iter().any(|(other, _)| other == name));
        let news: Vec<String> = new.chain(gone.map(|(name, _)| format!("- {name} is gone"))).collect();
        if !news.is_empty() {
            let text = format!("the kinds of agents have changed:\n{}", news.join("\n"));
            self.feed(Input::Note(Body::ContextAdded { from: "Latigo".to_owned(), text })).await;
        }
        true
    }

    /// Hands the rules as they are now to every child.
    pub(super) fn hand_down_rules(&self) {
        let rules = self.gate.texts().into_iter();
        let rules = rules.map(|text| (tier_of(text.tier), text.text, text.source, text.anchor)).collect();
        self.parts.team.tell(&Request::Team(TeamRequest::Inherit(RulesInForce(rules))));
    }

    fn inherit(&mut self, rules: RulesInForce) {
        let text = |(tier, text, source, anchor)| RuleText { tier: tier_from(tier), text, source, anchor };
        let own = self.stage.child.iter().flat_map(|child| child.rules.clone());
        self.stage.rules = rules.0.into_iter().map(text).chain(own).collect();
        self.gate = super::opening::make_gate(&self.setup, &self.stage, self.session).0;
        self.hand_down_rules();
    }

    /// Something is on record that children must know of.
    pub(super) fn children_hear(&mut self, body: &Body) {
        self.agents_hear(body);
        if self.parts.team.living.is_empty() {
            return;
        }
        match body {
            Body::RuleAdded { .. } => self.hand_down_rules(),
            Body::ModeSet { mode } => {
                for living in self.parts.team.living.values() {
                    living.requests.try_send(Request::SetMode(*mode)).ok();
                }
            }
            _ => {}
        }
    }
}
