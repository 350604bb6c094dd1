//! Tokens, models, prices: the arithmetic of what a session costs.
//!
//! It knows models by a table and money by multiplication. It never asks a server and never guesses a
//! price: what the table does not say stays unknown, and a sum with an unknown part is unknown.

mod count;
mod models;
mod money;

pub use count::{Counter, Tiktoken, estimate};
pub use models::ModelTable;
pub use money::{Tally, price};
