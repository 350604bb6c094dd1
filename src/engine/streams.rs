//! Reading an answer: takes what has arrived in one go and joins deltas of the same block, so that a
//! fast stream costs few records and a slow one is not held back.

use tokio::sync::mpsc;

use crate::domain::{ErrorKind, ModelError, StreamItem};

/// Items taken at once.
const AT_ONCE: usize = 256;

/// An answer that is being received.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) request: u32,
    items: mpsc::Receiver<StreamItem>,
}

impl Stream {
    pub(super) fn new(request: u32, items: mpsc::Receiver<StreamItem>) -> Self {
        Self { request, items }
    }

    /// What has arrived, at least one item; nothing when the stream is over.
    pub(super) async fn next(&mut self) -> Vec<StreamItem> {
        let mut items = Vec::new();
        self.items.recv_many(&mut items, AT_ONCE).await;
        join(items)
    }
}

/// What stands for a stream that ended without saying so.
pub(super) fn ended() -> StreamItem {
    StreamItem::Failed(ModelError::new(ErrorKind::Connection, "the answer ended before it was complete"))
}

fn join(items: Vec<StreamItem>) -> Vec<StreamItem> {
    let mut joined: Vec<StreamItem> = Vec::with_capacity(items.len());
    for item in items {
        match (joined.last_mut(), item) {
            (Some(StreamItem::Delta { index, text }), StreamItem::Delta { index: next, text: more })
                if *index == next =>
            {
                text.push_str(&more);
            }
            (_, item) => joined.push(item),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(index: u32, text: &str) -> StreamItem {
        StreamItem::Delta { index, text: text.to_owned() }
    }

    #[test]
    fn deltas_of_one_block_are_joined_and_order_is_kept() {
        let items = vec![delta(0, "a"), delta(0, "b"), delta(1, "c"), StreamItem::Ping, delta(1, "d"), delta(1, "e")];
        assert_eq!(join(items), [delta(0, "ab"), delta(1, "c"), StreamItem::Ping, delta(1, "de")]);
    }
}
