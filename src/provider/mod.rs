//! Models behind one trait: one file a wire, streams decoded as byte machines, and the replay of recordings.
//!
//! A provider sends one request and reports its answer. It never retries, never runs a tool and keeps
//! no conversation: the agent decides about all of that.

use std::fmt::Debug;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use crate::domain::{CanonicalRequest, ModelError, ModelInfo, StreamItem, Wire};

mod client;
mod embedding;
mod endpoint;
mod failure;
mod http;
mod limits;
mod listing;
mod ndjson;
pub mod replay;
mod search;
mod secrets;
mod sse;
#[cfg(test)]
mod testing;
pub mod traffic;
mod wire;

pub use client::warm;
pub use embedding::{Embedded, embed};
pub use endpoint::{Auth, Endpoint, Timeouts};
pub use listing::{list_ollama, ollama_base};
pub use search::{Searched, can_search, search};
pub use wire::Site;

/// Something that answers canonical requests. The engine holds it and calls it from its own task.
pub trait Provider: Send + Sync + Debug {
    /// The wire it speaks.
    fn wire(&self) -> Wire;

    /// Sends the request. The receiver ends after `Done` or `Failed`; dropping it hangs up at once.
    /// Must be called within a tokio runtime.
    fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem>;

    /// The bytes of the body that [`Provider::stream`] would send; none where nothing is sent.
    fn wire_form(&self, _request: &CanonicalRequest) -> Option<Vec<u8>> {
        None
    }

    /// The models that the server offers.
    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>>;
}

/// A provider that speaks `wire` with the server at `endpoint`. Nothing is opened yet: whatever is wrong
/// with the address or the key comes as `Failed` from the first stream.
pub fn connect(wire: Wire, endpoint: Endpoint) -> Arc<dyn Provider> {
    Arc::new(http::Remote::new(wire, endpoint))
}

/// The bytes that `request` becomes on its way to a server at `base_url`; none for a wire that has no server.
/// The same request gives the same bytes, always.
pub fn body(wire: Wire, request: &CanonicalRequest, base_url: &str) -> Option<Vec<u8>> {
    wire::codec(wire).map(|codec| codec.body(request, Site::of(base_url)))
}

/// How many items of an answer may wait for their reader before the network does.
const CHANNEL: usize = 256;
