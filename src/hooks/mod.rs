//! Programs of the user's own at certain moments, and the same moments told to the world outside.
//!
//! This room knows the events, reads a handler's settings, runs it within bounds and understands its answer. It
//! decides nothing about a turn: the engine fires at real points and acts on what comes back. A hook that hangs,
//! floods, crashes or answers garbage costs its own time and nothing else.

mod answer;
mod brought;
pub mod bus;
mod cap;
mod command;
mod event;
pub mod events;
mod handler;
mod http;
mod matcher;
mod model;
mod run;
mod server;
mod settings;

pub use answer::Answer;
pub use brought::brought;
pub use event::Event;
pub use handler::{Handler, Kind, Wait};
pub use matcher::Matcher;
pub use model::Question;
pub use run::{Around, Ask, CallServer, Desk, Firing, Late, Ran, rerun, run, run_all};
pub use server::ServerCall;
pub use settings::{Config, Extra, Hook, HttpRules, Patience};
