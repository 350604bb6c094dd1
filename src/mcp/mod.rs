//! Tool servers of the Model Context Protocol: configured, started, asked for what they offer, called.
//!
//! The SDK is known in `link` alone; whatever it brings is turned into our own plain values there. This room
//! decides nothing about permission: it says what a tool is and does what it is told. Whatever a server sends is
//! foreign and bounded.

mod actor;
mod answer;
mod check;
mod config;
mod host;
mod link;
mod names;
mod offer;
mod pins;
mod search;
mod server;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Part};
pub use check::check;
pub use config::{Entry, OAuth, Reach, ServerConfig, Times, Way, parse, valid_name};
pub use host::{Grounds, Host, Known, News, Waits, forget_login};
pub use link::{Login, Served, serve_stdio};
pub use names::{full_name, split_name};
pub use offer::ToolInfo;
pub use search::{Found, search};
