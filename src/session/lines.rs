//! A file as lines of bounded length, read as a stream.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes that one line may have. A longer one is passed over, not read into memory.
pub(super) const LINE_LIMIT: u64 = 64 * 1024 * 1024;

/// Bytes that are asked of the disk at once.
const CHUNK: usize = 128 * 1024;

/// The lines of a file.
pub(super) struct Lines {
    reader: BufReader<std::fs::File>,
    buffer: Vec<u8>,
    limit: u64,
    /// The number of the last line, counted from 1.
    number: u64,
    /// Where the next line begins.
    offset: u64,
}

/// One line.
pub(super) struct Line<'a> {
    /// Its bytes without the newline; empty when it was too long.
    pub bytes: &'a [u8],
    pub number: u64,
    /// Where it begins and where the next one does.
    pub start: u64,
    pub end: u64,
    /// A newline stands behind it.
    pub ended: bool,
    pub too_long: bool,
}

impl Lines {
    /// Opens a regular file at an offset, which must be the beginning of a line.
    pub fn open(path: &Path, offset: u64) -> io::Result<Self> {
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is not a regular file"));
        }
        let mut file = std::fs::File::open(path)?;
        if offset > 0 {
            file.seek(SeekFrom::Start(offset))?;
        }
        let reader = BufReader::with_capacity(CHUNK, file);
        Ok(Self { reader, buffer: Vec::new(), limit: LINE_LIMIT, number: 0, offset })
    }

    /// The same with another bound on the length of a line.
    #[cfg(test)]
    pub fn limited(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// The next line, or none at the end.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let start = self.offset;
        let mut read = (&mut self.reader).take(self.limit + 1).read_until(b'\n', &mut self.buffer)? as u64;
        if read == 0 {
            return Ok(None);
        }
        let mut ended = self.buffer.last() == Some(&b'\n');
        let too_long = !ended && read > self.limit;
        if too_long {
            self.buffer = Vec::new();
            let (passed, newline) = self.pass_over()?;
            read += passed;
            ended = newline;
        } else if ended {
            self.buffer.pop();
        }
        self.number += 1;
        self.offset = start + read;
        Ok(Some(Line { bytes: &self.buffer, number: self.number, start, end: self.offset, ended, too_long }))
    }

    /// Reads to the end of the line and keeps nothing.
    fn pass_over(&mut self) -> io::Result<(u64, bool)> {
        let mut passed = 0;
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                return Ok((passed, false));
            }
            if let Some(newline) = chunk.iter().position(|byte| *byte == b'\n') {
                self.reader.consume(newline + 1);
                return Ok((passed + newline as u64 + 1, true));
            }
            let length = chunk.len();
            passed += length as u64;
            self.reader.consume(length);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn all(text: &str, offset: u64, limit: u64) -> Vec<(String, u64, u64, bool, bool)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut lines = Lines::open(file.path(), offset).unwrap().limited(limit);
        let mut out = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let text = String::from_utf8(line.bytes.to_vec()).unwrap();
            out.push((text, line.start, line.end, line.ended, line.too_long));
        }
        out
    }

    #[test]
    fn lines_know_where_they_stand_and_whether_they_are_whole() {
        assert_eq!(
            all("ab\n\ncd", 0, 100),
            [("ab".into(), 0, 3, true, false), (String::new(), 3, 4, true, false), ("cd".into(), 4, 6, false, false)]
        );
        assert_eq!(all("ab\ncd\n", 3, 100), [("cd".into(), 3, 6, true, false)]);
        assert!(all("", 0, 100).is_empty());
    }

    #[test]
    fn a_line_beyond_the_limit_is_passed_over() {
        assert_eq!(
            all("1234\n12345\n1\n", 0, 4),
            [("1234".into(), 0, 5, true, false), (String::new(), 5, 11, true, true), ("1".into(), 11, 13, true, false)]
        );
        assert_eq!(all("123456", 0, 4), [(String::new(), 0, 6, false, true)]);
    }

    #[test]
    fn only_regular_files_are_opened() {
        assert!(Lines::open(&std::env::temp_dir(), 0).is_err());
    }
}
