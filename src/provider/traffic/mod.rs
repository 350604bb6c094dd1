//! Recording what is said to a model and what it answers, and playing that back without one.
//!
//! A tape is a JSONL file. Its first line says what it is; then come segments (each once), exchanges (a request as a
//! list of segments, and its answer), and outcomes of tools.
//!
//! ```json
//! {"latigo_traffic":1,"version":"0.1.0","at":1795780800000,"model":{"wire":"anthropic","id":"m"},"info":{…}}
//! {"segment":{"hash":"…","kind":"message","label":"you","body":{…}}}
//! {"exchange":{"key":"…","model":{…},"sampling":{…},"segments":["…"],"items":[…],"cut":false}}
//! {"tool":{"call_id":"…","name":"Bash","outcome":{…}}}
//! ```
//!
//! An exchange is found by the hash of its canonical request. Our own keys are taken out of everything before it is
//! written, and what differs between machines and runs (the project's folder, the data folder, the session's id) is
//! replaced by names, so that a tape can be played elsewhere.

mod miss;
mod play;
mod record;
mod shape;
mod tape;
#[cfg(test)]
mod tests;

pub use play::Player;
pub use record::Recorder;
pub use shape::Ground;
pub use tape::{Header, Outcome};
