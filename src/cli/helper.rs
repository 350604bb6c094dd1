//! The two hidden forms of the program that live inside the sandbox. They come before everything else,
//! because a process can confine itself soundly only while it has one thread.

use std::process::ExitCode;

use crate::sandbox;

/// Runs as a helper when the first argument says so.
pub fn helper() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    match words.next()?.to_str()? {
        sandbox::WORD => Some(sandbox::enter(words)),
        sandbox::PROBE_WORD => Some(sandbox::try_everything(words)),
        _ => None,
    }
}
