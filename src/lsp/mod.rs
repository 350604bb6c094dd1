//! Language servers (LSP): configured or found, started when they are needed, told of files, asked.
//!
//! The protocol is known here alone; what comes out is plain values of our own. This room decides nothing about
//! permission and changes no file: a rename comes back as texts for the engine to write. Whatever a server sends is
//! foreign and bounded, and a server that hangs, floods or dies costs its own answers and nothing else.

mod actor;
mod answer;
mod ask;
mod child;
mod client;
mod config;
mod connection;
mod frame;
mod host;
mod known;
mod place;
mod problems;
mod rename;
mod server;
#[cfg(test)]
mod tests;
mod watch;

pub use answer::{Answer, Spot, Symbol};
pub use ask::{Operation, Question};
pub use config::{Entry, INSTALLED, LanguageConfig, parse};
pub use host::{Change, Grounds, Host, News};
pub use known::installed;
pub use rename::Rewrite;
pub use watch::Watch;
