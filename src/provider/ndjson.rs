//! Lines of JSON as a byte machine: one document a line, blank lines are signs of life.

use super::sse::EVENT_LIMIT;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Json(Vec<u8>),
    Blank,
    /// A line passed [`EVENT_LIMIT`].
    TooLong,
}

/// The state between two pieces of the stream.
#[derive(Debug, Default)]
pub(super) struct LineDecoder {
    line: Vec<u8>,
}

impl LineDecoder {
    /// Reads on; the lines that became whole are returned in their order.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut pieces = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            self.line.extend_from_slice(piece);
            if self.line.len() > EVENT_LIMIT {
                self.line = Vec::new();
                lines.push(Line::TooLong);
            } else if pieces.peek().is_some() {
                lines.push(self.end());
            }
        }
        lines
    }

    /// The stream ended, maybe without the last newline.
    pub(super) fn finish(&mut self) -> Option<Line> {
        match self.end() {
            Line::Blank => None,
            line => Some(line),
        }
    }

    fn end(&mut self) -> Line {
        let line = std::mem::take(&mut self.line);
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        // No JSON begins with a colon, but the comments that proxies put into any stream do.
        if text.is_empty() || text.starts_with(b":") { Line::Blank } else { Line::Json(text.to_vec()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_at_every_cut() {
        let bytes = b"\xef\xbb\xbf{\"a\":1}\r\n: proxy\n{\"b\":2}\n{\"c\":3}";
        let json = |text: &str| Line::Json(text.as_bytes().to_vec());
        for cut in 0..=bytes.len() {
            let mut decoder = LineDecoder::default();
            let mut lines = decoder.feed(&bytes[..cut]);
            lines.extend(decoder.feed(&bytes[cut..]));
            lines.extend(decoder.finish());
            assert_eq!(lines, vec![json("{\"a\":1}"), Line::Blank, json("{\"b\":2}"), json("{\"c\":3}")], "at {cut}");
        }
    }
}
