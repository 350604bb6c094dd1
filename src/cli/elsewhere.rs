//! Going on in a session of another folder: this program again, in its own place, so that settings, trust and rules are
//! read anew.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::shell::{Exit, Printer};

/// Opens the session that the person goes on in; any other exit is one.
pub(super) fn follow(exit: Exit, printer: &mut Printer) -> Exit {
    let Exit::Elsewhere(session) = exit else { return exit };
    let started = std::env::current_exe().map(|program| {
        // It only comes back when it could not be started.
        Command::new(program).args(["--resume", &session.to_string()]).exec()
    });
    let (Ok(problem) | Err(problem)) = started;
    printer.remark(&format!("latigo: the session was not opened ({problem}); latigo --resume {session} does it."));
    Exit::Failure
}
