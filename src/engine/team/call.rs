//! A call of Agent, from its input to the future that its result comes from.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::child::Plan;
use super::minder::{Finished, Minder};
use super::{Living, words};
use crate::agent::Input;
use crate::domain::{
    AgentFile, AgentStart, Body, Decision, Isolation, ModelRef, Request, TeamBody, TeamRequest, ToolCall, ToolOutcome,
};
use crate::engine::driver::Driver;
use crate::tools::{self, AgentInput, ToolContext};

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
        let tuning = self.setup.tuning.team.clone();
        if self.depth() >= tuning.depth {
            return Err(format!("Agents may be nested {} deep at most. Do this yourself.", tuning.depth));
        }
        if self.parts.team.count() >= tuning.at_once {
            return Err(format!("{} agents run already, which is the limit. Wait for one to end.", tuning.at_once));
        }
        let definition = self.definition(&input.subagent_type)?;
        self.may_call(call, &definition.name)?;
        let tools = self.tools_of(&definition)?;
        let (model, info) = self.model_of(&input, &definition)?;
        // A background agent would report to a conversation that is over by then.
        let background = self.depth() == 0
            && self.setup.interactive
            && (input.run_in_background == Some(true) || definition.way.background);
        let start = self.agent_start(call, &input, (&definition, background), model);
        let agent = start.agent.clone();
        let plan = Plan { start: start.clone(), info, place: self.stage.place.clone(), tools };
        let setup = self.child_setup(&definition, &input, plan);
        let done = self.let_live(setup, start, &input, background);
        let kept = self.setup.store.outputs(self.session).join(format!("agent-{agent}.md"));
        let (limit, cancel, detach) = (tuning.result_chars, context.cancel.clone(), context.detach.clone());
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
    fn may_call(&self, call: &ToolCall, kind: &str) -> Result<(), String> {
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

    fn agent_start(
        &self,
        call: &ToolCall,
        input: &AgentInput,
        (definition, background): (&AgentFile, bool),
        model: ModelRef,
    ) -> AgentStart {
        let agent = self.agent_id();
        AgentStart {
            agent: agent.clone(),
            call_id: call.id.clone(),
            parent: self.stage.child.as_ref().map(|child| child.agent.clone()),
            kind: definition.name.clone(),
            task: input.description.trim().to_owned(),
            name: input.name.clone(),
            model,
            background,
            isolation: Isolation::Context,
            log: self.setup.store.agents(self.session).join(format!("{agent}.jsonl")),
            color: definition.color.clone(),
        }
    }

    pub(super) fn agent_id(&self) -> String {
        let id = self.setup.ids.next().simple().to_string();
        format!("a{}", id.get(id.len().saturating_sub(ID)..).unwrap_or(&id))
    }

    /// Starts the child and its minder.
    fn let_live(
        &mut self,
        setup: crate::engine::Setup,
        start: AgentStart,
        input: &AgentInput,
        alone: bool,
    ) -> oneshot::Receiver<Finished> {
        let (requests, events) = crate::engine::start(setup);
        requests.try_send(Request::Team(TeamRequest::Begin { text: input.prompt.clone() })).ok();
        let (done, result) = oneshot::channel();
        let cancel = CancellationToken::new();
        let watched = Arc::new(AtomicBool::new(false));
        let minder = Minder::new(&start, requests.clone(), cancel.clone(), Arc::clone(&watched));
        let ways = super::minder::Ways {
            news: self.news.clone(),
            epoch: self.epoch,
            clock: Arc::clone(&self.setup.clock),
            stall: Duration::from_millis(self.setup.tuning.team.stall_ms),
        };
        tokio::spawn(minder.run(events, ways, done));
        self.inbox.push_back(Input::Note(Body::Team(TeamBody::AgentStarted(Box::new(start.clone())))));
        let living = Living { requests, cancel, start, alone, watched };
        self.parts.team.living.insert(living.start.agent.clone(), living);
        result
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
