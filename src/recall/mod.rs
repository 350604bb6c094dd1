//! Answer caches: the same question, or the same question in other words, is not paid twice.
//!
//! Two tiers behind one interface ([`Layer`]): *exact* finds the SHA-256 of the request, *semantic* the nearest
//! question by the cosine of vectors, under guards. Both hold only what stands in one [`Context`]: model, system text,
//! tools, history and a fingerprint of the workspace. They live in one SQLite file, with counters for each tier.
//!
//! The vectors that come with the program ([`Hashed`]) measure wording, not meaning: they know a vocabulary of
//! programming questions, its synonyms and the ways in which people ask, and nothing beyond. So a paraphrase is found
//! only when every word that carries meaning has its counterpart; what differs in a number, a name, a path, a
//! negation, a direction or the kind of question is never served. Of 150 paraphrases by somebody who did not know the
//! rules 108 were found when they were first tried, and one of 150 look-alikes was served. A server's embeddings
//! ([`Remote`]) know meaning; the same guards stand before them, and opposites, which lie near each other in every such
//! space.

mod asking;
mod cache;
mod embed;
mod frame;
mod guard;
mod lexicon;
mod memories;
mod phrases;
mod question;
mod remote;
mod settle;
mod store;
#[cfg(test)]
mod tests;
mod words;
mod workspace;

use std::path::PathBuf;

pub use cache::{Cache, Cached, Context, Hit, Layer, Lookup, Query};
pub use embed::{Hashed, cosine};
pub use guard::{asks_to_act, depends_on_time};
pub use memories::{Memories, MemoryError, MemorySetting, NewMemory, TEXT as MEMORY_TEXT};
pub use remote::{AskVector, Meaning, Remote};
pub use store::{Counter, Entry, Error, Store};
pub use workspace::{fingerprint, is_left_out};

use crate::domain::AnswerMode;

/// The name of the file in the folder of caches.
pub const FILE: &str = "answers.sqlite";

/// What the settings say of the caches.
#[derive(Clone, Debug)]
pub struct Setting {
    pub mode: AnswerMode,
    /// Days that an answer is kept.
    pub days: u32,
    /// The file; none where there is no place for one.
    pub file: Option<PathBuf>,
    /// Who tells what a question means; none for the vectors that come with the program.
    pub remote: Option<Remote>,
}

impl Default for Setting {
    fn default() -> Self {
        Self { mode: AnswerMode::Off, days: 7, file: None, remote: None }
    }
}
