//! Latigo: a full-screen coding agent for the terminal.
//!
//! The rooms, from the ground up. Who may import whom is held by `tests/house.rs`; ARCHITECTURE.md
//! tells what each room is for and what it must never do.

// Ground.
pub mod base;
pub mod domain;

// Mind: decides, touches nothing.
pub mod agent;
pub mod policy;
pub mod prompt;
pub mod usage;

// Hands: act, one file per kind.
pub mod catalog;
pub mod hooks;
pub mod lsp;
pub mod mcp;
pub mod provider;
pub mod recall;
pub mod sandbox;
pub mod session;
pub mod team;
pub mod tools;

// Heart: drives the mind with the hands.
pub mod engine;

// Face: shows, touches nothing.
pub mod app;
pub mod commands;
pub mod panes;
pub mod theme;
pub mod widgets;

// Door: where both sides meet.
pub mod cli;
pub mod config;
pub mod shell;
