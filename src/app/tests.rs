//! The screen as text after keys and events, and the manners of the keys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod agents;
mod dialogs;
mod hooks;
mod manners;
mod memories;
mod play;
mod screens;
mod speed;
mod walks;
