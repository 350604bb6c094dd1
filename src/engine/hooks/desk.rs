//! What hooks run with: what they are told of the session, and their ways to a model, to tool servers and back.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::super::driver::{Driver, News, What};
use super::{Answered, Then};
use crate::domain::Effort;
use crate::hooks::{Around, CallServer, Desk, Hook, Kind, Late, ServerCall};
use crate::mcp::{self, Answer, Host, Part};
use crate::policy;

/// Pieces of news of a call that may wait; nobody looks at them.
const LIVE: usize = 16;

impl Driver {
    /// Everything that these hooks need.
    pub(super) fn desk(&self, hooks: &[Hook]) -> Desk {
        let store = self.setup.store.outputs(self.session);
        let around = Around {
            session: self.session.to_string(),
            transcript: self.stage.child.as_ref().map_or_else(|| self.journal.path(), |child| child.transcript.clone()),
            agent: self.stage.child.as_ref().map(|child| (child.agent.clone(), child.kind.clone())),
            cwd: self.stage.place.cwd.clone(),
            project: self.stage.place.project.clone(),
            mode: self.machine.conversation().mode.name(),
            effort: self.machine.conversation().effort.map(Effort::name),
            prompt_id: None,
            env: Arc::clone(&self.stage.env),
            outputs: store,
            http: self.stage.hooks.http.clone(),
        };
        let asks = |hook: &Hook| matches!(hook.handler.kind, Kind::Prompt { .. } | Kind::Agent { .. });
        let calls = |hook: &Hook| matches!(hook.handler.kind, Kind::McpTool { .. });
        Desk {
            around,
            ask: if hooks.iter().any(asks) { self.asker(crate::domain::Purpose::Hook, hooks) } else { None },
            call: if hooks.iter().any(calls) { self.server_caller(hooks) } else { None },
            late: self.late(),
            cancel: self.hooking.cancel.clone(),
            beside: Arc::clone(&self.hooking.beside),
            env_file: None,
            budget_ms: None,
        }
    }

    /// Takes what hooks that ran beside come to.
    fn late(&self) -> Late {
        let (news, epoch) = (self.news.clone(), self.epoch);
        Arc::new(move |ran, wakes| {
            let news = news.clone();
            Box::pin(async move {
                let heard =
                    Answered { runs: vec![ran], then: Then::Late { wakes }, env: None, stopped: false, holds: false };
                let _gone = news.send(News { epoch, what: What::Hooked(Box::new(heard)) }).await;
            })
        })
    }

    /// The way to the tools of servers; none where there are no servers. Who set up the hook wants its call, so nobody
    /// is asked; what a rule denies, and what is not any more what was agreed to, is not called all the same.
    fn server_caller(&self, hooks: &[Hook]) -> Option<CallServer> {
        let host = self.parts.servers.host()?;
        let names: Vec<String> = hooks
            .iter()
            .filter_map(|hook| match &hook.handler.kind {
                Kind::McpTool { server, tool, .. } => Some(mcp::full_name(server, tool)),
                _ => None,
            })
            .collect();
        let closed = policy::hidden_tools(&self.gate.rules, &names);
        Some(Arc::new(move |call| {
            let host = host.clone();
            let name = mcp::full_name(&call.server, &call.tool);
            let closed = closed.contains(&name);
            Box::pin(async move {
                if closed {
                    return Err(format!("a rule denies {name}"));
                }
                called(&host, call, &name).await
            })
        }))
    }
}

async fn called(host: &Host, call: ServerCall, name: &str) -> Result<(String, bool), String> {
    // Who drops the question stops the call.
    let cancel = tokio_util::sync::CancellationToken::new();
    let _stop = cancel.clone().drop_guard();
    let (live, _unheard) = mpsc::channel(LIVE);
    host.ready(&call.server).await?;
    let known = host.known().into_iter().find(|known| known.spec.name == name);
    if known.is_some_and(|known| known.marks.asks.is_some()) {
        return Err(format!("{name} is not what was agreed to any more; /mcp shows what changed"));
    }
    let answer = host.call(&call.server, &call.tool, call.input, live, &cancel).await?;
    Ok((text(&answer), answer.is_error))
}

/// What a tool says in words, or else as data.
fn text(answer: &Answer) -> String {
    let texts: Vec<&str> = answer
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) | Part::Resource { text: Some(text), .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    match &answer.structured {
        Some(data) if texts.is_empty() => data.to_string(),
        _ => texts.join("\n"),
    }
}
