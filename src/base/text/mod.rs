//! The one way of foreign text to the screen: made harmless, measured, clipped, wrapped, and numbers for people.
//!
//! Everything that a model, tool, file, server or person wrote passes [`sanitize`] or [`sanitize_line`] before a
//! widget puts it in a cell. Nothing here knows cells, and colours only as data (`painted`); widths are those that the renderer uses.

mod chars;
mod human;
mod measure;
mod sanitize;
mod sgr;
mod tokens;

pub use human::{exact_cost, human_bytes, human_cost, human_ms, human_tokens};
pub use measure::{breaks_around, clip, clusters, width, wrap_plain};
pub use sanitize::{sanitize, sanitize_line};
pub use sgr::{Look, Paint, Painted, painted};
pub use tokens::tokens;

#[cfg(test)]
mod tests;
