//! The two channels between a face and its engine.

use tokio::sync::mpsc::{Receiver, Sender};

use crate::domain::{Event, Request};

/// One end of the conversation with an engine.
#[derive(Debug)]
pub struct Link {
    pub requests: Sender<Request>,
    pub events: Receiver<Event>,
}
