//! The one way to print: standard output for results, standard error for everything else.
//!
//! The full screen never prints. A reader that went away (`| head`) is no error: what follows is dropped
//! and [`Printer::is_gone`] tells the caller to leave.

use std::fmt;
use std::io::{self, IsTerminal, Write};

/// Prints results and remarks.
pub struct Printer {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    gone: bool,
}

impl Printer {
    /// Over any two writers, for tests.
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self { out, err, gone: false }
    }

    /// Over the process's own standard output and error.
    pub fn standard() -> Self {
        Self::new(Box::new(io::stdout()), Box::new(io::stderr()))
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
                self.remark(&format!("latigo: standard output cannot be written: {error}"));
            }
        }
    }

    /// Prints the text of an answer, with one newline at its end.
    pub fn text(&mut self, text: &str) {
        self.line(text.strip_suffix('\n').unwrap_or(text));
    }

    /// Prints one line to standard error. Nothing can be done when that fails.
    pub fn remark(&mut self, text: &str) {
        let whole = format!("{text}\n");
        drop(self.err.write_all(whole.as_bytes()).and_then(|()| self.err.flush()));
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

/// Standard output is a terminal, where foreign text must not carry escape sequences.
pub fn is_screen() -> bool {
    io::stdout().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut printer = Printer::new(Box::new(Broken(io::ErrorKind::BrokenPipe)), Box::new(io::sink()));
        assert!(!printer.is_gone());
        printer.line("a");
        assert!(printer.is_gone());
        printer.line("b");
    }
}
