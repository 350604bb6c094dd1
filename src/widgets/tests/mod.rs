//! The widgets as text, at several widths, and against hostile input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::format_collect, clippy::format_push_string, reason = "tests build small texts")]

mod diff;
mod hostile;
mod markdown;
mod small;
mod streaming;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::text::Line;
use unicode_segmentation::UnicodeSegmentation;

use super::wrap::line_width;
use crate::theme::Theme;

/// The lines as text. Each is checked: no control character, not wider than asked, by our count and the renderer's.
fn text(lines: &[Line<'_>], width: u16) -> String {
    lines.iter().map(|line| format!("{}\n", row(line, width).trim_end())).collect()
}

fn row(line: &Line<'_>, width: u16) -> String {
    let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    assert!(!text.chars().any(char::is_control), "{text:?}");
    let clusters = line.spans.iter().flat_map(|span| span.content.graphemes(true));
    let cells: usize = clusters.map(|cluster| usize::from(cluster.cell_width())).sum();
    assert_eq!(cells, line_width(line), "{text:?}");
    assert!(cells <= usize::from(width), "{cells} columns are more than {width}: {text:?}");
    text
}

/// Draws into a screen of this size and reads it back.
fn screen(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(area, &mut buffer);
    let mut text = String::new();
    for y in 0..height {
        let mut skip = 0;
        let mut row = String::new();
        for x in 0..width {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                row.push_str(symbol);
                skip = usize::from(symbol.cell_width());
            }
            skip = skip.saturating_sub(1);
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

fn draw_lines(lines: Vec<Line<'static>>, width: u16, height: u16) -> String {
    screen(width, height, |area, buffer| super::draw::lines(&lines, area, buffer))
}

fn dark() -> Theme {
    Theme::load("dark", &[]).0
}

/// The same text at three widths, one under the other.
fn at_widths(make: impl Fn(u16) -> Vec<Line<'static>>) -> String {
    [80, 40, 12].map(|width| format!("── {width} ──\n{}", text(&make(width), width))).concat()
}
