//! What the standard library lacks: widths and clipping, sanitising, paths, ids, clock, process groups.
//!
//! Nothing here knows what an agent is.

pub mod atomic;
pub mod beneath;
pub mod clock;
pub mod dirs;
pub mod expand;
pub mod hosts;
pub mod ids;
pub mod near;
pub mod net;
pub mod paths;
pub mod process;
pub mod programs;
pub mod read;
pub mod secrets;
pub mod text;
