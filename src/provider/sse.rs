//! Server-sent events as a byte machine, after the WHATWG specification: cut the bytes anywhere, the events are the same.
//!
//! Ids and reconnection times are read over: an answer of a model cannot be resumed by them.

/// Bytes that one event may have. What is longer is not an answer.
pub(super) const EVENT_LIMIT: usize = 16 << 20;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SseEvent {
    /// The data of one event; lines are joined by newlines. The event's name is left out, because
    /// every wire repeats it in the data.
    Data(Vec<u8>),
    /// A comment: the server is alive.
    Comment,
    /// An event passed [`EVENT_LIMIT`].
    TooLong,
}

/// The state between two pieces of the stream.
#[derive(Debug, Default)]
pub(super) struct SseDecoder {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was a carriage return, so a newline right after it belongs to it.
    after_cr: bool,
    /// Past the place where a byte order mark may stand.
    begun: bool,
}

impl SseDecoder {
    /// Reads on; the events that became whole are returned in their order.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Vec<SseEvent> {
        let mut events = Vec::new();
        if self.after_cr && bytes.first() == Some(&b'\n') {
            bytes = &bytes[1..];
        }
        if !bytes.is_empty() {
            self.after_cr = false;
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, rest) = bytes.split_at(end);
            self.line.extend_from_slice(line);
            self.end_line(&mut events);
            bytes = match rest {
                [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
                [] => rest,
            };
            self.after_cr = rest == b"\r";
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() + self.data.len() > EVENT_LIMIT {
            self.forget(&mut events);
        }
        events
    }

    /// The stream ended; an event without its empty line is handed out too, because some servers forget it.
    pub(super) fn finish(&mut self) -> Vec<SseEvent> {
        let mut events = Vec::new();
        if !self.line.is_empty() {
            self.end_line(&mut events);
        }
        self.dispatch(&mut events);
        events
    }

    fn end_line(&mut self, events: &mut Vec<SseEvent>) {
        let mut line = std::mem::take(&mut self.line);
        if !self.begun {
            self.begun = true;
            if line.starts_with(b"\xef\xbb\xbf") {
                line.drain(..3);
            }
        }
        if line.is_empty() {
            self.dispatch(events);
        } else if line.first() == Some(&b':') {
            events.push(SseEvent::Comment);
        } else if let Some(value) = line.strip_prefix(b"data") {
            match value {
                [] => self.append(&[], events),
                [b':', b' ', value @ ..] | [b':', value @ ..] => self.append(value, events),
                _ => {}
            }
        }
        line.clear();
        self.line = line;
    }

    fn append(&mut self, value: &[u8], events: &mut Vec<SseEvent>) {
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
        if self.data.len() > EVENT_LIMIT {
            self.forget(events);
        }
    }

    fn dispatch(&mut self, events: &mut Vec<SseEvent>) {
        if std::mem::take(&mut self.has_data) {
            events.push(SseEvent::Data(std::mem::take(&mut self.data)));
        }
    }

    fn forget(&mut self, events: &mut Vec<SseEvent>) {
        self.line = Vec::new();
        self.data = Vec::new();
        self.has_data = false;
        events.push(SseEvent::TooLong);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn data(text: &str) -> SseEvent {
        SseEvent::Data(text.as_bytes().to_vec())
    }

    fn all(bytes: &[u8], cuts: &[usize]) -> Vec<SseEvent> {
        let mut decoder = SseDecoder::default();
        let mut events = Vec::new();
        let mut from = 0;
        for cut in cuts.iter().copied().chain([bytes.len()]) {
            let cut = cut.clamp(from, bytes.len());
            events.extend(decoder.feed(&bytes[from..cut]));
            from = cut;
        }
        events.extend(decoder.finish());
        events
    }

    const HARD: &[u8] = b"\xef\xbb\xbfevent: a\r\ndata: one\r\ndata:two\r\n\r\n: ping\n\ndata\n\rid: 3\nretry: 5\r\rdata:  x\ndatum: no\n\nevent: empty\n\ndata: last";

    #[test]
    fn every_pair_of_cuts_gives_the_same() {
        let whole = all(HARD, &[]);
        assert_eq!(whole, vec![data("one\ntwo"), SseEvent::Comment, data(""), data(" x"), data("last")]);
        for first in 0..=HARD.len() {
            for second in first..=HARD.len() {
                assert_eq!(all(HARD, &[first, second]), whole, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn a_monster_is_refused_and_forgotten() {
        let mut decoder = SseDecoder::default();
        let piece = vec![b'x'; 1 << 20];
        let mut events = decoder.feed(b"data: ");
        for _ in 0..17 {
            events.extend(decoder.feed(&piece));
        }
        assert_eq!(events, vec![SseEvent::TooLong]);
        let mut decoder = SseDecoder::default();
        let mut line = b"data: ".to_vec();
        line.extend(vec![b'y'; 9 << 20]);
        line.push(b'\n');
        assert_eq!(decoder.feed(&line), vec![]);
        assert_eq!(decoder.feed(&line), vec![SseEvent::TooLong]);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), any::<u8>()], 0..200), cuts in proptest::collection::vec(0usize..200, 0..6)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            prop_assert_eq!(all(&bytes, &cuts), all(&bytes, &[]));
        }
    }
}
