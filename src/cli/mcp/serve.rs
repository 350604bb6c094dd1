//! `latigo mcp serve`: the engine without a model behind a server on standard input and output.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::base::clock::SystemClock;
use crate::domain::{ResultPart, ToolOutcome};
use crate::engine::{self, OutsideCall};
use crate::mcp;
use crate::shell::{Exit, Ground, Invocation, Printer};

pub(super) fn serve(printer: &mut Printer) -> Exit {
    match try_serve() {
        Ok(()) => Exit::Done,
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
    }
}

fn try_serve() -> Result<(), String> {
    let ground = Ground::survey(&Invocation::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    // Servers of others are not passed on: whoever asks has them himself.
    let setup = ground.counter(SystemClock::shared())?;
    runtime.block_on(async {
        let (specs, calls) = Box::pin(engine::open_counter(setup)).await;
        let call: mcp::Served = Arc::new(move |name, input, cancel| {
            let (reply, answer) = oneshot::channel();
            let call = OutsideCall { name, input, cancel, reply };
            let calls = calls.clone();
            Box::pin(async move { ask(&calls, call, answer).await })
        });
        mcp::serve_stdio(specs, call).await
    })
}

async fn ask(
    calls: &mpsc::Sender<OutsideCall>,
    call: OutsideCall,
    answer: oneshot::Receiver<ToolOutcome>,
) -> (Vec<ResultPart>, bool) {
    let sent = calls.send(call).await.is_ok();
    let outcome = if sent { answer.await.ok() } else { None };
    let outcome = outcome.unwrap_or_else(|| ToolOutcome::error("The call was lost."));
    (outcome.parts, outcome.is_error)
}
