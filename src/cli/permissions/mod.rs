//! `latigo permissions`: what the gate would say of a call and why, and what is wrong with the rules.
//!
//! Nothing runs and no model is asked: rules are read, facts of paths gathered, the gate judges.

mod access;
mod explain;
pub(super) mod ground;
mod lines;
mod lint;

use std::io::{self, BufReader};

use crate::domain::Mode;
use crate::shell::{Exit, Printer};

use explain::Question;
use ground::Ground;

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// What is asked about permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// One question a line on standard input, one answer a line on standard output.
    Lines,
    /// One call, explained to a person.
    Explain { tool: Option<String>, mode: Option<Mode>, call: String },
    /// What is wrong with the rules.
    Lint,
}

/// Answers and prints.
pub(super) fn run(what: Permissions, printer: &mut Printer) -> Exit {
    let ground = match Ground::survey() {
        Ok(ground) => ground,
        Err(message) => {
            printer.remark(&format!("latigo: {message}"));
            return Exit::Failure;
        }
    };
    match what {
        Permissions::Lines => {
            lines::answer(&ground, &mut BufReader::with_capacity(PIECE, io::stdin().lock()), &mut io::stdout().lock())
        }
        Permissions::Explain { tool, mode, call } => {
            explain::explain(&ground, &Question { tool, mode: mode.unwrap_or_default(), call }, printer)
        }
        Permissions::Lint => lint::lint(&ground, printer),
    }
}
