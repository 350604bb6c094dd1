//! A Markdown text that grows. Finished blocks keep their rows; only the open one is painted again.
//!
//! A block is finished when the first line of the one after it is complete: from then on nothing that follows can
//! change it. Items of a list at the top level count as blocks, and an open code fence goes line by line, so the
//! cost of a piece does not grow with what stands above it.

use std::ops::Range;

use ratatui::text::Line;

use super::fence::OpenFence;
use super::paint::{Brush, Memory, Painted, paint};
use crate::theme::Theme;

/// Source, rows, and how far the rows are final.
#[derive(Clone, Debug, Default)]
pub struct MarkdownCell {
    source: String,
    rows: Vec<Line<'static>>,
    /// Width and look of the rows.
    key: Option<(u16, u64)>,
    /// Source has come that is not in the rows.
    dirty: bool,
    done: Done,
    memory: Memory,
    fence: Option<Box<OpenFence>>,
}

/// The part that is final.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    /// Bytes of the source.
    bytes: usize,
    rows: usize,
    /// The number that an open ordered list goes on with.
    number: Option<u64>,
}

impl MarkdownCell {
    /// A cell without rows; [`Self::settle`] makes them.
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), dirty: true, ..Self::default() }
    }

    /// Adds text at the end. Costs as much as the text is long; rows are made at the next [`Self::settle`].
    pub fn push(&mut self, text: &str) {
        self.source.push_str(text);
        self.dirty |= !text.is_empty();
    }

    /// The text as it came, not sanitised.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Brings the rows up to date for this width and theme.
    pub fn settle(&mut self, width: u16, theme: &Theme) {
        let key = Some((width, theme.stamp()));
        if self.key != key {
            self.forget();
            self.key = key;
        } else if !self.dirty {
            return;
        }
        self.dirty = false;
        self.rows.truncate(self.done.rows);
        let width = usize::from(width).max(1);
        // A fence that closes is followed by text, which may open another.
        while self.step(width, theme) {}
    }

    /// Rows of the last [`Self::settle`].
    pub fn height(&self) -> usize {
        self.rows.len()
    }

    /// The rows in `range`, as many of them as there are.
    pub fn visible(&self, range: Range<usize>) -> &[Line<'static>] {
        let end = range.end.min(self.rows.len());
        self.rows.get(range.start.min(end)..end).unwrap_or_default()
    }

    /// All rows of the last [`Self::settle`].
    pub fn lines(&self) -> &[Line<'static>] {
        &self.rows
    }

    /// The rows of the last [`Self::settle`], without the rest.
    pub fn into_lines(self) -> Vec<Line<'static>> {
        self.rows
    }

    /// Gives the rows back to memory; the source stays and the next [`Self::settle`] makes them again.
    pub fn forget(&mut self) {
        self.rows = Vec::new();
        self.done = Done::default();
        self.memory = Memory::default();
        self.fence = None;
        self.key = None;
        self.dirty = true;
    }

    /// Paints what is open once; says whether there is more to do.
    fn step(&mut self, width: usize, theme: &Theme) -> bool {
        if self.fence.is_some() {
            return self.grow_fence(theme);
        }
        let brush =
            Brush { theme, width, memory: &mut self.memory, number: self.done.number, follows: self.done.rows > 0 };
        let Painted { rows, boundaries } = paint(&self.source, self.done.bytes, brush);
        let last = boundaries.iter().rfind(|boundary| self.line_is_whole(boundary.at));
        let Some(last) = last.copied() else {
            self.rows.extend(rows);
            return false;
        };
        let before = self.done.rows;
        self.done = Done { bytes: last.at, rows: before + last.row, number: last.number };
        self.memory.forget_before(last.at);
        let is_open = boundaries.last().is_some_and(|end| end.at == last.at);
        if last.fenced && is_open && self.open_fence(width, theme) {
            // The blank row before the block is painted, the block itself grows from here.
            self.rows.extend(rows.into_iter().take(last.row + usize::from(last.blank)));
            let label = self.fence.as_mut().and_then(|fence| fence.label.take());
            self.rows.extend(label);
            self.done.rows = self.rows.len();
            return true;
        }
        self.rows.extend(rows);
        false
    }

    /// Whether the line that begins at `at` has its newline.
    fn line_is_whole(&self, at: usize) -> bool {
        self.source.get(at..).is_some_and(|rest| rest.contains('\n'))
    }

    /// Goes over to growing line by line, if the text at `done` opens a fence.
    fn open_fence(&mut self, width: usize, theme: &Theme) -> bool {
        let start = super::place::line_start(&self.source, self.done.bytes);
        let Some((line, _)) = self.source.get(start..).and_then(|rest| rest.split_once('\n')) else { return false };
        let Some(fence) = OpenFence::open(line.trim_end_matches('\r'), width, theme) else { return false };
        self.done.bytes = start + line.len() + 1;
        self.done.number = None;
        self.fence = Some(Box::new(fence));
        true
    }

    /// Adds the rows of the whole lines that came; says whether the fence closed.
    fn grow_fence(&mut self, theme: &Theme) -> bool {
        let Some(mut fence) = self.fence.take() else { return false };
        let rest = self.source.get(self.done.bytes..).unwrap_or_default();
        let mut used = 0;
        for line in rest.split_inclusive('\n') {
            let Some(text) = line.strip_suffix('\n') else { break };
            used += line.len();
            if fence.closes(text) {
                self.done.bytes += used;
                self.done.rows = self.rows.len();
                return true;
            }
            self.rows.extend(fence.rows.line(&fence.content(text), theme));
        }
        self.done.rows = self.rows.len();
        let partial = rest.get(used..).unwrap_or_default();
        if !partial.is_empty() && !fence.may_close(partial) {
            // The state must not move on before the line is whole.
            self.rows.extend(fence.rows.clone().line(&fence.content(partial), theme));
        }
        self.done.bytes += used;
        self.fence = Some(fence);
        false
    }
}
