//! One page of a text of any size, read line by line with every buffer bounded.

use std::io::{self, BufRead, BufReader, Read};

use tokio_util::sync::CancellationToken;

use super::words::newlines;

/// Characters of a line that are kept.
pub const MAX_LINE: usize = 2_000;
/// Bytes behind the page that are searched for the end, to tell how many lines there are.
const LOOK_AHEAD: u64 = 8 << 20;

/// What part of a text is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The first line, counted from 1.
    pub first: u64,
    pub lines: u64,
    /// Characters of all lines together; the line that passes it is the last.
    pub chars: usize,
}

/// The lines that were there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub lines: Vec<String>,
    /// The text goes on behind the page.
    pub more: bool,
    /// Lines of the whole text, when its end was near enough to count them.
    pub total: Option<u64>,
    /// Bytes that are no UTF-8 were replaced.
    pub lossy: bool,
    /// Lines that were cut because of their length.
    pub cut: u64,
}

/// Reads one page. Errors are those of the source, and `Interrupted` after a cancel.
pub fn read(source: impl Read, wanted: Wanted, cancel: &CancellationToken) -> io::Result<Page> {
    let mut lines = Lines { reader: BufReader::with_capacity(64 << 10, source), cancel, passed: 0 };
    let mut page = Page::default();
    let mut number = 0;
    while number + 1 < wanted.first {
        if lines.next(0)?.is_none() {
            page.total = Some(number);
            return Ok(page);
        }
        number += 1;
    }
    let mut chars = 0;
    while (page.lines.len() as u64) < wanted.lines && chars < wanted.chars {
        // Room for the longest line in the widest encoding, and a little to see that it goes on.
        let Some((bytes, length)) = lines.next(MAX_LINE * 4 + 4)? else {
            page.total = Some(number);
            return Ok(page);
        };
        number += 1;
        let line = page.add(&bytes, length);
        chars += line;
    }
    page.more = lines.is_more()?;
    page.total = if page.more { lines.count_rest()?.map(|rest| number + rest) } else { Some(number) };
    Ok(page)
}

impl Page {
    /// Adds a line and returns the characters that were kept.
    fn add(&mut self, bytes: &[u8], length: u64) -> usize {
        // A character that the bound cut in two is no fault of the file.
        let whole = length == bytes.len() as u64;
        let end = if whole { bytes.len() } else { bytes.len() - bytes.len().min(4) };
        let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
        self.lossy |= matches!(text, std::borrow::Cow::Owned(_))
            && (whole || text.chars().rev().skip(1).any(|c| c == char::REPLACEMENT_CHARACTER));
        let text = text.strip_suffix('\r').unwrap_or(&text);
        let line = match text.char_indices().nth(MAX_LINE) {
            Some((end, _)) => {
                self.cut += 1;
                format!("{}… [line cut: {length} bytes]", text.get(..end).unwrap_or_default())
            }
            None => text.to_owned(),
        };
        let kept = line.chars().count() + 1;
        // A NUL far into a text would be refused by some providers.
        self.lines.push(line.replace('\0', "␀"));
        kept
    }
}

struct Lines<'a, R> {
    reader: BufReader<R>,
    cancel: &'a CancellationToken,
    /// Bytes that were taken so far.
    passed: u64,
}

impl<R: Read> Lines<'_, R> {
    /// The next line without its newline: its first `keep` bytes and its length. None at the end.
    fn next(&mut self, keep: usize) -> io::Result<Option<(Vec<u8>, u64)>> {
        let mut kept = Vec::new();
        let mut length = 0;
        let mut any = false;
        loop {
            let chunk = fill(&mut self.reader, self.cancel)?;
            if chunk.is_empty() {
                return Ok(any.then_some((kept, length)));
            }
            any = true;
            let newline = chunk.iter().position(|byte| *byte == b'\n');
            let line = chunk.get(..newline.unwrap_or(chunk.len())).unwrap_or_default();
            let room = keep.saturating_sub(kept.len());
            kept.extend_from_slice(line.get(..room.min(line.len())).unwrap_or_default());
            length += line.len() as u64;
            let used = line.len() + usize::from(newline.is_some());
            self.passed += used as u64;
            self.reader.consume(used);
            if newline.is_some() {
                return Ok(Some((kept, length)));
            }
        }
    }

    fn is_more(&mut self) -> io::Result<bool> {
        Ok(!fill(&mut self.reader, self.cancel)?.is_empty())
    }

    /// Lines until the end, if it is near.
    fn count_rest(&mut self) -> io::Result<Option<u64>> {
        let limit = self.passed + LOOK_AHEAD;
        let (mut lines, mut open) = (0, false);
        while self.passed < limit {
            let chunk = fill(&mut self.reader, self.cancel)?;
            if chunk.is_empty() {
                return Ok(Some(lines + u64::from(open)));
            }
            lines += newlines(chunk);
            open = chunk.last() != Some(&b'\n');
            let used = chunk.len();
            self.passed += used as u64;
            self.reader.consume(used);
        }
        Ok(None)
    }
}

fn fill<'a, R: Read>(reader: &'a mut BufReader<R>, cancel: &CancellationToken) -> io::Result<&'a [u8]> {
    if cancel.is_cancelled() {
        return Err(io::Error::new(io::ErrorKind::Interrupted, super::job::INTERRUPTED));
    }
    reader.fill_buf()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn page(text: &[u8], first: u64, lines: u64) -> Page {
        read(text, Wanted { first, lines, chars: 100_000 }, &CancellationToken::new()).unwrap()
    }

    #[test]
    fn pages_know_what_follows() {
        let text = b"one\r\ntwo\nthree";
        assert_eq!(
            page(text, 1, 9),
            Page { lines: ["one", "two", "three"].map(str::to_owned).into(), total: Some(3), ..Page::default() }
        );
        assert_eq!(
            page(text, 2, 1),
            Page { lines: vec!["two".to_owned()], more: true, total: Some(3), ..Page::default() }
        );
        assert_eq!(page(text, 9, 1), Page { total: Some(3), ..Page::default() });
        assert_eq!(page(b"", 1, 1), Page { total: Some(0), ..Page::default() });
        assert!(!page(b"a\n", 1, 1).more);
    }

    #[test]
    fn long_lines_are_cut_and_say_so() {
        let text = format!("{}\nnext", "é".repeat(1_000_000));
        let page = page(text.as_bytes(), 1, 9);
        assert_eq!((page.lines.len(), page.cut, page.lossy), (2, 1, false));
        assert!(page.lines.first().unwrap().ends_with("é… [line cut: 2000000 bytes]"));
        assert_eq!(page.lines.get(1).unwrap(), "next");
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        assert!(page(b"caf\xe9\nx", 1, 9).lossy);
        assert_eq!(page(b"a\0b", 1, 9).lines, ["a␀b"]);
    }

    #[test]
    fn an_endless_source_ends_with_the_page() {
        let mut page = read(io::repeat(b'a'), Wanted { first: 1, lines: 1, chars: 1 }, &cancelled_later());
        assert_eq!(page.as_mut().err().map(|error| error.kind()), Some(io::ErrorKind::Interrupted));
    }

    fn cancelled_later() -> CancellationToken {
        let token = CancellationToken::new();
        let other = token.clone();
        std::thread::spawn(move || other.cancel());
        token
    }

    proptest! {
        #[test]
        fn pages_joined_are_the_text(lines in proptest::collection::vec("[a-z]{0,5}", 0..30), size in 1u64..7) {
            let text = lines.join("\n");
            let all: Vec<&str> = text.lines().collect();
            let mut joined = Vec::new();
            let mut first = 1;
            loop {
                let page = page(text.as_bytes(), first, size);
                first += page.lines.len() as u64;
                joined.extend(page.lines);
                prop_assert_eq!(page.total, Some(all.len() as u64));
                if !page.more {
                    break;
                }
            }
            prop_assert_eq!(joined, all);
        }
    }
}
