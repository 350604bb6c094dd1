//! The panes of the screen: state, Msg, update and view each.

pub mod composer;
pub mod permission;
