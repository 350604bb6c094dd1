//! The panes: each keeps its own state, hears the engine, and draws itself from what it was given.
//!
//! No pane calls another; what it wants from outside it returns as an act.

pub mod activity;
pub mod agents;
pub mod answers;
pub mod ask;
pub mod composer;
pub mod context;
pub mod conversation;
pub mod cost;
pub mod costs;
mod cut;
pub mod facts;
pub mod folder;
pub mod form;
pub mod help;
pub mod hooks;
pub mod jobs;
pub mod languages;
pub mod page;
pub mod palette;
pub mod permission;
pub mod picker;
pub mod plan;
pub mod purse;
pub mod roster;
pub mod rules;
pub mod said;
pub mod servers;
pub mod sessions;
pub mod sidebar;
pub mod status;
pub mod steps;
pub mod timeline;
