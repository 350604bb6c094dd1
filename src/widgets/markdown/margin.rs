//! What stands at the left of the text: the bars of quotes, the marks of list items, and blanks.
//!
//! Of deep nesting only the outer levels are drawn.

use ratatui::text::{Line, Span};

use crate::theme::{Meaning, Theme};
use crate::widgets::wrap::{Indent, clip_indent};

/// Levels whose marks are drawn.
const MAX_MARKS: usize = 8;
const BAR: &str = "▎ ";

/// A container around the text, with the number of rows there were when it began.
enum Frame {
    Quote(usize),
    /// The mark is drawn on the item's first row.
    Item {
        start: usize,
        mark: String,
        drawn: bool,
    },
}

/// The containers that are open.
#[derive(Default)]
pub(super) struct Margin {
    frames: Vec<Frame>,
}

impl Margin {
    pub(super) fn open_quote(&mut self, start: usize) {
        self.frames.push(Frame::Quote(start));
    }

    pub(super) fn open_item(&mut self, start: usize, mark: String) {
        self.frames.push(Frame::Item { start, mark, drawn: false });
    }

    pub(super) fn close(&mut self) {
        self.frames.pop();
    }

    /// How many rows there were when the innermost container began.
    pub(super) fn start(&self) -> Option<usize> {
        self.frames.last().map(|frame| match frame {
            Frame::Quote(start) | Frame::Item { start, .. } => *start,
        })
    }

    /// What stands before the next row and before those after it. The marks of items are drawn once.
    pub(super) fn indent(&mut self, width: usize, theme: &Theme) -> Indent {
        let bar = Span::styled(BAR, theme.style(Meaning::Border));
        let mut indent = Indent::default();
        for frame in self.frames.iter_mut().take(MAX_MARKS) {
            match frame {
                Frame::Quote(_) => {
                    indent.first.push(bar.clone());
                    indent.rest.push(bar.clone());
                }
                Frame::Item { mark, drawn, .. } => {
                    let blank = Span::raw(" ".repeat(mark.chars().count()));
                    let mark = Span::styled(mark.clone(), theme.style(Meaning::Accent));
                    indent.first.push(if *drawn { blank.clone() } else { mark });
                    indent.rest.push(blank);
                    *drawn = true;
                }
            }
        }
        Indent { first: clip_indent(&indent.first, width), rest: clip_indent(&indent.rest, width) }
    }

    /// A blank row, which inside quotes still has their bars.
    pub(super) fn blank(&self, width: usize, theme: &Theme) -> Line<'static> {
        let quotes = self.frames.iter().take(MAX_MARKS).filter(|frame| matches!(frame, Frame::Quote(_))).count();
        let bars = Span::styled(BAR.repeat(quotes), theme.style(Meaning::Border));
        Line::from(clip_indent(&[bars], width))
    }
}
