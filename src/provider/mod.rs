//! Models behind one trait: one file a wire, streams decoded as byte machines, and the replay of recordings.
//!
//! A provider sends one request and reports its answer. It never retries, never runs a tool and keeps
//! no conversation: the agent decides about all of that.

use std::fmt::Debug;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use crate::domain::{CanonicalRequest, ModelError, ModelInfo, StreamItem, Wire};

/// Something that answers canonical requests. The engine holds it and calls it from its own task.
pub trait Provider: Send + Sync + Debug {
    /// The wire it speaks.
    fn wire(&self) -> Wire;

    /// Sends the request. The receiver ends after `Done` or `Failed`; dropping it hangs up at once.
    fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem>;

    /// The models that the server offers.
    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>>;
}
