//! The output of a command as the model gets it: progress lines in their last state, head and tail when
//! it is long. Memory stays bounded whatever comes.

use super::words::{bytes, count, newlines};

/// Bytes of an unfinished line in which a carriage return can still take something back.
const MAX_OPEN_LINE: usize = 16 << 10;

/// Collects an output of any length.
#[derive(Debug)]
pub struct Capture {
    cap: usize,
    /// Room of `head` and of `tail` in bytes: enough for `cap` characters of four bytes.
    room: usize,
    head: Vec<u8>,
    /// What came after the head: at least its last `room` bytes.
    tail: Vec<u8>,
    /// Bytes that were dropped between head and tail.
    dropped: u64,
    dropped_lines: u64,
    /// The line that is not finished.
    open: Vec<u8>,
    returned: bool,
}

impl Capture {
    /// For a text of at most `cap` characters.
    pub fn new(cap: usize) -> Self {
        let room = cap.saturating_mul(4).max(1);
        Self {
            cap,
            room,
            head: Vec::new(),
            tail: Vec::new(),
            dropped: 0,
            dropped_lines: 0,
            open: Vec::new(),
            returned: false,
        }
    }

    /// More output. What follows a carriage return within a line replaces the line.
    pub fn push(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() {
            let stop = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (plain, rest) = chunk.split_at(stop.unwrap_or(chunk.len()));
            self.extend(plain);
            match rest.split_first() {
                Some((b'\n', rest)) => {
                    self.returned = false;
                    self.open.push(b'\n');
                    self.close();
                    chunk = rest;
                }
                Some((_, rest)) => {
                    self.returned = true;
                    chunk = rest;
                }
                None => break,
            }
        }
    }

    /// The text. `note` words what was left out: it gets the sizes of the gap.
    pub fn finish(mut self, note: impl FnOnce(&Gap) -> String) -> Captured {
        self.close();
        if self.dropped == 0 {
            self.head.append(&mut self.tail);
        }
        let (head, tail) = (String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&self.tail));
        if self.dropped == 0 && head.chars().count() <= self.cap {
            return Captured { text: head.into_owned(), cut: false };
        }
        // The words of the note depend on the gap and the gap on the room that the note leaves.
        let room = self.cap.saturating_sub(NOTE_ROOM);
        let start = first_chars(&head, room / 2);
        let source = if self.dropped == 0 { head.get(start.len()..).unwrap_or_default() } else { &tail };
        let end = last_chars(source, room - room / 2);
        let between = head.get(start.len()..).unwrap_or_default();
        let (left, right) = if self.dropped == 0 {
            (between.get(..between.len() - end.len()).unwrap_or_default(), "")
        } else {
            (between, tail.get(..tail.len() - end.len()).unwrap_or_default())
        };
        let gap = Gap {
            bytes: self.dropped + (left.len() + right.len()) as u64,
            lines: self.dropped_lines + newlines(left.as_bytes()) + newlines(right.as_bytes()),
        };
        let note = first_chars_exact(&note(&gap), NOTE_ROOM.min(self.cap).saturating_sub(4)).to_owned();
        let text = format!("{}\n\n{note}\n\n{}", start.trim_end_matches('\n'), end.trim_start_matches('\n'));
        Captured { text: first_chars_exact(&text, self.cap).to_owned(), cut: true }
    }

    fn extend(&mut self, plain: &[u8]) {
        if plain.is_empty() {
            return;
        }
        if std::mem::take(&mut self.returned) {
            self.open.clear();
        }
        self.open.extend_from_slice(plain);
        if self.open.len() > MAX_OPEN_LINE {
            self.close();
        }
    }

    /// Hands the open line on to head or tail.
    fn close(&mut self) {
        let line = std::mem::take(&mut self.open);
        let fits = line.len().min(self.room - self.head.len());
        let (head, tail) = line.split_at(fits);
        self.head.extend_from_slice(head);
        self.tail.extend_from_slice(tail);
        if self.tail.len() >= self.room * 2 {
            let gone = self.tail.len() - self.room;
            self.dropped += gone as u64;
            self.dropped_lines += newlines(self.tail.get(..gone).unwrap_or_default());
            self.tail.drain(..gone);
        }
        // The buffer of the line is used again.
        self.open = line;
        self.open.clear();
    }
}

/// Characters that are kept free for the note between head and tail.
const NOTE_ROOM: usize = 600;

/// What lies between head and tail.
#[derive(Debug, PartialEq, Eq)]
pub struct Gap {
    pub bytes: u64,
    pub lines: u64,
}

impl Gap {
    /// `12345 lines, 1.2 MB`.
    pub fn words(&self) -> String {
        format!("{}, {}", count(self.lines, "line"), bytes(self.bytes))
    }
}

/// A finished capture.
#[derive(Debug, PartialEq, Eq)]
pub struct Captured {
    /// At most as many characters as the cap allows.
    pub text: String,
    /// Something was left out.
    pub cut: bool,
}

/// The first `max` characters, ended at a line where that costs little.
fn first_chars(text: &str, max: usize) -> &str {
    let cut = first_chars_exact(text, max);
    match cut.rfind('\n') {
        Some(newline) if newline + 1 >= cut.len() / 2 && cut.len() < text.len() => cut.get(..=newline).unwrap_or(cut),
        _ => cut,
    }
}

fn first_chars_exact(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// The last `max` characters, begun at a line where that costs little.
fn last_chars(text: &str, max: usize) -> &str {
    let start = match max {
        0 => text.len(),
        max => text.char_indices().rev().nth(max - 1).map_or(0, |(start, _)| start),
    };
    let cut = text.get(start..).unwrap_or_default();
    match cut.find('\n') {
        Some(newline) if newline < cut.len() / 2 && start > 0 => cut.get(newline + 1..).unwrap_or(cut),
        _ => cut,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn capture(cap: usize, chunks: &[&[u8]]) -> Captured {
        let mut capture = Capture::new(cap);
        for chunk in chunks {
            capture.push(chunk);
        }
        capture.finish(|gap| format!("[{}]", gap.words()))
    }

    #[test]
    fn progress_lines_keep_their_last_state() {
        let check = |from: &str, to: &str| assert_eq!(capture(1_000, &[from.as_bytes()]).text, to, "{from:?}");
        check("10 %\r50 %\r100 %\ndone\n", "100 %\ndone\n");
        check("a\r\nb\r\r\n", "a\nb\n");
        check("100 %\r", "100 %");
        check("\r\rx\ry", "y");
        assert_eq!(capture(1_000, &[b"10\r", b"2", b"0\r", b"\nx"]).text, "20\nx");
    }

    #[test]
    fn head_and_tail_are_whole_lines_and_the_gap_is_counted() {
        let text: String =
            (0..10_000).flat_map(|number| ["line ".to_owned(), number.to_string(), "\n".to_owned()]).collect();
        let captured = capture(1_000, &[text.as_bytes()]);
        assert!(captured.cut);
        assert!(captured.text.starts_with("line 0\nline 1\n"), "{}", captured.text);
        assert!(captured.text.ends_with("line 9998\nline 9999\n"), "{}", captured.text);
        let shown = captured.text.lines().filter(|line| line.starts_with("line ")).count();
        assert!(captured.text.contains(&format!("[{} lines, ", 10_000 - shown)), "{}", captured.text);
    }

    #[test]
    fn wide_characters_count_once() {
        let text = "漢".repeat(1_000);
        assert_eq!(capture(1_000, &[text.as_bytes()]), Captured { text, cut: false });
    }

    #[test]
    fn a_flood_stays_in_bounds() {
        let mut capture = Capture::new(1_000);
        for _ in 0..2_000 {
            capture.push(&[b'y'; 4_096]);
            assert!(capture.head.capacity() + capture.tail.capacity() + capture.open.capacity() < 200_000);
        }
        assert!(capture.finish(|_| String::new()).text.chars().count() <= 1_000);
    }

    proptest! {
        #[test]
        fn the_cap_is_never_exceeded(
            cap in 0usize..2_000,
            text in proptest::collection::vec("[aé漢\n\r]{0,300}", 0..20),
            note in ".{0,900}",
        ) {
            let mut whole = Capture::new(cap);
            for part in &text {
                whole.push(part.as_bytes());
            }
            let captured = whole.finish(|_| note);
            prop_assert!(captured.text.chars().count() <= cap);
        }

        #[test]
        fn pieces_do_not_matter(text in "[ab\n\r]{0,200}", at in 0usize..200) {
            let at = at.min(text.len());
            let (left, right) = text.as_bytes().split_at(at);
            prop_assert_eq!(capture(100, &[left, right]), capture(100, &[text.as_bytes()]));
        }

        #[test]
        fn what_fits_is_whole(text in "[aé\n]{0,200}") {
            prop_assert_eq!(capture(200, &[text.as_bytes()]), Captured { text, cut: false });
        }
    }
}
