//! Takes a terminal's escape sequences out of a command's output, wherever its pieces are cut.
//!
//! Colours and cursor moves are no content: the model pays for them and can do nothing with them, and on the
//! screen they would be shown as what they are. A sequence that does not end is given back as text, so that
//! nothing can hide behind it.

use std::borrow::Cow;

/// Bytes of one sequence; what is longer is none.
const LONGEST: usize = 4 << 10;
const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// The state between two pieces.
#[derive(Debug, Default)]
pub struct Ansi {
    state: State,
    /// The sequence so far, in case that it is none.
    pending: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After the escape itself, or its intermediate bytes.
    Escape,
    /// A control sequence: `ESC [ … letter`.
    Control,
    /// A string: `ESC ] … BEL`, `ESC P … ESC \`.
    Payload,
    /// The escape in a string, which its terminator begins with.
    StringEscape,
}

impl Ansi {
    /// The text of this piece without sequences.
    pub fn feed<'a>(&mut self, piece: &'a [u8]) -> Cow<'a, [u8]> {
        if self.state == State::Text && !piece.contains(&ESC) {
            return Cow::Borrowed(piece);
        }
        let mut out = Vec::with_capacity(piece.len());
        for byte in piece {
            self.take(*byte, &mut out);
        }
        Cow::Owned(out)
    }

    /// What is left of a sequence that did not end.
    pub fn finish(&mut self) -> Vec<u8> {
        self.state = State::Text;
        std::mem::take(&mut self.pending)
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.state == State::Text && byte != ESC {
            out.push(byte);
            return;
        }
        self.pending.push(byte);
        let next = match (self.state, byte) {
            (State::Text, _) | (State::Escape, 0x20..=0x2f) => Some(State::Escape),
            (State::Escape, b'[') | (State::Control, 0x20..=0x3f) => Some(State::Control),
            (State::Payload, ESC) => Some(State::StringEscape),
            (State::Payload, BEL) | (State::StringEscape, b'\\') | (State::Control, 0x40..=0x7e) => None,
            // The end of a line ends no string: it was none.
            (State::Payload, b'\n') => return self.give_back(out),
            (State::Payload, _) | (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => Some(State::Payload),
            (State::Escape, 0x30..=0x7e) => None,
            _ => return self.give_back(out),
        };
        match next {
            Some(state) if self.pending.len() <= LONGEST => self.state = state,
            Some(_) => self.give_back(out),
            None => {
                self.pending.clear();
                self.state = State::Text;
            }
        }
    }

    /// It was no sequence: the escape goes, the rest is text.
    fn give_back(&mut self, out: &mut Vec<u8>) {
        let pending = self.finish();
        out.extend(pending.into_iter().filter(|byte| *byte != ESC));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn strip(text: &str) -> String {
        let mut ansi = Ansi::default();
        let mut out = ansi.feed(text.as_bytes()).into_owned();
        out.extend(ansi.finish());
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn colours_moves_titles_and_links_go() {
        let check = |from: &str, to: &str| assert_eq!(strip(from), to, "{from:?}");
        check("\x1b[1;31merror\x1b[0m: x\x1b[K\n", "error: x\n");
        check("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb");
        check("\x1bPq#0\x1b\\a\x1b(Bb\x1b=c\x1b7d", "abcd");
        check("漢\x1b[38;5;200m字", "漢字");
        check("plain", "plain");
    }

    #[test]
    fn what_is_no_sequence_stays_in_sight() {
        assert_eq!(strip("\x1b]0;never ended\nrm -rf x\n"), "]0;never ended\nrm -rf x\n");
        assert_eq!(strip("a\x1b\nb"), "a\nb");
        let long = format!("\x1b]{}\x07", "x".repeat(LONGEST + 1));
        assert!(strip(&long).contains(&"x".repeat(LONGEST)));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(text in "[a\x1b\\[\\]0;mP\x07\\\\\n漢]{0,60}", at in 0usize..200) {
            let bytes = text.as_bytes();
            let (left, right) = bytes.split_at(at.min(bytes.len()));
            let mut ansi = Ansi::default();
            let mut out = ansi.feed(left).into_owned();
            out.extend_from_slice(&ansi.feed(right));
            let mut whole = Ansi::default();
            prop_assert_eq!(&out[..], &whole.feed(bytes)[..]);
            prop_assert_eq!(ansi.finish(), whole.finish());
        }
    }
}
