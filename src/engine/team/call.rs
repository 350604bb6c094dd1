//! A call of Agent, from its input to the future that its result comes from.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::minder::Finished;
use super::{tier_from, words};
use crate::domain::{
    AgentFile, AgentStart, Decision, Effort, Isolation, ModelInfo, ModelRef, RuleSource, RuleTier, ToolCall,
    ToolOutcome,
};
use crate::engine::driver::Driver;
use crate::policy::RuleText;
use crate::tools::{self, ToolContext};

/// A piece of work that something else than a call of Agent hands to an agent.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Fork {
    /// The name of its definition.
    pub(in crate::engine) kind: String,
    /// In a few words.
    pub(in crate::engine) task: String,
    pub(in crate::engine) prompt: String,
    pub(in crate::engine) model: Option<String>,
    pub(in crate::engine) effort: Option<Effort>,
    /// Rules that hold for it besides those of the session.
    pub(in crate::engine) rules: Vec<(RuleTier, String, RuleSource)>,
    /// It runs in the background where that is possible.
    pub(in crate::engine) beside: bool,
    /// Nobody waits: its answer begins a turn.
    pub(in crate::engine) alone: bool,
}

/// What an agent is sent out for.
pub(super) struct Errand {
    pub(super) start: AgentStart,
    pub(super) info: Arc<ModelInfo>,
    pub(super) effort: Option<Effort>,
    pub(super) prompt: String,
    /// It goes on with its own conversation.
    pub(super) again: bool,
    pub(super) rules: Vec<RuleText>,
}

impl Errand {
    pub(super) fn new(start: AgentStart, info: Arc<ModelInfo>) -> Self {
        Self { start, info, effort: None, prompt: String::new(), again: false, rules: Vec::new() }
    }
}

/// How long the end of an agent that was stopped is waited for.
const END: Duration = Duration::from_secs(3);
/// Hexadecimal digits of an agent's id.
const ID: usize = 8;

impl Driver {
    /// Starts the agent that a call asks for. The error is a text for the model.
    pub(in crate::engine) fn call_agent(
        &mut self,
        call: &ToolCall,
        context: &ToolContext,
    ) -> BoxFuture<'static, ToolOutcome> {
        match self.start_agent(call, context) {
            Ok(work) => work,
            Err(problem) => std::future::ready(ToolOutcome::error(problem)).boxed(),
        }
    }

    fn start_agent(
        &mut self,
        call: &ToolCall,
        context: &ToolContext,
    ) -> Result<BoxFuture<'static, ToolOutcome>, String> {
        let input = tools::read_agent(&call.input)?;
        self.room_for_agent()?;
        let definition = self.definition(&input.subagent_type)?;
        self.may_call(call, &definition.name)?;
        let isolation = match &input.isolation {
            Some(named) => named.parse()?,
            None => definition.way.isolation,
        };
        let background = input.run_in_background == Some(true) || definition.way.background;
        let (model, info) = self.model_of(input.model.as_ref(), &definition)?;
        let start = AgentStart {
            isolation,
            background: background && self.can_wait_beside(),
            name: input.name.clone(),
            ..self.agent_start(&call.id, &input.description, &definition, model)
        };
        self.send_out(
            &definition,
            Errand { effort: input.effort, prompt: input.prompt, ..Errand::new(start, info) },
            context,
        )
    }

    /// Hands a piece of work to an agent.
    pub(in crate::engine) fn hand_over(
        &mut self,
        fork: &Fork,
        call: &ToolCall,
        context: &ToolContext,
    ) -> Result<BoxFuture<'static, ToolOutcome>, String> {
        self.room_for_agent()?;
        let definition = self.definition(&fork.kind)?;
        let asked = serde_json::json!({ "prompt": fork.prompt, "subagent_type": definition.name });
        self.may_call(&ToolCall { input: asked, ..call.clone() }, &definition.name)?;
        let (model, info) = self.model_of(fork.model.as_ref(), &definition)?;
        let start = AgentStart {
            isolation: definition.way.isolation,
            background: fork.alone || (fork.beside && self.can_wait_beside()),
            ..self.agent_start(&call.id, &fork.task, &definition, model)
        };
        let rule = |(tier, text, source): (RuleTier, String, RuleSource)| RuleText {
            tier: tier_from(tier),
            text,
            source,
            anchor: self.stage.place.cwd.clone(),
        };
        let errand = Errand {
            effort: fork.effort,
            prompt: fork.prompt.clone(),
            rules: fork.rules.iter().cloned().map(rule).collect(),
            ..Errand::new(start, info)
        };
        self.send_out(&definition, errand, context)
    }

    /// One more agent may begin here. The error is a text for the model.
    pub(super) fn room_for_agent(&self) -> Result<(), String> {
        let tuning = &self.setup.tuning.team;
        if self.depth() >= tuning.depth {
            return Err(format!("Agents may be nested {} deep at most. Do this yourself.", tuning.depth));
        }
        if self.parts.team.count() >= tuning.at_once {
            return Err(format!("{} agents run already, which is the limit. Wait for one to end.", tuning.at_once));
        }
        Ok(())
    }

    /// An agent of the background would report to a conversation that goes on: that of the session, with a person there.
    pub(super) fn can_wait_beside(&self) -> bool {
        self.depth() == 0 && self.setup.interactive
    }

    /// Lets an agent begin, or go on. What comes back waits for its end, unless it runs in the background.
    pub(super) fn send_out(
        &mut self,
        definition: &AgentFile,
        errand: Errand,
        context: &ToolContext,
    ) -> Result<BoxFuture<'static, ToolOutcome>, String> {
        let (agent, background) = (errand.start.agent.clone(), errand.start.background);
        let done = self.let_live(definition, errand)?;
        let kept = self.setup.store.outputs(self.session).join(format!("agent-{agent}.md"));
        let limit = self.setup.tuning.team.result_chars;
        let (cancel, detach) = (context.cancel.clone(), context.detach.clone());
        if background {
            let text = format!("The agent {agent} has begun in the background. You are told when it is done.");
            return Ok(std::future::ready(ToolOutcome::text(text, "in the background")).boxed());
        }
        let stop = self.parts.team.living.get(&agent).map(|living| living.cancel.clone()).unwrap_or_default();
        Ok(async move {
            let told = tokio::select! {
                biased;
                () = detach.cancelled() => None,
                finished = result(done, cancel, stop) => Some(finished),
            };
            let Some(finished) = told else {
                let text = format!("The user put the agent {agent} into the background. You are told when it is done.");
                return ToolOutcome::text(text, "in the background");
            };
            match finished {
                Some(Finished { end, words }) => words::outcome(&end, &words, limit, &kept),
                None => ToolOutcome::error("The agent was stopped before it was done."),
            }
        }
        .boxed())
    }

    /// Deny rules about kinds of agents count whatever the letter case, and for the kind that is taken when none is
    /// named.
    pub(super) fn may_call(&self, call: &ToolCall, kind: &str) -> Result<(), String> {
        let mut named = call.clone();
        "Agent".clone_into(&mut named.name);
        if let Some(input) = named.input.as_object_mut() {
            input.insert("subagent_type".to_owned(), serde_json::Value::from(kind));
        }
        let verdict = self.verdict(&named);
        if verdict.decision == Decision::Deny {
            return Err(format!("This call was denied: {}", verdict.because.text));
        }
        Ok(())
    }

    fn agent_start(&self, call_id: &str, task: &str, definition: &AgentFile, model: ModelRef) -> AgentStart {
        let agent = self.agent_id();
        AgentStart {
            agent: agent.clone(),
            call_id: call_id.to_owned(),
            parent: self.stage.child.as_ref().map(|child| child.agent.clone()),
            kind: definition.name.clone(),
            task: task.trim().to_owned(),
            name: None,
            model,
            background: false,
            isolation: Isolation::Context,
            log: self.setup.store.agents(self.session).join(format!("{agent}.jsonl")),
            color: definition.color.clone(),
        }
    }

    pub(super) fn agent_id(&self) -> String {
        let id = self.setup.ids.next().simple().to_string();
        format!("a{}", id.get(id.len().saturating_sub(ID)..).unwrap_or(&id))
    }
}

/// The result, or none when the call was stopped and the agent did not end in time.
async fn result(
    mut done: oneshot::Receiver<Finished>,
    cancel: CancellationToken,
    stop: CancellationToken,
) -> Option<Finished> {
    tokio::select! {
        biased;
        finished = &mut done => return finished.ok(),
        () = cancel.cancelled() => {}
    }
    stop.cancel();
    tokio::time::timeout(END, done).await.ok()?.ok()
}
