//! The panes of the screen: state, Msg, update and view each.

pub mod composer;
pub mod help;
pub mod palette;
pub mod permission;
pub mod picker;
pub mod sessions;
