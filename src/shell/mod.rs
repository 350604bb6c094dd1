//! The two fronts that run an app: the full screen in a terminal, and headless.
//!
//! Both speak to the engine in Requests and Events and know nothing else of it.

pub mod headless;
pub mod terminal;

mod exit;
mod invocation;
mod link;
mod output;
pub mod signals;

pub use exit::Exit;
pub use invocation::{Invocation, Opening, OutputFormat, Overrides};
pub use link::Link;
pub use output::{Printer, is_screen};

pub fn run(_: Invocation) -> Exit {
    Exit::Failure
}
