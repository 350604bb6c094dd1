//! What a running command prints, on its way to the screen: in pieces, not too often, never waiting.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

/// The least time between two pieces.
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes that wait for the next piece; of more only the last are kept.
const MAX_WAITING: usize = 8 << 10;
/// Bytes of one call that are shown live.
const MAX_TOTAL: usize = 1 << 20;

/// The sender's side of the live output of one call.
#[derive(Debug)]
pub struct Live {
    sender: mpsc::Sender<String>,
    waiting: Vec<u8>,
    next: Instant,
    sent: usize,
    closed: bool,
}

impl Live {
    pub fn new(sender: mpsc::Sender<String>) -> Self {
        Self { sender, waiting: Vec::new(), next: Instant::now(), sent: 0, closed: false }
    }

    /// More output; it is sent at once when nothing was for a while.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.closed {
            return;
        }
        let recent = chunk.get(chunk.len().saturating_sub(MAX_WAITING)..).unwrap_or_default();
        self.waiting.extend_from_slice(recent);
        let surplus = self.waiting.len().saturating_sub(MAX_WAITING);
        self.waiting.drain(..surplus);
        if Instant::now() >= self.next {
            self.flush(false);
        }
    }

    /// When a piece that waits may leave; none when none waits.
    pub fn due(&self) -> Option<Instant> {
        (!self.waiting.is_empty() && !self.closed).then_some(self.next)
    }

    /// Sends what waits. A character that has only begun stays back unless this is the `last` piece.
    /// When the receiver is behind, the piece is dropped.
    pub fn flush(&mut self, last: bool) {
        let end = if last { self.waiting.len() } else { complete(&self.waiting) };
        let piece: Vec<u8> = self.waiting.drain(..end).collect();
        self.next = Instant::now() + PAUSE;
        if piece.is_empty() || self.closed {
            return;
        }
        self.sent += piece.len();
        let mut text = String::from_utf8_lossy(&piece).into_owned();
        if self.sent > MAX_TOTAL {
            self.closed = true;
            text.push_str("\n[more output is not shown live]\n");
        }
        if let Err(TrySendError::Closed(_)) = self.sender.try_send(text) {
            self.closed = true;
        }
    }
}

/// The length without a character that has only begun.
fn complete(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        // After an invalid byte the end is not looked at again: it comes out as a replacement at worst.
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pieces_are_joined_for_a_tenth_of_a_second() {
        let (sender, mut receiver) = mpsc::channel(8);
        let mut live = Live::new(sender);
        live.push(b"one ");
        live.push(b"two ");
        live.push("thr\u{e9}".as_bytes().get(..4).unwrap());
        assert_eq!(receiver.try_recv().unwrap(), "one ");
        assert!(receiver.try_recv().is_err());
        tokio::time::sleep_until(live.due().unwrap()).await;
        live.flush(false);
        assert_eq!(receiver.try_recv().unwrap(), "two thr");
        live.push(b"\xA9");
        live.flush(true);
        assert_eq!(receiver.try_recv().unwrap(), "é");
        assert_eq!(live.due(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_channel_never_holds_up_and_the_total_is_bounded() {
        let (sender, mut receiver) = mpsc::channel(1);
        let mut live = Live::new(sender);
        for _ in 0..1_000 {
            live.push(&[b'y'; 10_000]);
            live.flush(false);
            assert!(live.waiting.len() <= MAX_WAITING);
        }
        assert!(live.closed);
        assert_eq!(receiver.try_recv().unwrap().len(), MAX_WAITING);
    }
}
