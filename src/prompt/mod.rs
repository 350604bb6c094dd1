//! What the model is told: segments, system text, cache breakpoints, the diagnosis of a broken cache.
//!
//! Everything here is a function of its input. What changes by itself (date, branch, todo list) never
//! stands in the prefix: it goes to the tail, wrapped as a reminder, so that the provider's cache of all
//! that came before stays whole.

mod assemble;
mod classifier;
mod compaction;
mod diagnose;
mod prefix;
mod reminder;
pub mod toon;

pub use assemble::{Draft, assemble, prefix_hash};
pub use classifier::{Judged, classifier_request, read_opinion};
pub use compaction::{gathered_summary, stub, summary_message, summary_request};
pub use diagnose::{Shape, diagnose, expected_read};
pub use prefix::{Place, prefix};
pub use reminder::{INTERRUPTED, continue_text, first_prompt, plan_mode, wrap};
