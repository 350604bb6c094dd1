//! Tokens, models, prices: the arithmetic of what a session costs.
//!
//! It knows models by a table and money by multiplication. It never asks a server and never guesses a
//! price: what the table does not say stays unknown, and a sum with an unknown part is unknown.

mod caps;
mod carried;
mod count;
mod ledger;
mod models;
mod money;

pub use caps::{Meter, Sum};
pub use carried::{Places, carried};
pub use count::{Counter, Tiktoken, estimate, rough};
pub use ledger::{Viewpoint, day, report};
pub use models::ModelTable;
pub use money::{Tally, price};
