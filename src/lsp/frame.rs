//! Messages on a byte stream, each under a header with its length: the base protocol of LSP 3.17.

use bytes::{Buf, BytesMut};
use serde_json::Value;

/// Bytes of one header, and of one message.
const HEAD: usize = 4 * 1024;
const BODY: usize = 64 * 1024 * 1024;
/// Header lines.
const LINES: usize = 16;

/// Cuts a stream of bytes into messages.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: BytesMut,
}

impl Frames {
    /// Takes in what was read.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message; none until more is fed. After an error the stream cannot be understood any more.
    pub(super) fn next(&mut self) -> Result<Option<BytesMut>, String> {
        let mut lines = [httparse::EMPTY_HEADER; LINES];
        let (head, length) = match httparse::parse_headers(&self.buffer, &mut lines) {
            Ok(httparse::Status::Partial) if self.buffer.len() <= HEAD => return Ok(None),
            Ok(httparse::Status::Complete((head, headers))) => {
                let length = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
                let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.trim().parse().ok());
                (head, length.ok_or_else(|| "a message without a length".to_owned())?)
            }
            Ok(httparse::Status::Partial) | Err(_) => return Err(self.strange()),
        };
        if length > BODY {
            return Err(format!("a message of {length} bytes, more than {BODY}"));
        }
        if self.buffer.len() - head < length {
            return Ok(None);
        }
        self.buffer.advance(head);
        Ok(Some(self.buffer.split_to(length)))
    }

    fn strange(&self) -> String {
        let start: String = String::from_utf8_lossy(&self.buffer).chars().take(80).collect();
        format!("something that is no message: {}", start.escape_debug())
    }
}

/// A message with its header.
pub(super) fn frame(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_message_is_an_error_and_bounded() {
        let read = |text: &str| {
            let mut frames = Frames::default();
            frames.feed(text.as_bytes());
            frames.next()
        };
        assert!(read("Warning: no config\n\n").unwrap_err().contains("length"));
        assert!(read("hello\nworld").unwrap_err().contains("no message: hello"));
        assert!(read("Content-Length: x\r\n\r\n").is_err());
        assert!(read("Content-Length: 99999999999\r\n\r\n").is_err());
        assert!(read(&format!("A: {}", "x".repeat(HEAD))).is_err());
        assert_eq!(read("Content-Length: 3\r\n\r\nab").unwrap(), None);
        assert_eq!(read("").unwrap(), None);
    }

    proptest! {
        #[test]
        fn any_cut_of_the_stream_gives_the_same_messages(texts in prop::collection::vec(".{0,40}", 1..5), step in 1usize..30) {
            let messages: Vec<Value> = texts.iter().map(|text| json!({"text": text})).collect();
            let stream: Vec<u8> = messages.iter().flat_map(frame).collect();
            let mut frames = Frames::default();
            let mut read = Vec::new();
            for piece in stream.chunks(step) {
                frames.feed(piece);
                while let Some(body) = frames.next().unwrap() {
                    read.push(serde_json::from_slice::<Value>(&body).unwrap());
                }
            }
            prop_assert_eq!(read, messages);
        }
    }
}
