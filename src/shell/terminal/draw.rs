//! Frames to the terminal: the difference to the last frame, in one synchronized write.
//!
//! It asks the terminal nothing (the library's own `Terminal::clear` waits for the cursor's position and
//! would fight the input for the answer), and it writes nothing when nothing changed.

use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::style::ResetColor;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

/// A frame's worth of cells before the first is written; a larger one grows it.
const FRAME_BYTES: usize = 16 << 10;

/// What the terminal shows, and the way to change it.
#[derive(Debug)]
pub struct Screen<W: Write> {
    out: W,
    shown: Buffer,
    next: Buffer,
    cursor: Cursor,
    /// The terminal may show anything: everything is drawn again.
    unknown: bool,
    bytes: Vec<u8>,
}

/// What is known of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    Unknown,
    Hidden,
    At(Position),
}

impl<W: Write> Screen<W> {
    /// A screen of that size whose content is not known.
    pub fn new(out: W, size: Size) -> Self {
        let area = Rect::from((Position::ORIGIN, size));
        Self {
            out,
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            cursor: Cursor::Unknown,
            unknown: true,
            bytes: Vec::with_capacity(FRAME_BYTES),
        }
    }

    /// The terminal has another size now.
    pub fn resize(&mut self, size: Size) {
        let area = Rect::from((Position::ORIGIN, size));
        self.shown = Buffer::empty(area);
        self.next = Buffer::empty(area);
        self.forget();
    }

    /// The terminal may show something else; the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.unknown = true;
        self.cursor = Cursor::Unknown;
    }

    /// The size that frames have.
    pub fn size(&self) -> Size {
        self.next.area.as_size()
    }

    /// Draws a frame and returns how many bytes it took. `view` fills the empty buffer and says where the
    /// cursor stands.
    pub fn draw(&mut self, view: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<usize> {
        self.next.reset();
        let cursor = view(&mut self.next).filter(|at| self.next.area.contains(*at));
        let cursor = cursor.map_or(Cursor::Hidden, Cursor::At);
        self.bytes.clear();
        queue!(self.bytes, BeginSynchronizedUpdate)?;
        let opening = self.bytes.len();
        if self.unknown {
            queue!(self.bytes, ResetColor, Clear(ClearType::All))?;
            self.shown.reset();
        }
        let mut changes = self.shown.diff_iter(&self.next).peekable();
        let moved = changes.peek().is_some();
        if moved {
            CrosstermBackend::new(&mut self.bytes).draw(changes)?;
        }
        if moved || self.cursor != cursor {
            place_cursor(&mut self.bytes, cursor, self.cursor)?;
        }
        if self.bytes.len() > opening {
            queue!(self.bytes, EndSynchronizedUpdate)?;
            write_all(&mut self.out, &self.bytes)?;
        } else {
            self.bytes.clear();
        }
        std::mem::swap(&mut self.shown, &mut self.next);
        self.cursor = cursor;
        self.unknown = false;
        let written = self.bytes.len();
        self.bytes.shrink_to(FRAME_BYTES * 4);
        Ok(written)
    }

    /// Writes bytes that are no part of a frame, such as a title.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_all(&mut self.out, bytes)
    }
}

fn place_cursor(bytes: &mut Vec<u8>, cursor: Cursor, before: Cursor) -> io::Result<()> {
    match cursor {
        Cursor::At(at) => {
            queue!(bytes, MoveTo(at.x, at.y))?;
            if !matches!(before, Cursor::At(_)) {
                queue!(bytes, Show)?;
            }
        }
        Cursor::Hidden if before != Cursor::Hidden => queue!(bytes, Hide)?,
        Cursor::Hidden | Cursor::Unknown => {}
    }
    Ok(())
}

/// Writes everything, also to a terminal that another program has set to non-blocking.
fn write_all(out: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match out.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            Err(error) => return Err(error),
        }
    }
    out.flush()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use ratatui::style::Style;

    /// Counts the writes, because one frame is to be one write.
    #[derive(Default)]
    struct Tape {
        writes: Vec<Vec<u8>>,
    }

    impl Write for &mut Tape {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes.push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn hello(text: &'static str, at: Option<Position>) -> impl FnOnce(&mut Buffer) -> Option<Position> {
        move |buffer| {
            buffer.set_string(0, 0, text, Style::default());
            at
        }
    }

    fn as_seen(tape: &Tape) -> vt100::Parser {
        let mut parser = vt100::Parser::new(2.try_into().unwrap(), 10.try_into().unwrap(), 0);
        for bytes in &tape.writes {
            parser.process(bytes);
        }
        parser
    }

    #[test]
    fn a_frame_is_one_synchronized_write_and_shows_its_text() {
        let mut tape = Tape::default();
        Screen::new(&mut tape, Size::new(10, 2)).draw(hello("héllo 世", Some(Position::new(3, 1)))).unwrap();
        assert_eq!(tape.writes.len(), 1);
        assert!(tape.writes[0].starts_with(b"\x1b[?2026h") && tape.writes[0].ends_with(b"\x1b[?2026l"));
        let parser = as_seen(&tape);
        assert_eq!(parser.screen().contents().trim_end(), "héllo 世");
        assert_eq!(parser.screen().cursor_position(), (1, 3));
    }

    #[test]
    fn an_equal_frame_writes_nothing_and_a_small_change_little() {
        let mut tape = Tape::default();
        let mut screen = Screen::new(&mut tape, Size::new(10, 2));
        screen.draw(hello("abc", None)).unwrap();
        assert_eq!(screen.draw(hello("abc", None)).unwrap(), 0);
        let little = screen.draw(hello("abd", None)).unwrap();
        assert!(0 < little && little < 60, "{little}");
        assert_eq!(tape.writes.len(), 2);
        assert_eq!(as_seen(&tape).screen().contents().trim_end(), "abd");
    }

    #[test]
    fn a_moved_cursor_alone_is_drawn_and_an_outside_one_hidden() {
        let mut tape = Tape::default();
        let mut screen = Screen::new(&mut tape, Size::new(10, 2));
        screen.draw(hello("abc", Some(Position::new(1, 0)))).unwrap();
        assert!(screen.draw(hello("abc", Some(Position::new(2, 0)))).unwrap() > 0);
        assert_eq!(screen.draw(hello("abc", Some(Position::new(2, 0)))).unwrap(), 0);
        assert!(screen.draw(hello("abc", Some(Position::new(99, 0)))).unwrap() > 0);
        assert!(as_seen(&tape).screen().hide_cursor());
    }

    #[test]
    fn what_was_forgotten_or_resized_is_drawn_whole() {
        let mut tape = Tape::default();
        let mut screen = Screen::new(&mut tape, Size::new(10, 2));
        screen.draw(hello("abc", None)).unwrap();
        screen.forget();
        assert!(screen.draw(hello("abc", None)).unwrap() > 0);
        screen.resize(Size::new(8, 1));
        assert_eq!(screen.size(), Size::new(8, 1));
        assert!(screen.draw(hello("abc", None)).unwrap() > 0);
        assert_eq!(as_seen(&tape).screen().contents().trim_end(), "abc");
    }
}
