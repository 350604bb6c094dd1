//! Running what was allowed: tools in tasks of their own, the person's shell commands likewise.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::driver::{Driver, News, Running, What};
use super::languages::RENAME;
use crate::agent::Input;
use crate::domain::{Terms, ToolCall, ToolOutcome};
use crate::tools::{self, ToolContext};

/// Bytes of live output of one call that are put on record.
const LIVE_BYTES: usize = 64 * 1024;
/// Pieces of live output that may wait.
const PIECES: usize = 64;

impl Driver {
    pub(super) fn run_call(&mut self, call: ToolCall) {
        let Some(tool) = self.tool(&call.name) else {
            return;
        };
        let mut context = self.context(&call.id, |call_id, text| What::Output { call_id, text });
        let caged = self.cage(&call).map(|cage| context.cage = cage);
        let caged = caged.and_then(|()| self.terms(&call).map(|terms| context.terms = terms));
        let input = call.input.clone();
        let own = self.own_work(&call, &context);
        let tasks = self.task_hooks(&call, &context.cancel);
        let ways = (context.cancel.clone(), context.detach.clone());
        self.start_work(call, ways, async move {
            if let Err(problem) = caged {
                return ToolOutcome::error(format!("It was not run: {problem}"));
            }
            let work = || own.unwrap_or_else(|| tool.run(input, context));
            match tasks {
                None => work().await,
                Some(tasks) => tasks.around(work).await,
            }
        });
    }

    /// Does the work of a call beside the driver, with the hooks that follow it.
    pub(super) fn start_work(
        &mut self,
        call: ToolCall,
        (cancel, detach): (CancellationToken, CancellationToken),
        work: impl Future<Output = ToolOutcome> + Send + 'static,
    ) {
        let (news, epoch, clock) = (self.news.clone(), self.epoch, Arc::clone(&self.setup.clock));
        let keeping = self.keeping(&call);
        let after = self.hooks_after(&call, &cancel);
        let checking = self.checking(cancel.clone());
        self.running.insert(call.id.clone(), Running { cancel, detach, recorded: 0 });
        tokio::spawn(async move {
            let start = clock.elapsed();
            let run = AssertUnwindSafe(work).catch_unwind().map(|done| {
                let broken = format!("{} broke down inside. This is a fault of the program.", call.name);
                done.unwrap_or_else(|_| ToolOutcome::error(broken))
            });
            let mut outcome = keeping.around(run).await;
            if let Some(checking) = checking {
                outcome = checking.after(outcome).await;
            }
            let duration_ms = clock.elapsed().saturating_sub(start).as_millis() as u64;
            let outcome = Box::new(outcome);
            let what = match after {
                None => What::Done { call_id: call.id, outcome, duration_ms },
                Some(after) => after.run(outcome, duration_ms).await,
            };
            let _gone = news.send(News { epoch, what }).await;
        });
    }

    /// The work of a call that only the engine can do.
    fn own_work(&mut self, call: &ToolCall, context: &ToolContext) -> Option<BoxFuture<'static, ToolOutcome>> {
        match tools::today(&call.name) {
            "Agent" => {
                // Its commands go the session's way to hosts.
                self.proxy();
                Some(self.call_agent(call, context))
            }
            "SendMessage" => Some(self.message_agent(call, context)),
            "BashOutput" => self.on_agent_task(call, false).map(|outcome| std::future::ready(outcome).boxed()),
            "KillShell" => self.on_agent_task(call, true).map(|outcome| std::future::ready(outcome).boxed()),
            "AskUserQuestion" => Some(self.ask_person(call, context)),
            super::memories::MEMORY => Some(self.call_memory(call)),
            "EnterPlanMode" => Some(self.enter_plan()),
            "ExitPlanMode" => Some(self.propose_plan(call, context)),
            RENAME => self.run_rename(call, context),
            _ => None,
        }
    }

    /// Runs the person's own command: unasked, because the person typed it.
    pub(super) fn run_shell(&mut self, command: String) {
        let id = format!("shell-{}", uuid::Uuid::new_v4().simple());
        let context = self.context(&id, |_, text| What::ShellOutput(text));
        self.running.insert(
            id.clone(),
            Running { cancel: context.cancel.clone(), detach: context.detach.clone(), recorded: 0 },
        );
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            let outcome = Box::new(tools::shell_command(&command, context).await);
            let _gone = news.send(News { epoch, what: What::ShellDone { command, outcome } }).await;
        });
    }

    pub(super) async fn on_shell_done(&mut self, command: String, outcome: ToolOutcome) {
        self.running.retain(|id, _| !id.starts_with("shell-"));
        if let Some(cwd) = outcome.cwd.clone() {
            self.feed(Input::Note(crate::domain::Body::CwdSet { cwd })).await;
        }
        let output =
            crate::domain::ToolResult { call_id: String::new(), parts: outcome.parts, is_error: false }.joined();
        let exit = if outcome.is_error { exit_of(&outcome.summary) } else { Some(0) };
        self.feed(Input::ShellRan { command, output, exit }).await;
    }

    /// Puts live output on record, within a bound; the whole of it is in the result.
    pub(super) async fn on_output(&mut self, call_id: String, text: String) {
        let text = self.parts.pieces.output(&self.setup.secrets, &call_id, &text);
        if !text.is_empty() {
            self.record_output(call_id, text).await;
        }
    }

    pub(super) async fn record_output(&mut self, call_id: String, text: String) {
        let Some(running) = self.running.get_mut(&call_id) else { return };
        if running.recorded >= LIVE_BYTES {
            return;
        }
        running.recorded += text.len();
        self.feed(Input::CallOutput { call_id, text }).await;
    }

    /// What a call needs. Its live output is reported as `what` says.
    pub(super) fn context(&self, call_id: &str, what: fn(String, String) -> What) -> ToolContext {
        let (output, mut pieces) = mpsc::channel::<String>(PIECES);
        let (news, epoch, id) = (self.news.clone(), self.epoch, call_id.to_owned());
        tokio::spawn(async move {
            while let Some(text) = pieces.recv().await {
                if news.send(News { epoch, what: what(id.clone(), text) }).await.is_err() {
                    break;
                }
            }
        });
        ToolContext {
            call_id: call_id.to_owned(),
            place: self.stage.place.clone(),
            output,
            cancel: CancellationToken::new(),
            reads: Arc::clone(&self.reads),
            env: Arc::clone(&self.stage.env) as Arc<BTreeMap<String, String>>,
            outputs: self.setup.store.outputs(self.session),
            limits: self.setup.limits,
            cage: None,
            jobs: self.jobs(),
            detach: CancellationToken::new(),
            attended: self.setup.interactive,
            board: Arc::clone(&self.parts.board),
            job: None,
            terms: Terms::default(),
        }
    }
}

/// The code in a summary such as `exit 3`.
fn exit_of(summary: &str) -> Option<i32> {
    summary.split_whitespace().skip_while(|word| *word != "exit").nth(1).and_then(|code| code.parse().ok())
}
