//! A sub-agent as another process sees it: everything that its own harness needs to be the same agent under the same
//! gate, as one line of JSON, and the words that reach it while it runs.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::brought::{may_use, servers_with};
use super::child::Child;
use super::tier_from;
use crate::domain::{
    AgentTools, Answer, Cap, Effort, Mode, ModelInfo, ModelRef, RuleScope, RuleSource, RuleTier, SessionId, Wire,
};
use crate::engine::gate::tier_of;
use crate::engine::{ServerPlan, Setup, Stage};
use crate::hooks::{self, Event, Hook};
use crate::policy::RuleText;
use crate::tools::{Board, Jobs, Place};
use crate::usage::Sum;

/// A rule with its place and the folder that its paths start at.
pub type SentRule = (RuleTier, String, RuleSource, PathBuf);

/// The agent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    pub agent: String,
    pub kind: String,
    pub depth: u32,
    pub session: SessionId,
    pub log: PathBuf,
    pub transcript: PathBuf,
    /// The system text, and what it is to do.
    pub role: String,
    pub task: String,
    /// Names of its tools, and the lists of its definition for those of servers.
    pub tools: Vec<String>,
    pub lists: AgentTools,
    pub model: ModelRef,
    pub effort: Option<Effort>,
    pub max_turns: Option<u32>,
    pub mode: SentMode,
    pub without_memory: bool,
    pub interactive: bool,
    pub place: SentPlace,
    pub again: bool,
    pub money: SentMoney,
    pub rules: SentRules,
}

/// What its mode is, and what it may become.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SentMode {
    pub now: Mode,
    /// The one that its definition asks for.
    pub own: Option<Mode>,
    pub read_only: bool,
}

/// Where it works.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SentPlace {
    pub cwd: PathBuf,
    pub project: PathBuf,
    pub added: Vec<PathBuf>,
    pub trusted: bool,
}

/// The caps, and what was spent under them: dollars and tokens of the turn, the run and the session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SentMoney {
    pub caps: Vec<Cap>,
    pub spent: [(f64, u64); 3],
}

/// All rules in force, and those that are the agent's own.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SentRules {
    pub all: Vec<SentRule>,
    pub own: Vec<SentRule>,
}

/// What the parent says while it runs, one line of JSON each.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    Answer {
        ask: u32,
        answer: Answer,
    },
    /// An answer to an agent below it, or to its own question about a host.
    AnswerTo {
        agent: String,
        ask: u32,
        answer: Answer,
    },
    /// Stop an agent below it.
    Kill(String),
    Mode(Mode),
    Rules(Vec<SentRule>),
    Message(String),
    Stop,
}

pub(super) fn sent(rule: RuleText) -> SentRule {
    (tier_of(rule.tier), rule.text, rule.source, rule.anchor)
}

fn received((tier, text, source, anchor): SentRule) -> RuleText {
    RuleText { tier: tier_from(tier), text, source, anchor }
}

impl Spec {
    /// Of the setup that the agent would have in this process. The error is a text for the model.
    pub(super) fn of(setup: &Setup, task: String, money: SentMoney) -> Result<Self, String> {
        let stage = &setup.stage;
        let (Some(child), Some((model, _))) = (stage.child.as_deref(), stage.model.clone()) else {
            return Err("There is no agent to start.".to_owned());
        };
        if model.wire == Wire::Replay {
            return Err(
                "A recorded model cannot be reached from another process. Call it without isolation.".to_owned()
            );
        }
        Ok(Self {
            agent: child.agent.clone(),
            kind: child.kind.clone(),
            depth: child.depth,
            session: child.session,
            log: child.log.clone(),
            transcript: child.transcript.clone(),
            role: child.prompt.clone(),
            task,
            tools: setup.tools.iter().map(|tool| tool.spec().name).collect(),
            lists: child.lists.clone(),
            model,
            effort: stage.effort,
            max_turns: setup.agent.max_turns,
            mode: SentMode { now: stage.mode, own: child.own_mode, read_only: child.read_only },
            without_memory: stage.memory.is_empty(),
            interactive: setup.interactive,
            place: SentPlace {
                cwd: stage.place.cwd.clone(),
                project: stage.place.project.clone(),
                added: stage.place.added.clone(),
                trusted: stage.trusted,
            },
            again: child.again,
            money,
            rules: SentRules {
                all: stage.rules.iter().cloned().map(sent).collect(),
                own: child.rules.iter().cloned().map(sent).collect(),
            },
        })
    }
}

/// Servers of a process: those of the session that it is given, started anew, and its own.
fn servers(stage: &Stage, spec: &Spec) -> ServerPlan {
    let lists = &spec.lists;
    let all = lists.servers.is_empty() && lists.own_servers.is_empty();
    let known = stage.servers.servers.iter();
    let given = known.filter(|server| all || lists.servers.contains(&server.name)).cloned().collect();
    let source = RuleSource { scope: RuleScope::User, file: Some(format!("the agent {}", spec.kind)), line: None };
    // What cannot work was told by the session.
    let (mut plan, _) = servers_with(&stage.servers, &stage.env, (given, lists), &source);
    plan.servers.retain(|server| may_use(lists, &server.name));
    plan
}

/// The setup of a process that is such an agent, from what its own settings say. The error is a sentence.
pub fn as_agent(mut setup: Setup, spec: &Spec) -> Result<Setup, String> {
    let definition = setup.stage.agents.iter().find(|agent| agent.name == spec.kind).cloned();
    let mut stage: Stage = setup.stage.clone();
    let info = setup.table.find(&spec.model.id).unwrap_or_else(|| ModelInfo::unknown(&spec.model.id));
    stage.model = Some((spec.model.clone(), Arc::new(info)));
    (stage.effort, stage.model_forced, stage.mode) = (spec.effort, true, spec.mode.now);
    let SentPlace { cwd, project, added, .. } = spec.place.clone();
    stage.place = Place { cwd, project, added };
    stage.rules = spec.rules.all.iter().cloned().map(received).collect();
    if spec.without_memory {
        stage.memory.clear();
    }
    if let Some(value) = definition.as_ref().and_then(|definition| definition.hooks.as_ref()) {
        let source = RuleSource { scope: RuleScope::User, file: None, line: None };
        let (brought, _) = hooks::brought(value, &source);
        let of_agent = |hook: Hook| match hook.event {
            Event::Stop => Hook { event: Event::SubagentStop, ..hook },
            _ => hook,
        };
        Arc::make_mut(&mut stage.hooks).hooks.extend(brought.into_iter().map(of_agent));
    }
    stage.child = Some(Arc::new(Child {
        agent: spec.agent.clone(),
        kind: spec.kind.clone(),
        // Only what is said to it uses its name, and that is done by its caller.
        name: None,
        depth: spec.depth,
        session: spec.session,
        log: spec.log.clone(),
        transcript: spec.transcript.clone(),
        prompt: spec.role.clone(),
        proof: None,
        own_mode: spec.mode.own,
        read_only: spec.mode.read_only,
        jobs: Jobs::new().0,
        board: Arc::new(Board::of(Vec::new())),
        proxy: None,
        apart: true,
        keep: None,
        rules: spec.rules.own.iter().cloned().map(received).collect(),
        again: spec.again,
        lists: spec.lists.clone(),
    }));
    stage.servers = Arc::new(servers(&stage, spec));
    setup.tools.retain(|tool| spec.tools.contains(&tool.spec().name));
    setup.tuning.money.caps.clone_from(&spec.money.caps);
    let [turn, run, session] = spec.money.spent.map(|(dollars, tokens)| Sum { dollars, tokens });
    setup.tuning.money.shared.begin(&spec.money.caps, [turn, run, session]);
    setup.agent.max_turns = spec.max_turns;
    setup.agent.child = true;
    setup.interactive = spec.interactive;
    setup.stage = stage;
    Ok(setup)
}
