//! Signals of the system as values, and the program's own stop (Ctrl+Z).

use std::io;
use std::time::Duration;

use rustix::process::{Signal, kill_current_process_group};
use tokio::signal::unix::{self, SignalKind};

use crate::shell::Exit;

/// How long to wait for the stop to happen. A stopped program notices nothing of it; one that cannot be
/// stopped (the leader of an orphaned group) goes on after this time.
const STOP: Duration = Duration::from_millis(150);

/// What the system wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Give the terminal back and leave with this code.
    Leave(Exit),
    /// The program was stopped and goes on; the terminal may show anything.
    Continued,
}

/// Listens to the signals that matter to a full screen.
#[derive(Debug)]
pub struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
    hang_up: unix::Signal,
    proceed: unix::Signal,
}

impl Signals {
    /// Must be called inside the runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            hang_up: unix::signal(SignalKind::hangup())?,
            proceed: unix::signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
        })
    }

    /// The next signal. Cancelling loses nothing.
    pub async fn next(&mut self) -> News {
        tokio::select! {
            _ = self.terminate.recv() => News::Leave(Exit::Terminated),
            _ = self.interrupt.recv() => News::Leave(Exit::Interrupted),
            _ = self.hang_up.recv() => News::Leave(Exit::HangUp),
            _ = self.proceed.recv() => News::Continued,
        }
    }

    /// Stops the program's whole job, as a shell expects (`cargo run` waits in the same group), and
    /// returns when it goes on. The terminal must have been given back.
    pub async fn stop(&mut self) -> io::Result<()> {
        kill_current_process_group(Signal::TSTP)?;
        tokio::select! {
            _ = self.proceed.recv() => {}
            () = tokio::time::sleep(STOP) => {}
        }
        Ok(())
    }

    /// Forgets interrupts that were meant for somebody else, such as the editor.
    pub fn forget_interrupts(&mut self) {
        use futures::FutureExt;
        while self.interrupt.recv().now_or_never().flatten().is_some() {}
    }
}
