//! The full screen's side of the world: the terminal taken and given back, input, frames, signals, the loop.
//!
//! What is shown and what keys mean is the app's business; here its acts are carried out.

pub mod colors;
pub mod draw;
pub mod editor;
pub mod escape;
pub mod guard;
pub mod input;
pub mod keep;
pub mod osc;
pub mod pace;
pub mod run;
pub mod wire;
