//! What the model is told: segments, system text, cache breakpoints, the diagnosis of a broken cache.
//!
//! Everything here is a function of its input. What changes by itself (date, branch, todo list) never
//! stands in the prefix: it goes to the tail, wrapped as a reminder, so that the provider's cache of all
//! that came before stays whole.

mod assemble;
mod classifier;
mod compaction;
mod diagnose;
mod forecast;
mod marks;
mod places;
mod prefix;
mod reminder;
mod shape;
mod thresholds;
pub mod toon;

pub use assemble::{Draft, assemble, prefix_hash};
pub use classifier::{Judged, classifier_request, read_opinion};
pub use compaction::{
    FOLDED, Folding, Numbers, call_line, fold, gathered_summary, has_results, reduce, short_input, snip, statements,
    stub, summary_message, summary_request, words,
};
pub use diagnose::{Change, Reason, first_change};
pub use forecast::{Forecast, LOOK_BACK, Rule, life_ms};
pub use marks::{Anchors, Lives};
pub use places::places;
pub use prefix::{Place, prefix};
pub use reminder::{
    INTERRUPTED, continue_text, first_prompt, is_first_prompt, is_memories, memories, memory_ids, plan_mode, untended,
    wrap,
};
pub use shape::{Next, Shape, note_of};
pub use thresholds::Thresholds;
