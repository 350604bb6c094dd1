//! A box in the middle that always fits, with what lay behind it cleared.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::wrap::clip_line;
use crate::base::text::sanitize_line;
use crate::theme::{Meaning, Theme};

/// What stands around the content.
#[derive(Clone, Debug, Default)]
pub struct Frame<'a> {
    pub title: &'a str,
    /// At the lower edge, for hints of keys.
    pub foot: &'a str,
}

/// The rectangle of at most `width` by `height` cells in the middle of `area`.
pub fn centered(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Clears `area`, draws the frame, and returns what is left for the content. Where the box is too small for a
/// frame (under 4 by 3 cells) the content gets all of it.
pub fn draw(area: Rect, buffer: &mut Buffer, theme: &Theme, frame: &Frame<'_>) -> Rect {
    let area = area.intersection(buffer.area);
    Clear.render(area, buffer);
    buffer.set_style(area, theme.style(Meaning::Surface));
    if area.width < 4 || area.height < 3 {
        return area;
    }
    let room = usize::from(area.width) - 2;
    let label = |text: &str, meaning: Meaning| -> Line<'static> {
        let text = sanitize_line(text);
        let padded = if text.is_empty() { String::new() } else { format!(" {text} ") };
        clip_line([(padded.as_str(), theme.style(meaning))], room)
    };
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.style(Meaning::BorderFocus))
        .title_top(label(frame.title, Meaning::Title))
        .title_bottom(label(frame.foot, Meaning::Muted));
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}
