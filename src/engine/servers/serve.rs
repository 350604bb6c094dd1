//! The engine without a model: single calls of its tools for whoever asks from outside, each through the gate with
//! nobody there to be asked.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::super::Setup;
use super::super::driver::{Driver, What};
use crate::domain::{Decision, ToolCall, ToolOutcome, ToolSpec};
use crate::policy;

/// Calls that may wait.
const WAITING: usize = 16;
/// News that may wait; nobody reads them.
const NEWS: usize = 256;

/// One call from outside.
#[derive(Debug)]
pub struct OutsideCall {
    pub name: String,
    pub input: Value,
    pub cancel: CancellationToken,
    pub reply: oneshot::Sender<ToolOutcome>,
}

/// Starts the engine for calls from outside: the tools that are offered, and where calls go.
pub async fn open_counter(setup: Setup) -> (Vec<ToolSpec>, mpsc::Sender<OutsideCall>) {
    let (calls, mut heard) = mpsc::channel::<OutsideCall>(WAITING);
    let (news, mut told) = mpsc::channel(NEWS);
    let (events, mut said) = mpsc::channel(NEWS);
    tokio::spawn(async move { while said.recv().await.is_some() {} });
    let mut driver = Box::pin(Driver::open_first(setup, news, events)).await;
    let specs = driver.counter_specs();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                call = heard.recv() => match call {
                    Some(call) => driver.serve_call(call).await,
                    None => break,
                },
                Some(news) = told.recv() => driver.on_news(news).await,
            }
        }
        driver.close().await;
    });
    (specs, calls)
}

impl Driver {
    /// The program's own tools that make sense to somebody outside.
    fn counter_specs(&self) -> Vec<ToolSpec> {
        let specs: Vec<ToolSpec> = self.setup.tools.iter().map(|tool| tool.spec()).collect();
        let names: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
        let hidden = policy::hidden_tools(&self.gate.rules, &names);
        specs.into_iter().filter(|spec| !hidden.contains(&spec.name)).collect()
    }

    async fn serve_call(&mut self, asked: OutsideCall) {
        let id = format!("outside-{}", uuid::Uuid::new_v4().simple());
        let call = ToolCall { id, name: asked.name, input: asked.input };
        self.need_proof(&call).await;
        let verdict = self.verdict(&call);
        let denied = |text: String| ToolOutcome::error(format!("This call was denied: {text}"));
        if verdict.decision != Decision::Allow {
            asked.reply.send(denied(verdict.because.text)).ok();
            return;
        }
        let Some(tool) = self.tool(&call.name) else { return };
        let mut context = self.context(&call.id, |call_id, text| What::Output { call_id, text });
        context.cancel = asked.cancel;
        match self.cage(&call) {
            Ok(cage) => context.cage = cage,
            Err(problem) => {
                asked.reply.send(denied(problem)).ok();
                return;
            }
        }
        let secrets = self.setup.secrets.clone();
        let tool = Arc::clone(&tool);
        tokio::spawn(async move {
            let mut outcome = tool.run(call.input, context).await;
            super::super::driver::clean(&secrets, &mut outcome);
            asked.reply.send(outcome).ok();
        });
    }
}
