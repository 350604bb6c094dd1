//! One entry of the conversation: its source, whether it is folded, and its lines while it is on screen.
//!
//! The source is the truth. Lines are made for one width and thrown away when the cell leaves the
//! screen, so a long session costs little more than its log.

use std::sync::Arc;

use ratatui::text::Line;

use crate::domain::{Aside, Block, Message, ModelError, Notice, Record};
use crate::theme::{Meaning, Theme};
use crate::widgets::markdown::MarkdownCell;

/// An entry.
#[derive(Debug)]
pub(super) struct Cell {
    pub kind: Kind,
    /// Counts changes of the source.
    pub version: u32,
    /// What the person chose; none follows the pane's rule.
    pub unfolded: Option<bool>,
    /// The number of the record that it was made of.
    pub seq: u64,
    pub layout: Option<Layout>,
    /// The number of the record that it came with.
    pub born: Option<u64>,
    /// The conversation went back to before it.
    pub aside: bool,
}

/// What an entry is.
#[derive(Debug)]
pub(super) enum Kind {
    Welcome,
    /// A `Prompted` record.
    Prompt(Arc<Record>),
    /// Text of an answer.
    Text(Source),
    Thinking(Source),
    /// A tool call, by its place in the facts.
    Call(usize),
    /// A command of the person's own.
    Shell(ShellRun),
    Notice(Notice),
    Retry(RetryRow),
    /// The summary of the conversation while the model writes it.
    Draft(String),
    /// A line across: a compaction, a turn's end. The body shows when unfolded.
    Mark {
        text: String,
        body: Option<String>,
        meaning: Meaning,
    },
    /// Taken out of view, such as the text of an attempt that was asked again.
    Hidden,
}

/// A command that the person ran.
#[derive(Debug)]
pub(super) struct ShellRun {
    pub command: String,
    pub output: String,
    pub exit: Option<i32>,
    pub running: bool,
}

/// Where the text of an answer is found.
#[derive(Debug)]
pub(super) enum Source {
    /// Still arriving.
    Stream(String),
    /// In the message of the log.
    Block(Arc<Message>, usize),
}

/// A request that failed.
#[derive(Debug)]
pub(super) struct RetryRow {
    pub error: ModelError,
    /// Tries so far.
    pub tries: u32,
    pub state: RetryState,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryState {
    /// It is sent again at this time.
    Until(u64),
    Again,
    GivenUp,
}

/// The lines of a cell.
#[derive(Debug)]
pub(super) struct Layout {
    pub key: Key,
    pub lines: Lines,
    pub indent: u16,
    /// Stands left of the first line.
    pub label: Option<(&'static str, Meaning)>,
    /// Empty rows above.
    pub gap: usize,
}

/// For what the lines were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub width: u16,
    /// The stamp of the theme.
    pub theme: u64,
    pub version: u32,
    pub unfolded: bool,
    /// Moves while something in the cell moves by itself.
    pub tick: u64,
}

/// The lines proper.
#[derive(Debug)]
pub(super) enum Lines {
    Plain(Vec<Line<'static>>),
    /// Its lines were derived by the last [`Layout::refresh`].
    Markdown(Box<MarkdownCell>),
}

/// What the conversation went back from leaves the view, what it went back to is in it again.
pub(super) fn set_aside(cells: &mut [Cell], aside: &Aside) {
    for cell in cells {
        cell.aside = cell.born.is_some_and(|born| aside.contains(born));
    }
}

impl Cell {
    /// An entry without lines.
    pub fn new(kind: Kind) -> Self {
        Self { kind, version: 0, unfolded: None, seq: 0, layout: None, born: None, aside: false }
    }

    /// It has something to unfold.
    pub fn is_foldable(&self) -> bool {
        matches!(
            self.kind,
            Kind::Thinking(_) | Kind::Call(_) | Kind::Shell(_) | Kind::Prompt(_) | Kind::Mark { body: Some(_), .. }
        )
    }

    /// It was taken out of view.
    pub fn is_hidden(&self) -> bool {
        self.aside || matches!(self.kind, Kind::Hidden)
    }

    /// Takes it out of view.
    pub fn hide(&mut self) {
        self.kind = Kind::Hidden;
        self.layout = None;
    }

    /// Rows on screen, as far as it has been laid out.
    pub fn rows(&self) -> usize {
        self.layout.as_ref().map_or(0, Layout::rows)
    }
}

impl Source {
    /// The text as far as it has come; foreign.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stream(text) => text,
            Self::Block(message, index) => match message.blocks.get(*index) {
                Some(Block::Text { text } | Block::Thinking { text, .. }) => text,
                _ => "",
            },
        }
    }
}

impl Layout {
    /// Lines without label, indent and gap.
    pub fn plain(key: Key, lines: Vec<Line<'static>>) -> Self {
        Self { key, lines: Lines::Plain(lines), indent: 0, label: None, gap: 0 }
    }

    /// Rows on screen; none when there is nothing to show.
    pub fn rows(&self) -> usize {
        let lines = self.lines.as_slice().len();
        if lines == 0 { 0 } else { lines + self.gap }
    }

    /// Gives the Markdown cell what has come since, and derives its lines.
    pub fn refresh(&mut self, source: &str, theme: &Theme) {
        let Lines::Markdown(cell) = &mut self.lines else { return };
        if let Some(more) = source.get(cell.source().len()..).filter(|more| !more.is_empty()) {
            cell.push(more);
        }
        cell.settle(self.key.width.saturating_sub(self.indent), theme);
    }
}

impl Lines {
    /// The lines, sanitised.
    pub fn as_slice(&self) -> &[Line<'static>] {
        match self {
            Self::Plain(lines) => lines,
            Self::Markdown(cell) => cell.lines(),
        }
    }
}
