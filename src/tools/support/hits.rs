//! The matches in one file, as rows of text.

use std::io;
use std::path::Path;

use grep_matcher::{LineTerminator, Matcher};
use grep_regex::RegexMatcher;
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkContext, SinkMatch};

use super::files::{Spot, open_regular};
use super::words::newlines;

/// Bytes that one line, or one file under a search across lines, may take in memory.
const HEAP: usize = 32 << 20;
/// Characters of a line that are shown, and how many of them stand before the match.
const MAX_LINE: usize = 500;
const LEAD: usize = 100;
/// Rows of one file that are collected; they are held until the file is known not to be binary.
const MAX_ROWS: usize = 20_000;

/// How matches are shown.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub before: u64,
    pub after: u64,
    pub numbers: bool,
    pub only: bool,
    pub multiline: bool,
}

/// What was found in one file.
#[derive(Debug, Default)]
pub struct Found {
    pub rows: Vec<String>,
    pub matches: u64,
}

/// Searches file after file, each at its real path.
#[derive(Debug)]
pub struct Hits<'a> {
    matcher: &'a RegexMatcher,
    manner: Manner,
    plain: Searcher,
    with_context: Searcher,
    /// Files that could not be read to their end.
    pub unreadable: u64,
}

impl<'a> Hits<'a> {
    pub fn new(matcher: &'a RegexMatcher, manner: Manner) -> Self {
        let mut builder = SearcherBuilder::new();
        builder
            .binary_detection(BinaryDetection::quit(0))
            .heap_limit(Some(HEAP))
            .multi_line(manner.multiline)
            .line_terminator(if manner.multiline { LineTerminator::byte(b'\n') } else { LineTerminator::crlf() })
            .line_number(true);
        let plain = builder.build();
        // Context of parts of lines would be whole lines; ripgrep leaves it out too.
        let lines = |lines: u64| if manner.only { 0 } else { usize::try_from(lines).unwrap_or(usize::MAX).min(1_000) };
        builder.before_context(lines(manner.before)).after_context(lines(manner.after));
        Self { matcher, manner, plain, with_context: builder.build(), unreadable: 0 }
    }

    /// The matching lines with their context. Each row begins with `name`, unless that is empty.
    pub fn lines(&mut self, path: &Path, name: &str) -> Found {
        let mut sink =
            Lines { matcher: self.matcher, manner: self.manner, name, room: MAX_ROWS, found: Found::default() };
        let done = search(&mut self.with_context, self.matcher, path, &mut sink);
        self.unreadable += u64::from(done.is_err());
        sink.found
    }

    /// Whether there is a match at all.
    pub fn any(&mut self, path: &Path) -> Found {
        self.tally(path, 1)
    }

    /// The number of matching lines.
    pub fn count(&mut self, path: &Path) -> Found {
        self.tally(path, u64::MAX)
    }

    fn tally(&mut self, path: &Path, enough: u64) -> Found {
        let mut sink = Tally { enough, matches: 0 };
        let done = search(&mut self.plain, self.matcher, path, &mut sink);
        self.unreadable += u64::from(done.is_err());
        Found { rows: Vec::new(), matches: sink.matches }
    }
}

fn search<S: Sink<Error = io::Error>>(
    searcher: &mut Searcher,
    matcher: &RegexMatcher,
    path: &Path,
    sink: &mut S,
) -> io::Result<()> {
    let (file, _) = open_regular(Spot { named: path, real: path }).map_err(io::Error::other)?;
    searcher.search_file(matcher, &file, sink)
}

struct Tally {
    enough: u64,
    matches: u64,
}

impl Sink for Tally {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, _: &SinkMatch<'_>) -> io::Result<bool> {
        self.matches += 1;
        Ok(self.matches < self.enough)
    }

    fn binary_data(&mut self, _: &Searcher, _: u64) -> io::Result<bool> {
        // What was found before the first NUL was found in a binary file.
        self.matches = 0;
        Ok(false)
    }
}

struct Lines<'a> {
    matcher: &'a RegexMatcher,
    manner: Manner,
    name: &'a str,
    room: usize,
    found: Found,
}

impl Lines<'_> {
    /// One row: `name:12:text` for a match, `name-12-text` for its context.
    fn push(&mut self, mark: char, number: Option<u64>, line: &[u8], at: usize) -> bool {
        let mut row = String::new();
        if !self.name.is_empty() {
            row.push_str(self.name);
            row.push(mark);
        }
        if let Some(number) = number.filter(|_| self.manner.numbers) {
            row.push_str(&number.to_string());
            row.push(mark);
        }
        row.push_str(&window(line, at));
        self.found.rows.push(row);
        self.found.rows.len() < self.room
    }

    /// The places of the matches in some lines.
    fn places(&self, lines: &[u8]) -> io::Result<Vec<(usize, usize)>> {
        let mut places = Vec::new();
        let found = self.matcher.find_iter(lines, |place| {
            places.push((place.start(), place.end()));
            places.len() < self.room
        });
        found.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(places)
    }
}

impl Sink for Lines<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, hit: &SinkMatch<'_>) -> io::Result<bool> {
        self.found.matches += 1;
        let bytes = hit.bytes();
        let places = self.places(bytes)?;
        if self.manner.only {
            for (start, end) in places {
                let before = bytes.get(..start).unwrap_or_default();
                let line = newlines(before);
                let number = hit.line_number().map(|number| number + line);
                if !self.push(':', number, bytes.get(start..end).unwrap_or_default(), 0) {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let first = places.first().map_or(0, |place| place.0);
        let mut at = first;
        for (number, line) in (0..).zip(hit.lines()) {
            // Only the first line of a match is windowed around it.
            let number = hit.line_number().map(|first| first + number);
            if !self.push(':', number, line, std::mem::take(&mut at)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn context(&mut self, _: &Searcher, context: &SinkContext<'_>) -> io::Result<bool> {
        Ok(self.push('-', context.line_number(), context.bytes(), 0))
    }

    fn context_break(&mut self, _: &Searcher) -> io::Result<bool> {
        self.found.rows.push("--".to_owned());
        Ok(self.found.rows.len() < self.room)
    }

    fn binary_data(&mut self, _: &Searcher, _: u64) -> io::Result<bool> {
        self.found = Found::default();
        Ok(false)
    }
}

/// The part of a line around byte `at`, without its line end.
fn window(line: &[u8], at: usize) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // Four bytes a character are enough, so a line of megabytes is never turned into text.
    let from = if line.len() > MAX_LINE { at.saturating_sub(LEAD).min(line.len()) } else { 0 };
    let bytes = line.get(from..line.len().min(from + MAX_LINE * 4)).unwrap_or_default();
    let bytes =
        bytes.get(bytes.iter().take_while(|byte| from > 0 && **byte & 0xC0 == 0x80).count()..).unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    let lead = if from > 0 { "…" } else { "" };
    match text.char_indices().nth(MAX_LINE) {
        Some((end, _)) => {
            format!("{lead}{}… [line of {} bytes]", text.get(..end).unwrap_or_default(), line.len())
        }
        None => format!("{lead}{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_shown_around_its_match() {
        let line = format!("{}NEEDLE{}\r\n", "é".repeat(500_000), "x".repeat(500_000));
        let text = window(line.as_bytes(), 1_000_000);
        assert!(text.starts_with("…é"), "{text}");
        assert!(text.contains("éNEEDLEx"), "{text}");
        assert!(text.ends_with("… [line of 1500006 bytes]"), "{text}");
        assert!(text.chars().count() < 600);
        assert!(!text.contains(char::REPLACEMENT_CHARACTER));
        assert_eq!(window(b"short\r\n", 3), "short");
    }
}
