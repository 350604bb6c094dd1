//! The one way to print: standard output for results, standard error for everything else.
//!
//! The full screen never prints. A reader that went away (`| head`) is no error: what follows is dropped
//! and [`Printer::is_gone`] tells the caller to leave.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use super::Exit;
use crate::base::text::sanitize;

/// Prints results and remarks.
pub struct Printer {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Standard output is a terminal, where foreign text must not carry escape sequences.
    screen: bool,
    gone: bool,
    /// What was printed did not all get where it should.
    lost: bool,
}

impl Printer {
    /// Over any two writers; `screen` tells that the first one is a terminal.
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, screen: bool) -> Self {
        Self { out, err, screen, gone: false, lost: false }
    }

    /// Over the process's own standard output and error.
    pub fn standard() -> Self {
        Self::new(Box::new(io::stdout()), Box::new(io::stderr()), io::stdout().is_terminal())
    }

    /// Prints one line to standard output and flushes it.
    pub fn line(&mut self, text: &str) {
        if self.gone {
            return;
        }
        let whole = format!("{text}\n");
        let result = self.out.write_all(whole.as_bytes()).and_then(|()| self.out.flush());
        if let Err(error) = result {
            self.gone = true;
            if error.kind() != io::ErrorKind::BrokenPipe {
                self.lost = true;
                self.remark(&format!("latigo: standard output cannot be written: {error}"));
            }
        }
    }

    /// Prints the text of an answer, with one newline at its end: byte for byte into a pipe or file,
    /// harmless on a terminal.
    pub fn text(&mut self, text: &str) {
        let text = text.strip_suffix('\n').unwrap_or(text);
        if self.screen {
            self.line(&sanitize(text));
        } else {
            self.line(text);
        }
    }

    /// Prints one harmless line to standard error. Nothing can be done when that fails.
    pub fn remark(&mut self, text: &str) {
        let whole = format!("{}\n", sanitize(text));
        drop(self.err.write_all(whole.as_bytes()).and_then(|()| self.err.flush()));
    }

    /// The code to leave with: an answer that could not be written is no success.
    pub fn exit(&self, exit: Exit) -> Exit {
        if self.lost && exit == Exit::Done { Exit::Failure } else { exit }
    }

    /// Nobody reads standard output any more.
    pub fn is_gone(&self) -> bool {
        self.gone
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer").field("gone", &self.gone).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_noticed_and_never_an_error() {
        let mut printer = Printer::new(Box::new(Broken(io::ErrorKind::BrokenPipe)), Box::new(io::sink()), false);
        assert!(!printer.is_gone());
        printer.line("a");
        assert!(printer.is_gone());
        printer.line("b");
        assert_eq!(printer.exit(Exit::Done), Exit::Done);
        let mut full = Printer::new(Box::new(Broken(io::ErrorKind::StorageFull)), Box::new(io::sink()), false);
        full.line("a");
        assert_eq!((full.exit(Exit::Done), full.exit(Exit::Auth)), (Exit::Failure, Exit::Auth));
    }

    #[test]
    fn escape_sequences_reach_a_pipe_but_no_terminal() {
        for (screen, expected) in [(false, "a\x1b[2Jb\n"), (true, "a␛[2Jb\n")] {
            let paper = Paper::default();
            Printer::new(Box::new(paper.clone()), Box::new(io::sink()), screen).text("a\x1b[2Jb\n");
            assert_eq!(paper.0.lock().unwrap().as_slice(), expected.as_bytes());
        }
    }
}
