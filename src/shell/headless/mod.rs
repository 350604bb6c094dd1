//! One prompt without a screen: sent as a Request, followed by its Events, printed, and left with a code.
//!
//! What would ask is denied by the engine; a question that comes nevertheless is answered with no.

mod drive;
pub mod fold;
mod lines;
mod message;
mod prompt;
mod stdin;

pub use drive::{Job, run, set_up};
pub use stdin::{STDIN_LIMIT, join_stdin};
