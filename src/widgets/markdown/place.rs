//! Where the lines of the source begin. Asked in order, so that one endless line is read once.

/// Walks through a source from front to back.
pub(super) struct Place<'s> {
    source: &'s str,
    at: usize,
    /// Where the line of `at` begins.
    start: usize,
}

impl<'s> Place<'s> {
    pub(super) fn new(source: &'s str, from: usize) -> Self {
        Self { source, at: from, start: line_start(source, from) }
    }

    /// Where the line of byte `at` begins.
    pub(super) fn line_start(&mut self, at: usize) -> usize {
        if at < self.at {
            return line_start(self.source, at);
        }
        let passed = self.source.get(self.at..at).unwrap_or_default();
        if let Some(newline) = passed.rfind('\n') {
            self.start = self.at + newline + 1;
        }
        self.at = at;
        self.start
    }

    /// Whether the line before the one that begins at `start` is blank but for the marks of quotes.
    pub(super) fn is_blank_before(&self, start: usize) -> bool {
        let Some(end) = start.checked_sub(1) else { return false };
        let before = self.source.get(line_start(self.source, end)..end).unwrap_or_default();
        before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'>'))
    }
}

/// Where the line of byte `at` begins, found from there backwards.
pub(super) fn line_start(source: &str, at: usize) -> usize {
    source.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}
