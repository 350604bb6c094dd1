//! The whole program from outside: the real binary in a pseudo-terminal or by pipes, against a server in
//! this process, in a home of its own. Nothing here knows the inside of the program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod agents;
mod crash;
mod documents;
mod harness;
mod headless;
mod hooks;
mod library;
mod mcp;
mod money;
mod sandbox;
mod screen;
mod server;
mod trust;
