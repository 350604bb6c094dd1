//! The two fronts that run an app: the full screen in a terminal, and headless.
//!
//! Both speak to the engine in Requests and Events and know nothing else of it. Settings, app and engine are
//! put together in `join`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

pub mod headless;
pub mod signals;
pub mod terminal;

mod agent;
mod exit;
mod invocation;
mod join;
mod link;
mod output;

pub use agent::run as run_agent;
pub use exit::Exit;
pub use invocation::{Invocation, Opening, OutputFormat, Overrides};
pub use join::Ground;
pub use link::Link;
pub use output::Printer;

use terminal::run::{Stage, Start};
use terminal::wire::Wire;

/// How long a tool that does not listen may hold up the end of the program.
const END: Duration = Duration::from_millis(300);

/// Runs what was asked for.
pub fn run(invocation: Invocation) -> Exit {
    let mut printer = Printer::standard();
    let outcome = match invocation.print {
        Some(format) => print(invocation, format, &mut printer),
        None => show(invocation),
    };
    outcome.unwrap_or_else(|(exit, message)| {
        printer.remark(&format!("latigo: {message}"));
        exit
    })
}

/// The full screen. Signals are heard before the terminal is taken, so that it is given back whatever comes;
/// the first frame stands before the engine exists.
fn show(invocation: Invocation) -> Result<Exit, (Exit, String)> {
    let clock = invocation.traffic.clock(true).map_err(|message| (Exit::Failure, message))?;
    let ground = Ground::survey(&invocation).map_err(|message| (Exit::Failure, message))?;
    let look = ground.look(&invocation, &clock);
    let runtime = runtime().map_err(no_runtime)?;
    let inside = runtime.enter();
    let stage = Stage::open(look.model, look.mouse, Arc::clone(&clock))
        .map_err(|error| (Exit::Failure, format!("The terminal cannot be used: {error}.")))?;
    drop(inside);
    let exit = runtime.block_on(async move {
        let start = Start::of(&invocation);
        let (tell, starting) = oneshot::channel();
        drop(tokio::spawn(async move { tell.send(ground.engine(&invocation, true, clock).await) }));
        terminal::run::run(stage, Wire::new(starting), look.keep, start).await
    });
    runtime.shutdown_timeout(END);
    Ok(exit)
}

fn print(mut invocation: Invocation, format: OutputFormat, printer: &mut Printer) -> Result<Exit, (Exit, String)> {
    if invocation.hooks_only {
        return set_up(&invocation, printer);
    }
    let prompt = invocation.prompt.take();
    let prompt = if io::IsTerminal::is_terminal(&io::stdin()) {
        prompt
    } else {
        headless::join_stdin(prompt, io::stdin()).map_err(|message| (Exit::Usage, message))?
    };
    let Some(prompt) = prompt else {
        let message = "There is no prompt. Give one as an argument or on standard input: latigo -p \"explain this\"";
        return Err((Exit::Usage, message.to_owned()));
    };
    let ground = Ground::survey(&invocation).map_err(|message| (Exit::Failure, message))?;
    let clock = invocation.traffic.clock(false).map_err(|message| (Exit::Failure, message))?;
    let ids = invocation.traffic.ids();
    let job = headless::Job { prompt, format, verbose: invocation.verbose, rehearse: invocation.rehearse };
    let runtime = runtime().map_err(no_runtime)?;
    let exit = runtime.block_on(async {
        let link = ground.engine(&invocation, false, clock).await;
        let link = link.map_err(|message| (Exit::Failure, message))?;
        Ok(headless::run(job, link, ids, printer).await)
    });
    runtime.shutdown_timeout(END);
    exit
}

/// Runs the hooks of a start and nothing else.
fn set_up(invocation: &Invocation, printer: &mut Printer) -> Result<Exit, (Exit, String)> {
    let ground = Ground::survey(invocation).map_err(|message| (Exit::Failure, message))?;
    let clock = invocation.traffic.clock(false).map_err(|message| (Exit::Failure, message))?;
    let runtime = runtime().map_err(no_runtime)?;
    let exit = runtime.block_on(async {
        let link = ground.engine(invocation, false, clock).await;
        let link = link.map_err(|message| (Exit::Failure, message))?;
        Ok(headless::set_up(link, printer).await)
    });
    runtime.shutdown_timeout(END);
    exit
}

/// Two workers are enough: the screen has its own thread, and tools spend their time in other processes.
fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).thread_name("latigo").enable_all().build()
}

fn no_runtime(error: io::Error) -> (Exit, String) {
    (Exit::Failure, format!("The system gives no threads: {error}."))
}
